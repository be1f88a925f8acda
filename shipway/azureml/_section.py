"""Settings as v1's objects had them: attributes that scripts set one by one, after the object was made."""

import difflib
from collections.abc import Mapping
from typing import Any


class Section:
    """A subclass names its attributes and their first values in `__init__`; any other is refused, with the nearest.

    v1 refused them too: a misspelt setting would otherwise be lost without a word.
    """

    _sealed = False

    def _seal(self) -> None:
        object.__setattr__(self, "_sealed", True)

    def __setattr__(self, name: str, value: Any) -> None:
        if self._sealed and not name.startswith("_") and not hasattr(self, name):
            known = sorted(key for key in dir(self) if not key.startswith("_"))
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(known)}"
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}{hint}")
        object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        shown = ", ".join(f"{key}={value!r}" for key, value in vars(self).items() if not key.startswith("_"))
        return f"{type(self).__name__}({shown})"


def without_none(document: Mapping[str, Any]) -> dict[str, Any]:
    """`null` means "not given" everywhere (I-2)."""
    return {key: value for key, value in document.items() if value is not None}
