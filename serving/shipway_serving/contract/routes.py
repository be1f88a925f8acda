"""Which resource a request names, and whether its method is allowed there (H-1 to H-9)."""

from enum import Enum
from http import HTTPStatus
from typing import Dict, Optional, Tuple

from shipway_serving.contract.messages import HTML, Response, failure
from shipway_serving.contract.profile import MODERN, Profile


class Route(Enum):
    """What there is to ask for."""

    HEALTH = "/"
    """v1's liveness and readiness in one."""
    LIVE = "/live"
    """Answers from the moment the process listens, during ``init`` too."""
    READY = "/ready"
    """Says no during ``init`` and from the beginning of a drain."""
    SCORE = "/score"
    SWAGGER = "/swagger.json"


PROBES = (Route.HEALTH, Route.LIVE, Route.READY)
"""Asked every few seconds by machines, so they stay out of the access log."""

METHODS: Dict[Route, Tuple[str, ...]] = {
    Route.HEALTH: ("GET", "HEAD", "OPTIONS"),
    Route.LIVE: ("GET", "HEAD"),
    Route.READY: ("GET", "HEAD"),
    Route.SCORE: ("GET", "HEAD", "OPTIONS", "POST"),
    Route.SWAGGER: ("GET", "HEAD", "OPTIONS"),
}
"""HEAD and OPTIONS on ``/score`` are routed, for raw scripts; what any other script's answers is in ``results``."""

_BY_PATH = {route.value: route for route in Route}

_REASONS = {
    404: "The requested URL was not found on the server. "
    "If you entered the URL manually please check your spelling and try again.",
    405: "The method is not allowed for the requested URL.",
}


class NotAllowed(Exception):
    """The path is served, but not for this method."""

    def __init__(self, allowed: Tuple[str, ...]) -> None:
        super().__init__(allowed)
        self.allowed = allowed


def route_of(method: str, path: str) -> Optional[Route]:
    """The route for ``method`` on ``path``, None when nothing is served there; raises ``NotAllowed``.

    Paths are compared exactly, so ``/score/`` is unknown (H-7), but for more than one slash at the beginning.
    """
    route = _BY_PATH.get(path)
    if route is None:
        route = _BY_PATH.get("/" + path.lstrip("/"))
        if route is None:
            return None
    if method not in METHODS[route]:
        raise NotAllowed(METHODS[route])
    return route


def not_found(profile: Profile = MODERN) -> Response:
    """Nothing is served under this path. It carries neither request ids nor the server's version (H-9)."""
    return _refusal(404, profile)


def not_allowed(allowed: Tuple[str, ...], profile: Profile = MODERN) -> Response:
    """The path is served, but only for the methods ``allowed``."""
    refusal = _refusal(405, profile)
    return refusal._replace(headers=refusal.headers + (("Allow", ", ".join(allowed)),))


def _refusal(status: int, profile: Profile) -> Response:
    if profile.json_errors:
        return failure(status, _REASONS[status])
    phrase = HTTPStatus(status).phrase
    page = (
        '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">\n'
        f"<title>{status} {phrase}</title>\n<h1>{phrase}</h1>\n<p>{_REASONS[status]}</p>\n"
    )
    return Response(status, page.encode("ascii"), HTML)


def options_of(route: Route) -> Response:
    """What OPTIONS gets where the script has no say."""
    return Response(200, b"", HTML, (("Allow", ", ".join(METHODS[route])),))
