"""The target that needs no container engine: each revision is a scoring server in a venv, behind one Envoy a service.

Beside what every local target keeps (`shipway.targets._local`), a revision's folder holds:

    app/                its own copy of the bundle's app folder: scripts may write there (contract C-8)
    running.lock, pid   held and written by the scoring server for as long as it lives
    server.log          the scoring server's log
    output.log          what it said before it had a log
"""

from shipway.machine.state import MachineState
from shipway.targets._local.runner import drain_s
from shipway.targets._local.target import LocalTarget
from shipway.targets.process.runner import ProcessRunner


def make_target(state: MachineState) -> LocalTarget:
    return LocalTarget(state, ProcessRunner(drain_s=drain_s(state)))
