"""The rules of mending, which are data (mending.yaml): what each is for, whether it fits, what it changes. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from shipway.domain.environment import PinChange
from shipway.image.packages.mending.pins import AskedPin, bounded, left_out, renamed, version_in

_FILE = Path(__file__).with_name("mending.yaml")
_KEYS = frozenset({
    *("id", "reason", "python", "asked", "resolved", "absent", "words", "unseen"),
    *("bound", "rename", "pin", "leave_out", "add"),
})  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Rule:
    """When (`python` to `words`, all of which must hold) and what (`bound` to `add`).

    `python` are bounds of its version. `asked` are the author's own lines by name, with bounds that an exact pin is
    in. `resolved` are packages of the lock with bounds, `absent` those that it must not have. `words` is a pattern in
    the failure's words. `unseen`: no import test finds what it mends, for it shows later.
    """

    id: str
    reason: str = ""
    python: str = ""
    asked: Mapping[str, str] = field(default_factory=dict)
    resolved: Mapping[str, str] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    words: str = ""
    unseen: bool = False
    bound: tuple[str, ...] = ()
    rename: Mapping[str, str] = field(default_factory=dict)
    pin: Mapping[str, str] = field(default_factory=dict)
    leave_out: tuple[str, ...] = ()
    add: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Situation:
    """`versions` are those of the lock by name, None when there is no lock; `words` are the failure's."""

    python: str
    asked: Mapping[str, AskedPin]
    versions: Mapping[str, str | None] | None = None
    words: str = ""


@cache
def rules() -> tuple[Rule, ...]:
    return tuple(read_rules(yaml.safe_load(_FILE.read_text(encoding="utf-8"))))


def read_rules(documents: Iterable[Mapping[str, Any]]) -> Iterator[Rule]:
    """Raises ValueError for a rule that does not say why, when or what: the file is ours."""
    for document in documents:
        if unknown := set(document) - _KEYS:
            raise ValueError(f"{document.get('id')}: unknown keys {sorted(unknown)}")
        values: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in document.items()}
        rule = Rule(**values)
        if not rule.reason:
            raise ValueError(f"{rule.id}: no reason")
        if not (rule.asked or rule.resolved or rule.words):
            raise ValueError(f"{rule.id}: fits everything")
        if not (rule.bound or rule.rename or rule.pin or rule.leave_out or rule.add):
            raise ValueError(f"{rule.id}: changes nothing")
        yield rule


def fits(rule: Rule, situation: Situation) -> bool:
    """A rule that speaks of resolved packages or of words fits nothing before there are any."""
    versions = situation.versions
    if rule.python and not version_in(situation.python, rule.python):
        return False
    if not all(_is_asked(situation.asked.get(name), bounds) for name, bounds in rule.asked.items()):
        return False
    if rule.resolved and versions is None:
        return False
    there = versions or {}
    if not all(version_in(there.get(name), bounds) for name, bounds in rule.resolved.items()):
        return False
    if any(name in there for name in rule.absent):
        return False
    return not rule.words or re.search(rule.words, situation.words) is not None


def changes_of(rule: Rule, situation: Situation) -> tuple[PinChange, ...]:
    """Empty when the author's lines are as the rule wants them."""
    asked = situation.asked
    found: list[PinChange | None] = [bounded(asked, bound, rule.reason) for bound in rule.bound]
    for name, other in rule.rename.items():
        if pin := asked.get(name):
            found.append(left_out(pin, rule.reason) if other in asked else _renamed(pin, other, rule.reason))
    for name, version in rule.pin.items():
        if pin := asked.get(name):
            found.append(PinChange(before=pin.text, after=pin.with_bounds(f"=={version}"), reason=rule.reason))
    found += [left_out(asked[name], rule.reason) for name in rule.leave_out if name in asked]
    found += [PinChange(before="", after=line, reason=rule.reason) for line in rule.add if line not in asked]
    return tuple(change for change in found if change is not None and change.before != change.after)


def fitting(situation: Situation, among: Iterable[Rule] | None = None) -> Iterator[tuple[Rule, tuple[PinChange, ...]]]:
    """Those that would change something."""
    for rule in rules() if among is None else among:
        if fits(rule, situation) and (changes := changes_of(rule, situation)):
            yield rule, changes


def _renamed(pin: AskedPin, name: str, reason: str) -> PinChange:
    """`sklearn==0.0` is a version of the name alone."""
    return renamed(pin, name, reason, keeps_version=pin.exact != "0.0")


def _is_asked(pin: AskedPin | None, bounds: str) -> bool:
    if pin is None:
        return False
    return not bounds or version_in(pin.exact, bounds)
