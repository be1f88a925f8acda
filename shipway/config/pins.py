"""Whether two requirements of one package can hold at once, as far as two exact versions tell. Pure.

Bounds are left to the resolver, which knows what there is.
"""

import re

from shipway.config.conda_names import normal_name

_EXACT = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*={2,3}\s*(?P<version>[\w.+!-]+?)(?P<any>\.\*)?")


def contradict(one: str, other: str) -> bool:
    """Both are exact versions of the same package, and no version is both. Markers count as no contradiction."""
    first, second = _EXACT.fullmatch(one.strip()), _EXACT.fullmatch(other.strip())
    if first is None or second is None or normal_name(first["name"]) != normal_name(second["name"]):
        return False
    return not (_fits(first, second) or _fits(second, first))


def narrower(one: str, other: str) -> bool:
    """Whether a pin of Python says more than another: 3.6.2 more than 3.6, a version more than bounds."""
    return one[:1].isdigit() and (not other[:1].isdigit() or len(one.split(".")) > len(other.split(".")))


def _fits(wide: re.Match[str], narrow: re.Match[str]) -> bool:
    """`==1.19.*` has 1.19.2 in it; 1.0 and 1.0.0 are the same."""
    wanted, there = _numbers(wide["version"]), _numbers(narrow["version"])
    if wide["any"]:
        return there[: len(wanted)] == wanted
    return not narrow["any"] and _trimmed(wanted) == _trimmed(there)


def _numbers(version: str) -> list[str]:
    return version.lower().split(".")


def _trimmed(parts: list[str]) -> list[str]:
    while len(parts) > 1 and parts[-1] == "0":
        parts = parts[:-1]
    return parts
