"""The base image's own layers out of the engine, for one that must be given every layer: kept on this machine."""

import gzip
import io
import json
import logging
import posixpath
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

from shipway.engine.connection import Engine
from shipway.errors import BuildError, MachineError
from shipway.image.container.base import BaseImage
from shipway.image.container.kept_layers import KeptLayers
from shipway.image.container.pieces import Pieces
from shipway.machine.locks import file_lock

log = logging.getLogger(__name__)

_GZIP = b"\x1f\x8b"
_READ_BYTES = 1024 * 1024
_PATIENCE_S = 1800.0
_READING = "reading-"


def base_layers(engine: Engine, base: BaseImage, kept: KeptLayers) -> Iterator[tuple[str, Path]]:
    """Digest and tar of each, lowest first. Safe to repeat, and with several at once: read from the engine once.

    Raises BuildError when the engine gives other layers than it says, NotInEngine when it has the base no more, and
    MachineError when there is no room.
    """
    with file_lock(kept.folder / ".base.lock", timeout_s=_PATIENCE_S):
        for left in kept.folder.glob(f"{_READING}*"):  # by a killed builder: a living one holds the lock
            shutil.rmtree(left, ignore_errors=True)
        try:
            if not all(_place(kept, digest).exists() for digest in base.layers):
                _save(engine, base, kept)
        except OSError as error:
            raise MachineError(
                f"the layers of base image {base.name} cannot be written to {kept.folder}: {error.strerror}; "
                "free some room, such as with `shipway gc`"
            ) from error
    for digest in base.layers:
        yield digest, _place(kept, digest)


def _place(kept: KeptLayers, digest: str) -> Path:
    return kept.folder / f"base-{digest.partition(':')[2]}.tar"


def _save(engine: Engine, base: BaseImage, kept: KeptLayers) -> None:
    log.info("reading the layers of base image %s from the engine", base.name)
    what = f"reading base image {base.name} from the engine"
    with tempfile.TemporaryDirectory(prefix=_READING, dir=kept.folder) as name:
        with engine.speaking(what):
            archive = Pieces(engine.client.api.get_image(base.id))
            files = unpack_image(archive, Path(name))
            archive.drain()
        layers = json.loads(files["manifest.json"].read_bytes())[0]["Layers"]
        if len(layers) != len(base.layers):
            raise BuildError(
                f"{what}: it gives {len(layers)} layers and says that it has {len(base.layers)}; build again"
            )
        for digest, layer in zip(base.layers, layers, strict=True):
            _keep(files[layer], _place(kept, digest))


def _keep(found: Path, place: Path) -> None:
    """A base may hold one layer twice."""
    if not place.exists():
        place.hardlink_to(found)


def unpack_image(archive: io.RawIOBase, folder: Path) -> dict[str, Path]:
    """The files of what `docker save` gives, by their names in it; their own names in the folder are numbers.

    Layers come plain or as gzip, by their engine, and are plain afterwards. A layer that occurs twice may be a link.
    """
    files: dict[str, Path] = {}
    links: dict[str, str] = {}
    with tarfile.open(fileobj=io.BufferedReader(archive, _READ_BYTES), mode="r|") as tar:
        for member in tar:
            if member.issym():
                links[member.name] = posixpath.normpath(f"{posixpath.dirname(member.name)}/{member.linkname}")
            elif (file := tar.extractfile(member)) is not None:
                files[member.name] = folder / str(len(files))
                with files[member.name].open("wb") as out:
                    shutil.copyfileobj(file, out, _READ_BYTES)
                _make_plain(files[member.name])
    return {**files, **{name: files[target] for name, target in links.items() if target in files}}


def _make_plain(path: Path) -> None:
    with path.open("rb") as file:
        if file.read(len(_GZIP)) != _GZIP:
            return
    plain = path.with_suffix(".plain")
    with gzip.open(path) as packed, plain.open("wb") as out:
        shutil.copyfileobj(packed, out, _READ_BYTES)
    plain.replace(path)
