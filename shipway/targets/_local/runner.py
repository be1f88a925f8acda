"""How one revision is run: what a kind of local target has to supply."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from shipway.domain.image import Image
from shipway.domain.service import RevisionSpec, ServiceStatus
from shipway.machine.ports import LOOPBACK
from shipway.machine.state import MachineState
from shipway.targets._local.logs import Timed
from shipway.targets._local.records import RevisionFolder, RevisionRecord

DRAIN_S = 60
"""For the requests that a revision still works on when it is told to end."""
TRIAL_DRAIN_S = 2
"""Nobody but us asks a trial anything, and one whose run() does not end would hold up its release for nothing."""

LOG_FILE_BYTES = 10 * 1000**2
LOG_FILES = 3
"""What is kept of a revision's log: a script may print gigabytes, and the disk is everybody's."""


def drain_s(state: MachineState) -> int:
    return TRIAL_DRAIN_S if state.is_of_trials else DRAIN_S


@dataclass(frozen=True, kw_only=True)
class Examined:
    """What is known of an image before anything is made from it.

    `concurrency` is how many requests a revision of it works on at once; `host` is the address where it will answer.
    """

    concurrency: int
    host: str = LOOPBACK


class Runner(Protocol):
    """Works on one revision at a time, under its service's lock. Ending and looking are safe on one that a killed act
    left half made. What cannot be reached raises TargetUnavailable from every act; `status` says it as `unknown`."""

    @property
    def kind(self) -> str: ...

    def render(self, spec: RevisionSpec) -> Mapping[str, Any]:
        """What would be started. Pure."""
        ...

    def why_away(self) -> str | None:
        """Why nothing can be started now, with the remedy; None when it can. Only looks."""
        ...

    def examine(self, image: Image, place: RevisionFolder) -> Examined:
        """Before anything is written down. Raises MachineError or TargetError when the image is gone, ServiceConflict
        when what would be made has a name that is somebody else's."""
        ...

    def fetch(self, image: Image) -> None:
        """Brings it to where it will run. Takes as long as a network does: the service's lock is not held meanwhile."""
        ...

    def prepare(self, image: Image, place: RevisionFolder) -> None:
        """Makes the files that the revision is to have of its own; those that are there stay."""
        ...

    def start(self, record: RevisionRecord, place: RevisionFolder) -> None:
        """Returns once it is there, not once it answers; nothing when it runs already.

        May raise PortInUse, and has then left nothing: it is given another port and tried again.
        """
        ...

    def is_running(self, place: RevisionFolder) -> bool: ...

    def stop(self, place: RevisionFolder) -> None:
        """Lets it finish what it works on. It stays ended until it is started."""
        ...

    def remove(self, place: RevisionFolder) -> None:
        """Lets it finish what it works on, and leaves nothing of it but its folder."""
        ...

    def whereabouts(self, place: RevisionFolder) -> str:
        """What may be left, and where, of one that cannot be reached, in words for people. Asks nobody."""
        ...

    def status(self, record: RevisionRecord, place: RevisionFolder, now: datetime) -> ServiceStatus: ...

    def memory_bytes(self, place: RevisionFolder) -> int | None:
        """What its processes hold, without the page cache; None when it does not run."""
        ...

    def threads(self, place: RevisionFolder) -> int | None:
        """How many its processes have, all together; None when it does not run."""
        ...

    def complaint(self, place: RevisionFolder) -> str | None:
        """What went wrong last in the run that lasts, or in the one that ended; None when nothing did."""
        ...

    def log(self, place: RevisionFolder, tail: int) -> Sequence[Timed]:
        """Its last lines, `tail` at least if it has so many."""
        ...
