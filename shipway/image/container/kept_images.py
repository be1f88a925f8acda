"""The images that were built on this machine, so that the same again is one question, and so that they can be freed.

    images/<key>.json   what the engine knows it by, where it was pushed to, and its layers

`key` is the digest of everything that decides the image. A record may be deleted at any time.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from shipway.domain.image import ImageLayer
from shipway.engine.connection import Engine
from shipway.engine.faults import NameTaken, NotInEngine
from shipway.machine.state import MachineState, private_folder, write_whole


@dataclass(frozen=True, kw_only=True)
class KeptImage:
    """`digest` is the image's id, `location` what its engine knows it by, `pushed` the digests of registries, `notes`
    what its import test said."""

    digest: str
    location: str
    layers: tuple[ImageLayer, ...]
    pushed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def digests(self) -> frozenset[str]:
        """All that it may be called in a release or by a service, in 64 hex digits."""
        names = (self.digest, self.location, *self.pushed)
        return frozenset(name.rpartition("sha256:")[2] for name in names)


def image_record(state: MachineState, key: str) -> Path:
    return _folder(state) / f"{key}.json"


def read_kept_image(path: Path) -> KeptImage | None:
    """None when there is no such record."""
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    layers = tuple(ImageLayer(**layer) for layer in found["layers"])
    return KeptImage(
        digest=found["digest"],
        location=found["location"],
        layers=layers,
        pushed=tuple(found["pushed"]),
        notes=tuple(found.get("notes", ())),
    )


def keep_image(path: Path, image: KeptImage) -> None:
    write_whole(path, json.dumps(asdict(image)))


def note_push(path: Path, digest: str) -> None:
    image = read_kept_image(path)
    if image is not None and digest not in image.pushed:
        keep_image(path, replace(image, pushed=(*image.pushed, digest)))


def kept_images(state: MachineState) -> Iterator[tuple[Path, KeptImage]]:
    """Each with its record's path, in no order."""
    for path in _folder(state).glob("*.json"):
        if (image := read_kept_image(path)) is not None:
            yield path, image


def remove_image(engine: Engine, path: Path, image: KeptImage) -> bool:
    """From the engine, with all of its tags, and its record. False, and nothing done, when a container has it.

    Safe to repeat. Raises EngineUnavailable.
    """
    what = f"removing image {image.location}"
    try:
        with suppress(NotInEngine), engine.speaking(what):
            if engine.client.api.containers(all=True, filters={"ancestor": image.location}):
                return False
            for tag in engine.client.api.inspect_image(image.location)["RepoTags"] or ():
                engine.client.api.remove_image(tag)
            engine.client.api.remove_image(image.location)
    except NameTaken:  # somebody has just started one
        return False
    path.unlink(missing_ok=True)
    return True


def _folder(state: MachineState) -> Path:
    return private_folder(state.root / "images")
