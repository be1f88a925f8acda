from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from shipway.image.container.kept_layers import KeptLayers, Layer
from shipway.image.container.layer_tar import Entry, file_of
from shipway.machine.state import MachineState


@contextmanager
def opened() -> Iterator[Sequence[Entry]]:
    yield [file_of("a", b"bytes")]


def test_what_a_killed_builder_left_of_a_layer_is_listed_to_be_freed(tmp_path: Path) -> None:
    kept = KeptLayers(MachineState(tmp_path))
    facts = kept.make(Layer(name="a", made_from=("a",), open=opened))
    part = kept.folder / "0123.part"
    part.write_bytes(b"half")
    assert dict(kept.listing())["sha256:0123"] == (part,)
    assert set(dict(kept.listing())) == {facts.digest, "sha256:0123"}
