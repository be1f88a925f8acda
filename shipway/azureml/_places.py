"""Which Shipway workspace the names of a v1 one mean: (subscription, resource group, workspace) to a URL.

The names are kept on this machine, in `$XDG_CONFIG_HOME/shipway/workspaces.json`; a workspace itself knows nothing of
them. A project's folder has them in `.azureml/config.json`, as `az ml folder attach` wrote it.
"""

import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from shipway.config.documents import read_document
from shipway.errors import ConfigError, StoreError
from shipway.machine.locks import file_lock
from shipway.machine.state import write_whole
from shipway.store.finding import WORKSPACE_FOLDER, find_workspace
from shipway.store.workspace import open_workspace

CONFIG_FOLDER = ".azureml"

_CONFIG_FILES = (f"{CONFIG_FOLDER}/config.json", "aml_config/config.json", "config.json")
"""Where v1 looked, in each folder from the current one up; `config.json` alone is what the portal gave to download."""

_KEYS = ("subscription_id", "resource_group", "workspace_name")

_SCOPE = re.compile(
    r"/subscriptions/(?P<subscription_id>[^/]+)/resourceGroups/(?P<resource_group>[^/]+)"
    r"/providers/Microsoft\.MachineLearningServices/workspaces/(?P<workspace_name>[^/]+)",
    re.IGNORECASE,
)
"""How the command line of v1 wrote the same three names."""


@dataclass(frozen=True, kw_only=True)
class Names:
    """v1's names of a workspace. Azure tells none of them apart by case."""

    subscription_id: str
    resource_group: str
    workspace_name: str

    def is_like(self, other: "Names") -> bool:
        return self._folded == other._folded

    @property
    def _folded(self) -> tuple[str, ...]:
        return tuple(text.casefold() for text in (self.subscription_id, self.resource_group, self.workspace_name))

    @property
    def flags(self) -> str:
        """As they are typed."""
        group = f" -g {self.resource_group}" if self.resource_group else ""
        subscription = f" --subscription-id {self.subscription_id}" if self.subscription_id else ""
        return f"-w {self.workspace_name}{group}{subscription}"


@dataclass(frozen=True, kw_only=True)
class Known:
    """A workspace that has been given v1's names on this machine. `location` is v1's region, which decides nothing."""

    names: Names
    url: str
    location: str = ""


def known_workspaces(
    *, name: str | None = None, resource_group: str | None = None, subscription_id: str | None = None
) -> tuple[Known, ...]:
    """Of those names, in the order of their names. Raises ConfigError for a list that is no such list."""
    wanted = {"workspace_name": name, "resource_group": resource_group, "subscription_id": subscription_id}
    found = (known for known in _read(_list_path()) if _matches(known.names, wanted))
    return tuple(sorted(found, key=lambda known: (known.names.workspace_name, known.names.resource_group)))


def find_known(names: Names) -> Known | None:
    return next((known for known in _read(_list_path()) if known.names.is_like(names)), None)


def remember(known: Known) -> None:
    """Replaces what the same names meant before. Safe to repeat."""
    path = _list_path()
    with file_lock(path.with_name(f".{path.name}.lock")):
        _write(path, [*(other for other in _read(path) if not other.names.is_like(known.names)), known])


def forget(names: Names) -> None:
    """The workspace itself stays. Safe to repeat."""
    path = _list_path()
    with file_lock(path.with_name(f".{path.name}.lock")):
        _write(path, [known for known in _read(path) if not known.names.is_like(names)])


def config_file(folder: Path) -> Path | None:
    """v1's file for this folder, in it or above it."""
    for place in (folder, *folder.parents):
        for name in _CONFIG_FILES:
            if _is_config(place / name):
                return place / name
    return None


def names_in(path: Path) -> Names:
    """Raises ConfigError, naming the file and the key, for one that names no workspace."""
    content = read_document(path).value
    given = content if isinstance(content, Mapping) else {}
    scope = _SCOPE.search(str(given.get("Scope") or ""))
    if scope is not None:
        return Names(**scope.groupdict())
    missing = [key for key in _KEYS if not isinstance(given.get(key), str) or not given[key]]
    if missing:
        raise ConfigError(
            f"{path}: {missing[0]}: is missing; a workspace's file names {', '.join(_KEYS)}, as "
            "`shipway folder attach -w NAME -g GROUP` writes it"
        )
    return Names(**{key: given[key] for key in _KEYS})


def write_config(names: Names, folder: Path, *, file_name: str | None = None) -> Path:
    """As v1's `write_config` did; replaces what was there. Raises MachineError."""
    path = folder / CONFIG_FOLDER / (file_name or "config.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(asdict(names), indent=4) + "\n", mode=0o644)
    return path


def nearest_workspace(folder: Path) -> str | None:
    """The URL of a workspace that needs no name; None when there is none. Raises StoreError for a
    SHIPWAY_WORKSPACE that is none."""
    try:
        return find_workspace(None, folder)
    except StoreError:
        if os.environ.get("SHIPWAY_WORKSPACE"):
            raise
        return None


def workspace_here(folder: Path) -> str:
    """The URL of the workspace that is near, else of a new one in this folder. Raises StoreError."""
    near = nearest_workspace(folder)
    return near or open_workspace(folder / WORKSPACE_FOLDER, create=True).url


def url_of_folder(folder: Path) -> str | None:
    """The workspace that a folder is attached to; None when it is to none, or to one that this machine does not know.

    Raises ConfigError for a file that is malformed.
    """
    path = config_file(folder)
    if path is None:
        return None
    known = find_known(names_in(path))
    return known.url if known else None


def _is_config(path: Path) -> bool:
    """`config.json` is a name that other tools use too: it counts when it looks like v1's."""
    if not path.is_file():
        return False
    if path.parent.name in {CONFIG_FOLDER, "aml_config"}:
        return True
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return '"workspace_name"' in text or '"Scope"' in text


def _matches(names: Names, wanted: Mapping[str, str | None]) -> bool:
    return all(value is None or getattr(names, key).casefold() == value.casefold() for key, value in wanted.items())


def _list_path() -> Path:
    """`$XDG_CONFIG_HOME/shipway`, by default below `~/.config` (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "shipway" / "workspaces.json"


def _write(path: Path, known: Iterable[Known]) -> None:
    entries = [{**asdict(each.names), "url": each.url, "location": each.location} for each in known]
    write_whole(path, json.dumps({"workspaces": entries}, indent=2) + "\n")


def _read(path: Path) -> tuple[Known, ...]:
    if not path.is_file():
        return ()
    content = read_document(path).value
    entries: Iterable[Any] = content.get("workspaces", ()) if isinstance(content, Mapping) else ()
    try:
        return tuple(
            Known(
                names=Names(**{key: str(entry[key]) for key in _KEYS}),
                url=str(entry["url"]),
                location=str(entry.get("location") or ""),
            )
            for entry in entries
        )
    except (AttributeError, KeyError, TypeError) as error:
        raise ConfigError(
            f"{path}: is not a list of workspaces: {error}; remove it, and attach the workspaces again with "
            "`shipway workspace attach`"
        ) from error
