"""shipway gc: what is needed stays, whatever refers to it."""

import os
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shipway.cli.garbage import blob_garbage, digests_in, machine_garbage
from shipway.cli.image_garbage import image_garbage
from shipway.domain.canonical import sha256_hex
from shipway.domain.image import ImageLayer
from shipway.image.container.kept_images import KeptImage, image_record, keep_image
from shipway.image.container.kept_layers import KeptLayers, Layer, LayerFacts
from shipway.machine.state import MachineState, machine_state
from shipway.registry.models import Registry
from shipway.release.open_releases import lease_name, open_release_key
from shipway.store.holder import Holder
from shipway.store.lease import acquire, release
from shipway.store.workspace import Workspace, open_workspace
from tests.unit.cli.conftest import Shipway

NOW = datetime.now(UTC)
LATER = NOW + timedelta(hours=2)
A, B, C = (letter * 64 for letter in "abc")


@pytest.fixture
def opened(workspace: Path) -> Workspace:
    return open_workspace(workspace)


@pytest.fixture
def state(opened: Workspace) -> MachineState:
    return machine_state(opened.url)


def names(garbage: list[object]) -> set[str]:
    return {item.name for item in garbage}  # type: ignore[attr-defined]


def aged(path: Path) -> None:
    then = (NOW - timedelta(hours=2)).timestamp()
    os.utime(path, (then, then))


def test_a_digest_is_found_whatever_is_around_it() -> None:
    assert digests_in(f'{{"a": "sha256:{A}", "b": "/venvs/{B}/bin/python", "c": "{C[:63]}"}}'.encode()) == {A, B}


def test_a_blob_of_a_model_version_stays(opened: Workspace, model: Path) -> None:
    Registry(opened).register_path(model, name="digits", now=NOW)
    unneeded = opened.blobs.put_bytes(b"left by an upload that was killed")
    assert names(blob_garbage(opened, LATER)) == {unneeded}


def test_a_blob_that_is_younger_than_an_hour_stays(opened: Workspace) -> None:
    opened.blobs.put_bytes(b"its record comes next")
    assert blob_garbage(opened, NOW + timedelta(minutes=59)) == []


def test_a_deleted_version_s_blobs_go_unless_somebody_else_has_them(opened: Workspace, model: Path) -> None:
    registry = Registry(opened)
    for name in ("digits", "twin"):
        registry.register_path(model, name=name, now=NOW)
    registry.delete("digits:1", now=NOW)
    assert blob_garbage(opened, LATER) == []
    registry.delete("twin:1", now=NOW)
    assert names(blob_garbage(opened, LATER)) == {sha256_hex(b"weights")}


@pytest.mark.parametrize("key", ["releases/rel-1/inputs", "services/digits/ledger/000001", "services/digits/report"])
def test_a_blob_that_any_record_mentions_stays(opened: Workspace, key: str) -> None:
    digest = opened.blobs.put_bytes(b"golden rows")
    opened.records.create(key, {"deep": [{"golden": digest}]})
    assert blob_garbage(opened, LATER) == []


def test_environments_and_bundles_of_services_and_trials_stay(opened: Workspace, state: MachineState) -> None:
    for name in (A, B, C):
        (state.venvs / name).mkdir()
        (state.bundles / name).mkdir()
    (state.services / "digits").mkdir()
    (state.services / "digits" / "revision.json").write_text(
        f'{{"python": "{state.venvs}/{A}/bin/python", "b": "{A}"}}'
    )
    trial = state.root / "trials" / "services" / "digits"
    trial.mkdir(parents=True)
    (trial / "revision.json").write_text(f'"{B}"')
    garbage = machine_garbage(opened, state, LATER)
    assert {(item.kind, item.name) for item in garbage} == {("venv", C), ("bundle", C)}


