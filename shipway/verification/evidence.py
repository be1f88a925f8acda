"""Evidence is kept for good and printed for people: one line an item, short, and not many of them."""

from collections.abc import Sequence

MAX_LINES = 10
MAX_TEXT = 200


def one_line(text: str, limit: int = MAX_TEXT) -> str:
    """Foreign text on one line of at most `limit` characters; what cannot be printed becomes a space."""
    flat = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * limit]).split())
    return flat if len(flat) <= limit and len(text) <= 4 * limit else f"{flat[: limit - 3]}..."


def bounded(lines: Sequence[str], limit: int = MAX_LINES) -> tuple[str, ...]:
    """At most `limit` lines; the last one says how many are left out."""
    if len(lines) <= limit:
        return tuple(lines)
    return (*lines[: limit - 1], f"... and {len(lines) - limit + 1} more")
