"""A Docker context as a folder: what `Model.package` gave with `generate_dockerfile` (contract B-3, B-5).

Dockerfile
azureml-app/        the app root: code, and azureml-models/
requirements.lock   which packages lie in venv/
venv/  serving/     packages, and the scoring server, for the base's Python
user/               what the user that it runs as needs
"""

import json
import logging
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from shipway.domain.image import ImageConfig, ImageSpec
from shipway.engine.connection import connect
from shipway.errors import BuildError, MachineError
from shipway.image.container.base import BaseImage
from shipway.image.container.kept_layers import KeptLayers
from shipway.image.container.layer_tar import MTIME, Entry
from shipway.image.container.parts import Parts, Site, decide, layers_of
from shipway.image.container.settings import NOWHERE, Origin, image_settings
from shipway.image.container.spool import spool_folder
from shipway.image.context_dockerfile import context_dockerfile, context_of, place_of
from shipway.machine.state import MachineState
from shipway.store.workspace import Workspace

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class WrittenContext:
    """`told` are lines for whoever asked: on which base it stands and why, which packages were taken."""

    folder: Path
    base: str
    size_bytes: int
    told: tuple[str, ...]


def write_context(
    spec: ImageSpec,
    config: ImageConfig,
    workspace: Workspace,
    state: MachineState,
    folder: Path,
    *,
    origin: Origin = NOWHERE,
) -> WrittenContext:
    """The folder appears whole or not at all, and a context that was written there before is replaced. The engine is
    asked for the base, as for an image.

    Raises BuildError with the reason, also for a folder that holds anything else; MachineError when it cannot be
    written; EngineUnavailable, EngineFull, StoreError.
    """
    refuse_full(folder)
    engine = connect()
    try:
        with spool_folder(state) as spool:
            site = Site(engine=engine, state=state, workspace=workspace, kept=KeptLayers(state), spool=spool)
            parts = decide(site, spec, config, origin, os.environ)
            return _write(site, parts, folder)
    finally:
        engine.close()


def refuse_full(folder: Path) -> None:
    """Raises BuildError for a folder that holds more than a context that was written before, MachineError for one that
    cannot be read."""
    try:
        there = {path.name for path in folder.iterdir()} if folder.exists() else set()
        if foreign := sorted(there - _written_before(folder)):
            raise BuildError(
                f"{folder} holds {foreign[0]}, which is of no Docker context that Shipway wrote; name a folder that is "
                "empty, or not there yet"
            )
    except NotADirectoryError as error:
        raise BuildError(f"{folder} is a file; name a folder") from error
    except OSError as error:
        raise MachineError(f"{folder} cannot be read: {error.strerror}") from error


def _written_before(folder: Path) -> frozenset[str]:
    """The names of what a context in this folder consists of; none where there is none of ours."""
    dockerfile = folder / "Dockerfile"
    return context_of(dockerfile.read_text(errors="replace")) if dockerfile.is_file() else frozenset()


def _write(site: Site, parts: Parts, folder: Path) -> WrittenContext:
    """Beside its place, then renamed. A folder that is there stays the one it is: somebody may stand in it."""
    folder = folder.absolute()
    part = (
        folder / f".part-{os.getpid()}" if folder.exists() else folder.with_name(f".{folder.name}.part-{os.getpid()}")
    )
    places: set[str] = set()
    try:
        part.mkdir(parents=True)
        for layer in layers_of(site, parts):
            with layer.open() as entries:
                places |= write_entries(entries, part, root=parts.root)
        text = context_dockerfile(
            starting_lines(parts.base),
            json.loads(image_settings(parts.base, parts.bundle, parts.labels, [], root=parts.root))["config"],
            parts.base.settings.get("Env") or (),
            places,
            root=parts.root,
        )
        (part / "Dockerfile").write_text(text, encoding="utf-8")
        for path, _, _ in os.walk(part):  # builders copy modes, and the user of the image is not this one
            Path(path).chmod(0o755)
        _move(part, folder)
    except OSError as error:
        raise MachineError(f"the Docker context {folder} cannot be written: {error.strerror}") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    size_bytes = sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir())
    return WrittenContext(folder=folder, base=parts.base.name, size_bytes=size_bytes, told=parts.told)


def _move(part: Path, folder: Path) -> None:
    """Its Dockerfile last, that of a context before first: a folder without one is no context."""
    if part.parent != folder:
        part.rename(folder)
        return
    for name in sorted(_written_before(folder), key=lambda name: name != "Dockerfile"):
        _remove(folder / name)
    for path in sorted(part.iterdir(), key=lambda path: path.name == "Dockerfile"):
        path.rename(folder / path.name)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def starting_lines(base: BaseImage) -> str:
    """A base that had to be made is made again by whoever builds the context."""
    return base.dockerfile or f"FROM {base.name}"


def write_entries(entries: Iterable[Entry], folder: Path, *, root: str) -> set[str]:
    """Writes what a layer holds where it lies in the context, and says which files those are.

    Folders of the base itself are left out. Files have the layer's time, by which bytecode knows them before 3.7.
    """
    places: set[str] = set()
    empty: list[Entry] = []
    for entry in entries:
        place = place_of(entry.path, root=root)
        if entry.content is None and entry.link is None:
            empty.append(entry)
            continue
        _write_entry(entry, folder / place)
        places.add(place)
    for entry in empty:  # those of the user that nothing lies in
        place = place_of(entry.path, root=root)
        if entry.owner and place:
            (folder / place).mkdir(parents=True, exist_ok=True)
            places.add(place)
    return places


def _write_entry(entry: Entry, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if entry.link is not None:
        path.symlink_to(entry.link)
        return
    assert entry.content is not None
    with path.open("wb") as file:
        for piece in entry.content():
            file.write(piece)
    path.chmod(entry.mode)
    os.utime(path, (MTIME, MTIME))
