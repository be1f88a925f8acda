"""What the articles take for granted: a model, a run that left one, data of NLTK, a Python 3.6, an engine or none."""

import fcntl
import hashlib
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.absent import absent
from tests.engines import has_image, usable_engine
from tests.runs.server import MLflow, mlflow_server
from tests.walkthroughs.reader import Reader, environment_of

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "configs" / "examples"
_OLD = ("nltk==3.6.7", "scikit-learn==0.20.0")
_ONNX = "onnx==1.17.0"
_PORTS = {"question-answering": (32267, 6789), "digits-v1": (8890,)}


@pytest.fixture(scope="session")
def old_python() -> Path:
    """A Python 3.6 with the libraries of the articles' time, made once."""
    interpreter = next(iter(sorted((Path.home() / ".pyenv" / "versions").glob("3.6.*/bin/python"))), None)
    found = interpreter or shutil.which("python3.6")
    if found is None:
        absent("no Python 3.6 here, which the articles' assets pin")
    venv = ROOT / ".venvs" / f"walkthroughs-{hashlib.sha256(repr(_OLD).encode()).hexdigest()[:12]}"
    venv.parent.mkdir(exist_ok=True)
    with venv.with_suffix(".lock").open("w") as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)
        if not (venv / ".complete").exists():
            _uv("venv", "-q", "--clear", "--python", str(found), str(venv))
            _uv("pip", "install", "-q", "--python", str(venv / "bin" / "python"), "--only-binary", ":all:", *_OLD)
            (venv / ".complete").touch()
    return venv / "bin" / "python"


@pytest.fixture(scope="session")
def bidaf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stand-in for the question-answering model, by the example's own script."""
    folder = tmp_path_factory.mktemp("bidaf")
    _uv(
        "run", "-q", "--no-project", "--with", _ONNX, str(EXAMPLES / "question-answering" / "make_model.py"), cwd=folder
    )
    return folder / "model.onnx"


@pytest.fixture(scope="session")
def digits(old_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Path]:
    """The pickle of 2019, by seed."""
    folder = tmp_path_factory.mktemp("digits")

    def train(seed: int) -> Path:
        path = folder / str(seed) / "sklearn_mnist_model.pkl"
        path.parent.mkdir(exist_ok=True)
        train = EXAMPLES / "digits-v1" / "train.py"
        subprocess.run([old_python, "-W", "ignore", train, path, str(seed)], check=True, capture_output=True)
        return path

    return train


@dataclass(frozen=True)
class Runs:
    """A tracking server with two runs of `myexperiment`: one that left both models, and one of AutoML."""

    server: MLflow
    run_id: str
    automl_run_id: str


@pytest.fixture(scope="session")
def runs(bidaf: Path, digits: Callable[[int], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    with mlflow_server(3, tmp_path_factory.mktemp("mlflow")) as server:
        place = server.experiment("myexperiment")
        files = {"model.onnx": bidaf.read_bytes(), "sklearn_mnist_model.pkl": digits(0).read_bytes()}
        run_id = server.run(place, {f"outputs/{name}": data for name, data in files.items()})
        automl = server.run(place, {}, tags={"primary_metric": "accuracy"})
        for accuracy in (0.7, 0.9):
            server.run(place, {"outputs/model.pkl": b"%f" % accuracy}, metrics={"accuracy": accuracy}, parent=automl)
        yield Runs(server, run_id, automl)


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of one machine for all: it makes Prefect's empty database once."""
    return tmp_path_factory.mktemp("state")


@pytest.fixture
def reader(runs: Runs, state: Path, tmp_path: Path) -> Iterator[Callable[..., Reader]]:
    """Somebody with a copy of an example, on a machine with Docker or without; what they leave running is ended."""
    made: list[Reader] = []

    def make(example: str, *, docker: bool, **more: str) -> Reader:
        if docker and not (usable_engine() and has_image("shipway-base:3.6")):
            absent("no Docker Engine answers, or it has no image shipway-base:3.6: see requirements/base_image.sh")
        for port in _PORTS[example]:
            if not _is_free(port):
                absent(f"port {port}, which the articles take, is held by another program of this machine")
        folder = tmp_path / example
        shutil.copytree(EXAMPLES / example, folder)
        settings = {"SHIPWAY_BASE_IMAGE": "shipway-base:{python}", "PYTHONUNBUFFERED": "1", "COLUMNS": "100"}
        settings |= {"RUN_ID": runs.run_id, "AUTOML_RUN_ID": runs.automl_run_id, **runs.server.environment, **more}
        if not docker:
            settings["DOCKER_HOST"] = f"unix://{tmp_path}/no-engine.sock"
        made.append(Reader(folder, environment_of(tmp_path, XDG_STATE_HOME=str(state), **settings)))
        return made[-1]

    yield make
    for each in made:
        each.types("shipway down --all")


def _is_free(port: int) -> bool:
    with socket.socket() as asking:
        asking.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            asking.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _uv(*words: str, cwd: Path | None = None) -> None:
    uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
    try:
        subprocess.run([uv, *words], cwd=cwd, check=True, capture_output=True, text=True)
    except subprocess.CalledProcessError as error:
        absent(f"`uv {' '.join(words)}` fails: {error.stderr.strip()[-300:]}")
