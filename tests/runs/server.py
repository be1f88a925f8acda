"""A real MLflow tracking server on 127.0.0.1, and what a training run does there, by its REST interface.

mlflow-skinny holds the whole server; what it does not pull in by itself is in the locks beside this file.
"""

import contextlib
import fcntl
import hashlib
import math
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from shipway.machine.ports import free_port
from tests.absent import absent

ROOT = Path(__file__).parents[2]
_STARTS_WITHIN_S = 60


def mlflow_python(major: int) -> Path:
    """The Python of an environment with MLflow 2 or 3, made once for each state of its lock."""
    lock = Path(__file__).with_name(f"mlflow-{major}.txt")
    venv = ROOT / ".venvs" / f"mlflow-{major}-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"
    venv.parent.mkdir(exist_ok=True)
    with venv.with_suffix(".lock").open("w") as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)
        if not (venv / ".complete").exists():
            _make(venv, lock)
    return venv / "bin" / "python"


def _make(venv: Path, lock: Path) -> None:
    uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
    for command in (
        [uv, "venv", "-q", "--clear", "--python", sys.executable, str(venv)],
        [uv, "pip", "install", "-q", "--python", str(venv / "bin" / "python"), "-r", str(lock)],
    ):
        try:
            subprocess.run(command, check=True, capture_output=True, text=True)
        except subprocess.CalledProcessError as error:
            absent(f"MLflow cannot be installed: {error.stderr.strip()[-300:]}")
    (venv / ".complete").touch()


@dataclass(frozen=True)
class MLflow:
    """A server that runs, of MLflow `major`."""

    url: str
    major: int

    @property
    def environment(self) -> dict[str, str]:
        """What whoever asks it has set."""
        return {"MLFLOW_TRACKING_URI": self.url}

    def call(self, name: str, document: Mapping[str, Any], *, method: str = "POST") -> dict[str, Any]:
        answer = httpx.request(method, f"{self.url}/api/2.0/mlflow/{name}", json=dict(document))
        answer.raise_for_status()
        return dict(answer.json())

    def experiment(self, name: str, *, location: str | None = None) -> str:
        document = {"name": name} | ({"artifact_location": location} if location else {})
        return str(self.call("experiments/create", document)["experiment_id"])

    def run(
        self,
        experiment_id: str,
        files: Mapping[str, bytes],
        *,
        metrics: Mapping[str, float] | None = None,
        started: int = 1,
        status: str = "FINISHED",
        parent: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> str:
        """`started` counts in seconds of 2021; a run takes one second."""
        at = 1_614_556_800_000 + started * 1000
        said = {**(tags or {}), **({"mlflow.parentRunId": parent} if parent else {})}
        named = [{"key": key, "value": value} for key, value in said.items()]
        asked = {"experiment_id": experiment_id, "start_time": at, "tags": named}
        info = self.call("runs/create", asked)["run"]["info"]
        run_id = str(info["run_id"])
        for key, value in (metrics or {}).items():
            number = "NaN" if math.isnan(value) else value  # as MLflow's JSON has it
            self.call("runs/log-metric", {"run_id": run_id, "key": key, "value": number, "timestamp": at})
        self.put(info["artifact_uri"], files)
        ended = {"end_time": at + 1000} if status == "FINISHED" else {}
        self.call("runs/update", {"run_id": run_id, "status": status, **ended})
        return run_id

    def put(self, location: str, files: Mapping[str, bytes]) -> None:
        for path, data in files.items():
            if location.startswith("mlflow-artifacts:/"):
                root = location.removeprefix("mlflow-artifacts:/")
                httpx.put(
                    f"{self.url}/api/2.0/mlflow-artifacts/artifacts/{root}/{path}", content=data
                ).raise_for_status()
            else:
                to = Path(location.removeprefix("file://")) / path
                to.parent.mkdir(parents=True, exist_ok=True)
                to.write_bytes(data)

    def log_model(self, experiment_id: str, run_id: str, name: str, files: Mapping[str, bytes]) -> None:
        """As `log_model(name=...)` of MLflow 3 does."""
        asked = {"experiment_id": experiment_id, "name": name, "source_run_id": run_id}
        info = self.call("logged-models", asked)["model"]["info"]
        self.put(info["artifact_uri"], files)
        ready = {"model_id": info["model_id"], "status": 2}
        self.call(f"logged-models/{info['model_id']}", ready, method="PATCH")
        self.call("runs/outputs", {"run_id": run_id, "models": [{"model_id": info["model_id"], "step": 0}]})


@contextlib.contextmanager
def mlflow_server(major: int, folder: Path) -> Iterator[MLflow]:
    """Keeps all it is told below `folder`; ended with its workers."""
    port = free_port()
    command = [mlflow_python(major), "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)]
    environment = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "HOME": str(folder)}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--workers", "1"], cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(process, url, folder / "log")
        yield MLflow(url, major)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait(process: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    give_up_at = time.monotonic() + _STARTS_WITHIN_S
    while True:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{url}/health", timeout=5).status_code == 200:
                return
        if process.poll() is not None or time.monotonic() > give_up_at:
            raise RuntimeError(f"MLflow does not answer at {url}: {log.read_text()[-1000:]}")
        time.sleep(0.05)
