"""Which modules a Python brings itself, from 3.6 to 3.13. Pure."""

import sys

_CAME = {
    "contextvars": (3, 7), "dataclasses": (3, 7), "_py_abc": (3, 7), "graphlib": (3, 9), "zoneinfo": (3, 9), "tomllib":
    (3, 11),
}  # fmt: skip
"""The version that brought a module (the library reference's "Added in version"). Submodules are left to the import."""

_WENT = {
    "fpectl": (3, 7), "macpath": (3, 8), "dummy_threading": (3, 9), "_dummy_thread": (3, 9), "formatter": (3, 10),
    "parser": (3, 10), "symbol": (3, 10), "binhex": (3, 11), "asynchat": (3, 12), "asyncore": (3, 12), "distutils":
    (3, 12), "imp": (3, 12), "smtpd": (3, 12), "aifc": (3, 13), "audioop": (3, 13), "cgi": (3, 13), "cgitb": (3, 13),
    "chunk": (3, 13), "crypt": (3, 13), "imghdr": (3, 13), "lib2to3": (3, 13), "mailcap": (3, 13), "msilib": (3, 13),
    "nis": (3, 13), "nntplib": (3, 13), "ossaudiodev": (3, 13), "pipes": (3, 13), "sndhdr": (3, 13), "spwd": (3, 13),
    "sunau": (3, 13), "telnetlib": (3, 13), "uu": (3, 13), "xdrlib": (3, 13),
}  # fmt: skip
"""The version that is the first without a module (the pages "What's New", and PEP 594)."""


def is_standard(module: str, python: str) -> bool:
    """Whether Python `python`, such as 3.6, brings the module that `module` begins with."""
    top, version = module.partition(".")[0], _numbers(python)
    if top in _WENT:
        return version < _WENT[top]
    return top in sys.stdlib_module_names and version >= _CAME.get(top, (0,))


def went_with(module: str, python: str) -> str | None:
    """The version, such as 3.12, that took away a module which `python` no longer has; None for any other module."""
    went = _WENT.get(module.partition(".")[0])
    return None if went is None or _numbers(python) < went else f"{went[0]}.{went[1]}"


def _numbers(python: str) -> tuple[int, ...]:
    return tuple(int(part) for part in python.split(".")[:2])
