"""The command works in a bucket as in a folder."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shipway.cli.garbage import blob_garbage
from shipway.release.open_releases import open_release_key
from shipway.store.lease import Holder, acquire, release
from shipway.store.objects import Objects
from shipway.store.probing import Probe, probe
from shipway.store.workspace import open_objects, open_workspace
from tests.stores.conftest import fresh
from tests.stores.servers import StoreServer
from tests.unit.cli.conftest import Shipway, shipway
from tests.unit.release.driver import Bench

__all__ = ["shipway"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("SHIPWAY_WORKSPACE", raising=False)
    return here


def test_a_workspace_is_made_once(shipway: Shipway, url: str) -> None:
    assert shipway("workspace", "create", url).out == f"made workspace {url}\n"
    again = shipway("workspace", "create", f"{url}/", "-o", "json")
    assert again.document == {"workspace": url, "made": False}


def test_a_place_that_holds_something_else_is_refused(shipway: Shipway, url: str) -> None:
    open_objects(url)[1].put("photos/cat.jpg", b"cat")
    assert shipway("workspace", "create", url).error == (
        f"shipway: error: {url} is not empty, and no workspace: it holds photos/cat.jpg; give an empty folder or prefix"
    )


def test_models_are_registered_listed_and_fetched(shipway: Shipway, url: str, folder: Path) -> None:
    (folder / "model.onnx").write_bytes(b"weights")
    assert shipway("workspace", "create", url).code == 0
    for _ in range(2):
        said = shipway("model", "register", "-n", "digits", "-p", "model.onnx", "--workspace", url)
        assert said.code == 0, said.err
    listed = shipway("model", "list", "--workspace", url, "-o", "json").document
    assert [model["version"] for model in listed] == [2, 1]
    assert shipway("model", "download", "-i", "digits:2", "-t", "out", "--workspace", url).code == 0
    assert [path.read_bytes() for path in (folder / "out").rglob("*.onnx")] == [b"weights"]


def test_status_shows_what_the_bucket_holds(shipway: Shipway, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIPWAY_WORKSPACE", url)
    blob = open_workspace(url, create=True).blobs.put_bytes(bytes(1000))
    assert blob
    document = shipway("status", "-o", "json").document
    assert document["workspace"] == url
    sizes = {part["part"].strip(): part["size_bytes"] for part in document["disk"]}
    assert sizes["blobs"] == 1000
    assert sizes["workspace"] == 1000 + len('{"format":1}')


def test_status_shows_what_runs_here_when_the_bucket_does_not_answer(
    shipway: Shipway, s3: StoreServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = shipway("status", "--workspace", "s3://no-such-bucket-here/ws")
    assert said.code == 0
    assert "no service runs here" in said.out
    assert said.err.startswith("workspace s3://no-such-bucket-here/ws: there is no such bucket or container; check its")


def test_check_names_the_bucket(shipway: Shipway, url: str) -> None:
    open_workspace(url, create=True)
    rows = shipway("check", "--offline", "--workspace", url, "-o", "json").document
    [row] = [row for row in rows if row["what"] == "workspace"]
    assert (row["state"], row["found"]) == ("ok", f"{url}; `shipway workspace check` tries it out")


def test_gc_frees_what_nothing_needs(shipway: Shipway, url: str, folder: Path) -> None:
    workspace = open_workspace(url, create=True)
    (folder / "model.onnx").write_bytes(b"weights")
    assert shipway("model", "register", "-n", "digits", "-p", "model.onnx", "--workspace", url).code == 0
    unneeded = workspace.blobs.put_bytes(b"left behind")
    in_hours = datetime.now(UTC) + timedelta(hours=23)
    assert blob_garbage(workspace, in_hours) == []
    assert [item.name for item in blob_garbage(workspace, in_hours + timedelta(hours=2))] == [unneeded]
    assert shipway("gc", "--yes", "--workspace", url).out == (
        "nothing to free: everything is needed, or younger than a day\n"
    )


def test_check_tries_everything_and_leaves_nothing(shipway: Shipway, any_url: str) -> None:
    open_workspace(any_url, create=True)
    said = shipway("workspace", "check", any_url, "-o", "json")
    assert said.code == 0
    tried = {row["what"]: row["state"] for row in said.document}
    assert tried == dict.fromkeys(("list", "write", "read", "see at once", "create once", "delete", "workspace"), "ok")
    objects = open_objects(any_url)[1]
    assert [found.key for found in objects.under("")] == ["workspace.json"]
    if objects.folder:
        assert [path.name for path in objects.folder.iterdir()] == ["workspace.json"]


def test_check_says_when_it_is_no_workspace_or_cannot_be_reached(shipway: Shipway, server: StoreServer) -> None:
    url = fresh(server)
    said = shipway("workspace", "check", url, "-o", "json")
    assert said.code == 1
    assert said.document[-1]["found"] == f"{url} is not a workspace; make one with `shipway workspace create {url}`"
    said = shipway("workspace", "check", f"{server.scheme}://no-such-bucket-here", "-o", "json")
    assert said.code == 1
    assert [row["what"] for row in said.document] == ["list"]
    assert "there is no such bucket or container" in said.document[0]["found"]


class _LetsAllWin(Objects):
    """A store that does not know If-None-Match."""

    def create(self, key: str, data: bytes) -> None:
        self.put(key, data)


def test_check_finds_a_store_that_lets_two_writers_win(url: str) -> None:
    objects = open_objects(url)[1]
    lax = _LetsAllWin(objects._store, where=objects.where, folder=None)
    last = list(probe(lax, "token"))[-1]
    assert last == Probe(
        what="create once",
        good=False,
        found=f"workspace {url} let 8 of 8 writers create one object; a store without create-if-absent (If-None-Match) "
        "cannot hold a workspace",
    )
    assert list(objects.under("")) == []


def test_a_release_comes_to_a_bucket_with_its_history(
    shipway: Shipway, url: str, tmp_path: Path, folder: Path, now: datetime
) -> None:
    original = open_workspace(tmp_path / "ws", create=True)
    (folder / "model.onnx").write_bytes(b"weights")
    assert shipway("model", "register", "-n", "digits", "-p", "model.onnx", "--workspace", original.url).code == 0
    said = shipway("workspace", "copy", "../ws", url)
    assert said.out == f"copied 2 objects, {_size(url)}, to {url}\n"
    assert shipway("workspace", "copy", "../ws", url).out == f"copied 0 objects, 0 B, to {url}; 2 were there already\n"
    document = shipway("workspace", "copy", url, "back", "-o", "json").document
    assert document["workspace"] == (folder / "back").as_uri()
    assert shipway("model", "list", "--workspace", "back", "-o", "json").document[0]["name"] == "digits"


def _size(url: str) -> str:
    total = sum(found.size_bytes for found in open_objects(url)[1].under("") if found.key != "workspace.json")
    return f"{total} B" if total < 1000 else f"{total / 1000:.1f} kB"


def test_a_held_lease_keeps_a_workspace_from_being_copied(shipway: Shipway, url: str, tmp_path: Path) -> None:
    original = open_workspace(tmp_path / "ws", create=True)
    holder = replace(Holder.here("r1"), host="elsewhere")
    lease = acquire(original.records, "services/digits", holder, now=datetime.now(UTC))
    error = shipway("workspace", "copy", original.url, url).error
    assert error.startswith(
        f"shipway: error: release r1 (process {os.getpid()} on elsewhere) works in {original.url} until "
    )
    assert error.endswith(" or longer; copy it when it has ended")
    assert list(open_objects(url)[1].under("")) == []
    release(original.records, lease, now=datetime.now(UTC))
    assert shipway("workspace", "copy", original.url, url).code == 0


def test_an_open_release_keeps_a_workspace_from_being_copied(shipway: Shipway, url: str, tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.keep("digits-r1")
    bench.workspace.records.put(open_release_key("digits"), {"release_id": "digits-r1"})
    assert shipway("workspace", "copy", bench.workspace.url, url).error == (
        f"shipway: error: release digits-r1 of service digits in {bench.workspace.url} has not ended; first finish it "
        "with `shipway release resume digits-r1`, or undo it with `shipway release abort digits-r1`"
    )
    assert list(open_objects(url)[1].under("")) == []


def test_a_workspace_is_not_copied_to_itself_nor_over_another(shipway: Shipway, url: str, tmp_path: Path) -> None:
    original = open_workspace(tmp_path / "ws", create=True)
    original.records.create("models/a/1", {})
    open_workspace(url, create=True).records.create("models/b/1", {})
    assert "cannot be copied to itself; give another place" in shipway("workspace", "copy", "../ws", "../ws/").error
    assert "/ws/copy; give a place outside" in shipway("workspace", "copy", "../ws", "../ws/copy").error
    assert not (tmp_path / "ws" / "copy").exists()
    assert (
        "models/b/1.json is not the same in both; give another place"
        in shipway("workspace", "copy", "../ws", url).error
    )
    assert "is not a workspace; make one with" in shipway("workspace", "copy", f"{url}/none", "x").error
