"""The registry: create-only records in a workspace, so that many writers need no database."""

import contextlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Unpack

from shipway.domain.canonical import rfc3339
from shipway.domain.model import ModelVersion, ResourceConfiguration, Tree
from shipway.domain.names import ModelRef
from shipway.errors import ModelInUse, RecordExists, RegistryError
from shipway.registry.catalogue import Catalogue
from shipway.registry.changes import property_fault
from shipway.registry.download import download_tree
from shipway.registry.rules import (
    Details,
    check_alias,
    check_children,
    check_registration,
    check_resources,
    check_text,
    keep_children,
    parse_reference,
)
from shipway.registry.shelf import Use, alias_key, changes_prefix, shelves, tombstone_key, use_key, version_key
from shipway.store.codec import encode


class Registry(Catalogue):
    """Registers, changes and deletes models, beside all that a Catalogue reads."""

    def register_path(
        self,
        path: Path | str,
        *,
        name: str,
        now: datetime,
        child_paths: Sequence[str] | None = None,
        **details: Unpack[Details],
    ) -> ModelVersion:
        """Keeps a file or a folder and registers it; of a folder only `child_paths`, when they are given.

        Raises what `register` does, RegistryError for child paths that are not there, and StoreError for a bad path or
        a full workspace; then nothing is registered.
        """
        check_registration(name, details)
        if not str(path).strip():
            raise RegistryError(f"the path of model {name} is empty; give a file or a folder")
        if child_paths is None:
            tree = self._workspace.blobs.put_tree(Path(path))
        else:
            check_children(Path(path), child_paths)
            tree = self._workspace.blobs.put_tree(Path(path), skip=keep_children(child_paths))
        return self.register(name=name, tree=tree, now=now, **details)

    def register(self, *, name: str, tree: Tree, now: datetime, **details: Unpack[Details]) -> ModelVersion:
        """Gives `tree`, whose blobs are kept already, the next version of `name`.

        Versions count from 1 without gaps, whoever else registers at the same time. Safe to repeat with a `release_id`,
        otherwise each call makes a version. Raises RegistryError for what v1 would refuse.
        """
        check_registration(name, details)
        shelf = self._shelf(name)
        wanted = _version(name, max(shelf.versions, default=0) + 1, tree, now, details)
        if earlier := self._registered_before(wanted, shelf.live):
            return earlier
        while not self._create(wanted):
            if earlier := self._registered_before(wanted, [wanted.version]):
                return earlier
            wanted = replace(wanted, version=wanted.version + 1)
        return wanted

    def download(self, ref: str | ModelRef, target_dir: Path, *, exist_ok: bool = False) -> Path:
        """Writes the files below `target_dir` under the name they were registered with, and returns where they are.

        Every digest is checked. Raises RegistryError when something stands there already, unless `exist_ok`: then files
        of the model replace those of the same name.
        """
        version = self.resolve(ref)
        return download_tree(self._workspace.blobs, version.tree, target_dir, model=version.id, exist_ok=exist_ok)

    def delete(self, ref: str | ModelRef, *, now: datetime) -> None:
        """Takes one version off the registry; its number is never used again, its blobs stay until they are collected.

        Aliases that point to it go too. Raises ModelInUse naming the services that use it, ModelNotFound.
        """
        reference = parse_reference(ref)
        if reference.version is None:
            raise RegistryError(f"which version of model {reference.name} to delete? Write {reference.name}:VERSION")
        exact = self.resolve(ref).ref
        self._require_unused(exact)
        with contextlib.suppress(RecordExists):
            self._records.create(tombstone_key(exact), {"at": rfc3339(now)})
        try:
            self._require_unused(exact)
        except ModelInUse:
            self._records.delete(tombstone_key(exact))
            raise
        for alias, number in self.aliases(exact.name).items():
            if number == exact.version:
                self.delete_alias(exact.name, alias)

    def set_tags(self, ref: str | ModelRef, tags: Mapping[str, str], *, now: datetime) -> ModelVersion:
        """Replaces all tags. Safe to repeat."""
        version = self.resolve(ref)
        check_text("tag", version.id, tags)
        self._workspace.journal(changes_prefix(version.ref)).append({"tags": dict(tags)}, at=now)
        return self.resolve(version.ref)

    def change_tags(
        self,
        ref: str | ModelRef,
        *,
        add: Mapping[str, str] = MappingProxyType({}),
        remove: Iterable[str] = (),
        now: datetime,
    ) -> ModelVersion:
        """Others' tags stay, whoever else changes them at the same time. Removing what is not there is nothing. Safe to
        repeat."""
        exact = self.resolve(ref).ref
        check_text("tag", str(exact), add)
        gone = set(remove)
        journal = self._workspace.journal(changes_prefix(exact))
        while True:
            _, head = journal.head
            kept = {key: value for key, value in self.resolve(exact).tags.items() if key not in gone}
            with contextlib.suppress(RecordExists):
                journal.append({"tags": {**kept, **add}}, at=now, after=head)
                return self.resolve(exact)

    def set_resources(self, ref: str | ModelRef, resources: ResourceConfiguration, *, now: datetime) -> ModelVersion:
        """Safe to repeat."""
        version = self.resolve(ref)
        check_resources(version.id, resources)
        self._workspace.journal(changes_prefix(version.ref)).append({"resources": encode(resources)}, at=now)
        return self.resolve(version.ref)

    def set_description(self, ref: str | ModelRef, description: str, *, now: datetime) -> ModelVersion:
        """Safe to repeat."""
        version = self.resolve(ref)
        self._workspace.journal(changes_prefix(version.ref)).append({"description": description}, at=now)
        return self.resolve(version.ref)

    def add_properties(self, ref: str | ModelRef, properties: Mapping[str, str], *, now: datetime) -> ModelVersion:
        """Adds properties, all or none. Raises RegistryError naming those that exist: a property never changes."""
        exact = self.resolve(ref).ref
        check_text("property", str(exact), properties)
        journal = self._workspace.journal(changes_prefix(exact))
        while True:
            _, head = journal.head
            if fault := property_fault(self.resolve(exact), properties):
                raise RegistryError(fault)
            with contextlib.suppress(RecordExists):
                journal.append({"properties": dict(properties)}, at=now, after=head)
                return self.resolve(exact)

    def set_alias(self, ref: str | ModelRef, alias: str) -> None:
        """Points `name@alias` to this version; the last call wins."""
        check_alias(alias)
        version = self.resolve(ref)
        self._records.put(alias_key(version.name, alias), {"version": version.version})

    def delete_alias(self, name: str, alias: str) -> None:
        """Safe to repeat."""
        self._records.delete(alias_key(name, alias))

    def mark_used(self, ref: str | ModelRef, *, service: str, revision: str) -> None:
        """From here on the version cannot be deleted. Safe to repeat. Raises ModelNotFound when it just was."""
        exact = self.resolve(ref).ref
        with contextlib.suppress(RecordExists):
            self._records.create(use_key(exact, Use(service=service, revision=revision)), {})
        if self._records.exists(tombstone_key(exact)):
            self.release_use(exact, service=service, revision=revision)
            self.resolve(exact)

    def release_use(self, ref: ModelRef, *, service: str, revision: str) -> None:
        """Safe to repeat."""
        self._records.delete(use_key(ref, Use(service=service, revision=revision)))

    def release_uses(self, *, service: str, besides: Collection[str] = ()) -> None:
        """Of every version, what revisions of the service use, but those `besides`. Safe to repeat.

        Finds what a killed act left, too: nothing else remembers a revision that is gone.
        """
        for name, shelf in shelves(self._records.keys("models")).items():
            for number, standing in shelf.versions.items():
                for use in standing.uses:
                    if use.service == service and use.revision not in besides:
                        self._records.delete(use_key(ModelRef(name=name, version=number), use))

    def _create(self, version: ModelVersion) -> bool:
        try:
            self._records.create(version_key(version.ref), encode(version))
        except RecordExists:
            return False
        return True

    def _registered_before(self, wanted: ModelVersion, numbers: Iterable[int]) -> ModelVersion | None:
        """By the same release, with the same files."""
        if wanted.release_id is None:
            return None
        for number in numbers:
            found = self._recorded(ModelRef(name=wanted.name, version=number))
            if found.release_id == wanted.release_id and found.digest == wanted.digest:
                return found
        return None

    def _require_unused(self, ref: ModelRef) -> None:
        uses = self._uses(ref)
        if uses:
            users = ", ".join(f"service {use.service} (revision {use.revision})" for use in uses)
            raise ModelInUse(
                f"model {ref} is in use by {users}; delete what uses it first, "
                f"such as with `shipway service delete -n {uses[0].service}`"
            )


def _version(name: str, number: int, tree: Tree, now: datetime, details: Details) -> ModelVersion:
    return ModelVersion(
        name=name,
        version=number,
        tree=tree,
        created_at=now,
        tags=dict(details.get("tags", {})),
        properties=dict(details.get("properties", {})),
        description=details.get("description", ""),
        framework=details.get("framework") or "Custom",
        framework_version=details.get("framework_version", ""),
        release_id=details.get("release_id"),
        run=details.get("run"),
        resources=details.get("resources"),
    )
