"""What a built image really holds, out of the engine: its files below what we put there, and whom it runs as.

`judge_user` and `judge_secrets` are pure. Our layers delete nothing, so that what a container of the image shows at
their places is all that is in them; the base's own files are not read.
"""

import io
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from shipway.domain.image import Image
from shipway.engine.connection import Engine
from shipway.errors import ShipwayError
from shipway.image.container.errand import LABEL, Errand, errand_label, run_errand
from shipway.image.container.pieces import Pieces
from shipway.image.container.secrets import Found, ImageFile, KnownSecret, find_secrets
from shipway.image.container.venv_layer import ROOT
from shipway.image.render import MODELS_FOLDER

_READ_BYTES = 1024 * 1024
_ASK_USER = "import os; print(os.getuid())"
_MOST_NAMED = 5


@dataclass(frozen=True, kw_only=True)
class ImageReport:
    """`user` is what the image's configuration says, `uid` what a process in it has."""

    user: str
    uid: int
    secrets: tuple[Found, ...]


def check_image(engine: Engine, image: Image, known: Sequence[KnownSecret]) -> ImageReport:
    """Reads the image and runs one short process in it. Safe to repeat; leaves no container.

    Raises what `Engine.speaking` raises, NotInEngine when it is gone; BuildError when its Python does not start.
    """
    what = f"checking image {image.location}"
    with engine.speaking(what):
        inspected = engine.client.api.inspect_image(image.location)
        history = engine.client.api.history(image.location)
    errand = Errand(image=image.location, command=(image.interpreter, "-I", "-S", "-c", _ASK_USER), user=None)
    with run_errand(engine, errand, what=what) as (printed, _):
        uid = int(printed)
    config = inspected["Config"]
    texts = {
        "labels": _lines(config.get("Labels") or {}),
        "variables": "\n".join(config.get("Env") or ()),
        "history": "\n".join(str(entry.get("CreatedBy")) for entry in history),
    }
    root = str(config.get("WorkingDir") or "/").strip("/")
    with _files(engine, image, root, what) as files:
        return ImageReport(user=str(config.get("User") or ""), uid=uid, secrets=find_secrets(files, texts, known))


def judge_user(report: ImageReport) -> str | None:
    """What is wrong with whom it runs as, if anything."""
    if report.uid == 0 or report.user in {"", "0", "root"}:
        return f"it runs as root (user {report.user or 'not set'!r}, id {report.uid} inside); it must run as another"
    return None


def judge_secrets(report: ImageReport) -> str | None:
    """What was found, if anything: places and kinds, never a value."""
    if not report.secrets:
        return None
    named = "; ".join(str(found) for found in report.secrets[:_MOST_NAMED])
    more = f" and {len(report.secrets) - _MOST_NAMED} more" if len(report.secrets) > _MOST_NAMED else ""
    return f"secrets are in the image: {named}{more}; take them out of what the image is made from"


@contextmanager
def _files(engine: Engine, image: Image, root: str, what: str) -> Iterator[Iterator[ImageFile]]:
    """Of a container that is made, never started, and taken away."""
    with engine.speaking(what):
        container = str(engine.client.api.create_container(image=image.location, labels={LABEL: errand_label()})["Id"])
    try:
        with engine.speaking(what):
            yield (
                file for place in (ROOT, root) for file in _below(engine, container, place, is_authors=place == root)
            )
    finally:
        with suppress(ShipwayError), engine.speaking(what):
            engine.client.api.remove_container(container, force=True, v=True)


def _below(engine: Engine, container: str, place: str, *, is_authors: bool) -> Iterator[ImageFile]:
    pieces, _ = engine.client.api.get_archive(container, f"/{place}")
    above = place.rpartition("/")[0]
    archive = Pieces(pieces)
    with tarfile.open(fileobj=io.BufferedReader(archive, _READ_BYTES), mode="r|") as tar:
        for member in tar:
            file = tar.extractfile(member) if member.isfile() else None
            if file is not None:
                path = f"{above}/{member.name}".strip("/")
                mine = is_authors and not path.startswith(f"{place}/{MODELS_FOLDER}/")
                yield ImageFile(path=path, pieces=iter(partial(file.read, _READ_BYTES), b""), is_authors=mine)
    archive.drain()


def _lines(labels: Mapping[str, Any]) -> str:
    return "\n".join(f"{name}={value}" for name, value in labels.items())
