"""Values out of text: of environment variables and of flags."""

import argparse
from typing import Callable, Dict, Optional, Set, Tuple


class BadSetting(Exception):
    """A variable's value cannot be used; the message names it, the value and what it has to be."""


class Variables:
    """The environment, read with types."""

    def __init__(self, environment: Dict[str, str]) -> None:
        self.all = environment
        self.asked: Set[str] = set()
        """Names that somebody has read."""

    def text(self, name: str, default: str = "") -> str:
        """The variable's value; an empty one counts as absent."""
        self.asked.add(name)
        return self.all.get(name) or default

    def flag(self, name: str, default: bool = False) -> bool:
        """Whether the variable says yes."""
        text = self.text(name)
        return text.strip().lower() in ("true", "1", "yes", "on") if text else default

    def whole(self, name: str, default: int, lowest: int) -> int:
        """The variable as a whole number."""
        return int(self._converted(name, default, whole_number(lowest)))

    def seconds(self, name: str, default: float) -> float:
        """The variable as a number of zero or more."""
        return self._converted(name, default, number)

    def items(self, name: str) -> Tuple[str, ...]:
        """The variable's parts, which commas separate."""
        return listed(self.text(name))

    def _converted(self, name: str, default: float, convert: Callable[[str], float]) -> float:
        text = self.text(name)
        try:
            return convert(text) if text else default
        except argparse.ArgumentTypeError as error:
            raise BadSetting(f"{name}: {error}") from None
        except ValueError:
            raise BadSetting(f"{name}: {self.all[name]!r} is not a {convert.__name__}") from None


def listed(text: Optional[str]) -> Tuple[str, ...]:
    """The parts of ``text``, which commas separate; empty ones are left out."""
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


def whole_number(lowest: int, highest: Optional[int] = None) -> Callable[[str], int]:
    """A conversion for argparse: whole numbers from ``lowest`` to ``highest``."""

    def convert(text: str) -> int:
        value = int(text)
        if value < lowest or (highest is not None and value > highest):
            limits = f"at least {lowest}" if highest is None else f"{lowest} to {highest}"
            raise argparse.ArgumentTypeError(f"{value} is out of range: {limits}")
        return value

    convert.__name__ = "whole number"  # argparse and Variables say what the value is not

    return convert


def number(text: str) -> float:
    """``text`` as a finite number of zero or more."""
    value = float(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a number of zero or more")
    return value
