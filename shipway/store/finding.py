"""Which workspace is meant: the one that was named, or the one of the folder where one is. Nothing is opened."""

import os
from pathlib import Path

from shipway.errors import StoreError

WORKSPACE_FOLDER = ".shipway"
"""A workspace's folder, as `shipway init` makes it; found from any folder below, as git finds `.git`."""


def find_workspace(given: str | None, folder: Path) -> str:
    """The workspace's URL: of the one given, else that of SHIPWAY_WORKSPACE, else of `.shipway` here or above.

    Raises StoreError, saying what to do, when there is none.
    """
    named = given if given is not None else os.environ.get("SHIPWAY_WORKSPACE")
    if named:
        return normal_workspace_url(named, folder)
    for place in (folder, *folder.parents):
        if (place / WORKSPACE_FOLDER).is_dir():
            return (place / WORKSPACE_FOLDER).resolve().as_uri()
    raise StoreError(
        f"no workspace: neither {folder} nor a folder above it holds {WORKSPACE_FOLDER}; "
        "make one with `shipway init`, or name one with --workspace or SHIPWAY_WORKSPACE"
    )


def normal_workspace_url(text: str, folder: Path) -> str:
    """Of a workspace as a person names it: a URL, or a folder that is one or holds one. Raises StoreError."""
    from shipway.store.urls import folder_of, is_remote, parse_place  # noqa: PLC0415 - --help must be quick

    if is_remote(text):
        return parse_place(text).url
    path = folder_of(text) if "://" in text else folder_of(str(folder / Path(text).expanduser()))
    if (path / WORKSPACE_FOLDER).is_dir():
        return (path / WORKSPACE_FOLDER).as_uri()
    if path.is_file():
        raise StoreError(f"{path} is a file, and a workspace is a folder; make one with `shipway init {path.parent}`")
    if not path.is_dir():
        raise StoreError(f"{path} is not a workspace; make one with `shipway init {path}`")
    return path.as_uri()
