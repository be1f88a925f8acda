"""What the author's ``inference_schema`` recorded about ``run``, or what stands in for it.

The package differs from release to release, so only what is in all of them (1.0.2 to 1.8) is used: three functions of
``inference_schema.schema_util``, and a fourth, ``get_supported_versions``, where there is one.
"""

import logging
import sys
from typing import Any, Callable, Dict, NamedTuple, Tuple, cast

_log = logging.getLogger("shipway_serving.schema")

EVERY_VERSION = ("2", "3", "3.1")
"""The documents that can be made for a script that restricts nothing (H-90)."""

_OPEN: Dict[str, Any] = {"type": "object", "example": {}}
"""What an undecorated ``run`` takes and returns, as far as anybody knows (H-92)."""

_SPELLINGS = {"2": ("2", "2.0"), "3": ("3", "3.0"), "3.1": ("3.1",)}
"""How releases of ``inference_schema`` name the versions."""

_FIRST_RELEASES = ("2.0",)
"""Up to 1.3 the package did not say which versions a sample allows: it knew of Swagger 2 only."""


class Schemas(NamedTuple):
    """The schemas of one ``run``, ready for a document."""

    given: Any
    """Of the request's body, an object with a property for each parameter (H-95)."""
    returned: Any
    versions: Tuple[str, ...] = EVERY_VERSION
    """The documents that these schemas can stand in (S-9)."""
    declared: bool = True
    """False when nothing was declared and the schemas say nothing."""


UNDECORATED = Schemas(_OPEN, _OPEN, declared=False)


class DeclaresSchemas:
    """What is served without an entry script of the author's, and knows its schemas itself."""

    def schemas(self) -> Schemas:
        """Of its ``run``; to be asked after ``init``."""
        raise NotImplementedError


def schemas_of(run: Callable[..., Any]) -> Schemas:
    """The schemas of ``run``: what its decorators declared, else ``UNDECORATED``; reads only, repeatable."""
    owner = getattr(run, "__self__", None)
    if isinstance(owner, DeclaresSchemas):
        return owner.schemas()
    util = sys.modules.get("inference_schema.schema_util")
    return UNDECORATED if util is None else schemas_by(util, run)


def schemas_by(util: Any, run: Callable[..., Any]) -> Schemas:
    """The schemas of ``run`` by the ``schema_util`` of some release of the package.

    A ``run`` that it cannot look into (the first releases fail on callables of an unusual kind) counts as undecorated.
    """
    try:
        if not util.is_schema_decorated(run):
            return UNDECORATED
        return Schemas(util.get_input_schema(run), util.get_output_schema(run), _versions(util, run))
    except AttributeError as error:
        _log.info("inference_schema cannot look into run(), which counts as undecorated: %s", error)
        return UNDECORATED


def _versions(util: Any, run: Callable[..., Any]) -> Tuple[str, ...]:
    ask = getattr(util, "get_supported_versions", None)
    told = cast("Tuple[str, ...]", _FIRST_RELEASES if ask is None else ask(run))
    return tuple(version for version in EVERY_VERSION if any(name in told for name in _SPELLINGS[version]))
