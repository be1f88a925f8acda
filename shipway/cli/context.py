"""What a command works with. Nothing is opened before it is asked for: `shipway service list` needs no object store."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from shipway.cli.output import Output
from shipway.store.finding import find_workspace

if TYPE_CHECKING:
    from shipway.machine.state import MachineState
    from shipway.store.workspace import Workspace
    from shipway.targets.base import Target


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
