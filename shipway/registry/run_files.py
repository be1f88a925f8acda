"""The files of a run, wherever it keeps them: behind the tracking server, in a folder of this machine, in a bucket."""

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, unquote, urlsplit

from shipway.errors import RegistryError, StoreError, Transient
from shipway.registry.mlflow_http import Connection, without_credentials
from shipway.registry.mlflow_tracking import API
from shipway.store.objects import Objects
from shipway.store.urls import Place

_PROXY = "api/2.0/mlflow-artifacts/artifacts"
_CHUNK_BYTES = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class RunFile:
    """A file or a folder. `size_bytes` is None for a folder, and where nobody says."""

    path: str
    is_folder: bool
    size_bytes: int | None = None


@dataclass(frozen=True, kw_only=True)
class Opened:
    """What is being read. `start` is where `chunks` begin: 0 when the place cannot give a part.

    `mark` tells these bytes from others that may stand at the same path later; empty when the place has no such thing.
    """

    start: int
    chunks: Iterator[bytes]
    mark: str = ""


class RunFiles(Protocol):
    """Paths are relative, with forward slashes, "" the top. Raises RegistryError, Transient where it may pass."""

    where: str

    def children(self, folder: str) -> list[RunFile]:
        """Directly below; empty for what is no folder, or is not there."""
        ...

    def open(self, path: str, start: int, mark: str, /) -> AbstractContextManager[Opened]:
        """From byte `start` on, if the bytes are still those of `mark`."""
        ...


@dataclass(frozen=True, kw_only=True)
class Shortcut:
    """The tracking server's own way to a file, by which its pages fetch it: a path below its URL, and parameters.

    It gives parts of a file, which the proxy does not. And that of MLflow 2 and 3 sends a line at a time, so slowly
    that the server's own limit, 30 s for a request, cuts off a large model.
    """

    path: str
    params: Mapping[str, str]
    file_parameter: str


def of_run(run_id: str) -> Shortcut:
    return Shortcut(path="get-artifact", params={"run_id": run_id}, file_parameter="path")


def of_logged_model(model_id: str) -> Shortcut:
    path = f"ajax-api/2.0/mlflow/logged-models/{model_id}/artifacts/files"
    return Shortcut(path=path, params={}, file_parameter="artifact_file_path")


def files_at(
    location: str,
    connection: Connection,
    environ: Mapping[str, str],
    *,
    run_id: str | None = None,
    shortcut: Shortcut | None = None,
) -> RunFiles:
    """Where MLflow says that files are: `run_id` is the run whose own they are, if they are a run's own.

    What we cannot reach from here the tracking server is asked for, which wrote it there. Raises RegistryError.
    """
    if run_id is not None:
        shortcut = of_run(run_id)
    with connection.understood():
        parts = urlsplit(location)
    scheme = parts.scheme.lower()
    if scheme == "mlflow-artifacts":
        origin = f"{urlsplit(connection.where).scheme}://{parts.netloc}" if parts.netloc else connection.where
        return ProxyFiles(connection, f"{origin}/{_PROXY}", unquote(parts.path).strip("/"), shortcut)
    if scheme in ("http", "https") and f"/{_PROXY}" in parts.path:
        head, _, tail = location.partition(f"/{_PROXY}")
        return ProxyFiles(connection, f"{head}/{_PROXY}", unquote(tail).strip("/"), shortcut)
    if scheme in ("", "file") and (folder := Path(unquote(parts.path))).is_dir():
        return FolderFiles(folder)
    if (place := _bucket(location)) is not None:
        return BucketFiles(place, _bucket_settings(location, environ))
    if run_id is not None:
        return ServerFiles(connection, run_id)
    raise RegistryError(
        f"{without_credentials(location)} cannot be reached from here; fetch the files with MLflow's own client, and "
        "register them with -p"
    )


