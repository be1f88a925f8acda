"""`shipway model package` and `shipway model profile` as they are typed, with a real engine."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from docker.errors import ImageNotFound

from shipway.cli.main import main
from shipway.domain.image import Image
from shipway.engine.connection import Engine
from shipway.store.workspace import open_workspace
from tests.images.conftest import RUN
from tests.images.test_containers import answer, running

NAME = f"shipway/{RUN}-packaged"
SCRIPT = """
import json, os

def init():
    global model
    with open(os.path.join(os.environ["AZUREML_MODEL_DIR"], os.environ["MODEL_FILE"])) as file:
        model = file.read()

def run(data):
    if "sour" in data:
        raise ValueError("it is sour")
    return {"model": model, "echo": json.loads(data)}
"""
Shipway = Callable[..., tuple[int, Any, str]]


@pytest.fixture(scope="module")
def assets(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """v1's own, beside a workspace: nothing is registered."""
    folder = tmp_path_factory.mktemp("assets")
    (folder / "src").mkdir()
    (folder / "src" / "score.py").write_text(SCRIPT)
    (folder / f"{RUN}.txt").write_text("weights")
    conda = {"dependencies": ["python=3.11", {"pip": ["azureml-defaults"]}]}
    environment = {
        "name": "mine",
        "python": {"condaDependencies": conda},
        "docker": {"baseImage": "azureml/base:intelmpi2018.3-ubuntu16.04"},
        "environmentVariables": {"MODEL_FILE": f"{RUN}.txt"},
    }
    config = {"entryScript": "score.py", "sourceDirectory": "./src", "environment": environment}
    (folder / "inferenceconfig.json").write_text(json.dumps(config))
    yield folder
    for image in engine.client.images.list(name=NAME):
        with suppress(ImageNotFound):
            engine.client.images.remove(image.id, force=True)


@pytest.fixture
def shipway(assets: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shipway:
    """Exit code, the JSON that was printed, and what was said beside it."""
    monkeypatch.chdir(assets)
    monkeypatch.setenv("SHIPWAY_BASE_IMAGE", "shipway-base:{python}")
    monkeypatch.setenv("XDG_STATE_HOME", str(assets / "state"))
    open_workspace(assets / ".shipway", create=True)

    def run(*words: str) -> tuple[int, Any, str]:
        code = main(["model", *words, "-m", f"{RUN}.txt", "-ic", "inferenceconfig.json", "-o", "json"])
        printed, said = capsys.readouterr()
        return code, json.loads(printed) if printed else None, said

    return run


def test_a_packaged_image_has_its_name_and_serves(engine: Engine, shipway: Shipway) -> None:
    code, document, said = shipway("package", "--in", NAME, "--il", "v7")
    assert code == 0
    assert document["name"] == f"{NAME}:v7"
    assert document["digest"] == engine.client.images.get(f"{NAME}:v7").id
    assert document["models"] == [f"{RUN}.txt"[:30] + ":0"]
    assert f"{RUN}.txt: not registered; it lies in the image as {RUN}.txt, version 0" in said
    assert "shipway-base:3.11 stands in place of Microsoft's azureml/base:intelmpi2018.3-ubuntu16.04" in said
    assert said.endswith("nothing was verified or released: `shipway model deploy` does that\n")
    packaged = Image(kind="docker", digest="", location=f"{NAME}:v7", interpreter="", labels={}, size_bytes=0)
    with running(engine, packaged) as container:
        assert answer(container) == {"model": "weights", "echo": {"data": 1}}


def test_a_name_that_is_none_is_refused_before_anything_is_built(shipway: Shipway) -> None:
    code, _, said = shipway("package", "--in", "My Digits")
    assert (code, said.splitlines()[-1]) == (
        1,
        (
            "shipway: error: image name 'My Digits' is not allowed: use lower-case letters and digits, with '-', '.', "
            "'_' or '/' between them, without a tag"
        ),
    )


@pytest.mark.parametrize("words", [("package",), ("profile", "-n", "mine", "--idi", "rows.txt")], ids=lambda w: w[0])
def test_a_day_that_is_none_is_refused(assets: Path, shipway: Shipway, words: tuple[str, ...]) -> None:
    (assets / "rows.txt").write_text("1\n")
    code, _, said = shipway(*words, "--as-of", "yesterday")
    assert (code, said) == (1, "shipway: error: --as-of must be a day such as 2021-03-01, not 'yesterday'\n")


def test_an_environment_is_settled_as_a_release_of_it_would_be(assets: Path, shipway: Shipway) -> None:
    (assets / "needs.py").write_text(f"import sklearn\n{SCRIPT}")
    words = ("package", "--sd", ".", "--es", "needs.py", "--output-path", "never")
    code, _, said = shipway(*words)
    assert code == 1
    assert "needs.py:1: sklearn is not in the environment: add scikit-learn to it" in said
    assert not (assets / "never").exists()


def test_a_name_that_is_none_is_refused_for_a_context_too(assets: Path, shipway: Shipway) -> None:
    code, _, said = shipway("package", "--output-path", "never", "--il", "two words")
    assert (code, "image label 'two words' is not allowed" in said) == (1, True)
    assert not (assets / "never").exists()


def test_a_profile_that_cannot_be_written_is_printed_all_the_same(assets: Path, shipway: Shipway) -> None:
    (assets / "rows.txt").write_text('{"data": 1}\n')
    limits = ("--cc", "0.5", "--gb", "0.5", "--seconds", "0")
    code, document, said = shipway("profile", "-n", "mine", "--idi", "rows.txt", *limits, "-t", "no/out.json")
    assert (code, document["state"]) == (1, "Succeeded")
    assert said.endswith("the profile was made, but no/out.json could not be written: No such file or directory\n")


def test_a_docker_context_is_written_where_it_is_asked_for(assets: Path, shipway: Shipway) -> None:
    code, document, _ = shipway("package", "--output-path", "context")
    assert code == 0
    assert document["base"] == "shipway-base:3.11"
    assert (assets / "context" / "azureml-app" / "azureml-models" / f"{RUN}.txt"[:30] / "0" / f"{RUN}.txt").exists()


def test_a_profile_tells_what_was_used_and_what_failed(engine: Engine, assets: Path, shipway: Shipway) -> None:
    (assets / "rows.txt").write_text('{"data": 1}\n{"data": "sour"}\n')
    limits = ("--cc", "0.5", "--gb", "0.5", "--seconds", "1")
    code, document, _ = shipway("profile", "-n", "mine", "--idi", "rows.txt", *limits, "-t", "out.json")
    assert code == 1
    assert "requests failed, the first (row 2): status 500" in document["error"]
    assert document["error"].endswith("; its log says: run() raised an exception: ValueError: it is sour")
    assert document["successQueries"] >= 1
    assert 0 < document["maxUtilizedMemoryInGB"] < 0.5
    assert document["latencyPercentile50InMs"] > 0
    assert json.loads((assets / "out.json").read_text()) == document
    assert not engine.client.containers.list(all=True, filters={"label": "shipway.service=profile-mine"})
