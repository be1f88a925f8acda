"""Layers that were made once on this machine, by the digest of what they were made from.

    layers/<key>.json   digest and size of the tar
    layers/<key>.tar    the tar itself, but for models: those are in the workspace

Either may be deleted at any time: it is made again.
"""

import hashlib
import json
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from shipway.domain.canonical import digest_of
from shipway.errors import BuildError, MachineError
from shipway.image.container.layer_tar import FORMAT, Entry, read_in_pieces, tar_pieces, tar_size
from shipway.machine.locks import file_lock
from shipway.machine.state import MachineState, private_folder, write_whole

log = logging.getLogger(__name__)

_PATIENCE_S = 1800.0

OpenLayer = Callable[[], AbstractContextManager[Sequence[Entry]]]


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A layer that can be written. `made_from` decides its bytes; `kept` says whether its tar stays on this machine."""

    name: str
    made_from: tuple[str, ...]
    open: OpenLayer
    kept: bool = True

    @property
    def key(self) -> str:
        return digest_of([str(FORMAT), *self.made_from])


@dataclass(frozen=True, kw_only=True)
class LayerFacts:
    """`digest` is `sha256:...` of the tar."""

    digest: str
    size_bytes: int


class KeptLayers:
    """The folder of them. Safe for several builders at once."""

    def __init__(self, state: MachineState) -> None:
        self.folder = private_folder(state.root / "layers")

    def facts(self, layer: Layer) -> LayerFacts | None:
        """None when it was never made here."""
        try:
            found = json.loads(self._record(layer).read_bytes())
        except FileNotFoundError:
            return None
        return LayerFacts(digest=found["digest"], size_bytes=found["size_bytes"])

    def remember(self, layer: Layer, facts: LayerFacts) -> None:
        document = {"name": layer.name, "digest": facts.digest, "size_bytes": facts.size_bytes}
        write_whole(self._record(layer), json.dumps(document))

    def check(self, layer: Layer, seen: LayerFacts) -> None:
        """What was read is what was written, or is remembered if it was never written before.

        Raises BuildError, with the damaged tar taken away, when it is another: a disk that failed, or lost its power.
        """
        if layer.kept and seen != self.facts(layer):
            self._tar(layer).unlink(missing_ok=True)
            raise BuildError(f"the layer {layer.name} was damaged in {self.folder}, and is removed there; build again")
        self.remember(layer, seen)

    def make(self, layer: Layer) -> LayerFacts:
        """Writes the tar, if it is not there. Raises MachineError when the disk is full, and what making it raises."""
        with file_lock(self.folder / f".{layer.key}.lock", timeout_s=_PATIENCE_S):
            facts = self.facts(layer)
            if facts is None or not self._tar(layer).exists():
                facts = self._write(layer)
                self.remember(layer, facts)
        return facts

    @contextmanager
    def reading(self, layer: Layer) -> Iterator[tuple[int, Iterable[bytes | memoryview]]]:
        """The tar's size in bytes, and its pieces: from its file, or as it is made."""
        if layer.kept:
            self.make(layer)
            yield self._tar(layer).stat().st_size, read_in_pieces(self._tar(layer))
        else:
            with layer.open() as entries:
                yield tar_size(entries), tar_pieces(entries)

    def listing(self) -> Iterator[tuple[str, tuple[Path, ...]]]:
        """Digest, and files, of every layer that is kept, those of bases too: for whoever frees what nothing needs."""
        for record in sorted(self.folder.glob("*.json")):
            with suppress(FileNotFoundError):
                files = (record, record.with_suffix(".tar"), self.folder / f".{record.stem}.lock")
                yield json.loads(record.read_bytes())["digest"], tuple(path for path in files if path.exists())
        for tar in sorted(self.folder.glob("base-*.tar")):
            yield f"sha256:{tar.stem.removeprefix('base-')}", (tar,)
        for part in sorted(self.folder.glob("*.part")):  # a killed builder's, unless it is young
            yield f"sha256:{part.stem}", (part,)

    def _write(self, layer: Layer) -> LayerFacts:
        part = self._tar(layer).with_suffix(".part")
        digest, size_bytes = hashlib.sha256(), 0
        try:
            with layer.open() as entries, part.open("wb") as file:
                for piece in tar_pieces(entries):
                    digest.update(piece)
                    size_bytes += file.write(piece)
            os.replace(part, self._tar(layer))  # noqa: PTH105
            log.info("layer %s: made, %.1f MB", layer.name, size_bytes / 1e6)
        except OSError as error:
            raise MachineError(
                f"the layer {layer.name} cannot be written to {self.folder}: {error.strerror}; "
                "free some room, such as with `shipway gc`"
            ) from error
        finally:
            part.unlink(missing_ok=True)
        return LayerFacts(digest=f"sha256:{digest.hexdigest()}", size_bytes=size_bytes)

    def _record(self, layer: Layer) -> Path:
        return self.folder / f"{layer.key}.json"

    def _tar(self, layer: Layer) -> Path:
        return self.folder / f"{layer.key}.tar"
