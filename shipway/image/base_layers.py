"""The base image's own layers out of the engine, for one that must be given every layer: kept on this machine."""

import gzip
import io
import json
import logging
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

from shipway.engine.connection import Engine
from shipway.errors import BuildError, MachineError
from shipway.image.base import BaseImage
from shipway.image.kept_layers import KeptLayers
from shipway.image.pieces import Pieces

log = logging.getLogger(__name__)

_GZIP = b"\x1f\x8b"


def base_layers(engine: Engine, base: BaseImage, kept: KeptLayers) -> Iterator[tuple[str, Path]]:
    """Digest and tar of each, lowest first. Safe to repeat: read from the engine once.

    Raises BuildError when the engine gives other layers than it says, NotInEngine when it has the base no more, and
    MachineError when there is no room.
    """
    if not all(_place(kept, digest).exists() for digest in base.layers):
        try:
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
    with tempfile.TemporaryDirectory(prefix="base-", dir=kept.folder) as name:
        folder = Path(name)
        with engine.speaking(what):
            archive = Pieces(engine.client.api.get_image(base.id))
            _unpack(archive, folder)
            archive.drain()
        files = json.loads((folder / "manifest.json").read_bytes())[0]["Layers"]
        if len(files) != len(base.layers):
            raise BuildError(
                f"{what}: it gives {len(files)} layers and says that it has {len(base.layers)}; build again"
            )
        for digest, file in zip(base.layers, files, strict=True):
            _keep((folder / file).resolve(), _place(kept, digest))


def _keep(found: Path, place: Path) -> None:
    """A base may hold one layer twice."""
    if not place.exists():
        place.hardlink_to(found)


def _unpack(archive: Pieces, folder: Path) -> None:
    """Layers come plain or as gzip, by their engine. A layer that occurs twice is a link to itself in old formats."""
    with tarfile.open(fileobj=io.BufferedReader(archive, 1 << 20), mode="r|") as tar:
        for member in tar:
            tar.extract(member, folder, filter="data")
            if member.isfile() and member.size > len(_GZIP):
                _plain(folder / member.name)


def _plain(path: Path) -> None:
    with path.open("rb") as file:
        if file.read(len(_GZIP)) != _GZIP:
            return
    plain = path.with_name(f"{path.name}.plain")
    with gzip.open(path) as packed, plain.open("wb") as out:
        shutil.copyfileobj(packed, out)
    plain.replace(path)
