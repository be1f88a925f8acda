"""Which resource a request names, and whether its method is allowed there (H-1 to H-9)."""

from enum import Enum
from typing import Dict, Tuple

from shipway_serving.contract.messages import RUN_FAILED, Response, failure


class Route(Enum):
    """What there is to ask for."""

    HEALTH = "/"
    """v1's liveness and readiness in one."""
    LIVE = "/live"
    """Answers from the moment the process listens, during ``init`` too."""
    READY = "/ready"
    """Says no during ``init`` and from the beginning of a drain."""
    SCORE = "/score"


PROBES = (Route.HEALTH, Route.LIVE, Route.READY)
"""Asked every few seconds by machines, so they stay out of the access log."""

METHODS: Dict[Route, Tuple[str, ...]] = {
    Route.HEALTH: ("GET", "HEAD", "OPTIONS"),
    Route.LIVE: ("GET", "HEAD"),
    Route.READY: ("GET", "HEAD"),
    Route.SCORE: ("GET", "HEAD", "OPTIONS", "POST"),
}
"""HEAD on ``/score`` is routed, for raw scripts; any other script's refuses it (H-5)."""

_BY_PATH = {route.value: route for route in Route}

_NOT_FOUND = (
    "The requested URL was not found on the server. "
    "If you entered the URL manually please check your spelling and try again."
)
_NOT_ALLOWED = "The method is not allowed for the requested URL."


class NoRoute(Exception):
    """Nothing is served under this path and method; ``response`` says so.

    It carries neither request ids nor the server's version (H-9).
    """

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def route_of(method: str, path: str) -> Route:
    """The route for ``method`` on ``path``; paths are compared exactly, so ``/score/`` is unknown (H-7).

    Raises ``NoRoute`` with a 404 or, with the allowed methods named, a 405.
    """
    route = _BY_PATH.get(path)
    if route is None:
        raise NoRoute(failure(404, _NOT_FOUND))
    if method not in METHODS[route]:
        refusal = failure(405, _NOT_ALLOWED)
        allow = ("Allow", ", ".join(METHODS[route]))
        raise NoRoute(refusal._replace(headers=((RUN_FAILED, "False"), allow)))
    return route
