"""An author's requirement lines, read; and the changes of one that mending knows. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from shipway.domain.environment import PinChange

_WHOLE = 3
"""Numbers of a version, after which only a rebuilt package follows."""


@dataclass(frozen=True, kw_only=True)
class AskedPin:
    """A line that names a package of an index. `exact` is its version where it is pinned to one, as a conda list's
    `=0.20.4` is, which reads `==0.20.4.*`. `is_pinned`: to that, or to one minor or major version."""

    text: str
    name: str
    bounds: SpecifierSet
    exact: str | None = None
    is_pinned: bool = False
    extras: frozenset[str] = frozenset()
    marker: str = ""

    @property
    def shown(self) -> str:
        extras = f"[{','.join(sorted(self.extras))}]" if self.extras else ""
        return f"{self.name}{extras}"

    def with_bounds(self, bounds: str) -> str:
        """The same line with other bounds."""
        return f"{self.shown}{bounds}" + (f" ; {self.marker}" if self.marker else "")


def pins_asked(requirements: Iterable[str]) -> dict[str, AskedPin]:
    """By normalised name. Options, files and URLs are passed over: nothing is known of their versions."""
    pins = (read_pin(line) for line in requirements)
    return {pin.name: pin for pin in pins if pin is not None}


def read_pin(line: str) -> AskedPin | None:
    try:
        read = Requirement(line.partition(" --hash")[0])
    except InvalidRequirement:
        return None
    if read.url:
        return None
    clauses = list(read.specifier)
    is_pinned = len(clauses) == 1 and clauses[0].operator in {"==", "==="}
    return AskedPin(
        text=line,
        name=canonicalize_name(read.name),
        bounds=read.specifier,
        exact=_one_version(clauses[0].version) if is_pinned else None,
        is_pinned=is_pinned,
        extras=frozenset(read.extras),
        marker=str(read.marker) if read.marker else "",
    )


def _one_version(version: str) -> str | None:
    """None for `1.19.*`, which leaves open what anybody would notice."""
    if not version.endswith(".*"):
        return version
    version = version.removesuffix(".*")
    return version if version.count(".") >= _WHOLE - 1 else None


def version_in(version: str | None, bounds: str) -> bool:
    """Whether a version is among those of `bounds`, such as `>=1.2,<2`; of empty bounds every one is."""
    try:
        return version is not None and SpecifierSet(bounds).contains(Version(version), prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return False


def exact_pins(pins: Mapping[str, AskedPin]) -> dict[str, str]:
    return {name: pin.exact for name, pin in pins.items() if pin.exact is not None}


def bounded(pins: Mapping[str, AskedPin], bound: str, reason: str) -> PinChange | None:
    """`bound` is such as `numpy<2`. None when the author's own line keeps to it already."""
    wanted = read_pin(bound)
    assert wanted is not None
    pin = pins.get(wanted.name)
    if pin is None:
        return PinChange(before="", after=bound, reason=reason)
    if pin.exact is not None:
        keeps = version_in(pin.exact, str(wanted.bounds))
        after = pin.with_bounds(str(wanted.bounds))
        return None if keeps else PinChange(before=pin.text, after=after, reason=reason)
    theirs = {str(clause) for clause in pin.bounds}
    both = theirs | {str(clause) for clause in wanted.bounds}
    after = pin.with_bounds(",".join(sorted(both, reverse=True)))
    return None if both == theirs else PinChange(before=pin.text, after=after, reason=reason)


def repinned(pin: AskedPin, bounds: str, reason: str) -> PinChange:
    """The line with other bounds, such as `==1.15.4`; empty for any version."""
    return PinChange(before=pin.text, after=pin.with_bounds(bounds), reason=reason)


def renamed(pin: AskedPin, name: str, reason: str, *, keeps_version: bool = True) -> PinChange:
    """Another package in a line's place; its extras are not the other's."""
    bounds = str(pin.bounds) if keeps_version else ""
    after = f"{name}{bounds}" + (f" ; {pin.marker}" if pin.marker else "")
    return PinChange(before=pin.text, after=after, reason=reason)


def left_out(pin: AskedPin, reason: str) -> PinChange:
    return PinChange(before=pin.text, after="", reason=reason)
