"""What uv's refusal says of single packages. Pure."""

import re
from collections.abc import Iterable

from shipway.image.packages.lock import normal_name

_NAME = r"[A-Za-z0-9][\w.-]*"
_PIN = rf"({_NAME})(?:\[[^\]]*\])?={{2,3}}([\w.+!]+)"
_NO_SUCH_VERSION = re.compile(rf"there is no version of {_PIN}|({_NAME})(?:\[[^\]]*\])?={{2,3}}([\w.+!]+) was yanked")
_NO_WHEEL = re.compile(rf"{_PIN} has no (?:usable wheels|wheels with a matching|wheels|source)")
_OTHER_PYTHON = re.compile(rf"{_PIN} depends on Python")
_WOULD_NOT_BUILD = re.compile(r"Failed to (?:download and )?build `?([A-Za-z0-9][\w.-]*)==([\w.+!]+)")
_ALONE = re.compile(rf"({_NAME}): the version asked for has no wheel")
_ONLY_OTHERS = re.compile(rf"only the following versions of ({_NAME})(?:\[[^\]]*\])? are available")
_UNKNOWN = re.compile(rf"({_NAME}) was not found in the (?:package registry|provided package locations)")
_DEPENDS = re.compile(rf"depends? on ({_NAME})")


def without_a_file(words: str) -> dict[str, str]:
    """Name to version of each that cannot be had as asked: there is none, none for this Python, or it does not
    build."""
    found: dict[str, str] = {}
    for pattern in (_NO_SUCH_VERSION, _NO_WHEEL, _OTHER_PYTHON, _WOULD_NOT_BUILD):
        for groups in pattern.findall(words):
            name, version = [group for group in groups if group][:2]
            found.setdefault(normal_name(name), version)
    for name in _ONLY_OTHERS.findall(words):
        if asked := re.search(rf"you require {re.escape(name)}(?:\[[^\]]*\])?==([\w.+!]+)\.\*", words):
            found.setdefault(normal_name(name), asked[1])
    return found


def unknown_to_the_index(words: str) -> set[str]:
    return {normal_name(name) for name in _UNKNOWN.findall(words)}


def in_the_way(words: str, names: Iterable[str]) -> list[str]:
    """Which of `names` a clash is about: first those that others depend on, for they carry less."""
    depended = [normal_name(name) for name in _DEPENDS.findall(words)]
    named = {normal_name(name) for name in re.findall(_NAME, words)}
    concerned = [name for name in names if name in named]
    return sorted(concerned, key=lambda name: (name not in depended, -words.rfind(name)))


def needed_by(words: str, name: str) -> str:
    """Which package asks for another version, as uv found; empty when it does not say so of this one."""
    who = rf"(?:({_NAME})(?:\[[^\]]*\])?={{2,3}}([\w.+!]+) depends|all versions of ({_NAME}) depend)"
    match = re.search(rf"{who} on {re.escape(name)}(?:\[[^\]]*\])?([<>=!~]\S*)", words)
    if match is None:
        return ""
    return f"{' '.join(filter(None, match.group(1, 2, 3)))} needs {name}{match[4].rstrip(',')}"
