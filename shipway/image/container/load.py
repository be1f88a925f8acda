"""Handing an image to an engine: layers, configuration and manifest in one tar, as `docker load` takes them.

An engine whose store is made of layers does not read a layer that it has: it looks for the chain of digests first. So
only what it lacks is sent. When it turns out to lack more (somebody pruned meanwhile), all of ours is sent, and at last
the base's layers too. An engine on containerd's image store wants every layer each time.
"""

import hashlib
import json
import logging
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from typing import Any

from shipway.domain.image import short_digest
from shipway.engine.connection import Engine
from shipway.engine.faults import NotInEngine
from shipway.errors import BuildError
from shipway.image.container.base import BaseImage
from shipway.image.container.base_layers import base_layers
from shipway.image.container.kept_layers import KeptLayers, Layer, LayerFacts
from shipway.image.container.layer_tar import end_of_archive, in_archive
from shipway.image.container.settings import image_id
from shipway.image.container.stream import follow

log = logging.getLogger(__name__)

_MB = 1_000_000
_SAY_EVERY_BYTES = 500 * _MB
_MOST_IMAGES_LOOKED_AT = 40
WriteSettings = Callable[[Sequence[tuple[str, str]]], bytes]
"""The image's configuration from name and digest of its layers."""


@dataclass(frozen=True, kw_only=True)
class Loading:
    """What is to be loaded. The engine tags it `repository:<short id>` once all else is done: a broken load leaves no
    name behind."""

    base: BaseImage
    layers: Sequence[Layer]
    write_settings: WriteSettings
    repository: str


def load_image(engine: Engine, loading: Loading, kept: KeptLayers, plans: Sequence[int]) -> str:
    """What the engine knows the image by. `plans`: see `plans_for`. Safe to repeat.

    Raises BuildError with the engine's words, EngineFull, EngineUnavailable.
    """
    # What an engine says of a layer that it lacks differs: any refusal but a full disk is answered with more.
    for there in plans[:-1]:
        try:
            return _send(engine, loading, kept, there)
        except BuildError as error:
            log.info("the engine lacks layers that it seemed to have, sending more: %s", error)
    return _send(engine, loading, kept, plans[-1])


def shared_layers(ours: Sequence[str | None], theirs: Sequence[str]) -> int:
    """How many layers two images have in common, from the lowest. None is a layer whose digest is not known yet."""
    pairs = zip(ours, theirs, strict=False)
    return next((n for n, (mine, other) in enumerate(pairs) if mine != other), min(len(ours), len(theirs)))


def keeps_layers(information: dict[str, Any]) -> bool:
    """Whether the engine's store knows a layer by its chain; from what `docker info` says."""
    status = dict(pair for pair in information.get("DriverStatus") or () if len(pair) == 2)
    return status.get("driver-type") != "io.containerd.snapshotter.v1"


def plans_for(engine: Engine, loading: Loading, kept: KeptLayers, *, like: str) -> list[int]:
    """How many layers of the image, from the lowest, to take for there: the best guess first, 0 at last.

    `like` is a label of images that share layers with it.
    """
    base = len(loading.base.layers)
    with engine.speaking("looking for layers that the engine has"):
        if not keeps_layers(engine.client.api.info()):
            return [0]
    facts = [kept.facts(layer) for layer in loading.layers]
    ours = [*loading.base.layers, *(fact.digest if fact else None for fact in facts)]
    known = max((shared_layers(ours, theirs) for theirs in _layers_of_images(engine, like)), default=0)
    return sorted({max(known, base), base, 0}, reverse=True)


def _layers_of_images(engine: Engine, like: str) -> Iterator[Sequence[str]]:
    """One that somebody removes meanwhile is passed over."""
    what = "looking for images that share layers"
    with engine.speaking(what):
        found = engine.client.api.images(filters={"label": [like]}, quiet=True)
    for image in list(dict.fromkeys(found))[:_MOST_IMAGES_LOOKED_AT]:
        with suppress(NotInEngine), engine.speaking(what):
            yield tuple(engine.client.api.inspect_image(image)["RootFS"].get("Layers") or ())


