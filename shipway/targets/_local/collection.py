"""Where rows go that a script collects (contract section 18): into the workspace, when its author has switched that on.

A workspace in a folder gets them at once. For one in a bucket they lie in the machine's state, and `shipway.release`
copies them (`collected`). Trials collect nothing that lasts: their requests are our own.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from shipway.domain.collected import COLLECTED, MODELDATA
from shipway.errors import TargetError
from shipway.store.urls import folder_of, is_remote
from shipway.targets._local.records import RevisionFolder, RevisionRecord

SWITCHES = ("AML_MODEL_DC_STORAGE_ENABLED", "AML_MDC_STORAGE_ENABLED")
ROOT = "SHIPWAY_DATA_COLLECTION_DIR"
"""By which the scoring server is told; below it lies `modeldata/`."""

_WORKSPACE_FOLDER = ".shipway"
"""As `shipway init` names it: the folder that holds it has the name that people know."""


@dataclass(frozen=True, kw_only=True)
class Collection:
    """`root` is a folder of this machine; `workspace` is the name under which rows are filed."""

    root: Path
    workspace: str

    @property
    def folder(self) -> Path:
        return self.root / MODELDATA

    def variables(self, root: str) -> dict[str, str]:
        """What the server has to know, with `root` as it sees it."""
        return {ROOT: root, "WORKSPACE_NAME": self.workspace}


def collection_of(record: RevisionRecord, place: RevisionFolder, variables: Mapping[str, str]) -> Collection | None:
    """None when the revision's `variables` do not switch it on, and for trials. Pure."""
    url = record.labels.get("workspace")
    wanted = any(variables.get(name, "").lower() == "true" for name in SWITCHES)
    if not wanted or url is None or place.machine.is_of_trials:
        return None
    root = place.machine.root / COLLECTED if is_remote(url) else folder_of(url)
    return Collection(root=root, workspace=workspace_name(url))


def workspace_name(url: str) -> str:
    """The last part of a workspace's URL that says something. Pure."""
    parts = urlsplit(url)
    named = [part for part in (parts.netloc, *parts.path.split("/")) if part and part != _WORKSPACE_FOLDER]
    return named[-1] if named else "default"


def make_folder(collection: Collection, *, user: int | None = None) -> None:
    """Writable for `user`, where that is another than ours. Safe to repeat. Raises TargetError."""
    folder = collection.folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if user is not None and folder.stat().st_uid != user:
            _give_to(folder, user)
    except OSError as error:
        raise TargetError(f"the folder {folder} for collected rows cannot be made: {error.strerror}") from error


def _give_to(folder: Path, user: int) -> None:
    """Only root may give a folder away; without that everybody may write there."""
    with suppress(PermissionError):
        os.chown(folder, user, user)
        return
    folder.chmod(0o777)
