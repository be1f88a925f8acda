"""Numbers in sentences."""


def counted(count: int, noun: str) -> str:
    """`1 package`, `2 packages`: for nouns whose plural has an s."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def were(count: int) -> str:
    return "was" if count == 1 else "were"


def are(count: int) -> str:
    return "is" if count == 1 else "are"
