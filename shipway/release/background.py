"""A kept release carried out by a process of its own, for whoever does not wait: the SDK and `--no-wait`.

It is `shipway release resume ID`, detached: it outlives whoever started it. A second one finds the first's lease and
leaves, so that starting twice does no harm.
"""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from shipway.machine.state import machine_state
from shipway.release.inputs import read_inputs
from shipway.release.log import background_log, last_line
from shipway.store.workspace import Workspace

__all__ = ["Started", "background_log", "last_line", "start_in_background"]


@dataclass(frozen=True, kw_only=True)
class Started:
    """The process that was started, and where its output goes. Not for another process: it is waited for here."""

    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    def why_dead(self) -> str | None:
        """Its last line when it has ended badly; None while it runs, and when it ended well."""
        code = self.process.poll()
        if not code:
            return None
        return last_line(self.log) or f"it ended with exit code {code} and said nothing"


def start_in_background(workspace: Workspace, release_id: str) -> Started:
    """Returns at once. Modules of the folder where it was started are not in its way (-P).

    Raises ReleaseNotFound; MachineError when there is no place for the log.
    """
    read_inputs(workspace, release_id)
    log = background_log(machine_state(workspace.url), release_id)
    shipway = [sys.executable, "-P", "-m", "shipway.cli.main", "--workspace", workspace.url]
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*shipway, "release", "resume", release_id],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    return Started(process=process, log=log)
