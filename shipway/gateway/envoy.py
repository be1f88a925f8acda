"""One Envoy: its files, its process, and the order in which it is told of changes so that no request is lost.

Everything may be repeated. The process holds a lock from birth, so that one whose starter was killed is found again.
"""

import contextlib
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from shipway.domain.service import RevisionStats, Traffic
from shipway.errors import GatewayError, MachineError, PortInUse
from shipway.gateway import admin
from shipway.gateway.config import CLUSTERS_FILE, ROUTES_FILE, Document, GatewaySpec, bootstrap, clusters, routes
from shipway.gateway.program import envoy_program
from shipway.machine.held import holder, start_once, with_pid_file
from shipway.machine.ports import can_bind, is_listening, listener_of
from shipway.machine.processes import Command, stop
from shipway.machine.state import private_folder, write_whole

_TAKES_AT_MOST_S = 20.0
"""Envoy takes a new file in tens of milliseconds; a machine that swaps or builds beside it needs longer."""

_FIRST_PORT_FOR_ALL = 1024

_YOUNG_S = 600.0

_LONGEST_SOCKET_PATH = 100
"""Bytes; the kernels' own limits are 108 (Linux) and 104 (macOS)."""


class Envoy:
    """The gateway whose files lie in `folder`."""

    def __init__(self, folder: Path, *, program: Callable[[], Path] = envoy_program) -> None:
        self.folder = folder
        self._program = program

    def is_running(self) -> bool:
        return holder(self._lock, self._pid_file) is not None

    def start(self, spec: GatewaySpec) -> None:
        """Starts it with what `spec` says; one that runs already is left as it is. Returns once it answers.

        Raises PortInUse when somebody else listens on its port, MachineError where Envoy cannot run.
        """
        if self.is_running():
            return
        program = self._program()
        self._refuse_foreign_port(spec)
        documents = {CLUSTERS_FILE: clusters(spec), ROUTES_FILE: routes(spec)}
        private_folder(self.folder)
        private_folder(self._watched)
        for file, document in documents.items():
            self._write(file, document)
        socket = self._place_for_socket()
        socket.unlink(missing_ok=True)
        first = bootstrap(spec, admin_socket=str(socket), watched=str(self._watched))
        write_whole(self._bootstrap, json.dumps(first, indent=1))
        start_once(self._command(program), self._pid_file)
        self._wait_until_in_force(spec, documents)

    def stop(self, *, drain_s: float = 0.0) -> None:
        """Ends it once it holds no request any more, or after `drain_s`. Safe to repeat."""
        identity = holder(self._lock, self._pid_file)
        if identity:
            self._drain(drain_s)
            stop(identity, grace_s=5.0)
        self._admin.unlink(missing_ok=True)

    def apply(self, spec: GatewaySpec) -> None:
        """Makes the gateway what `spec` says, and returns once Envoy has said that it is. One that died is started.

        Clusters come before the routes that name them and go after. Raises GatewayError when Envoy does not take it.
        """
        if self.is_running() and not self._can_be_changed(spec):
            self._refuse_foreign_port(spec)
            self.stop(drain_s=_TAKES_AT_MOST_S)
        if not self.is_running():
            self.start(spec)
            return
        gone = {each: address for each, address in self._clusters_now().items() if each not in spec.revisions}
        self._take(spec, {CLUSTERS_FILE: clusters(spec, keep=gone)})
        self._take(spec, {ROUTES_FILE: routes(spec)})
        if gone:
            self._take(spec, {CLUSTERS_FILE: clusters(spec)})

    def read_traffic(self) -> Traffic:
        """As Envoy routes it now. Raises GatewayError when it does not run."""
        return admin.read_traffic(self._admin)

    def read_stats(self, *, mirrored: bool = False) -> Mapping[str, RevisionStats]:
        """Of every revision it knows; counts begin again when Envoy does. Quantiles lag by at most a second."""
        return admin.read_stats(self._admin, sorted(self._clusters_now()), mirrored=mirrored)

    def _drain(self, drain_s: float) -> None:
        deadline = time.monotonic() + drain_s
        try:
            admin.close_listeners(self._admin)
            while admin.requests_under_way(self._admin) and time.monotonic() < deadline:
                time.sleep(0.01)
        except GatewayError:
            return  # it cannot be asked: it ends with whatever it holds

    # -- files

    @property
    def _lock(self) -> Path:
        return self.folder / "running.lock"

    @property
    def _pid_file(self) -> Path:
        return self.folder / "pid"

    @property
    def _bootstrap(self) -> Path:
        return self.folder / "bootstrap.json"

    @property
    def _watched(self) -> Path:
        return self.folder / "watched"

    @property
    def _log(self) -> Path:
        return self.folder / "envoy.log"

    @property
    def _admin(self) -> Path:
        """Where the last one that was started has its socket, whatever the temporary folder of this process is."""
        if not self._bootstrap.exists():
            return self.folder / "admin.sock"
        return Path(json.loads(self._bootstrap.read_text())["admin"]["address"]["pipe"]["path"])

    def _place_for_socket(self) -> Path:
        """In the folder, where only this user may go; where that path is too long for a socket, in one like it.

        Not below XDG_RUNTIME_DIR, which goes when the user logs out: services stay. Temporary folders are swept, too,
        but not of sockets in use.
        """
        path = self.folder / "admin.sock"
        if len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH:
            return path
        short = private_folder(Path(tempfile.gettempdir()) / f"shipway-{os.getuid()}")
        if short.stat().st_uid != os.getuid() or short.stat().st_mode & 0o077:
            raise MachineError(f"{short} is not private to you: remove it, or set TMPDIR to a folder of your own")
        _sweep(short)
        return short / f"{hashlib.sha256(os.fsencode(path)).hexdigest()[:16]}.sock"

    def _write(self, file: str, document: Document) -> None:
        write_whole(self._watched / file, json.dumps(document, indent=1))

    def _clusters_now(self) -> dict[str, str]:
        """Revisions and their addresses, as the file says that Envoy reads."""
        return admin.addresses_in(json.loads((self._watched / CLUSTERS_FILE).read_text()))

    def _can_be_changed(self, spec: GatewaySpec) -> bool:
        """Its port cannot change while it runs, and without its socket (temporary folders are swept) nothing can."""
        return self._admin.exists() and self._listener_port() == spec.listener_port

    def _listener_port(self) -> int | None:
        if not self._bootstrap.exists():
            return None
        listener = json.loads(self._bootstrap.read_text())["static_resources"]["listeners"][0]
        return int(listener["address"]["socket_address"]["port_value"])

    # -- process

    def _command(self, program: Path) -> Command:
        argv = (
            str(program),
            *("-c", str(self._bootstrap)),
            *("--concurrency", "1"),
            "--disable-hot-restart",  # two Envoys clash otherwise; a base id of its own leaves shared memory behind
            *("--drain-strategy", "immediate"),  # or it would close kept-alive connections one by one, in ten minutes
            *("--log-level", "warning"),
        )
        return Command(
            argv=with_pid_file(argv, self._pid_file),
            cwd=self.folder,
            environment={"PATH": os.defpath},
            lock=self._lock,
            log=self._log,
        )

    def _refuse_foreign_port(self, spec: GatewaySpec) -> None:
        ours = self.is_running() and self._listener_port() == spec.listener_port
        if not ours and not can_bind(spec.listener_port):
            raise port_in_use(spec.service, spec.listener_port)

    def _take(self, spec: GatewaySpec, documents: Mapping[str, Document]) -> None:
        """Writes what is not in force yet, and waits until it is."""
        if self._in_force(documents):
            return
        for file, document in documents.items():
            self._write(file, document)
        self._wait_until_in_force(spec, documents)

    def _wait_until_in_force(self, spec: GatewaySpec, documents: Mapping[str, Document]) -> None:
        deadline = time.monotonic() + _TAKES_AT_MOST_S
        while not self._in_force(documents):
            if not self.is_running():
                raise self._why_it_ended(spec)
            if time.monotonic() > deadline:
                raise GatewayError(
                    f"the gateway of service {spec.service} did not take its settings within {_TAKES_AT_MOST_S:g} s; "
                    f"its log {self._log} ends: {self._last_words()}"
                )
            time.sleep(0.01)

    def _in_force(self, documents: Mapping[str, Document]) -> bool:
        try:
            now = admin.versions_in_force(self._admin)
        except GatewayError:
            return False
        return all(now[file] == document["version_info"] for file, document in documents.items())

    def _why_it_ended(self, spec: GatewaySpec) -> MachineError | GatewayError:
        words = self._last_words()
        if "Address already in use" in words:
            return port_in_use(spec.service, spec.listener_port)
        return GatewayError(f"the gateway of service {spec.service} has ended; its log {self._log} ends: {words}")

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines() if self._log.exists() else []
        return " | ".join(line[:300] for line in lines[-3:]) or "(empty)"


def _sweep(folder: Path) -> None:
    """Sockets of gateways whose folders went without a stop. One that is young may belong to an Envoy that starts."""
    for path in folder.glob("*.sock"):
        with contextlib.suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > _YOUNG_S and not admin.is_open(path):
                path.unlink()


def port_in_use(service: str, port: int) -> PortInUse:
    if port < _FIRST_PORT_FOR_ALL and os.geteuid() != 0 and not is_listening(port):
        return PortInUse(
            f"port {port} of service {service} is for root only, as all below {_FIRST_PORT_FOR_ALL}; "
            "set another `port` in deploymentconfig.json (without one, a free port is taken)"
        )
    return PortInUse(
        f"port {port} of service {service} is held by {listener_of(port)}; "
        "end that process, or set another `port` in deploymentconfig.json (without one, a free port is taken)"
    )
