"""The target that needs no container engine: each revision is a scoring server in a venv, behind one Envoy a service.

A service's folder, `<machine state>/services/<name>/`:

    service.json            what it is, its port, and which traffic is wanted
    gateway/                Envoy's files (shipway.gateway.envoy)
    revisions/<id>/
        revision.json       what it is, and its port
        app/                its own copy of the bundle's app folder: scripts may write there (contract C-8)
        running.lock, pid   held and written by the scoring server for as long as it lives
        stopped             there while it is stopped on purpose: that it does not run is then no failure
        server.log          the scoring server's log
        output.log          what it said before it had a log

A folder without its JSON file is what a killed act left behind: it is no service and no revision, and is overwritten.
"""

from shipway.machine.state import MachineState
from shipway.targets.process.target import ProcessTarget


def make_target(state: MachineState) -> ProcessTarget:
    return ProcessTarget(state)
