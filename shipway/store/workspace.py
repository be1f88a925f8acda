"""Opening a workspace by its URL."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from obstore.store import LocalStore

from shipway.errors import RecordExists, RecordMissing, StoreError
from shipway.store.blobs import Blobs
from shipway.store.journal import Journal
from shipway.store.objects import Objects
from shipway.store.records import Records

_MARK = "workspace"
_FORMAT = 1


@dataclass(frozen=True)
class Workspace:
    """All durable state of Shipway. `url` is normal: equal workspaces have equal URLs, whoever opens them."""

    url: str
    blobs: Blobs
    records: Records

    def journal(self, prefix: str) -> Journal:
        return Journal(self.records, prefix)


def open_workspace(url: str | Path, *, create: bool = False) -> Workspace:
    """Opens a folder, given by its path or file:// URL. `create` makes it a workspace if it is none; safe to repeat.

    Raises StoreError, saying what to do, when it is none, cannot be written or read, or is of a newer format.
    """
    folder = _folder_of(url)
    if create:
        _make(folder)
    else:
        _require_folder(folder)
    objects = Objects(LocalStore(folder), where=str(folder), folder=folder)
    workspace = Workspace(url=folder.as_uri(), blobs=Blobs(objects), records=Records(objects))
    if create:
        _mark(workspace.records)
    _check_mark(workspace.records, folder)
    return workspace


def _folder_of(url: str | Path) -> Path:
    text = str(url)
    parts = urlsplit(text)
    if not text.strip():
        raise StoreError("the workspace's path is empty; give a folder")
    if "://" not in text:
        return Path(text).expanduser().resolve()
    if parts.scheme != "file" or parts.netloc not in ("", "localhost"):
        raise StoreError(f"workspace {text}: only folders work so far; give a path or a file:/// URL")
    return Path(unquote(parts.path)).resolve()


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


def _check_mark(records: Records, folder: Path) -> None:
    try:
        mark = records.read(_MARK)
    except RecordMissing:
        raise _not_a_workspace(folder) from None
    found = mark.get("format") if isinstance(mark, dict) else None
    if found != _FORMAT:
        raise StoreError(
            f"workspace {folder} has format {found!r}, and this shipway knows format {_FORMAT}; upgrade shipway"
        )


def _not_a_workspace(folder: Path) -> StoreError:
    place = folder.parent if folder.name.startswith(".") else folder  # `shipway init DIR` makes DIR/.shipway
    return StoreError(f"{folder} is not a workspace; make one with `shipway init {place}`")
