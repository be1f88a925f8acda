"""Where scripts' collected rows go: decided from a revision's variables, and seen with real servers."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from shipway.config.release_file import load_release_file
from shipway.domain.release import ReleasePhase
from shipway.domain.service import GatewayConfig
from shipway.image.container.kept_images import kept_images, remove_image
from shipway.machine.state import machine_state
from shipway.release.inputs import keep_inputs
from shipway.release.run import hold, utc_now
from shipway.store.workspace import open_workspace
from shipway.targets._local.collection import collection_of, make_folder, workspace_name
from shipway.targets._local.records import RevisionFolder, RevisionRecord
from shipway.targets.base import load
from shipway.testing.assets import write_adder
from tests.absent import absent
from tests.engines import connect, has_image, usable_engine
from tests.unit.release.driver import tell

ON = {"AML_MODEL_DC_STORAGE_ENABLED": "true"}
PLACE = RevisionFolder(Path("/state/abc/services/digits/revisions/r1"))

SCRIPT = """
from azureml.monitoring import ModelDataCollector

def init():
    global inputs
    inputs = ModelDataCollector("offset", designation="inputs", feature_names=["x"])

def run(data):
    inputs.collect([1])
    return [2]
"""


def record(url="file:///shop/.shipway"):
    return RevisionRecord(
        revision_id="r1",
        image_digest="d",
        location="l",
        interpreter="python",
        models=(),
        labels={"workspace": url},
        asked_port=None,
        gateway=GatewayConfig(),
        concurrency=1,
        port=5001,
        created_at=datetime(2026, 7, 1, tzinfo=UTC),
    )


@pytest.mark.parametrize("name", ["AML_MODEL_DC_STORAGE_ENABLED", "AML_MDC_STORAGE_ENABLED"])
def test_rows_go_into_a_workspace_that_is_a_folder_at_once(name):
    found = collection_of(record(), PLACE, {name: "True"})
    assert found is not None
    assert found.folder == Path("/shop/.shipway/modeldata")
    assert found.variables("/inside") == {"SHIPWAY_DATA_COLLECTION_DIR": "/inside", "WORKSPACE_NAME": "shop"}


def test_rows_for_a_bucket_wait_on_the_machine():
    found = collection_of(record("s3://models/team/shop"), PLACE, ON)
    assert found is not None
    assert found.folder == Path("/state/abc/collected/modeldata")
    assert found.workspace == "shop"


def test_nothing_is_collected_unless_it_is_switched_on_nor_from_a_trial():
    assert collection_of(record(), PLACE, {}) is None
    assert collection_of(record(), PLACE, {"AML_MODEL_DC_STORAGE_ENABLED": "false"}) is None
    trial = RevisionFolder(Path("/state/abc/trials/services/digits/revisions/r1"))
    assert collection_of(record(), trial, ON) is None


@pytest.mark.parametrize(
    ("url", "name"),
    [("file:///a/shop/.shipway", "shop"), ("file:///a/ws", "ws"), ("s3://bucket", "bucket"), ("file:///", "default")],
)
def test_a_workspace_is_called_what_people_call_it(url, name):
    assert workspace_name(url) == name


def test_a_folder_for_another_user_can_be_written_by_that_user(tmp_path):
    found = collection_of(record(tmp_path.as_uri()), PLACE, ON)
    assert found is not None
    make_folder(found, user=1000)
    make_folder(found, user=1000)
    about = found.folder.stat()
    assert about.st_uid == 1000 or about.st_mode & 0o777 == 0o777


@pytest.mark.parametrize("target", ["process", "docker"])
def test_a_script_s_rows_are_in_the_workspace_and_stay_when_the_service_goes(tmp_path, monkeypatch, target):
    if target == "docker" and not (usable_engine() and has_image("shipway-base:3.11")):
        absent("no Docker Engine answers, or it has no image shipway-base:3.11: see requirements/base_image.sh")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("SHIPWAY_BASE_IMAGE", "shipway-base:{python}")
    workspace = open_workspace(tmp_path / "shop" / ".shipway", create=True)
    state = machine_state(workspace.url)
    file = write_adder(tmp_path, offset="1", golden=2, name="good", target=target)
    variables = "  environment: {environmentVariables: {AML_MODEL_DC_STORAGE_ENABLED: 'true'}}\n"
    file.write_text(file.read_text().replace("  entryScript: score.py\n", "  entryScript: score.py\n" + variables))
    (tmp_path / "src" / "score.py").write_text(SCRIPT)
    keep_inputs(load_release_file(file).value, release_id="rel", requested_by="ada", now=utc_now(), workspace=workspace)
    try:
        with hold(workspace, "rel") as run:
            ending = tell(run)
        assert ending.phase is ReleasePhase.PROMOTED, ending.reason
    finally:
        load(target, state).delete("adder", fence=999)
        if target == "docker":
            engine = connect()
            for path, image in kept_images(state):
                remove_image(engine, path, image)
            engine.close()
    (rows,) = (tmp_path / "shop" / ".shipway" / "modeldata").rglob("*.csv")
    assert (
        rows.relative_to(tmp_path / "shop" / ".shipway")
        .as_posix()
        .startswith("modeldata/default/default/shop/adder/offset/1/inputs/")
    )
    header, *lines = rows.read_text().splitlines()
    assert header.startswith("x,")
    assert len(lines) == 23  # a golden row, two warm-ups and 20 of the load: none of the trial
    assert {line.split(",")[0] for line in lines} == {"1"}
