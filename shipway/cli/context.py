"""What a command works with. Nothing is opened before it is asked for: `shipway service list` needs no object store."""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from shipway.cli.output import Output
from shipway.errors import StoreError

if TYPE_CHECKING:
    from shipway.machine.state import MachineState
    from shipway.store.workspace import Workspace
    from shipway.targets.base import Target

WORKSPACE_FOLDER = ".shipway"
"""A workspace's folder, as `shipway init` makes it; found from any folder below, as git finds `.git`."""


@dataclass(frozen=True)
class Context:
    """`given` is the text of --workspace; None when it was not given."""

    given: str | None
    output: Output
    folder: Path
    """Where the command was typed."""
    debug: bool = False

    @cached_property
    def workspace_url(self) -> str:
        """What an opened workspace has for its URL; names the state folder too.

        Raises StoreError, saying what to do, when there is none. A bucket is not asked yet.
        """
        return find_workspace(self.given, self.folder)

    @property
    def workspace_folder(self) -> Path | None:
        """None when the workspace is in a bucket. Raises as `workspace_url` does."""
        from shipway.store.urls import folder_of

        url = self.workspace_url
        return folder_of(url) if url.startswith("file://") else None

    def workspace(self) -> "Workspace":
        return self._workspace

    def state(self) -> "MachineState":
        return self._state

    def targets(self) -> "tuple[Target, ...]":
        """Every target, in the order of their names."""
        from shipway.targets.base import known_kinds, load

        return tuple(load(kind, self.state()) for kind in known_kinds())

    @cached_property
    def _workspace(self) -> "Workspace":
        from shipway.store.workspace import open_workspace

        return open_workspace(self.workspace_url)

    @cached_property
    def _state(self) -> "MachineState":
        from shipway.machine.state import machine_state

        return machine_state(self.workspace_url)


def find_workspace(given: str | None, folder: Path) -> str:
    """The workspace's URL: of the one given, else that of SHIPWAY_WORKSPACE, else of `.shipway` here or above.

    Raises StoreError, saying what to do, when there is none.
    """
    named = given if given is not None else os.environ.get("SHIPWAY_WORKSPACE")
    if named:
        return normal_workspace_url(named, folder)
    for place in (folder, *folder.parents):
        if (place / WORKSPACE_FOLDER).is_dir():
            return (place / WORKSPACE_FOLDER).resolve().as_uri()
    raise StoreError(
        f"no workspace: neither {folder} nor a folder above it holds {WORKSPACE_FOLDER}; "
        "make one with `shipway init`, or name one with --workspace or SHIPWAY_WORKSPACE"
    )


def normal_workspace_url(text: str, folder: Path) -> str:
    """Of a workspace as a person names it: a URL, or a folder that is one or holds one. Raises StoreError."""
    from shipway.store.urls import folder_of, is_remote, parse_place

    if is_remote(text):
        return parse_place(text).url
    path = folder_of(text) if "://" in text else folder_of(str(folder / Path(text).expanduser()))
    if (path / WORKSPACE_FOLDER).is_dir():
        return (path / WORKSPACE_FOLDER).as_uri()
    if path.is_file():
        raise StoreError(f"{path} is a file, and a workspace is a folder; make one with `shipway init {path.parent}`")
    if not path.is_dir():
        raise StoreError(f"{path} is not a workspace; make one with `shipway init {path}`")
    return path.as_uri()
