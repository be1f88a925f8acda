import math
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from shipway.domain.model import ResourceConfiguration, RunFacts
from shipway.errors import RegistryError, StoreError
from shipway.registry.models import Registry
from shipway.registry.rules import keep_children
from shipway.store.workspace import Workspace

_REGISTERS = """
import sys
from datetime import datetime, UTC
from shipway.registry.models import Registry
from shipway.store.workspace import open_workspace
registry = Registry(open_workspace(sys.argv[1]))
sys.stdin.readline()
for number in range(int(sys.argv[4])):
    now, release_id = datetime.now(UTC), sys.argv[3] or None
    version = registry.register_path(sys.argv[2], name="digits", now=now, release_id=release_id)
    print(version.version)
"""


def test_versions_count_from_one(registry: Registry, model: Path, now: datetime) -> None:
    versions = [registry.register_path(model, name="digits", now=now).version for _ in range(3)]
    assert versions == [1, 2, 3]
    assert registry.register_path(model, name="iris", now=now).version == 1


def test_everything_said_is_kept(registry: Registry, model: Path, now: datetime) -> None:
    version = registry.register_path(
        model,
        name="digits",
        now=now,
        tags={"area": "vision"},
        properties={"run": "7"},
        description="Reads digits.",
        framework="Onnx",
        framework_version="1.17",
        release_id="r1",
    )
    assert registry.resolve("digits:1") == version
    assert (version.tree.name, version.tree.is_folder, version.tree.size_bytes) == ("digits.onnx", False, 7)
    assert (version.tags, version.properties) == ({"area": "vision"}, {"run": "7"})
    assert (version.framework, version.framework_version, version.created_at) == ("Onnx", "1.17", now)


def test_the_record_lies_where_it_is_said_to(
    registry: Registry, workspace: Workspace, model: Path, now: datetime
) -> None:
    registry.register_path(model, name="digits", now=now)
    assert workspace.records.exists("models/digits/1")


def _race(workspace: Workspace, model: Path, *, release_id: str, times: int) -> list[int]:
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", _REGISTERS, workspace.url, str(model), release_id, str(times)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(8)
    ]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    return sorted(int(line) for writer in writers for line in writer.communicate()[0].splitlines())


def test_eight_writing_processes_leave_no_gap(workspace: Workspace, model: Path) -> None:
    assert _race(workspace, model, release_id="", times=8) == list(range(1, 65))


def test_eight_processes_of_one_release_register_once(workspace: Workspace, model: Path) -> None:
    assert _race(workspace, model, release_id="r1", times=1) == [1] * 8


def test_a_release_registers_the_same_files_once(registry: Registry, model: Path, now: datetime) -> None:
    first = registry.register_path(model, name="digits", now=now, release_id="r1")
    registry.register_path(model, name="digits", now=now, release_id="r2")
    again = registry.register_path(model, name="digits", now=now + timedelta(hours=1), release_id="r1")
    assert again == first
    assert [version.version for version in registry.list("digits")] == [2, 1]


def test_a_release_registers_other_files_anew(registry: Registry, model: Path, now: datetime) -> None:
    registry.register_path(model, name="digits", now=now, release_id="r1")
    model.write_bytes(b"other weights")
    assert registry.register_path(model, name="digits", now=now, release_id="r1").version == 2


def test_a_deleted_versions_number_is_never_used_again(registry: Registry, model: Path, now: datetime) -> None:
    registry.register_path(model, name="digits", now=now, release_id="r1")
    registry.delete("digits:1", now=now)
    assert registry.register_path(model, name="digits", now=now, release_id="r1").version == 2


@pytest.mark.parametrize("path", ["", " "])
def test_an_empty_path_is_refused(registry: Registry, path: str, now: datetime) -> None:
    with pytest.raises(RegistryError, match=r"^the path of model digits is empty; give a file or a folder$"):
        registry.register_path(path, name="digits", now=now)


def test_a_bad_name_is_refused_before_anything_is_kept(
    registry: Registry, workspace: Workspace, model: Path, now: datetime
) -> None:
    with pytest.raises(RegistryError, match=r"^model name 'a/b' is not allowed: "):
        registry.register_path(model, name="a/b", now=now)
    assert list(workspace.blobs.listing()) == []


def test_a_missing_and_an_empty_path_register_nothing(registry: Registry, tmp_path: Path, now: datetime) -> None:
    (tmp_path / "empty").mkdir()
    for name, fault in (("absent", "does not exist"), ("empty", "is empty: there is nothing to keep")):
        with pytest.raises(StoreError, match=rf"^model path {tmp_path}/{name} {fault}$"):
            registry.register_path(tmp_path / name, name="digits", now=now)
    assert registry.list() == ()


