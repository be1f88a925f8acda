import contextlib
import subprocess
import sys
from pathlib import Path

import pytest

from shipway.errors import RecordExists, RecordMissing, StoreCorrupt, StoreError, StoreFull
from shipway.store.workspace import Workspace, open_workspace

_CREATE_MANY = """
import sys
from shipway.errors import RecordExists
from shipway.store.workspace import open_workspace
records = open_workspace(sys.argv[1]).records
won = 0
sys.stdin.readline()
for number in range(100):
    try:
        records.create(f"race/{number:03d}", {"by": int(sys.argv[2])})
        won += 1
    except RecordExists:
        pass
print(won)
"""


def test_a_record_comes_back(workspace: Workspace) -> None:
    workspace.records.create("models/m/1", {"b": [1, None, "ü"], "a": True})
    assert workspace.records.read("models/m/1") == {"a": True, "b": [1, None, "ü"]}
    assert workspace.records.exists("models/m/1")


def test_a_record_is_canonical_json(workspace: Workspace, tmp_path: Path) -> None:
    workspace.records.create("r", {"b": "ü", "a": 1})
    assert (tmp_path / "ws" / "r.json").read_bytes() == '{"a":1,"b":"ü"}'.encode()


def test_a_record_is_created_once(workspace: Workspace) -> None:
    workspace.records.create("r", 1)
    with pytest.raises(RecordExists, match=r"^r\.json is already in workspace "):
        workspace.records.create("r", 2)
    assert workspace.records.read("r") == 1


def test_of_several_processes_one_creates_each_record(workspace: Workspace) -> None:
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", _CREATE_MANY, workspace.url, str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(4)
    ]
    wins = [int(racer.communicate("go\n")[0]) for racer in racers]
    assert sum(wins) == 100
    assert len(workspace.records.names("race")) == 100


def test_a_pointer_is_overwritten(workspace: Workspace) -> None:
    workspace.records.put("p", 1)
    workspace.records.put("p", 2)
    assert workspace.records.read("p") == 2


def test_an_absent_record_is_missing(workspace: Workspace) -> None:
    assert not workspace.records.exists("models/m/1")
    with pytest.raises(RecordMissing, match=r"^models/m/1\.json is not in workspace "):
        workspace.records.read("models/m/1")


def test_deleting_twice_is_fine(workspace: Workspace) -> None:
    workspace.records.create("r", 1)
    workspace.records.delete("r")
    workspace.records.delete("r")
    assert not workspace.records.exists("r")


def test_names_are_the_direct_children(workspace: Workspace) -> None:
    for key in ("m/2", "m/1", "m/1/tags", "m/a.json/x", "mm/3"):
        workspace.records.create(key, 1)
    assert workspace.records.names("m") == ("1", "2", "a.json")
    assert workspace.records.names("nothing") == ()
    assert workspace.records.keys("m") == ("m/1", "m/1/tags", "m/2", "m/a.json/x")


def test_a_prefix_whose_last_record_is_gone_has_no_name(workspace: Workspace) -> None:
    """A folder would show it still, an object store would not."""
    workspace.records.create("m/1/tags", 1)
    workspace.records.delete("m/1/tags")
    assert workspace.records.names("m") == ()


def test_a_blob_is_no_record(workspace: Workspace) -> None:
    workspace.blobs.put_bytes(b"x")
    assert workspace.records.keys("") == ("workspace",)
    assert workspace.records.names("") == ("blobs", "workspace")


def test_a_record_that_is_not_json_is_corrupt(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "ws" / "r.json").write_text("{")
    with pytest.raises(StoreCorrupt, match=r"^record r in workspace .* is not JSON: Expecting property name"):
        workspace.records.read("r")


@pytest.mark.parametrize("key", ["a/../b", "a//b"])
def test_a_key_that_is_no_key_is_refused(workspace: Workspace, key: str) -> None:
    with pytest.raises(StoreError, match=r"is not a name that workspace .* can hold"):
        workspace.records.create(key, 1)


def test_a_float_is_refused(workspace: Workspace) -> None:
    with pytest.raises(TypeError, match=r"cannot hold float: 0\.5"):
        workspace.records.create("r", 0.5)  # type: ignore[arg-type]


def test_a_full_disk_leaves_no_record(small_disk: Path) -> None:
    workspace = open_workspace(small_disk, create=True)
    _fill(small_disk / "fill")
    with pytest.raises(
        StoreFull, match=r"^no room left in workspace .*small: wanted 0\.1 MB, 0\.0 MB free; free some or"
    ):
        workspace.records.create("big", "x" * 10_000)
    assert workspace.records.names("") == ("workspace",)


def _fill(path: Path) -> None:
    with contextlib.suppress(OSError), path.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
