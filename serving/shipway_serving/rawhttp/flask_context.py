"""``flask.request`` and ``flask.jsonify`` inside ``run``, which v1's server, a Flask application, made work.

Only for scripts that import Flask: a context costs more than all the rest of a request.
"""

from typing import Any

from shipway_serving.contract.environ import environ_of
from shipway_serving.contract.messages import Request


class FlaskContext:
    """Contexts of one Flask application that has no routes."""

    def __init__(self, flask: Any) -> None:
        """``flask`` is the module, of whichever release the author pins."""
        self._app = flask.Flask("shipway_serving", static_folder=None)

    def of(self, request: Request) -> Any:
        """A context manager in which ``flask.request`` is ``request``, with a body of its own to read."""
        return self._app.request_context(environ_of(request))
