"""Container images built on this machine, and layers kept to build them, that nothing needs any more. Reads only.

An image is needed while its digest is written where it counts (see `garbage`), a layer while such an image has
it. Either is made again when it is missing, so that a mistake costs time and no more.
"""

from collections.abc import Iterator
from datetime import datetime

from shipway.cli.garbage import Garbage, is_old
from shipway.image.container.kept_images import kept_images
from shipway.image.container.kept_layers import KeptLayers
from shipway.machine.state import MachineState


def image_garbage(state: MachineState, needed: set[str], now: datetime) -> list[Garbage]:
    """`needed` are digests without `sha256:`. An image that a container has is not freed, whatever is said here."""
    images, layers_needed = [], set()
    for path, image in kept_images(state):
        layers = {layer.digest: layer.size_bytes for layer in image.layers}
        if image.digests & needed or not is_old(path, now):
            layers_needed |= set(layers)
        else:
            images.append(Garbage(kind="image", name=image.location, size_bytes=sum(layers.values()), paths=(path,)))
    return [*images, *_layers(state, layers_needed, now)]


def _layers(state: MachineState, needed: set[str], now: datetime) -> Iterator[Garbage]:
    for digest, files in KeptLayers(state).listing():
        if digest not in needed and all(is_old(file, now) for file in files):
            size_bytes = sum(file.stat().st_size for file in files)
            yield Garbage(kind="layer", name=digest.removeprefix("sha256:"), size_bytes=size_bytes, paths=files)
