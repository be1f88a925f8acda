"""Paths of other protocols: looked at only after none of v1's has matched. Pure."""

from enum import Enum
from typing import NamedTuple, Optional, Tuple

_GET = ("GET", "HEAD")


class Act(Enum):
    """What there is to do."""

    LIVE = "server live"
    READY = "server ready"
    SERVER = "server metadata"
    MODEL = "model metadata"
    MODEL_READY = "model ready"
    INFER = "inference"
    PING = "SageMaker's health"
    INVOCATIONS = "SageMaker's scoring"


class Found(NamedTuple):
    """What a path stands for."""

    act: Act
    methods: Tuple[str, ...] = _GET
    """Those allowed."""
    model: str = ""
    version: str = ""
    """Empty when the path names none."""


_FIXED = {
    "/ping": Found(Act.PING),
    "/invocations": Found(Act.INVOCATIONS, ("POST",)),
    "/v2": Found(Act.SERVER),
    "/v2/": Found(Act.SERVER),
    "/v2/health/live": Found(Act.LIVE),
    "/v2/health/ready": Found(Act.READY),
}

_OF_A_MODEL = {"": (Act.MODEL, _GET), "ready": (Act.MODEL_READY, _GET), "infer": (Act.INFER, ("POST",))}


def route_of(path: str) -> Optional[Found]:
    """What ``path`` (percent-decoded) stands for; None when it is of no protocol's."""
    if path in _FIXED:
        return _FIXED[path]
    if not path.startswith("/v2/models/"):
        return None
    name, _, rest = path[len("/v2/models/") :].partition("/")
    version = ""
    if rest.startswith("versions/"):
        version, _, rest = rest[len("versions/") :].partition("/")
        if not version:
            return None
    if not name or rest not in _OF_A_MODEL or path.endswith("/"):
        return None
    act, methods = _OF_A_MODEL[rest]
    return Found(act, methods, name, version)


def is_probe(path: str) -> bool:
    """Whether ``path``, which is of one of these protocols, is asked every few seconds by a machine."""
    return (
        path == "/ping"
        or path.startswith("/v2/health/")
        or (path.startswith("/v2/models/") and path.endswith("/ready"))
    )
