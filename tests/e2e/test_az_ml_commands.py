"""What people type from memory of az ml, with `shipway` in its place: the real command, the process target."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.live import Live, live

pytestmark = [pytest.mark.prefect, pytest.mark.timeout(300)]

_SCRIPT = """\
import os

def init():
    global offset
    path = os.path.join(os.getenv("AZUREML_MODEL_DIR"), "offset.txt")
    with open(path) as file:
        offset = int(file.read())
    print("adds", offset)

def run(data):
    print("asked", data)
    return WORD + str(int(data) + offset)
"""

_DEPLOY = ("model", "deploy", "-n", "adds", "-ic", "inferenceconfig.json", "-dc", "deploymentconfig.json")


def write_script(folder: Path, *, word: str) -> None:
    (folder / "src").mkdir(exist_ok=True)
    (folder / "src" / "score.py").write_text(_SCRIPT.replace("WORD", repr(word)))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """`adder:1` adds 1 and `adder:2` adds 2; the first is deployed as the service `adds`."""
    with live(tmp_path_factory.mktemp("az")) as opened:
        write_script(opened.folder, word="sum ")
        inference = {"entryScript": "score.py", "sourceDirectory": "./src"}
        (opened.folder / "inferenceconfig.json").write_text(json.dumps(inference))
        (opened.folder / "deploymentconfig.json").write_text('{"computeType": "local"}')
        for offset in ("1", "2"):
            (opened.folder / "offset.txt").write_text(offset)
            types(opened, "model", "register", "-n", "adder", "-p", "./offset.txt")
        deployed = document(opened, *_DEPLOY, "-m", "adder:1", "-ct", "process", "--tag", "team=a")
        assert (deployed["name"], deployed["state"], deployed["computeType"]) == ("adds", "Healthy", "Local")
        assert (deployed["phase"], deployed["tags"]) == ("promoted", {"team": "a"})
        assert deployed["scoringUri"].endswith("/score")
        yield opened


def types(shop: Live, *words: str) -> str:
    """What a command that succeeds prints."""
    done = shop.shipway(*words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def document(shop: Live, *words: str) -> Any:
    return json.loads(types(shop, *words, "-o", "json"))


def refusal(shop: Live, *words: str) -> str:
    done = shop.shipway(*words)
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    return done.stderr.splitlines()[-1].removeprefix("shipway: error: ")


def answer(shop: Live, data: str) -> str:
    return types(shop, "service", "run", "-n", "adds", "-d", data).strip()


def test_a_deployed_service_answers_and_its_log_has_what_the_script_printed(shop: Live) -> None:
    assert answer(shop, "4") == '"sum 5"'
    lines = types(shop, "service", "get-logs", "-n", "adds", "-l", "200")
    assert "adds 1" in lines
    assert "asked 4" in lines
    assert [s["name"] for s in document(shop, "service", "list", "-c", "local", "--model-id", "adder:1")] == ["adds"]
    assert document(shop, "service", "list", "--tag", "team=b") == []


def test_a_name_that_is_taken_is_refused_without_overwrite(shop: Live) -> None:
    before = document(shop, "release", "list")
    said = refusal(shop, *_DEPLOY, "-m", "adder:2", "-ct", "process")
    assert said.startswith("service adds exists already (revision r")
    assert "with adder:1 on process): say --overwrite" in said
    assert document(shop, "release", "list") == before


def test_a_new_model_alone_keeps_script_and_tags_and_can_be_taken_back(shop: Live) -> None:
    updated = document(shop, "service", "update", "-n", "adds", "-m", "adder:2", "--add-tag", "kind=x")
    assert (updated["phase"], updated["models"]) == ("promoted", ["adder:2"])
    assert updated["tags"] == {"team": "a", "kind": "x"}
    assert answer(shop, "4") == '"sum 6"'
    types(shop, "service", "rollback", "adds")
    assert answer(shop, "4") == '"sum 5"'


def test_a_reload_reads_the_script_again(shop: Live) -> None:
    write_script(shop.folder, word="total ")
    assert document(shop, "service", "reload", "-n", "adds")["phase"] == "promoted"
    assert answer(shop, "4") == '"total 5"'
    last = document(shop, "service", "history", "-n", "adds")[-1]
    assert (last["event"], last["models"].keys()) == ("promoted", {"adder:1"})
    write_script(shop.folder, word="sum ")
    types(shop, "service", "rollback", "adds")


def test_flags_alone_change_what_they_name_of_the_config_in_force(shop: Live) -> None:
    planned = document(shop, "service", "update", "adds", "--cc", "2", "--dry-run")
    assert planned["champion"] is not None
    assert refusal(shop, "service", "update", "adds", "--po", "99999").startswith("--port: ")
    (shop.folder / "src" / "other.py").write_text(_SCRIPT.replace("WORD", "'other '"))
    planned = document(shop, "service", "update", "adds", "--es", "other.py", "--dry-run")
    assert "other.py with 0 packages" in json.dumps(planned)


def test_a_deploy_that_nobody_waits_for_goes_on(shop: Live) -> None:
    begun = document(shop, *_DEPLOY, "-m", "adder:2", "-ct", "process", "--overwrite", "--no-wait")
    assert (begun["name"], begun["state"]) == ("adds", "Transitioning")
    release = begun["release"]
    _, alive = psutil.wait_procs(carrying_out(release), timeout=120)
    assert not alive
    shown = document(shop, "release", "show", release)
    assert shown["phase"] == "promoted", Path(begun["log"]).read_text()
    assert answer(shop, "4") == '"sum 6"'
    types(shop, "service", "rollback", "adds")


def carrying_out(release: str) -> list[psutil.Process]:
    """The process in the background; none when it has ended already."""
    found = psutil.process_iter(["cmdline"])
    return [process for process in found if (process.info["cmdline"] or [])[-2:] == ["resume", release]]


def test_a_service_that_serves_keeps_its_model_and_goes_with_a_word(shop: Live) -> None:
    assert "adder:1" in refusal(shop, "model", "delete", "-i", "adder:1")
    types(shop, "service", "delete", "adds")
    assert refusal(shop, "service", "run", "-n", "adds", "-d", "1").startswith("WebserviceNotFound: no service 'adds' ")
    assert document(shop, "service", "list") == []
    types(shop, "model", "delete", "-i", "adder:1")