class ProxyFiles:
    """Behind the tracking server, which passes on what it keeps elsewhere (`mlflow-artifacts:`)."""

    def __init__(self, connection: Connection, base: str, root: str, shortcut: Shortcut | None = None) -> None:
        self._connection = connection
        self._base = base
        self._root = root
        self._shortcut = shortcut
        self.where = base.removesuffix(f"/{_PROXY}")

    def children(self, folder: str) -> list[RunFile]:
        path = "/".join(part for part in (self._root, folder) if part)
        said = self._connection.ask(self._base, {"path": path}) or {}
        with self._connection.understood():
            return [_listed(one, _below(folder, str(one["path"]).rpartition("/")[2])) for one in said.get("files", ())]

    @contextmanager
    def open(self, path: str, start: int, mark: str) -> Iterator[Opened]:
        with ExitStack() as open_now:
            yield open_now.enter_context(self._way_to(path, start, mark, open_now))

    def _way_to(self, path: str, start: int, mark: str, open_now: ExitStack) -> AbstractContextManager[Opened]:
        """By the shortcut, unless the server has none."""
        if self._shortcut is not None:
            try:
                opened = _by_shortcut(self._connection, self._shortcut, path, start, mark)
                return nullcontext(open_now.enter_context(opened))
            except RegistryError as error:
                if isinstance(error, Transient):
                    raise
        return _over_http(self._connection, f"{self._base}/{quote(f'{self._root}/{path}')}", {}, start, mark)


class ServerFiles:
    """What the tracking server reads for us from where only it can: a folder of its machine, a store we do not know."""

    def __init__(self, connection: Connection, run_id: str) -> None:
        self._connection = connection
        self._run_id = run_id
        self.where = connection.where

    def children(self, folder: str) -> list[RunFile]:
        found: list[RunFile] = []
        asked = {"run_id": self._run_id, "path": folder}
        while True:
            said = self._connection.ask(f"{API}/artifacts/list", asked) or {}
            # Of a path that is a file some stores list the file itself.
            with self._connection.understood():
                found += [_listed(one, one["path"]) for one in said.get("files", ()) if one["path"] != folder]
            if not said.get("next_page_token"):
                return found
            asked["page_token"] = said["next_page_token"]

    @contextmanager
    def open(self, path: str, start: int, mark: str) -> Iterator[Opened]:
        with _by_shortcut(self._connection, of_run(self._run_id), path, start, mark) as opened:
            yield opened


