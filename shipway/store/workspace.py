"""Opening a workspace by its URL."""

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from obstore.store import LocalStore

from shipway.errors import RecordExists, RecordMissing, StoreError
from shipway.store.blobs import Blobs
from shipway.store.journal import Journal
from shipway.store.objects import Objects
from shipway.store.records import Records
from shipway.store.urls import Place, folder_of, is_remote, parse_place

_MARK = "workspace"
MARK_KEY = f"{_MARK}.json"
_FORMAT = 1


@dataclass(frozen=True)
class Workspace:
    """All durable state of Shipway. `url` is normal: equal workspaces have equal URLs, whoever opens them."""

    url: str
    blobs: Blobs
    records: Records
    objects: Objects

    @property
    def format(self) -> int:
        """The only one that there is."""
        return _FORMAT

    def used_bytes(self) -> dict[str, int]:
        """By the first part of the key, such as `blobs`. One listing of everything."""
        used: dict[str, int] = {}
        for found in self.objects.under(""):
            top = found.key.partition("/")[0]
            used[top] = used.get(top, 0) + found.size_bytes
        return used

    def journal(self, prefix: str) -> Journal:
        return Journal(self.records, prefix)


def open_workspace(url: str | Path, *, create: bool = False) -> Workspace:
    """Opens a folder, given by its path or file:// URL, or a bucket by `s3://`, `az://` or `gs://` and a prefix.

    `create` makes it a workspace if it is none; safe to repeat. A bucket itself is never made. Raises StoreError,
    saying what to do, when it is none, cannot be written or read, or is of a newer format.
    """
    url, objects = open_objects(url, create=create)
    workspace = Workspace(url=url, blobs=Blobs(objects), records=Records(objects), objects=objects)
    if create:
        _mark(workspace.records)
    _check_mark(workspace.records, objects)
    return workspace


def create_workspace(url: str | Path) -> tuple[str, bool]:
    """Its normal URL, and whether it was made now. Safe to repeat.

    Raises StoreError for a place that holds something else: nobody could tell later what belongs to the workspace.
    """
    url, objects = open_objects(url, create=True)
    is_new = objects.stat(MARK_KEY) is None
    if is_new and (other := next(objects.under(""), None)):
        raise StoreError(
            f"{objects.where} is not empty, and no workspace: it holds {other.key}; give an empty folder or prefix"
        )
    open_workspace(url, create=True)
    return url, is_new


def open_objects(url: str | Path, *, create: bool = False) -> tuple[str, Objects]:
    """The normal URL, and what is there, workspace or not. `create` makes the folder. Raises StoreError."""
    text = str(url)
    if is_remote(text):
        place = parse_place(text)
        return place.url, _connected(place)
    folder = folder_of(text)
    if create:
        _make(folder)
    else:
        _require_folder(folder)
    return folder.as_uri(), Objects(LocalStore(folder), where=str(folder), folder=folder)


def normal_url(url: str | Path) -> str:
    """What the opened workspace has for its URL; nothing is opened. Raises StoreError for what is no URL."""
    text = str(url)
    return parse_place(text).url if is_remote(text) else folder_of(text).as_uri()


def _connected(place: Place) -> Objects:
    return _client(place, frozenset(os.environ.items()))


@lru_cache(maxsize=16)
def _client(place: Place, _settings: frozenset[tuple[str, str]]) -> Objects:
    """Kept while the environment is the same: each step of a release opens the workspace, and a client connects."""
    from shipway.store.remote import connect  # noqa: PLC0415 - for buckets only

    return connect(place, dict(_settings))


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"workspace {folder} could not be made: {error.strerror}; give another folder") from error


def _require_folder(folder: Path) -> None:
    try:
        found = folder.is_dir()
    except OSError as error:
        raise StoreError(f"workspace {folder} could not be opened: {error.strerror}; check who owns it") from error
    if not found:
        raise _not_a_workspace(folder)


def _mark(records: Records) -> None:
    if records.exists(_MARK):
        return
    try:
        records.create(_MARK, {"format": _FORMAT})
    except RecordExists:
        return


def _check_mark(records: Records, objects: Objects) -> None:
    try:
        mark = records.read(_MARK)
    except RecordMissing:
        raise _not_a_workspace(objects.folder or objects.where) from None
    found = mark.get("format") if isinstance(mark, dict) else None
    if found != _FORMAT:
        raise StoreError(
            f"workspace {objects.where} has format {found!r}, and this shipway knows format {_FORMAT}; upgrade shipway"
        )


def _not_a_workspace(place: Path | str) -> StoreError:
    if isinstance(place, str):
        return StoreError(f"{place} is not a workspace; make one with `shipway workspace create {place}`")
    parent = place.parent if place.name.startswith(".") else place  # `shipway init DIR` makes DIR/.shipway
    return StoreError(f"{place} is not a workspace; make one with `shipway init {parent}`")
