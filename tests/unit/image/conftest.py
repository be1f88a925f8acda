from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shipway.domain.environment import Code, Environment
from shipway.domain.image import ImageSpec
from shipway.domain.model import ModelVersion
from shipway.machine.state import MachineState
from shipway.store.workspace import Workspace, open_workspace
from tests.unit.image.wheels import write_wheel

SCRIPT = "def init():\n    pass\n\n\ndef run(raw_data):\n    return raw_data\n"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return open_workspace(tmp_path / "workspace", create=True)


@pytest.fixture
def state(tmp_path: Path) -> MachineState:
    return MachineState(tmp_path / "state")


@pytest.fixture
def index(tmp_path: Path) -> tuple[str, ...]:
    """Requirement lines that make a folder of tiny wheels the only index there is."""
    wheels = tmp_path / "wheels"
    write_wheel(wheels, "httptools", "1.0")
    write_wheel(wheels, "werkzeug", "1.0")
    write_wheel(wheels, "alpha", "1.0")
    write_wheel(wheels, "alpha", "2.0")
    write_wheel(wheels, "alpha", "3.0rc1")
    write_wheel(wheels, "beta", "1.0", requires=("alpha<2",))
    return "--no-index", f"--find-links {wheels}"


@pytest.fixture
def spec(workspace: Workspace, tmp_path: Path, index: tuple[str, ...]) -> Callable[..., ImageSpec]:
    """An image of one script in a folder, one model that is a file and needs `alpha`; any part can be given instead."""
    source = tmp_path / "src"
    (source / "lib").mkdir(parents=True)
    (source / "score.py").write_text(SCRIPT)
    (source / "lib" / "tool.sh").write_text("#!/bin/sh\n")
    (source / "lib" / "tool.sh").chmod(0o755)
    (tmp_path / "model.onnx").write_text("weights")

    def make(**changes: object) -> ImageSpec:
        parts: dict[str, object] = {
            "code": Code(tree=workspace.blobs.put_tree(source), entry_script="score.py"),
            "environment": Environment(name="mine", requirements=(*index, "alpha")),
            "models": (model_version(workspace, tmp_path / "model.onnx"),),
        }
        return ImageSpec(**{**parts, **changes})  # type: ignore[arg-type]

    return make


def model_version(workspace: Workspace, path: Path, *, name: str = "digits", version: int = 1) -> ModelVersion:
    tree = workspace.blobs.put_tree(path)
    return ModelVersion(name=name, version=version, tree=tree, created_at=datetime(2026, 1, 1, tzinfo=UTC))
