"""What was compiled on this machine for an image: whether the image's libraries will do for it. Pure.

Read from the bytes: names and symbol versions stand in an ELF file as they are. Too much may be found, not too little.
"""

import re

_LIBRARY = re.compile(rb"(?<![\w.+-])(lib[\w+-]+(?:\.[\w+-]+)*?\.so(?:\.\d+)*)\0")
_SYMBOLS = re.compile(rb"GLIBC_(\d+)\.(\d+)(?:\.\d+)?\0")
_EVERYWHERE = frozenset(f"lib{name}" for name in ("c", "m", "pthread", "dl", "rt", "gcc_s", "stdc++", "util"))
_OF_PYTHON = re.compile(r"libpython3\.\d+m?$")
"""What images with Python have; where one is built otherwise (a Python without its library, one without C++), the
import test after the build says so."""

_PLATFORM = re.compile(r"(?P<machine>\w+?)-manylinux_(?P<major>\d+)_(?P<minor>\d+)")


def unfit(content: bytes, platform: str, machine: str) -> str:
    """Why a compiled file of this `machine` cannot be used on `platform`, such as x86_64-manylinux_2_36; empty when it
    can."""
    image = _PLATFORM.fullmatch(platform)
    if image is None or image["machine"] != machine:
        return f"it was compiled for {machine} with glibc"
    needed = max((tuple(map(int, found)) for found in _SYMBOLS.findall(content)), default=(0, 0))
    if needed > (int(image["major"]), int(image["minor"])):
        return f"it was compiled with glibc {needed[0]}.{needed[1]}, newer than the image's"
    libraries = {name.decode() for name in _LIBRARY.findall(content)}
    missing = sorted(name for name in libraries if not _is_there(name.partition(".so")[0]))
    return f"it needs {', '.join(missing)}" if missing else ""


def _is_there(library: str) -> bool:
    return library in _EVERYWHERE or _OF_PYTHON.match(library) is not None
