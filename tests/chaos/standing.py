"""What must stand after any crash, and the ways to get there."""

import subprocess
import sys

from shipway.cli.server.environment import client_environment
from shipway.cli.server.record import read_record
from shipway.machine.state import MachineState
from shipway.release.failpoints import VARIABLE
from shipway.release.open_releases import lease_name, open_release
from shipway.release.run import utc_now
from shipway.store.lease import current
from shipway.store.workspace import open_workspace
from tests.live import Live

SERVICE = "adder"


def kill_at(shop: Live, file: str, release_id: str, place: str) -> None:
    """Runs a release that kills itself at a failpoint."""
    done = shop.shipway("release", file, "--id", release_id, **{VARIABLE: place})
    assert done.returncode == -9, f"{place} was not reached: {done.stdout}{done.stderr}"


def reconcile(shop: Live) -> None:
    """As the scheduled flow does each minute, in a process of its own."""
    (state,) = (shop.folder / "state" / "shipway").glob("*/server")
    record = read_record(MachineState(state.parent))
    assert record is not None
    code = "import sys; from shipway.flows.reconcile import reconcile; reconcile(sys.argv[1])"
    environment = {**shop.environment, **client_environment(record)}
    command = [sys.executable, "-c", code, _workspace_url(shop)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=200)
    assert done.returncode == 0, done.stderr[-3000:]


def assert_nothing_left_behind(shop: Live, champion: str | None = None) -> None:
    """One champion with all traffic, what belongs to it and to the one before it, and nothing else."""
    traffic = shop.traffic()
    assert list(traffic.values()) == [100]
    assert champion is None or list(traffic) == [champion]
    (service,) = shop.document("service", "list")
    assert service["state"] == "Healthy", service
    revisions = {revision["revision"] for revision in service["revisions"]}
    assert set(traffic) <= revisions
    assert len(revisions) <= 2
    running = shop.processes()
    counted = {kind: len(processes) for kind, processes in running.items() if kind in {"envoy", "prefect"}}
    assert counted == {"envoy": 1, "prefect": 1}, running
    if shop.uses_docker:
        containers = {each.labels["shipway.revision"]: each.status for each in shop.containers()}
        assert containers == dict.fromkeys(revisions, "running")
        assert running["revision"] == []
    else:
        assert len(running["revision"]) == len(running["worker"]) == len(revisions), running
    _assert_released(shop)
    assert shop.document("ledger", "verify", SERVICE)


def _assert_released(shop: Live) -> None:
    workspace = open_workspace(_workspace_url(shop))
    assert open_release(workspace, SERVICE) is None
    assert current(workspace.records, lease_name(SERVICE), now=utc_now()) is None


def _workspace_url(shop: Live) -> str:
    return (shop.folder / ".shipway").resolve().as_uri()
