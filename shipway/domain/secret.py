"""A text that must never be seen: keys and tokens."""

from dataclasses import dataclass


@dataclass(frozen=True, repr=False)
class Secret:
    """Masks itself in repr, str and format. Read the text with `reveal()`, where it is used and nowhere else."""

    _text: str

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "Secret('***')"

    def __str__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return format("***", spec)
