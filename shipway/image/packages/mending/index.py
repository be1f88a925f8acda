"""What a package index has: versions, the day of each, and which have a wheel for a Python.

Asked once for each package. uv says which index, so that its settings are the user's; whether a set of packages holds
together is uv's to say, and nothing here decides it.
"""

import logging
import platform
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.tags import Tag, compatible_tags, cpython_tags, platform_tags
from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from shipway.image.interpreters import own_interpreter
from shipway.image.packages.lock import PythonThere, normal_name
from shipway.image.packages.question import index_options
from shipway.image.uv import UvFailed, run_uv

log = logging.getLogger(__name__)

_PATIENCE_S = 20.0
_JSON = "application/vnd.pypi.simple.v1+json"
_URL_OF = re.compile(r"--(?:extra-)?index-url[ =](\S+)")
_LINKS_OF = re.compile(r"(?:--find-links|-f)[ =](\S+)")
_MANYLINUX = re.compile(r"(?P<machine>\w+?)-manylinux_(?P<major>\d+)_(?P<minor>\d+)")
_OLDER_NAMES = {5: "manylinux1", 12: "manylinux2010", 17: "manylinux2014"}
_OF_ONE = re.compile(r"cp([23])(\d+)$")
_LAST_WITH_M = 7


@dataclass(frozen=True, kw_only=True)
class Release:
    """One version. `day` (YYYY-MM-DD) is empty where the index does not say; `has_wheel` is for the Python asked
    for, and `pythons` are those that it has wheels of their own for, such as 3.7."""

    version: Version
    day: str = ""
    has_wheel: bool = False
    pythons: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class IndexFile:
    """As an index lists it. `requires_python` are bounds, empty for none."""

    name: str
    day: str = ""
    requires_python: str = ""
    yanked: bool = False


@dataclass
class Index:
    """Where an author's packages come from. `cwd` is a folder without a project of its own."""

    requirements: tuple[str, ...]
    there: PythonThere
    cwd: Path
    known: dict[str, tuple[Release, ...]] = field(default_factory=dict)

    def releases(self, name: str) -> tuple[Release, ...]:
        """The newest first; without pre-releases and what was yanked. Empty as well when no index answers: then nothing
        can be proposed of it."""
        if name not in self.known:
            self.known[name] = tuple(releases_of(self._files(name), name, self.there))
        return self.known[name]

    def day_of(self, name: str, version: str) -> str:
        """When it was published; empty when not known."""
        found = self.release(name, version)
        return "" if found is None else found.day

    def release(self, name: str, version: str) -> Release | None:
        wanted = _version(version)
        return next((found for found in self.releases(name) if found.version == wanted), None)

    def _files(self, name: str) -> Iterator[IndexFile]:
        options = self._options()
        for place in _LINKS_OF.findall(options):
            path = Path(unquote(urlsplit(place).path) if place.startswith("file:") else place)
            if path.is_dir():
                yield from (IndexFile(name=file.name) for file in path.iterdir())
        if "--no-index" not in options:
            for url in _URL_OF.findall(options):
                yield from listed_by(url, name)

    def _options(self) -> str:
        """As uv has them, from the author's lines, its variables and its own files."""
        lines = index_options(self.requirements)
        arguments = ["pip", "compile", "-", "-q", "--no-header", "--emit-index-url", "--emit-find-links"]
        arguments += ["--python", str(own_interpreter().path)]
        try:
            told = run_uv(arguments, cwd=self.cwd, what="asking uv for its index", text="\n".join(lines))
        except UvFailed as error:
            log.info("%s", error)
            return ""
        return "\n".join([told, *(line for line in lines if line not in told)])


def listed_by(url: str, name: str) -> Iterator[IndexFile]:
    """An index that does not answer, or not in JSON, lists nothing: it is asked for a proposal alone."""
    import httpx  # noqa: PLC0415 - only where something is mended

    try:
        place = httpx.URL(f"{url.rstrip('/')}/{normal_name(name)}/")
        answer = httpx.get(
            place.copy_with(userinfo=b""),  # httpx logs what it asks for
            auth=(place.username, place.password) if place.userinfo else None,
            headers={"Accept": _JSON},
            timeout=_PATIENCE_S,
            follow_redirects=True,
        )
        document = answer.json() if answer.is_success else {}
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return
    yield from files_in(document)


def files_in(document: dict[str, Any]) -> Iterator[IndexFile]:
    """Of an index's JSON (PEP 691 and 700). Pure."""
    for file in document.get("files", ()):
        yield IndexFile(
            name=file["filename"],
            day=str(file.get("upload-time") or "")[:10],
            requires_python=file.get("requires-python") or "",
            yanked=bool(file.get("yanked")),
        )


def releases_of(files: Iterable[IndexFile], name: str, there: PythonThere) -> list[Release]:
    """The newest first. Pure, but that the platform of this machine is asked for when `there` names none."""
    tags = frozenset(tags_of(there))
    found: dict[Version, Release] = {}
    for file in files:
        read = _read_file(file, name)
        if read is None or file.yanked:
            continue
        version, wheel_tags = read
        if version.is_prerelease:
            continue
        fits = _for_python(file.requires_python, there.version)
        earlier = found.get(version, Release(version=version, day=file.day))
        found[version] = Release(
            version=version,
            day=min(filter(None, (earlier.day, file.day)), default=""),
            has_wheel=earlier.has_wheel or (fits and not tags.isdisjoint(wheel_tags)),
            pythons=earlier.pythons | {f"{m[1]}.{m[2]}" for tag in wheel_tags if (m := _OF_ONE.match(tag.interpreter))},
        )
    return sorted(found.values(), key=lambda release: release.version, reverse=True)


def tags_of(there: PythonThere) -> Iterator[Tag]:
    """What wheels may be tagged with for a CPython."""
    major, minor = map(int, there.minor.split("."))
    platforms = list(_platforms(there.platform)) if there.platform else list(platform_tags())
    abi = f"cp{major}{minor}" + ("m" if (major, minor) <= (3, _LAST_WITH_M) else "")
    yield from cpython_tags((major, minor), [abi], platforms)
    yield from compatible_tags((major, minor), f"cp{major}{minor}", platforms)


def _platforms(name: str) -> Sequence[str]:
    match = _MANYLINUX.fullmatch(name)
    if match is None:
        return [f"linux_{platform.machine()}"]
    machine, newest = match["machine"], int(match["minor"])
    found = [f"manylinux_{match['major']}_{minor}_{machine}" for minor in range(newest, 4, -1)]
    return [*found, *(f"{older}_{machine}" for minor, older in _OLDER_NAMES.items() if minor <= newest)]


def _read_file(file: IndexFile, name: str) -> tuple[Version, frozenset[Tag]] | None:
    try:
        if file.name.endswith(".whl"):
            found, version, _, tags = parse_wheel_filename(file.name)
        else:
            (found, version), tags = parse_sdist_filename(file.name), frozenset()
    except (InvalidWheelFilename, InvalidSdistFilename):
        return None
    return (version, tags) if found == normal_name(name) else None


def _for_python(bounds: str, version: str) -> bool:
    try:
        return not bounds or SpecifierSet(bounds).contains(version, prereleases=True)
    except InvalidSpecifier:
        return True


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None
