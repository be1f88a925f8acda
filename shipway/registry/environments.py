"""Environments by name and version: what `-e NAME` and `Environment.get` mean (contract 10.3, 10.5, Y-8).

environments/<name>/<version>   v1's own object (10.1) as text, written once; the files that it named are in it.

A version is an int that the registry assigns, from 1 on. No password is kept.
"""

import difflib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from shipway.config.documents import Document
from shipway.config.environment import load_environment
from shipway.config.environment_writing import self_contained
from shipway.domain.canonical import Plain, parse_rfc3339, rfc3339
from shipway.domain.environment import Environment
from shipway.errors import RecordExists, RegistryError, StoreCorrupt
from shipway.store.workspace import Workspace

_ROOT = "environments"
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9\-._]{0,254}")
_AZURES_OWN = ("microsoft", "azureml")


@dataclass(frozen=True, kw_only=True)
class Registered:
    """One version of an environment. `document` is v1's object, with name and version."""

    name: str
    version: int
    created_at: datetime
    document: Mapping[str, Any]

    @property
    def id(self) -> str:
        return f"{self.name}:{self.version}"

    @property
    def environment(self) -> Environment:
        """Raises ConfigError for one that a newer Shipway registered, perhaps."""
        return load_environment(Document(source=f"environment {self.id}", value=self.document)).value.environment


class Environments:
    """Holds no state: every call reads the workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._records = workspace.records

    def register(
        self,
        document: Mapping[str, Any] | Document,
        *,
        now: datetime,
        roots: tuple[Path, ...] | None = None,
        curated: bool = False,
    ) -> Registered:
        """As the next version, or the newest again if that is the same; so it is safe to repeat.

        Files that it names are looked for in `roots`. `curated` allows the names that only Azure could give.
        Raises RegistryError for a name, ConfigError for the rest, and then nothing is registered.
        """
        given = document if isinstance(document, Document) else Document(source="environment", value=document)
        environment = load_environment(given, roots=roots).value.environment
        assert isinstance(given.value, Mapping)
        name = given.value.get("name")
        if not isinstance(name, str):
            raise given.fault(("name",), "is missing; a registered environment needs one")
        if fault := environment_name_fault(name, curated=curated):
            raise RegistryError(fault)
        definition = json.dumps(self_contained(given.value, environment), sort_keys=True, ensure_ascii=False)
        return self._create(name, definition, now)

    def get(self, name: str, version: int | str | None = None) -> Registered:
        """The newest without a version. Raises RegistryError naming which there are."""
        there = self.versions(name)
        if not there:
            raise RegistryError(self._unknown(name))
        if version is None:
            return self._read(name, there[-1])
        number = int(version) if str(version).isdecimal() else None
        if number not in there:
            known = ", ".join(map(str, there))
            raise RegistryError(f"environment {name} has no version {version}; there are: {known}")
        return self._read(name, number)

    def list(self) -> tuple[Registered, ...]:
        """The newest version of each, by name."""
        return tuple(self.get(name) for name in self.names())

    def names(self) -> tuple[str, ...]:
        return self._records.names(_ROOT)

    def versions(self, name: str) -> tuple[int, ...]:
        """Oldest first; empty for a name that nobody registered."""
        if not _NAME.fullmatch(name):
            return ()
        return tuple(sorted(int(number) for number in self._records.names(f"{_ROOT}/{name}") if number.isdecimal()))

    def _create(self, name: str, definition: str, now: datetime) -> Registered:
        while True:
            version = max(self.versions(name), default=0)
            if version and _definition(self._record(name, version), name) == definition:
                return self._read(name, version)
            try:
                self._records.create(_key(name, version + 1), {"definition": definition, "created_at": rfc3339(now)})
            except RecordExists:
                continue
            return self._read(name, version + 1)

    def _record(self, name: str, version: int) -> Plain:
        return self._records.read(_key(name, version))

    def _read(self, name: str, version: int) -> Registered:
        record = self._record(name, version)
        document = {**json.loads(_definition(record, name)), "version": str(version)}
        assert isinstance(record, dict)
        at = parse_rfc3339(str(record["created_at"]))
        return Registered(name=name, version=version, created_at=at, document=document)

    def _unknown(self, name: str) -> str:
        if name.lower().startswith(_AZURES_OWN):
            return (
                f"no environment {name!r} is registered: Azure's curated environments are not Shipway's to give; write "
                f"what it held with `shipway environment scaffold -n {name} -d DIR`, and register that with "
                "`shipway environment register -d DIR --curated`"
            )
        near = difflib.get_close_matches(name, self.names(), 1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        return f"no environment {name!r} is registered{hint}; register one with `shipway environment register -d DIR`"


def environment_name_fault(name: str, *, curated: bool = False) -> str | None:
    """What is wrong with the name of an environment that is to be registered, with the remedy; None when it is good."""
    if not _NAME.fullmatch(name):
        return (
            f"environment name {name!r} is not allowed: use 1 to 255 letters, digits, '-', '.' and '_', "
            "beginning with a letter or a digit"
        )
    if name.lower().startswith(_AZURES_OWN) and not curated:
        return (
            f"environment name {name!r} is not allowed: names that begin with Microsoft or AzureML were Azure's own; "
            "choose another, or say with --curated that it stands for Azure's"
        )
    return None


def _key(name: str, version: int) -> str:
    return f"{_ROOT}/{name}/{version}"


def _definition(record: Plain, name: str) -> str:
    if not isinstance(record, dict) or not isinstance(record.get("definition"), str):
        raise StoreCorrupt(f"a record of environment {name} does not hold a definition")
    return str(record["definition"])
