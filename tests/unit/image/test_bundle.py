import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from shipway.domain.image import PROCESS, USUAL_IMAGE, ImageSpec
from shipway.errors import BuildError, MachineError, RecordMissing
from shipway.image.build import build_image, build_process_image, image_stands
from shipway.image.bundle import read_bundle, write_bundle
from shipway.image.packages.lock import Lock
from shipway.image.render import Bundle, render
from shipway.image.serving import serving_digest, serving_files, serving_source
from shipway.machine.state import MachineState
from shipway.store.workspace import Workspace


@pytest.fixture
def bundle(spec: Callable[..., ImageSpec]) -> Bundle:
    return render(
        spec(), lock=Lock(text="alpha==2.0\n", private="alpha==2.0\n"), serving_digest=serving_digest(), python="3.11.7"
    )


def files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_bundle_is_laid_out_as_v1_scripts_expect(bundle: Bundle, workspace: Workspace, state: MachineState) -> None:
    written = write_bundle(bundle, workspace.blobs, state)
    assert written.location == state.bundles / bundle.digest
    assert files_in(written.app) == {"src/score.py", "src/lib/tool.sh", "azureml-models/digits/1/model.onnx"}
    assert (written.app / "azureml-models/digits/1/model.onnx").read_text() == "weights"
    assert os.access(written.app / "src/lib/tool.sh", os.X_OK)
    assert not os.access(written.app / "src/score.py", os.X_OK)
    assert files_in(written.serving) == {path for path, _ in serving_files()}
    assert written.variables["AML_APP_ROOT"] == str(written.app)
    assert written.command == ("python", "-m", "shipway_serving")
    assert (written.location / "requirements.lock").read_text() == "alpha==2.0\n"


def test_without_models_there_is_a_models_folder_all_the_same(
    spec: Callable[..., ImageSpec], workspace: Workspace, state: MachineState
) -> None:
    bundle = render(spec(models=()), lock=Lock(text="", private=""), serving_digest=serving_digest(), python="3.11.7")
    assert (write_bundle(bundle, workspace.blobs, state).app / "azureml-models").is_dir()


def test_the_same_bundle_again_is_nothing(bundle: Bundle, workspace: Workspace, state: MachineState) -> None:
    first = write_bundle(bundle, workspace.blobs, state)
    marker = first.location / "bundle.json"
    before = marker.stat()
    assert write_bundle(bundle, workspace.blobs, state) == first
    assert (marker.stat().st_ino, marker.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_what_a_killed_writer_left_is_swept(bundle: Bundle, workspace: Workspace, state: MachineState) -> None:
    part = state.bundles / f".{bundle.digest}.part"
    (part / "app").mkdir(parents=True)
    (part / "app" / "stale").write_text("half")
    written = write_bundle(bundle, workspace.blobs, state)
    assert not part.exists()
    assert not (written.app / "stale").exists()


def test_a_missing_blob_leaves_no_bundle(bundle: Bundle, workspace: Workspace, state: MachineState) -> None:
    workspace.blobs.delete(bundle.files[0].digest)
    with pytest.raises(RecordMissing):
        write_bundle(bundle, workspace.blobs, state)
    assert [path for path in state.bundles.iterdir() if path.is_dir()] == []


def test_a_server_that_changed_meanwhile_is_noticed(bundle: Bundle, workspace: Workspace, state: MachineState) -> None:
    with pytest.raises(BuildError) as error:
        write_bundle(replace(bundle, serving_digest="other"), workspace.blobs, state)
    assert str(error.value) == "the scoring server's files changed while the image was built; build again"


def test_a_bundle_that_is_gone_is_told_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(MachineError) as error:
        read_bundle(tmp_path / "nothing")
    assert str(error.value) == (
        f"there is no bundle at {tmp_path}/nothing; release the same model version again, which builds it"
    )


def test_the_server_comes_from_this_very_shipway() -> None:
    source = serving_source()
    assert (source / "requirements.txt").is_file()
    paths = [path for path, _ in serving_files()]
    assert paths == sorted(paths)
    assert "shipway_serving/__main__.py" in paths
    assert all(path.startswith("shipway_serving/") and "__pycache__" not in path for path in paths)


def test_an_image_is_built_once_and_says_what_it_was_built_from(
    spec: Callable[..., ImageSpec], workspace: Workspace, state: MachineState
) -> None:
    image = build_process_image(spec(), workspace, state)
    assert image.kind == "process"
    assert Path(image.location) == state.bundles / image.digest
    assert Path(image.interpreter).exists()
    assert image.labels["digits:1"] == spec().models[0].digest
    assert set(image.labels) == {"digits:1", "lock", "python"}
    assert image.size_bytes == sum(file.stat().st_size for file in (Path(image.location) / "app").rglob("*.*"))
    assert json.loads((Path(image.location) / "bundle.json").read_text())["python"] == image.labels["python"]
    assert build_process_image(spec(), workspace, state) == image


def test_an_image_of_a_new_model_shares_the_virtual_environment(
    spec: Callable[..., ImageSpec], workspace: Workspace, state: MachineState
) -> None:
    (model,) = spec().models
    first = build_process_image(spec(), workspace, state)
    second = build_process_image(spec(models=(replace(model, version=2),)), workspace, state)
    assert first.digest != second.digest
    assert first.interpreter == second.interpreter


def test_an_image_stands_for_as_long_as_its_folder(
    spec: Callable[..., ImageSpec], workspace: Workspace, state: MachineState
) -> None:
    image = build_image(spec(), USUAL_IMAGE, PROCESS, workspace, state)
    assert image_stands(image, state)
    shutil.rmtree(image.location)
    assert not image_stands(image, state)


def test_an_image_of_an_unknown_kind_is_refused(
    spec: Callable[..., ImageSpec], workspace: Workspace, state: MachineState
) -> None:
    with pytest.raises(BuildError) as error:
        build_image(spec(), USUAL_IMAGE, "snap", workspace, state)
    assert str(error.value) == "there is no image of kind 'snap'; there are process and docker"
