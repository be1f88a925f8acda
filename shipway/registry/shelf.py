"""What there is of each model, from one listing of keys. Pure: nothing is read.

models/<name>/<version>                                the version, written once
models/<name>/<version>/deleted                        a tombstone: its number is never used again
models/<name>/<version>/changes/NNNNNN                 tags, properties and descriptions given later, a journal
models/<name>/<version>/used-by/<service>/<revision>   in use
models/<name>/aliases/<alias>                          a pointer to a version
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from shipway.domain.names import ModelRef


@dataclass(frozen=True, kw_only=True, order=True)
class Use:
    """A revision of a service that needs a model version."""

    service: str
    revision: str


@dataclass(kw_only=True)
class Standing:
    """What stands beside a version's record."""

    deleted: bool = False
    changed: bool = False
    uses: set[Use] = field(default_factory=set)


@dataclass(kw_only=True)
class Shelf:
    """One model. `versions` holds every number that was ever given out."""

    versions: dict[int, Standing] = field(default_factory=lambda: defaultdict(Standing))
    aliases: set[str] = field(default_factory=set)

    @property
    def live(self) -> list[int]:
        """The versions that were not deleted, newest first."""
        return sorted((number for number, standing in self.versions.items() if not standing.deleted), reverse=True)


def shelves(keys: Iterable[str]) -> dict[str, Shelf]:
    """By model name. Keys that mean nothing here are passed over."""
    found: dict[str, Shelf] = defaultdict(Shelf)
    for key in keys:
        match key.split("/"):
            case ["models", name, "aliases", alias]:
                found[name].aliases.add(alias)
            case ["models", name, version, *rest] if version.isdecimal():
                _note(found[name].versions[int(version)], rest)
    return dict(found)


def _note(standing: Standing, rest: list[str]) -> None:
    match rest:
        case ["deleted"]:
            standing.deleted = True
        case ["changes", _]:
            standing.changed = True
        case ["used-by", service, revision]:
            standing.uses.add(Use(service=service, revision=revision))


def version_key(ref: ModelRef) -> str:
    return f"models/{ref.name}/{ref.version}"


def tombstone_key(ref: ModelRef) -> str:
    return f"{version_key(ref)}/deleted"


def changes_prefix(ref: ModelRef) -> str:
    return f"{version_key(ref)}/changes"


def use_key(ref: ModelRef, use: Use) -> str:
    return f"{version_key(ref)}/used-by/{use.service}/{use.revision}"


def alias_key(name: str, alias: str) -> str:
    return f"models/{name}/aliases/{alias}"
