"""v1's conda files to environments. Shipway installs pip's packages: conda's are translated where that is possible.

`conda_names` knows what a line of conda's list means, `pip_lines` what pip's do (contract Y-1..Y-7).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from shipway.config.conda_names import SERVED_BY_SHIPWAY, Meaning, translate
from shipway.config.documents import Document, KeyPath, Loaded, as_document, unknown_key
from shipway.config.pins import contradict, narrower
from shipway.config.pip_lines import PipLine, PipReader, Say, package_name
from shipway.config.profile import PROFILE, profile_of
from shipway.domain.environment import UNNAMED, Environment
from shipway.errors import ConfigError

_KNOWN_KEYS = ("name", "channels", "dependencies", "prefix", "variables")


@dataclass(frozen=True)
class _Pin:
    """A requirement as it was written and as it is meant; `by_pip` tells which of the two lists has it."""

    written: str
    meant: str
    say: Say
    by_pip: bool

    @cached_property
    def name(self) -> str:
        return package_name(self.meant)


@dataclass
class _Found:
    """What has been gathered so far. Raises ConfigError when a line contradicts an earlier one."""

    warnings: list[str] = field(default_factory=list)
    python: _Pin | None = None
    pins: list[_Pin] = field(default_factory=list)
    conda_packages: list[str] = field(default_factory=list)
    served: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    cuda: list[str] = field(default_factory=list)

    def add_python(self, pin: _Pin) -> None:
        if self.python is not None:
            _refuse_contradiction("python" + _exact(self.python.meant), "python" + _exact(pin.meant), self.python, pin)
            pin = pin if narrower(pin.meant, self.python.meant) else self.python
        self.python = pin

    def add(self, pin: _Pin) -> None:
        """pip installed after conda, and its pin held; within one list neither conda nor pip took two."""
        if pin.name in SERVED_BY_SHIPWAY:
            self.served.append(pin.meant)
            return
        for other in [one for one in self.pins if one.name == pin.name and contradict(one.meant, pin.meant)]:
            if other.by_pip == pin.by_pip:
                _refuse_contradiction(other.meant, pin.meant, other, pin)
            loser, winner = (pin, other) if other.by_pip else (other, pin)
            self.warnings.append(loser.say(f"{loser.written!r} gives way to pip's {winner.written!r}, as it did in v1"))
            if loser is pin:
                return
            self.pins.remove(loser)
        self.pins.append(pin)


def load_conda(source: Path | Mapping[str, Any] | Document, *, name: str = UNNAMED) -> Loaded[Environment]:
    """`name` serves where the file has none.

    Raises ConfigError with path and line for what is malformed, contradicts itself or cannot be translated.
    """
    document = as_document(source, "conda dependencies")
    content = document.value
    if not isinstance(content, Mapping):
        raise document.fault((), "a conda file holds keys and values, such as `dependencies:` with a list below it")
    unknown = [str(key) for key in content if key not in _KNOWN_KEYS]
    found = _Found(warnings=[document.at((key,), f"ignored: {unknown_key(key, _KNOWN_KEYS)}") for key in unknown])
    dependencies = content.get("dependencies") or []
    if not isinstance(dependencies, list):
        raise document.fault(("dependencies",), "must be a list")
    for index, entry in enumerate(dependencies):
        _add(entry, document, ("dependencies", index), found)
    _tell_left_out(found, document)
    environment = Environment(
        name=str(content.get("name") or name),
        python=found.python.meant if found.python else None,
        requirements=tuple(dict.fromkeys(pin.meant for pin in found.pins)),
        conda_packages=tuple(dict.fromkeys(found.conda_packages)),
        channels=_channels(content, document),
        served=tuple(dict.fromkeys(found.served)),
        variables={**_profile(found.served), **_variables(content, document)},
    )
    return Loaded(environment, tuple(found.warnings))


def load_requirements(path: Path, *, name: str = UNNAMED) -> Loaded[Environment]:
    """Of a requirements.txt. Raises ConfigError as `load_conda`."""
    found = _Found()
    for line in PipReader(path.parent, found.warnings).read_file(path):
        _add_pip(line, found)
    environment = Environment(
        name=name,
        python=found.python.meant if found.python else None,
        requirements=tuple(dict.fromkeys(pin.meant for pin in found.pins)),
        served=tuple(dict.fromkeys(found.served)),
        variables=_profile(found.served),
    )
    return Loaded(environment, tuple(found.warnings))


def _add(entry: object, document: Document, at: KeyPath, found: _Found) -> None:
    match entry:
        case str():
            _add_conda(entry.strip(), lambda words: document.at(at, words), found)
        case Mapping():
            _add_nested(entry, document, at, found)
        case None:
            return
        case _:
            raise document.fault(at, f"must be a package, such as numpy=1.23, not {entry!r}")


def _add_nested(entry: Mapping[Any, Any], document: Document, at: KeyPath, found: _Found) -> None:
    for key in entry:
        if key == "pip":
            continue
        if not isinstance(entry[key], list):
            raise document.fault((*at, key), f"is no package: write {key}={entry[key]} in its place")
        found.warnings.append(document.at((*at, key), "ignored: only pip may have a list of its own"))
    lines = entry.get("pip") or []
    if not isinstance(lines, list):
        raise document.fault((*at, "pip"), "must be a list")
    reader = PipReader(Path(document.source).parent, found.warnings)
    for index, line in enumerate(lines):
        place = (*at, "pip", index)
        if line is None:
            continue
        if not isinstance(line, str):
            raise document.fault(place, f"must be a pip requirement, not {line!r}")
        for read in reader.read(line, lambda words, place=place: document.at(place, words)):  # type: ignore[misc]
            _add_pip(read, found)


def _add_pip(line: PipLine, found: _Found) -> None:
    pin = _Pin(line.text, line.text, line.say, by_pip=True)
    if package_name(line.text) != "python":
        found.add(pin)
        return
    found.warnings.append(line.say(f"{line.text!r} is no package of pip's; taken as the pin of Python"))
    if meant := translate(line.text):
        found.add_python(_Pin(line.text, meant.text, line.say, by_pip=True))


def _add_conda(entry: str, say: Say, found: _Found) -> None:
    if "{{" in entry:
        found.warnings.append(say(f"{entry!r} is a template that nobody filled in; taken without a version"))
        entry = entry.partition("{{")[0].rstrip("=<>~! ")
    meant = translate(entry)
    if meant is None:
        raise ConfigError(say(f"{entry!r} cannot be written as a pip requirement; name it in the pip list instead"))
    pin = _Pin(entry, meant.text, say, by_pip=False)
    match meant.meaning:
        case Meaning.PYTHON if meant.text:
            found.add_python(pin)
        case Meaning.REQUIREMENT | Meaning.SERVED:
            if meant.without_cuda:
                found.warnings.append(say(f"{entry!r} had its CUDA from conda; taken as {meant.text}, the CPU build"))
            found.add(pin)
        case Meaning.CONDA:
            found.conda_packages.append(entry)
        case Meaning.CUDA:
            found.cuda.append(meant.name)
        case Meaning.GUESSED:
            found.left_out.append(meant.name)
        case _:  # Python without a version, and what wheels bring
            return


def _tell_left_out(found: _Found, document: Document) -> None:
    if found.cuda:
        names = ", ".join(dict.fromkeys(found.cuda))
        words = f"left out: {names}: conda's CUDA is not installed; wheels bring their own, or run on the CPU"
        found.warnings.append(document.at(("dependencies",), words))
    if found.left_out:
        names = ", ".join(dict.fromkeys(found.left_out))
        words = f"left out: {names}: wheels bring such libraries, or only Windows has them"
        found.warnings.append(document.at(("dependencies",), words))


def _refuse_contradiction(one: str, other: str, earlier: _Pin, later: _Pin) -> None:
    if contradict(one, other):
        raise ConfigError(later.say(f"{later.written!r} contradicts {earlier.written!r} further up; keep one of them"))


def _exact(pin: str) -> str:
    """A pin of Python as a requirement's: any patch level of 3.6 is meant by 3.6."""
    return f"=={pin}.*" if pin[:1].isdigit() else pin


def _channels(content: Mapping[str, Any], document: Document) -> tuple[str, ...]:
    channels = content.get("channels") or []
    channels = [channels] if isinstance(channels, str) else channels
    if not isinstance(channels, list) or not all(isinstance(channel, str) for channel in channels):
        raise document.fault(("channels",), "must be a list of names, such as conda-forge")
    return tuple(dict.fromkeys(channels))


def _profile(served: list[str]) -> dict[str, str]:
    profile = profile_of(served)
    return {PROFILE: profile} if profile else {}


def _variables(content: Mapping[str, Any], document: Document) -> dict[str, str]:
    variables = content.get("variables") or {}
    if not isinstance(variables, Mapping):
        raise document.fault(("variables",), "must hold names and values")
    return {str(key): str(value) for key, value in variables.items() if value is not None}