def _send(engine: Engine, loading: Loading, kept: KeptLayers, there: int) -> str:
    what = f"loading image {loading.repository}"
    sending = _Sending(engine, loading, kept, there)
    with engine.speaking(what), closing(sending.pieces()) as pieces:
        follow(engine, engine.client.api.load_image(pieces, quiet=False), what=what)
        found = engine.client.api.inspect_image(sending.tag)
    if tuple(found["RootFS"].get("Layers") or ()) != sending.digests:
        raise BuildError(f"{what}: the engine has other layers under that name than were sent; build again")
    log.info("image %s loaded, %.1f MB sent", sending.tag, sending.sent_bytes / _MB)
    return str(found["Id"])


class _Sending:
    """One archive on its way. A layer that was never written before learns its digest as it passes."""

    def __init__(self, engine: Engine, loading: Loading, kept: KeptLayers, there: int) -> None:
        self._engine, self._loading, self._kept, self._there = engine, loading, kept, there
        self._ours: list[tuple[str, str]] = []
        self.sent_bytes = 0
        self.tag = ""

    @property
    def digests(self) -> tuple[str, ...]:
        return (*self._loading.base.layers, *(digest for _, digest in self._ours))

    def pieces(self) -> Generator[bytes | memoryview]:
        if self._there < len(self._loading.base.layers):
            yield from self._base()
        for number, layer in enumerate(self._loading.layers, start=len(self._loading.base.layers)):
            facts = self._kept.facts(layer)
            if number < self._there and facts is not None:
                self._ours.append((layer.name, facts.digest))
            else:
                yield from self._layer(layer)
        settings = self._loading.write_settings(self._ours)
        name = image_id(settings).partition(":")[2]
        self.tag = f"{self._loading.repository}:{short_digest(name)}"
        yield from in_archive(f"{name}.json", len(settings), [settings])
        manifest = self._manifest(f"{name}.json")
        yield from in_archive("manifest.json", len(manifest), [manifest])
        yield end_of_archive()

    def _manifest(self, settings: str) -> bytes:
        base = [_name_of(digest) for digest in self._loading.base.layers]
        layers = [*base, *(f"{layer.key}.tar" for layer in self._loading.layers)]
        return json.dumps([{"Config": settings, "RepoTags": [self.tag], "Layers": layers}]).encode()

    def _base(self) -> Iterator[bytes | memoryview]:
        for digest, path in base_layers(self._engine, self._loading.base, self._kept):
            size_bytes = path.stat().st_size
            self.sent_bytes += size_bytes
            with path.open("rb") as file:
                yield from in_archive(_name_of(digest), size_bytes, iter(lambda: file.read(_MB), b""))

    def _count(self, size_bytes: int) -> None:
        before, self.sent_bytes = self.sent_bytes, self.sent_bytes + size_bytes
        if before // _SAY_EVERY_BYTES != self.sent_bytes // _SAY_EVERY_BYTES:
            log.info("image %s: %.0f MB sent", self._loading.repository, self.sent_bytes / _MB)

    def _layer(self, layer: Layer) -> Iterator[bytes | memoryview]:
        digest = hashlib.sha256()

        def seen(pieces: "Iterator[bytes | memoryview]") -> Iterator[bytes | memoryview]:
            for piece in pieces:
                digest.update(piece)
                self._count(len(piece))
                yield piece

        with ExitStack() as stack:
            size_bytes, pieces = stack.enter_context(self._kept.reading(layer))
            log.info("layer %s: sending %.1f MB", layer.name, size_bytes / _MB)
            yield from in_archive(f"{layer.key}.tar", size_bytes, seen(iter(pieces)))
        facts = LayerFacts(digest=f"sha256:{digest.hexdigest()}", size_bytes=size_bytes)
        self._kept.check(layer, facts)
        self._ours.append((layer.name, facts.digest))


def _name_of(digest: str) -> str:
    return f"{digest.partition(':')[2]}.tar"