def test_of_a_folder_only_the_child_paths_are_kept(registry: Registry, tmp_path: Path, now: datetime) -> None:
    folder = tmp_path / "outputs"
    for name in ("model.pkl", "notes/a.txt", "notes/b.txt", "data/deep/x", "data/y"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    version = registry.register_path(folder, name="m", now=now, child_paths=["model.pkl", "./data/deep", "notes/b.txt"])
    assert version.tree.name == "outputs"
    assert [file.path for file in version.tree.files] == ["data/deep/x", "model.pkl", "notes/b.txt"]


@pytest.mark.parametrize(
    ("child_paths", "text"),
    [
        (["nope"], "child path 'nope' is not in FOLDER; there is model.pkl"),
        (["../x"], "child path '../x' leads outside FOLDER; give it relative to that folder"),
        (["/etc"], "child path '/etc' leads outside FOLDER; give it relative to that folder"),
        ([""], "child path '' names nothing; give one below FOLDER, such as model.pkl"),
        ([3], "child path 3 names nothing; give one below FOLDER, such as model.pkl"),
        (["a" * 5000], f"child path '{'a' * 5000}' is not in FOLDER; there is model.pkl"),
        ([], "child_paths [] names nothing; give a list of paths below FOLDER"),
        ("model.pkl", "child_paths 'model.pkl' names nothing; give a list of paths below FOLDER"),
    ],
)
def test_child_paths_that_are_none_register_nothing(
    registry: Registry, tmp_path: Path, now: datetime, child_paths: list[str], text: str
) -> None:
    folder = tmp_path / "outputs"
    folder.mkdir()
    (folder / "model.pkl").write_text("x")
    with pytest.raises(RegistryError) as caught:
        registry.register_path(folder, name="m", now=now, child_paths=child_paths)
    assert str(caught.value) == text.replace("FOLDER", str(folder))
    assert registry.list() == ()


def test_ten_thousand_child_paths_of_as_many_files_are_told_apart_at_once() -> None:
    """Every file against every path would be two hundred million comparisons."""
    skip = keep_children([f"data/{number}" for number in range(10_000)])
    assert not any(skip(f"data/{number}") for number in range(10_000))
    assert not skip("data")
    assert not skip("data/7/deep/x")
    assert all(skip(f"other/{number}") for number in range(10_000))


def test_a_file_has_no_child_paths(registry: Registry, model: Path, now: datetime) -> None:
    with pytest.raises(RegistryError, match=rf"^model path {model} is no folder, so it has no child paths"):
        registry.register_path(model, name="m", now=now, child_paths=["x"])


def test_the_run_is_kept_and_found_again(registry: Registry, model: Path, now: datetime) -> None:
    run = RunFacts(run_id="r", experiment="e", ended_at=now, path="outputs/digits.onnx", server="http://127.0.0.1:5000")
    registry.register_path(model, name="digits", now=now)
    registry.register_path(model, name="digits", now=now, run=run)
    assert registry.resolve("digits:2").run == run
    assert [version.id for version in registry.list(run_id="r")] == ["digits:2"]
    assert registry.list(run_id="other") == ()


def test_a_record_of_before_there_were_runs_is_still_read(
    registry: Registry, workspace: Workspace, model: Path, now: datetime
) -> None:
    registry.register_path(model, name="digits", now=now)
    record = workspace.records.read("models/digits/1")
    assert isinstance(record, dict)
    old = {key: value for key, value in record.items() if key not in ("run", "resources")}
    workspace.records.put("models/digits/1", old)
    version = registry.resolve("digits:1")
    assert (version.run, version.resources) == (None, None)


@pytest.mark.parametrize(
    ("resources", "text"),
    [
        (ResourceConfiguration(cpu_cores=0), "model m: 0 CPU cores cannot be had; give more than 0"),
        (ResourceConfiguration(memory_gb=-1), "model m: -1 GB of memory cannot be had; give more than 0"),
        (ResourceConfiguration(memory_gb=math.inf), "model m: inf GB of memory cannot be had; give more than 0"),
        (ResourceConfiguration(gpu_cores=-1), "model m: -1 GPUs cannot be had; give 0 or more"),
    ],
)
def test_resources_that_no_service_can_have_are_refused(
    registry: Registry, model: Path, now: datetime, resources: ResourceConfiguration, text: str
) -> None:
    with pytest.raises(RegistryError) as caught:
        registry.register_path(model, name="m", now=now, resources=resources)
    assert str(caught.value) == text
