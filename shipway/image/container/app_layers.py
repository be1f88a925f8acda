"""The layers below the app root, and the user whom they belong to: everything that may be written while it serves.

Owners are set here, as the files are first put into a layer: a chown afterwards would copy the models a second time.
"""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath

from shipway.errors import BuildError
from shipway.image.container.layer_tar import Content, Entry, file_of, folder, read_in_pieces, with_folders
from shipway.image.render import MODELS_FOLDER, BundleFile
from shipway.store.blobs import Blobs

USER = 1000
_NAME = "shipway"


def app_root_of(root: str) -> str:
    """Without the slash in front. Raises BuildError for one that cannot be a folder of its own in an image."""
    path = PurePosixPath(root)
    if not path.is_absolute() or len(path.parts) < 2 or ".." in path.parts:
        raise BuildError(f"AML_APP_ROOT: {root!r} is no folder for an image; write an absolute path below /")
    return path.as_posix().lstrip("/")


def user_entries(*, passwd: str, group: str, root: str) -> list[Entry]:
    """User 1000 with a home, and the empty app root. `passwd` and `group` are the base's files.

    A base that has a user 1000 keeps it, under its own name.
    """
    known = _named(passwd, 2) is not None
    lines = [file_of("etc/passwd", _with_line(passwd, f"{_NAME}:x:{USER}:{USER}::/home/{_NAME}:/bin/sh"))]
    groups = [file_of("etc/group", _with_line(group, f"{_NAME}:x:{USER}:"))]
    home = _home(passwd) if known else f"home/{_NAME}"
    owned = [home, root, f"{root}/{MODELS_FOLDER}"] if home else [root, f"{root}/{MODELS_FOLDER}"]
    entries = [
        *(() if known else lines),
        *(() if _named(group, 2) is not None else groups),
        *(folder(path, owner=USER) for path in owned),
    ]
    return sorted({entry.path: entry for entry in entries}.values(), key=lambda entry: entry.path)


def code_files(files: Iterable[BundleFile]) -> list[BundleFile]:
    return [file for file in files if not file.path.startswith(f"{MODELS_FOLDER}/")]


def files_below(prefix: str, files: Iterable[BundleFile]) -> list[BundleFile]:
    return [file for file in files if file.path.startswith(f"{prefix}/")]


def app_entries(files: Sequence[BundleFile], blobs: Blobs, *, root: str, spool: Path) -> list[Entry]:
    """Files below the app root, with their folders, that read from the workspace when the layer is written."""
    entries = [
        Entry(
            path=f"{root}/{file.path}",
            mode=0o755 if file.executable else 0o644,
            owner=USER,
            size_bytes=file.size_bytes,
            content=_from_blob(blobs, file.digest, spool),
        )
        for file in files
    ]
    return with_folders(entries, below=root, owner=USER)


def _from_blob(blobs: Blobs, digest: str, spool: Path) -> Content:
    """By way of a file: what reaches the engine was verified before its first byte was sent, and a slow store cannot
    keep a request of the engine waiting. Room for the largest file is needed."""

    def read() -> Iterator[bytes]:
        with tempfile.TemporaryDirectory(prefix="blob-", dir=spool) as name:
            path = Path(name) / "blob"
            blobs.fetch(digest, path)
            yield from read_in_pieces(path)

    return read


def _named(table: str, column: int) -> list[str] | None:
    """The line of user or group 1000."""
    lines = (line.split(":") for line in table.splitlines())
    return next((line for line in lines if len(line) > column and line[column] == str(USER)), None)


def _home(passwd: str) -> str:
    line = _named(passwd, 2) or []
    return line[5].strip("/") if len(line) > 5 else ""


def _with_line(table: str, line: str) -> bytes:
    name = line.partition(":")[0]
    taken = any(other.startswith(f"{name}:") for other in table.splitlines())
    line = line.replace(name, f"{name}{USER}", 1) if taken else line
    above = table if table.endswith("\n") or not table else f"{table}\n"
    return f"{above}{line}\n".encode()
