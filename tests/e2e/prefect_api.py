"""What a person does in Prefect's UI, through the API that the UI speaks to."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import psutil

from shipway.errors import ReleaseNotFound
from shipway.release.report import report_of
from shipway.release.steps import Step
from shipway.store.workspace import open_workspace
from tests.live import Live

_WITHIN_S = 100.0
_ENDED = {"COMPLETED", "FAILED", "CANCELLED", "CRASHED"}


class Patient(httpx.HTTPTransport):
    """A server whose database is locked for a moment says 503 and has done nothing: it is asked again."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        for _ in range(20):
            response = super().handle_request(request)
            if response.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break
            response.close()
            time.sleep(0.25)
        return response


@dataclass(frozen=True)
class PrefectUi:
    """`live` is the workspace; its worker must run."""

    live: Live
    client: httpx.Client

    def deployment(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self._answer(self.client.get(f"/deployments/name/{name}/{name}"))
        return found

    def submit(self, name: str, **parameters: Any) -> httpx.Response:
        """The form's button."""
        body = {"parameters": parameters, "state": {"type": "SCHEDULED"}}
        return self.client.post(f"/deployments/{self.deployment(name)['id']}/create_flow_run", json=body)

    def start(self, name: str, **parameters: Any) -> str:
        """The id of the run."""
        return str(self._answer(self.submit(name, **parameters))["id"])

    def run(self, run_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self._answer(self.client.get(f"/flow_runs/{run_id}"))
        return found

    def ended(self, run_id: str) -> dict[str, Any]:
        wait_until(lambda: self.run(run_id)["state"]["type"] in _ENDED, f"run {run_id} to end")
        return self.run(run_id)

    def set_state(self, run_id: str, kind: str, name: str, *, force: bool = False) -> None:
        body = {"state": {"type": kind, "name": name}, "force": force}
        assert self._answer(self.client.post(f"/flow_runs/{run_id}/set_state", json=body))["status"] == "ACCEPT"

    def cancel(self, run_id: str) -> None:
        self.set_state(run_id, "CANCELLING", "Cancelling")

    def retry(self, run_id: str) -> None:
        """Until the second attempt begins: a worker says twice that a process died, and whoever clicks between the two
        has to click again."""

        def begun() -> bool:
            run = self.run(run_id)
            if run["state"]["type"] == "CRASHED" and run["run_count"] == 1:
                self.set_state(run_id, "SCHEDULED", "AwaitingRetry")
            return bool(run["run_count"] == 2)

        wait_until(begun, "the second attempt")

    def states(self, run_id: str) -> list[dict[str, Any]]:
        """Every state that a run had, in order."""
        return list(self._answer(self.client.get("/flow_run_states/", params={"flow_run_id": run_id})))

    def runs(self, **wanted: Any) -> list[dict[str, Any]]:
        body = {"flow_runs": wanted, "sort": "EXPECTED_START_TIME_ASC"}
        return list(self._answer(self.client.post("/flow_runs/filter", json=body)))

    def artifacts(self, run_id: str) -> dict[str, Any]:
        """What the run's page shows, by key."""
        body = {"flow_runs": {"id": {"any_": [run_id]}}}
        return {found["key"]: found for found in self._answer(self.client.post("/artifacts/filter", json=body))}

    def process(self, run_id: str) -> psutil.Process:
        """The process in which a worker carries a run out."""
        for process in psutil.process_iter(["cmdline"]):
            if "prefect.engine" in (process.info["cmdline"] or []) and _run_of(process) == run_id:
                return process
        raise AssertionError(f"no process carries out run {run_id}")

    def until_begun(self, release_id: str, step: Step) -> None:
        def begun() -> bool:
            try:
                report = report_of(open_workspace(self.live.folder / ".shipway"), release_id, now=datetime.now(UTC))
            except ReleaseNotFound:
                return False
            return any(s.step is step and s.state == "begun" for s in report.steps)

        wait_until(begun, f"{step} of release {release_id} to begin")

    @staticmethod
    def _answer(response: httpx.Response) -> Any:
        assert response.is_success, response.text
        return response.json() if response.content else None


def release_of(run_id: str) -> str:
    """The release that a run of the form brings into service."""
    return f"run-{run_id.replace('-', '')[-12:]}"


def wait_until(reached: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _WITHIN_S
    while not reached():
        assert time.monotonic() < deadline, f"waited {_WITHIN_S:.0f} s for {what}"
        time.sleep(0.1)


def _run_of(process: psutil.Process) -> str:
    try:
        return process.environ().get("PREFECT__FLOW_RUN_ID", "")
    except psutil.Error:
        return ""
