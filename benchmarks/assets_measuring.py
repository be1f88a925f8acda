"""The figures of a v1 asset: looked at, its environment made, and its image built again for another script.

Every round that needs an empty package cache gets one of its own: uv's and pip's alike.
"""

import itertools
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks.ground import SHIPWAY, Ground, ground
from benchmarks.report import ROOT, Figure
from benchmarks.rounds import interleaved, run, seconds_of_command
from shipway.engine.connection import connect
from shipway.errors import EngineUnavailable
from shipway.image.container.base_choice import VARIABLE as BASE_VARIABLE
from shipway.image.interpreters import find_interpreter
from shipway.image.serving import serving_requirements

ASSET = ROOT / "configs" / "examples" / "question-answering"
CONFIG = "inferenceconfig-2.json"
_PIP = "pip==21.3.1"
"""The last that runs on Python 3.6."""
_AUTHORS = ("nltk", "numpy", "onnxruntime")
"""What CONFIG lists besides azureml-defaults, for which the server stands."""


def check_figure(rounds: int) -> Figure:
    """The command from start to end; nothing is known from the round before."""

    def check() -> float:
        with _asset_ground() as opened, _empty_folder() as cache:
            command = [SHIPWAY, "model", "check", "-ic", CONFIG, "-dc", "deploymentconfig.json"]
            return seconds_of_command(command, {**opened.environment, "UV_CACHE_DIR": cache}, str(opened.folder))

    found = interleaved(rounds, {"shipway": check})
    note = "shipway model check on the asset of 2021, with an empty package cache: resolved, nothing installed"
    return Figure(figure="check_s", unit="s", shipway=found["shipway"], goal="< 8", note=note)


def environment_figure(rounds: int) -> Figure:
    """The same packages by both: the author's, and those of the scoring server."""
    with tempfile.TemporaryDirectory(prefix="shipway-bench-pip-") as name:
        wanted = Path(name) / "requirements.txt"
        wanted.write_text("\n".join([*_AUTHORS, *requirement_lines(serving_requirements())]) + "\n")
        found = interleaved(rounds, {"shipway": _made_by_us, "pip": lambda: _made_by_pip(wanted)})
    return environment_figure_of(found)


def environment_figure_of(found: Mapping[str, float]) -> Figure:
    """From seconds by maker."""
    note = (
        f"the asset's environment on 3.6 resolved and installed: {found['shipway']:.1f} s, pip 21.3.1 "
        f"{found['pip']:.1f} s; both with an empty cache"
    )
    ratio = found["shipway"] / found["pip"]
    return Figure(figure="env_over_pip", unit="x pip 21.3.1", shipway=ratio, goal="< 0.5", note=note)


def requirement_lines(text: str) -> list[str]:
    """Of a requirements file, without what pip need not read."""
    lines = (line.partition(" #")[0].strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def script_change_figures(rounds: int, model_mb: int) -> Iterator[Figure]:
    """An image of the asset with a model of `model_mb`, built again each time that the script alone is another."""
    try:
        connect().close()
    except EngineUnavailable as error:
        print(f"nothing is measured of containers: {error}", file=sys.stderr)
        return
    with _asset_ground(**{BASE_VARIABLE: "shipway-base:{python}"}) as opened:
        _register(opened, model_mb)
        numbers = itertools.count(1)
        _package(opened)
        try:
            found = interleaved(rounds, {"shipway": lambda: _changed_script_s(opened, next(numbers))})
        finally:
            _take_images_away()
    note = f"shipway model package, the whole command: a model of {model_mb} MB and the packages as before"
    yield Figure(figure="script_change_build_s", unit="s", shipway=found["shipway"], goal="< 3", note=note)


def _made_by_us() -> float:
    with _asset_ground() as opened, _empty_folder() as cache:
        command = [sys.executable, "-m", "benchmarks.assets_environment", CONFIG, str(opened.folder / "ws")]
        return seconds_of_command(command, {**opened.environment, "UV_CACHE_DIR": cache}, str(opened.folder))


def _made_by_pip(wanted: Path) -> float:
    """Its own virtual environment is made before the clock runs."""
    with _empty_folder() as cache, tempfile.TemporaryDirectory(prefix="shipway-bench-venv-") as name:
        python = str(Path(name) / "venv" / "bin" / "python")
        run([_uv(), "venv", "-q", "--python", str(find_interpreter("3.6", None).path), str(Path(name) / "venv")])
        run([_uv(), "pip", "install", "-q", "--python", python, _PIP, "setuptools", "wheel"])
        return seconds_of_command([python, "-m", "pip", "install", "-q", "--cache-dir", cache, "-r", str(wanted)])


def _register(opened: Ground, model_mb: int) -> None:
    """Of noise: it is neither loaded nor squeezed."""
    path = opened.folder / "model.onnx"
    with Path("/dev/urandom").open("rb") as noise:
        path.write_bytes(noise.read(model_mb * 1_000_000))
    opened.shipway("model", "register", "-n", "bench_assets", "-p", str(path))


def _changed_script_s(opened: Ground, number: int) -> float:
    script = opened.folder / "source_dir" / "score.py"
    script.write_text(f"{script.read_text()}\n# {number}\n")
    return seconds_of_command(_PACKAGE, opened.environment, str(opened.folder))


_PACKAGE = (SHIPWAY, "model", "package", "-m", "bench_assets:1", "-ic", CONFIG)


def _package(opened: Ground) -> None:
    run(_PACKAGE, opened.environment, str(opened.folder))


def _take_images_away() -> None:
    """They are the engine's, and no folder's."""
    engine = connect()
    for image in engine.client.images.list(name="shipway/bench-assets"):
        engine.client.images.remove(image.id, force=True)
    engine.close()


@contextmanager
def _asset_ground(**variables: str) -> Iterator[Ground]:
    """A workspace and a machine that know nothing, and a copy of the asset to stand in."""
    with ground(**variables) as opened:
        shutil.copytree(ASSET, opened.folder, dirs_exist_ok=True)
        yield opened


@contextmanager
def _empty_folder() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="shipway-bench-cache-") as name:
        yield name


def _uv() -> str:
    return shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
