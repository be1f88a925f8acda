"""The reading half of the registry."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from shipway.domain.model import ModelVersion
from shipway.domain.names import ModelRef, model_name_fault
from shipway.errors import ModelNotFound, RecordMissing, RegistryError
from shipway.registry.changes import apply_changes
from shipway.registry.rules import Reference, did_you_mean, parse_reference
from shipway.registry.shelf import Shelf, Standing, Use, alias_key, changes_prefix, shelves, version_key
from shipway.store.codec import decode
from shipway.store.workspace import Workspace

TagFilter = Sequence[str | tuple[str, str]]


class Catalogue:
    """What a workspace knows of models. Holds no state: every call reads the workspace.

    Wherever a reference is asked for: a ModelRef, `name`, `name:version` or `name@alias`. ModelNotFound says which
    versions there are, or the nearest name.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._records = workspace.records

    def resolve(self, ref: str | ModelRef) -> ModelVersion:
        """With its tags, properties and description as they are now."""
        reference = parse_reference(ref)
        shelf = self._shelf(reference.name)
        number = self._number(reference, shelf)
        return self._read(ModelRef(name=reference.name, version=number), shelf.versions[number])

    def list(
        self,
        name: str | None = None,
        *,
        tags: TagFilter = (),
        properties: TagFilter = (),
        framework: str | None = None,
        run_id: str | None = None,
        latest: bool = False,
    ) -> tuple[ModelVersion, ...]:
        """Newest first. Tags and properties are asked for by key, or by key and value; all must be there.

        `latest` keeps the newest version of each name, of those that match.
        """
        if name is not None and (fault := model_name_fault(name)):
            raise RegistryError(fault)
        prefix = "models" if name is None else f"models/{name}"

        def wanted(version: ModelVersion) -> bool:
            return (
                framework in (None, version.framework)
                and (run_id is None or (version.run is not None and version.run.run_id == run_id))
                and all(_has(version.tags, tag) for tag in tags)
                and all(_has(version.properties, one) for one in properties)
            )

        found = [
            version
            for model, shelf in shelves(self._records.keys(prefix)).items()
            for version in self._matching(model, shelf, wanted, latest=latest)
        ]
        return tuple(sorted(found, key=lambda v: (v.created_at, v.name, v.version), reverse=True))

    def names(self) -> tuple[str, ...]:
        """Of models with at least one version, sorted."""
        return tuple(sorted(name for name, shelf in shelves(self._records.keys("models")).items() if shelf.live))

    def aliases(self, name: str) -> dict[str, int]:
        """Version by alias."""
        shelf = self._shelf(name)
        found = {alias: self._alias(name, alias) for alias in sorted(shelf.aliases)}
        return {alias: number for alias, number in found.items() if number in shelf.live}

    def uses(self, ref: str | ModelRef) -> tuple[Use, ...]:
        """Which revisions of which services use it."""
        return self._uses(self.resolve(ref).ref)

    def _uses(self, ref: ModelRef) -> tuple[Use, ...]:
        return tuple(sorted(self._shelf(ref.name).versions[ref.version].uses))

    def _shelf(self, name: str) -> Shelf:
        return shelves(self._records.keys(f"models/{name}")).get(name, Shelf())

    def _recorded(self, ref: ModelRef) -> ModelVersion:
        return decode(ModelVersion, self._records.read(version_key(ref)))

    def _read(self, ref: ModelRef, standing: Standing) -> ModelVersion:
        version = self._recorded(ref)
        if not standing.changed:
            return version
        return apply_changes(version, self._workspace.journal(changes_prefix(ref)).entries())

    def _matching(
        self, name: str, shelf: Shelf, wanted: Callable[[ModelVersion], bool], *, latest: bool
    ) -> Iterable[ModelVersion]:
        for number in shelf.live:
            version = self._read(ModelRef(name=name, version=number), shelf.versions[number])
            if wanted(version):
                yield version
                if latest:
                    return

    def _number(self, reference: Reference, shelf: Shelf) -> int:
        """Of the live version that is meant."""
        if reference.alias is not None:
            number = self._alias(reference.name, reference.alias)
        elif reference.version is not None:
            number = reference.version
        else:
            number = next(iter(shelf.live), None)
        if number not in shelf.live:
            raise self._not_found(reference, shelf)
        return number

    def _alias(self, name: str, alias: str) -> int | None:
        try:
            record = self._records.read(alias_key(name, alias))
        except RecordMissing:
            return None
        match record:
            case {"version": int(number)}:
                return number
        return None

    def _not_found(self, reference: Reference, shelf: Shelf) -> ModelNotFound:
        if not shelf.live:
            hint = did_you_mean(reference.name, self.names()) or "; `shipway model list` shows what there is"
            return ModelNotFound(f"ModelNotFound: there is no model {reference.name}{hint}")
        if reference.alias is not None:
            known = ", ".join(self.aliases(reference.name)) or "none"
            return ModelNotFound(
                f"ModelNotFound: no version of model {reference.name} has the alias {reference.alias}; aliases: {known}"
            )
        return ModelNotFound(
            f"ModelNotFound: model {reference.name} has no version {reference.version}; versions: {_some(shelf.live)}"
        )


def _has(pairs: Mapping[str, str], wanted: str | tuple[str, str]) -> bool:
    match wanted:
        case str():
            return wanted in pairs
        case (key, value):
            return pairs.get(key) == value


def _some(numbers: Sequence[int]) -> str:
    """The newest few."""
    shown = ", ".join(str(number) for number in numbers[:10])
    return f"{shown} and {len(numbers) - 10} older" if len(numbers) > 10 else shown
