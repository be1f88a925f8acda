"""A registered ONNX model and nothing else becomes a service (Q-1)."""

import json
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Literal
from urllib.request import Request, urlopen

import pytest

from shipway.config.release_file import load_release_file
from shipway.domain.release import ReleasePhase
from shipway.errors import ConfigError
from shipway.image.container.kept_images import kept_images, remove_image
from shipway.machine.state import machine_state
from shipway.release.inputs import check_inputs, keep_inputs
from shipway.release.run import hold, utc_now
from shipway.store.workspace import open_workspace
from shipway.targets.base import load
from tests.absent import absent
from tests.engines import connect, has_image, usable_engine
from tests.unit.release.driver import tell

pytestmark = pytest.mark.timeout(240)


def write_release(folder: Path, target: str) -> Path:
    """Of a model that doubles what it is given."""
    with (folder / "golden.jsonl").open("w") as file:
        for number in range(3):
            request = {"inputs": {"x": [[number, 0.5]]}, "outputs": ["y"]}
            file.write(json.dumps({"request": request, "expected": {"outputs": {"y": [[2.0 * number, 1.0]]}}}) + "\n")
    (folder / "model.onnx").write_bytes(onnx_files().scaled())
    release = folder / "release.yaml"
    release.write_text(
        f"service: digits\nmodels: [{{name: digits, path: model.onnx, framework: Onnx}}]\ntarget: {target}\n"
        "verification: {golden: golden.jsonl, smoke: {load_s: 0.2}, load: {requests: 20}, "
        "limits: {latency_p95: {floor_ms: 5000}}}\n"
    )
    return release


def onnx_files() -> ModuleType:
    """The server's tests write ONNX models without the `onnx` package; their folder is no package."""
    spec = spec_from_file_location("onnx_files", Path(__file__).parents[2] / "serving" / "tests" / "onnx_files.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("target", ["process", "docker"])
def test_a_release_of_an_onnx_model_alone_serves_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: Literal["process", "docker"]
) -> None:
    if target == "docker" and not (usable_engine() and has_image("shipway-base:3.11")):
        absent("no Docker Engine answers, or it has no image shipway-base:3.11: see requirements/base_image.sh")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("SHIPWAY_BASE_IMAGE", "shipway-base:{python}")
    workspace = open_workspace(tmp_path / "ws", create=True)
    state = machine_state(workspace.url)
    config = load_release_file(write_release(tmp_path, target)).value
    keep_inputs(config, release_id="rel", requested_by="ada", now=utc_now(), workspace=workspace)
    try:
        with hold(workspace, "rel") as run:
            ending = tell(run)
        assert ending.phase is ReleasePhase.PROMOTED, ending.reason
        assert ending.scoring_uri is not None
        row = json.loads((tmp_path / "golden.jsonl").read_text().splitlines()[0])
        request = Request(ending.scoring_uri, json.dumps(row["request"]).encode(), {"Content-Type": "application/json"})
        with urlopen(request, timeout=20) as answer:
            assert json.loads(answer.read()) == row["expected"]
    finally:
        load(target, state).delete("digits", fence=999)
        if target == "docker":
            engine = connect()
            for path, image in kept_images(state):
                remove_image(engine, path, image)
            engine.close()


def test_a_release_without_code_of_another_model_is_refused_before_anything_is_kept(tmp_path: Path) -> None:
    release = write_release(tmp_path, "process")
    (tmp_path / "model.pkl").write_text("pickled")
    release.write_text(release.read_text().replace("model.onnx", "model.pkl"))
    workspace = open_workspace(tmp_path / "ws", create=True)
    with pytest.raises(ConfigError, match=r"has model digits, which holds no \.onnx file; name an inference config"):
        check_inputs(load_release_file(release).value, workspace, image_kind="process")
    assert workspace.records.names("releases") == ()
