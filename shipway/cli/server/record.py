"""Which Prefect server a workspace uses on this machine, as it is written down."""

import json
import socket
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from shipway.machine.ports import LOOPBACK
from shipway.machine.processes import ProcessIdentity, is_alive
from shipway.machine.state import MachineState, write_whole


@dataclass(frozen=True, kw_only=True)
class ServerRecord:
    """`url` is the API's. A server of our own has a `home`, Prefect's folder for it; one that the user named has no
    home and no pid. `started_at`, in seconds since the epoch, tells the process from a later one of the same id."""

    url: str
    ui_url: str
    pid: int | None
    started_at: float | None
    host: str
    home: str | None

    @property
    def port(self) -> int:
        port = urlsplit(self.url).port
        assert port is not None
        return port

    @property
    def identity(self) -> ProcessIdentity | None:
        if self.pid is None or self.started_at is None:
            return None
        return ProcessIdentity(pid=self.pid, started_at=self.started_at)

    @property
    def is_alive(self) -> bool:
        """Whether the process of a server of our own lives, on this very machine."""
        return self.identity is not None and self.host == socket.gethostname() and is_alive(self.identity)


def our_record(*, port: int, home: Path, identity: ProcessIdentity | None) -> ServerRecord:
    return ServerRecord(
        url=f"http://{LOOPBACK}:{port}/api",
        ui_url=f"http://{LOOPBACK}:{port}",
        pid=identity.pid if identity else None,
        started_at=identity.started_at if identity else None,
        host=socket.gethostname(),
        home=str(home),
    )


def home_of(state: MachineState) -> Path:
    """PREFECT_HOME for this workspace: database, results, memory of blocks."""
    return state.server / "prefect"


def record_path(state: MachineState) -> Path:
    return state.server / "server.json"


def read_record(state: MachineState) -> ServerRecord | None:
    """None when there is none, or one that cannot be understood: both mean that we know of no server."""
    try:
        record = ServerRecord(**json.loads(record_path(state).read_text()))
        assert record.port
    except (OSError, ValueError, TypeError, AssertionError):
        return None
    return record


def write_record(state: MachineState, record: ServerRecord) -> None:
    write_whole(record_path(state), json.dumps(asdict(record), indent=2) + "\n")
