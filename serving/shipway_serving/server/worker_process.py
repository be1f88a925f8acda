"""A worker as its supervisor holds it: a process, one wire and three log pipes."""

import os
import socket
import subprocess
import sys
from typing import BinaryIO, Dict, Optional, cast

import shipway_serving
from shipway_serving.server.wire import Word
from shipway_serving.server.worker_plan import WorkerPlan, inherited, write_plan
from shipway_serving.telemetry.collector import Collector, RecordSource, Source

_PACKAGE_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(shipway_serving.__file__)))

_BOOT = """\
import sys
if sys.path and not sys.path[0]:
    del sys.path[0]
if sys.argv[1] not in sys.path:
    sys.path.append(sys.argv[1])
del sys.argv[1:]
import os
from shipway_serving.server.own_packages import take_own_packages
take_own_packages(dict(os.environ))
from shipway_serving.server.worker import work
work()
"""
"""``-c`` and not ``-m``: nothing is imported before the working folder, the user's, is off ``sys.path``; and processes
that the script spawns through ``multiprocessing`` find no main module that they would import again."""


class WorkerProcess:
    """One worker, from its start to its end."""

    def __init__(self, plan: WorkerPlan, environment: Dict[str, str], collector: Collector) -> None:
        """Start it by ``plan``, whose descriptors but the listener's are filled in here. Raises ``OSError``."""
        self.ready = False
        self.place = plan.place
        self.wire, worker_wire = socket.socketpair()
        log_read, log_write = os.pipe()
        plan = plan._replace(wire_fd=worker_wire.fileno(), log_fd=log_write)
        self._process = subprocess.Popen(
            [sys.executable, "-c", _BOOT, _PACKAGE_FOLDER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=inherited(plan),
            cwd=plan.settings.layout.app_root,
            env=environment,
        )
        _send(plan, self._process)
        worker_wire.close()
        os.close(log_write)
        self.wire.setblocking(False)
        self.pid = self._process.pid
        self._collect(collector, log_read)

    def tell(self, word: Word) -> None:
        """Send ``word``; a dead worker does not hear it."""
        try:
            self.wire.send(word.value)
        except OSError:
            return

    def words(self) -> bytes:
        """What it has said since the last call; empty also after its end."""
        try:
            return self.wire.recv(4096)
        except OSError:
            return b""

    def exit_code(self) -> Optional[int]:
        """Its exit code, negative for a signal; None while it lives."""
        return self._process.poll()

    def kill(self) -> None:
        """End it at once and wait for that."""
        self._process.kill()
        self._process.wait()

    def _collect(self, collector: Collector, log_read: int) -> None:
        process = self._process
        assert process.stdout is not None and process.stderr is not None
        collector.watch(RecordSource(log_read))
        collector.watch(Source(os.dup(process.stdout.fileno()), self.pid, "INFO", "script.stdout"))
        collector.watch(Source(os.dup(process.stderr.fileno()), self.pid, "WARNING", "script.stderr"))
        process.stdout.close()
        process.stderr.close()


def _send(plan: WorkerPlan, process: "subprocess.Popen[bytes]") -> None:
    """A process that is dead already does not hear it; its exit code will tell."""
    assert process.stdin is not None
    try:
        write_plan(plan, cast(BinaryIO, process.stdin))
    except BrokenPipeError:
        return
