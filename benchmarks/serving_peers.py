"""What the scoring server is measured beside: how each is installed and started, and what is sent to it.

A new version of a peer: write it into `benchmarks/peers/requirements/NAME.in`, and there
`uv pip compile --python-version 3.11 --generate-hashes --no-header --no-emit-index-url NAME.in -o NAME.txt`.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from benchmarks.report import ROOT
from benchmarks.rounds import run

PEERS = ROOT / "benchmarks" / "peers"
VENVS = ROOT / ".venvs"
PYTHON = "3.11"

Rows = Sequence[Sequence[float]]


def v1_body(rows: Rows) -> dict[str, Any]:
    return {"data": rows}


def v2_body(rows: Rows) -> dict[str, Any]:
    """Open Inference Protocol: the numbers flat, which is what its servers decode fastest."""
    flat = [value for row in rows for value in row]
    return {"inputs": [{"name": "x", "shape": [len(rows), len(rows[0])], "datatype": "FP32", "data": flat}]}


def plain_labels(answer: Any) -> list[int]:
    return [int(label) for label in answer]


def v2_labels(answer: Any) -> list[int]:
    return plain_labels(answer["outputs"][0]["data"])


@dataclass(frozen=True, kw_only=True)
class Server:
    """Words may hold {port}, {port2}, {port3}, {workers}, {folder} (its own, with score.py) and {peers}."""

    name: str
    program: str
    words: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    path: str = "/score"
    body: Callable[[Rows], dict[str, Any]] = v1_body
    labels: Callable[[Any], list[int]] = plain_labels


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def servers(serving: Path) -> dict[str, Server]:
    """By name; SERVING has `shipway_serving`. One worker each (or {workers}); defaults where nothing is said."""
    known = (
        Server(
            name="shipway",
            program="python",
            words=_words(
                "-m shipway_serving --entry_script score.py --port {port} --host 127.0.0.1 --worker_count {workers}"
            ),
            environment={"PYTHONPATH": str(serving)},
        ),
        Server(
            name="azmlinfsrv",
            program="azmlinfsrv",
            words=_words("--entry_script score.py --port {port} --health_port {port2} --worker_count {workers}"),
        ),
        Server(
            name="bare",
            program="uvicorn",
            words=_words(
                "bare_app:app --app-dir {peers} --port {port} --loop uvloop --http httptools "
                "--no-access-log --log-level warning"
            ),
        ),
        Server(
            name="mlserver",
            program="mlserver",
            words=_words("start {folder}"),
            environment={"MLSERVER_HOST": "127.0.0.1", "MLSERVER_HTTP_PORT": "{port}", "MLSERVER_GRPC_PORT": "{port2}"}
            # 0: in the server's own process, which is faster with one model than one process beside it (the default).
            | {"MLSERVER_METRICS_PORT": "{port3}", "MLSERVER_PARALLEL_WORKERS": "0", "PYTHONPATH": str(PEERS)},
            files={"model-settings.json": '{"name": "digits", "implementation": "mlserver_app.Digits"}'},
            path="/v2/models/digits/infer",
            body=v2_body,
            labels=v2_labels,
        ),
        Server(
            name="bentoml",
            program="bentoml",
            words=_words("serve bentoml_app:Digits --host 127.0.0.1 --port {port} --working-dir {peers}"),
            environment={"BENTOML_HOME": "{folder}", "BENTOML_DO_NOT_TRACK": "True"},
        ),
        Server(
            name="litserve",
            program="python",
            words=_words("{peers}/litserve_app.py {port}"),
            path="/predict",
        ),
    )
    return {server.name: server for server in known}


def with_script(server: Server, script: str, *words: str) -> Server:
    """The same server with another script of the peers' folder as its score.py, and with more words."""
    files = {**server.files, "score.py": (PEERS / script).read_text()}
    return replace(server, words=(*server.words, *words), files=files)


def program(server: Server) -> str:
    return str(environment_of(server.name) / "bin" / server.program)


def environment_of(name: str) -> Path:
    return VENVS / f"bench-{name}"


def install(names: Sequence[str]) -> None:
    """Brings the environments to the state of their locks. Raises RuntimeError with what uv said. Safe to repeat."""
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(_install, names))


def _install(name: str) -> None:
    lock, venv = PEERS / "requirements" / f"{name}.txt", environment_of(name)
    stamp, digest = venv / "lock.sha256", hashlib.sha256(lock.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return
    run(["uv", "venv", "--quiet", "--clear", "--python", PYTHON, str(venv)])
    python = str(venv / "bin" / "python")
    run(["uv", "pip", "sync", "--quiet", "--require-hashes", "--compile-bytecode", "--python", python, str(lock)])
    stamp.write_text(digest)


def write_models(folder: Path) -> None:
    """FOLDER/tiny/model.onnx and FOLDER/heavy/model.onnx."""
    run([str(environment_of("models") / "bin" / "python"), str(PEERS / "write_models.py"), str(folder)])


def onnxruntime_gains(model: Path) -> dict[str, float]:
    """By 16 rows at once (`batch`) and by a second process (`workers`), with no server around it: what we can gain."""
    script = str(PEERS / "onnxruntime_alone.py")
    said = run([str(environment_of("shipway") / "bin" / "python"), script, str(model / "model.onnx")])
    gains: dict[str, float] = json.loads(said)
    return gains
