"""The request that a raw ``run`` gets: werkzeug's, of whatever release, with what Flask 1 had (R-2 to R-5).

``.json`` that is None for another content type, and ``headers.has_key``, went from Flask and werkzeug over the years;
scripts of every age find them here.
"""

import json
from typing import Any, Dict, Optional

from werkzeug.datastructures import EnvironHeaders
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Request


class AMLRequest:
    """A name for annotations."""


class HeadersWithHasKey(EnvironHeaders):
    """The request's headers, which can be asked in Python 2's way too."""

    def has_key(self, key: str) -> bool:
        """Whether there is a header of this name, in any case."""
        return key in self


class RawRequest(Request):
    """werkzeug's request with a lenient ``json``."""

    def __init__(self, environ: Dict[str, Any], *args: Any, **kwargs: Any) -> None:
        super().__init__(environ, *args, **kwargs)
        # In the instance, where it comes before the class's own: that one is made at once by some releases and on the
        # first access by others.
        self.__dict__["headers"] = HeadersWithHasKey(environ)

    @property
    def is_json(self) -> bool:
        """Whether the content type says JSON."""
        kind = self.mimetype
        return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))

    @property
    def json(self) -> Any:
        """The body's value; None when the content type is not JSON's."""
        return self.get_json()

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:
        """The body's value, or None when the content type is not JSON's and ``force`` does not overrule it.

        Raises ``BadRequest`` when the body does not parse, unless ``silent``.
        """
        if not (force or self.is_json):
            return None
        try:
            return json.loads(self.get_data(cache=cache).decode("utf-8"))
        except ValueError as error:
            return None if silent else self.on_json_loading_failure(error)

    def on_json_loading_failure(self, error: Optional[ValueError]) -> Any:
        """What a body that does not parse leads to."""
        raise BadRequest() from error


RawRequest.__name__ = AMLRequest.__name__
"""In messages it is called what scripts call it, although it is no instance of that (R-2)."""
