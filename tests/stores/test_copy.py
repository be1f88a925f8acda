"""A workspace is copied whole from a folder to a bucket and back, and half a copy is none."""

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from shipway.cli.commands.workspace import may_change
from shipway.errors import StoreCorrupt, StoreError, StoreUnavailable
from shipway.registry.models import Registry
from shipway.store.copying import Copied, Progress, copy_objects
from shipway.store.lease import Holder, acquire
from shipway.store.objects import Objects
from shipway.store.remote import connect
from shipway.store.urls import parse_place
from shipway.store.workspace import Workspace, open_objects, open_workspace
from tests.stores.proxy import Act, Proxy, first

_MB = 1024 * 1024


@pytest.fixture
def workspace(tmp_path: Path, now: datetime) -> Workspace:
    """A folder with two models, one of 3 MB, an alias, a journal of 30 entries and a lease."""
    workspace = open_workspace(tmp_path / "original", create=True)
    (tmp_path / "large").write_bytes(os.urandom(3 * _MB))
    (tmp_path / "small").write_bytes(b"weights")
    registry = Registry(workspace)
    for name in ("large", "small"):
        registry.register_path(tmp_path / name, name=name, now=now)
    workspace.records.put("models/large/aliases/champion", {"version": 1})
    for number in range(30):
        workspace.journal("releases/r1/journal").append({"number": number}, at=now)
    acquire(workspace.records, "services/digits", Holder.here("r1"), now=now)
    return workspace


def _copy(source: Workspace, to: str, tell: Callable[[Progress], None] = lambda _progress: None) -> Copied:
    _, objects = open_objects(to, create=True)
    return copy_objects(source.objects, objects, may_change=may_change, tell=tell)


def _content(objects: Objects) -> dict[str, bytes]:
    found = {stored.key: objects.read(stored.key) for stored in objects.under("")}
    return {key: data for key, data in found.items() if not key.startswith("leases/")}


def test_a_folder_comes_to_a_bucket_and_back_byte_for_byte(workspace: Workspace, url: str, tmp_path: Path) -> None:
    told: list[Progress] = []
    copied = _copy(workspace, url, told.append)
    there = open_workspace(url)
    assert _content(there.objects) == _content(workspace.objects)
    assert (copied.objects, copied.already_there) == (len(_content(workspace.objects)) - 1, 0)
    assert told[-1].objects == told[-1].of_objects == copied.objects
    assert told[-1].size_bytes == told[-1].of_size_bytes == copied.size_bytes
    assert there.records.names("leases") == ()
    _copy(there, str(tmp_path / "back"))
    back = open_workspace(tmp_path / "back")
    assert _content(back.objects) == _content(workspace.objects)
    assert [entry.data["number"] for entry in back.journal("releases/r1/journal").entries()] == list(range(30))


def test_copying_again_brings_what_is_new_and_what_changed(workspace: Workspace, url: str, now: datetime) -> None:
    _copy(workspace, url)
    assert _copy(workspace, url).objects == 0
    workspace.records.put("models/large/aliases/champion", {"version": 2})
    workspace.records.create("models/large/2/used-by/digits/r2", {})
    workspace.journal("releases/r1/journal").append({"number": 30}, at=now)
    assert _copy(workspace, url).objects == 3
    workspace.records.delete("models/large/2/used-by/digits/r2")
    assert _copy(workspace, url).objects == 0
    assert _content(open_workspace(url).objects) == _content(workspace.objects)


def test_what_was_freed_since_keeps_no_copy_from_being_brought_up_to_date(workspace: Workspace, url: str) -> None:
    freed = workspace.blobs.put_bytes(b"nobody needs it")
    _copy(workspace, url)
    workspace.blobs.delete(freed)
    workspace.records.create("models/small/2", {})
    assert _copy(workspace, url).objects == 1
    assert open_workspace(url).records.exists("models/small/2")


def test_a_copy_that_broke_off_is_no_workspace_and_goes_on_when_repeated(
    workspace: Workspace, proxy: Proxy, url: str
) -> None:
    class Killed(Exception):
        pass

    def die_half_way(progress: Progress) -> None:
        if progress.objects > 1:
            raise Killed

    with pytest.raises(Killed):
        _copy(workspace, url, die_half_way)
    with pytest.raises(StoreError, match="is not a workspace"):
        open_workspace(url)
    copied = _copy(workspace, url)
    assert copied.already_there >= 2
    assert _content(open_workspace(url).objects) == _content(workspace.objects)


def test_a_connection_that_drops_leaves_no_workspace(workspace: Workspace, proxy: Proxy, url: str) -> None:
    proxy.rule = first(10_000, Act.HANG_UP, lambda request: "models/small" in request.path)
    impatient = connect(parse_place(url), os.environ, patience_s=0.3)
    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        copy_objects(workspace.objects, impatient, may_change=may_change, tell=lambda _progress: None)
    proxy.rule = first(0, Act.HANG_UP, lambda _request: False)
    with pytest.raises(StoreError, match="is not a workspace"):
        open_workspace(url)
    _copy(workspace, url)
    assert _content(open_workspace(url).objects) == _content(workspace.objects)


def test_another_workspace_is_never_written_to(workspace: Workspace, url: str) -> None:
    other = open_workspace(url, create=True)
    other.records.create("models/small/1", {"of": "others"})
    before = _content(other.objects)
    with pytest.raises(StoreError) as error:
        _copy(workspace, url)
    assert str(error.value) == (
        f"{url} is not empty, and no copy of {workspace.objects.where}: models/small/1.json is not the same in both; "
        "give another place"
    )
    assert _content(other.objects) == before


@pytest.mark.parametrize("name", ["large", "small"])
def test_a_blob_that_was_changed_is_not_copied(workspace: Workspace, url: str, name: str, tmp_path: Path) -> None:
    size_bytes = (tmp_path / name).stat().st_size
    [blob] = [found.key for found in workspace.objects.under("blobs") if found.size_bytes == size_bytes]
    (tmp_path / "original" / blob).write_bytes(bytes(size_bytes))
    with pytest.raises(
        StoreCorrupt, match="does not hold the bytes of its digest; delete it and register its model again"
    ):
        _copy(workspace, url)
    _, objects = open_objects(url)
    assert objects.stat(blob) is None
    with pytest.raises(StoreError, match="is not a workspace"):
        open_workspace(url)


def test_a_workspace_that_changes_meanwhile_is_told(workspace: Workspace, url: str) -> None:
    with pytest.raises(StoreError) as error:
        _copy(workspace, url, lambda progress: workspace.records.put("models/x/aliases/a", progress.objects))
    assert str(error.value) == (
        f"workspace {workspace.objects.where} changed while it was copied; copy it again when nothing writes to it"
    )
    with pytest.raises(StoreError, match="is not a workspace"):
        open_workspace(url)
    _copy(workspace, url)
    assert _content(open_workspace(url).objects) == _content(workspace.objects)
