"""What a script may put into the head of its response: gunicorn refused the rest, as it could pass for more headers."""

import string
from typing import Iterable, List, Tuple

_NAME = frozenset(string.ascii_letters + string.digits + "!#$%&'*+-.^_`|~")
"""Of a token (RFC 9110, 5.6.2)."""

_NOT_IN_A_VALUE = frozenset(chr(code) for code in [*range(32), 127]) - {"\t"}


def checked_fields(pairs: Iterable[Tuple[str, str]]) -> List[Tuple[str, str]]:
    """``pairs`` of names and values as they are; raises ``ValueError`` for one that HTTP cannot carry."""
    listed = list(pairs)
    for name, value in listed:
        if not name or not _NAME.issuperset(name):
            raise ValueError(f"a response's header cannot be called {name!r}; use letters, digits and dashes")
        value.encode("latin-1")
        if not _NOT_IN_A_VALUE.isdisjoint(value):
            raise ValueError(f"the response's header {name} has a control character in its value, {value!r}")
    return listed


def checked_status(status: int) -> int:
    """``status`` as it is; raises ``ValueError`` for one that HTTP cannot carry."""
    if not 100 <= status <= 999:
        raise ValueError(f"a response's status has three digits, and not {status}")
    return status
