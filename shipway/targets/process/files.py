"""Where the files lie that a scoring server of this target has in its revision's folder."""

from dataclasses import dataclass
from pathlib import Path

from shipway.targets._local.records import RevisionFolder


@dataclass(frozen=True)
class ServerFiles:
    """Those in `place`, the revision's folder."""

    place: RevisionFolder

    @property
    def root(self) -> Path:
        return self.place.root

    @property
    def app(self) -> Path:
        return self.root / "app"

    @property
    def lock(self) -> Path:
        return self.root / "running.lock"

    @property
    def pid_file(self) -> Path:
        return self.root / "pid"

    @property
    def server_log(self) -> Path:
        return self.root / "server.log"

    @property
    def output_log(self) -> Path:
        return self.root / "output.log"