class FolderFiles:
    """A folder that this machine sees: `file:`, or a path."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.where = str(folder)

    def children(self, folder: str) -> list[RunFile]:
        try:
            found = sorted(os.scandir(self._folder / folder), key=lambda one: one.name)
        except (FileNotFoundError, NotADirectoryError, ValueError):  # the latter for a NUL
            return []
        except OSError as error:
            raise RegistryError(f"{self._folder / folder} cannot be read: {error.strerror}") from error
        return [
            RunFile(
                path=_below(folder, one.name),
                is_folder=one.is_dir(),
                size_bytes=None if one.is_dir() else one.stat().st_size,
            )
            for one in found
            if one.is_dir() or one.is_file()  # no link to nowhere, no pipe
        ]

    @contextmanager
    def open(self, path: str, _start: int, _mark: str) -> Iterator[Opened]:
        try:
            file = (self._folder / path).open("rb")
        except OSError as error:
            raise RegistryError(f"{self._folder / path} cannot be read: {error.strerror}") from error
        with file:
            yield Opened(start=0, chunks=iter(lambda: file.read(_CHUNK_BYTES), b""))


class BucketFiles:
    """A bucket that we reach ourselves, with the settings that its own tools read from the environment.

    obstore repeats what fails; a file that breaks off all the same begins again.
    """

    def __init__(self, place: Place, environ: Mapping[str, str]) -> None:
        from shipway.store.remote import connect  # noqa: PLC0415 - most runs need no object store

        self.where = place.url
        with _in_words():
            self._objects: Objects = connect(place, environ)

    def children(self, folder: str) -> list[RunFile]:
        with _in_words():
            files, folders = self._objects.children(folder)
            below = [self._file(_below(folder, name)) for name in sorted(files)]
        return [*below, *(RunFile(path=_below(folder, name), is_folder=True) for name in sorted(folders))]

    @contextmanager
    def open(self, path: str, _start: int, _mark: str) -> Iterator[Opened]:
        with _in_words():
            yield Opened(start=0, chunks=(bytes(chunk) for chunk in self._objects.stream(path)))

    def _file(self, path: str) -> RunFile:
        found = self._objects.stat(path)
        return RunFile(path=path, is_folder=False, size_bytes=found.size_bytes if found else None)


def _by_shortcut(
    connection: Connection, way: Shortcut, path: str, start: int, mark: str
) -> AbstractContextManager[Opened]:
    params = {**way.params, way.file_parameter: path}
    return _over_http(connection, f"{connection.where}/{way.path}", params, start, mark)


@contextmanager
def _over_http(connection: Connection, url: str, params: Mapping[str, str], start: int, mark: str) -> Iterator[Opened]:
    """A part only where the server knows the bytes by a mark: other bytes may stand there by now."""
    headers = {"accept-encoding": "identity"}
    if start and mark:
        headers |= {"range": f"bytes={start}-", "if-range": mark}
    with connection.open(url, params, headers) as answer:
        found = answer.headers.get("etag", "")
        yield Opened(
            start=start if answer.status_code == 206 else 0,
            chunks=answer.iter_bytes(_CHUNK_BYTES),
            mark="" if found.startswith("W/") else found,
        )


@contextmanager
def _in_words() -> Iterator[None]:
    """A store speaks of itself as a workspace, which this one is not."""
    try:
        yield
    except StoreError as error:
        raise RegistryError(str(error).replace("workspace ", "", 1)) from error


def _bucket(location: str) -> Place | None:
    """MLflow writes Azure's as wasbs://CONTAINER@ACCOUNT.HOST/PATH, or abfss:// for the same."""
    parts = urlsplit(location)
    prefix = unquote(parts.path).strip("/")
    match parts.scheme.lower():
        case "s3" | "s3a" if parts.hostname:
            return Place(scheme="s3", bucket=parts.netloc, prefix=prefix)
        case "gs" if parts.hostname:
            return Place(scheme="gs", bucket=parts.netloc, prefix=prefix)
        case "wasbs" | "wasb" | "abfss" | "abfs" if parts.username:
            return Place(scheme="az", bucket=parts.username, prefix=prefix)
    return None


def _bucket_settings(location: str, environ: Mapping[str, str]) -> dict[str, str]:
    """With MLflow's own names for what obstore calls otherwise."""
    settings = dict(environ)
    parts = urlsplit(location)
    if parts.scheme.startswith("s3") and environ.get("MLFLOW_S3_ENDPOINT_URL") and not environ.get("AWS_ENDPOINT_URL"):
        raise RegistryError(
            f"{location} lies in the store that MLFLOW_S3_ENDPOINT_URL names: set AWS_ENDPOINT_URL to the same, which "
            "every S3 client reads"
        )
    if parts.username and parts.hostname:
        settings["AZURE_STORAGE_ACCOUNT_NAME"] = parts.hostname.partition(".")[0]
    if key := environ.get("AZURE_STORAGE_ACCESS_KEY"):
        settings.setdefault("AZURE_STORAGE_ACCOUNT_KEY", key)
    return settings


def _below(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _listed(entry: Mapping[str, object], path: object) -> RunFile:
    size = entry.get("file_size")
    is_folder = bool(entry.get("is_dir"))
    return RunFile(
        path=str(path), is_folder=is_folder, size_bytes=None if is_folder or size is None else int(str(size))
    )