def test_what_lies_in_a_revision_s_app_folder_is_not_read(opened: Workspace, state: MachineState) -> None:
    """It is its author's: a model of any size, whatever its name."""
    (state.venvs / A).mkdir()
    for service in ("digits", "app"):
        (state.services / service / "revisions" / "r1" / "app").mkdir(parents=True)
    (state.services / "digits" / "revisions" / "r1" / "app" / "model").write_text(A)
    (state.bundles / B).mkdir()
    (state.services / "app" / "revisions" / "r1" / "revision.json").write_text(f'"{B}"')
    assert names(machine_garbage(opened, state, LATER)) == {A}


def test_what_a_release_that_has_not_ended_built_stays(opened: Workspace, state: MachineState) -> None:
    (state.venvs / A).mkdir()
    opened.records.put(open_release_key("digits"), {"release_id": "rel-1"})
    opened.records.create("releases/rel-1/inputs", {"image": A})
    assert machine_garbage(opened, state, LATER) == []


def test_locks_go_by_their_age_for_the_workspace_has_them_too(opened: Workspace, state: MachineState) -> None:
    (state.locks / f"{A}.json").write_text("{}")
    assert machine_garbage(opened, state, datetime.now(UTC)) == []
    assert [(item.kind, item.name) for item in machine_garbage(opened, state, LATER)] == [("lock", A)]


def test_what_a_killed_search_for_pins_tried_goes_after_a_day(opened: Workspace, state: MachineState) -> None:
    (state.root / "mending-abc").mkdir()
    assert machine_garbage(opened, state, LATER) == []
    much_later = datetime.now(UTC) + timedelta(days=2)
    assert [(item.kind, item.name) for item in machine_garbage(opened, state, much_later)] == [("venv", "mending-abc")]


def test_it_says_what_it_would_free_and_frees_it_with_yes(shipway: Shipway, state: MachineState) -> None:
    venv = state.venvs / A
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").write_bytes(b"x" * 5000)
    aged(venv)
    said = shipway("gc")
    assert said.out.splitlines()[-1] == "8.2 kB can be freed with `shipway gc --yes`"
    assert venv.exists()
    document = shipway("gc", "--yes", "-o", "json").document
    assert (document["freed"], document["items"][0]["name"]) == (True, A)
    assert not venv.exists()
    assert shipway("gc").out == "nothing to free: everything is needed, or younger than an hour\n"


def test_it_waits_for_a_release_under_way(shipway: Shipway, opened: Workspace) -> None:
    holder = Holder.here("rel-1")
    lease = acquire(opened.records, lease_name("digits"), holder, now=datetime.now(UTC))
    said = shipway("gc", "--yes")
    assert said.code == 1
    assert said.error.startswith(
        f"shipway: error: release rel-1 (process {holder.pid} on {holder.host}) works on service digits until 20"
    )
    assert said.error.endswith(" or longer; run `shipway gc` again when it has ended")
    release(opened.records, lease, now=datetime.now(UTC))
    assert shipway("gc", "--yes").code == 0


def test_an_image_that_no_service_stands_on_goes_with_the_layers_that_only_it_has(state: MachineState) -> None:
    layers = KeptLayers(state)
    for name, digest in (("shared", A), ("model", B)):
        layers.remember(
            Layer(name=name, made_from=(name,), open=nullcontext), LayerFacts(digest=f"sha256:{digest}", size_bytes=1)
        )
    serving = KeptImage(digest=f"sha256:{A}", location=f"sha256:{A}", layers=(layer(A),))
    replaced = KeptImage(digest=f"sha256:{C}", location=f"sha256:{C}", layers=(layer(A), layer(B)))
    keep_image(image_record(state, "serving"), serving)
    keep_image(image_record(state, "replaced"), replaced)
    assert image_garbage(state, {A}, NOW) == [], "younger than an hour"
    found = image_garbage(state, {A}, LATER)
    assert [(item.kind, item.name) for item in found] == [("image", f"sha256:{C}"), ("layer", B)]


def layer(digest: str) -> ImageLayer:
    return ImageLayer(name="any", digest=f"sha256:{digest}", size_bytes=1)
