from pathlib import Path

from shipway.domain.image import ImageLayer
from shipway.image.container.kept_images import (
    KeptImage,
    image_record,
    keep_image,
    kept_images,
    note_push,
    read_kept_image,
)
from shipway.machine.state import MachineState

IMAGE = KeptImage(
    digest="sha256:" + "a" * 64,
    location="sha256:" + "b" * 64,
    layers=(ImageLayer(name="code", digest="sha256:" + "c" * 64, size_bytes=1),),
)


def test_a_record_comes_back_as_it_was_kept(state: MachineState) -> None:
    path = image_record(state, "key")
    keep_image(path, IMAGE)
    assert read_kept_image(path) == IMAGE
    assert list(kept_images(state)) == [(path, IMAGE)]


def test_an_image_goes_by_its_id_by_what_the_engine_calls_it_and_by_the_registrys_digest(state: MachineState) -> None:
    path = image_record(state, "key")
    keep_image(path, IMAGE)
    for _ in range(2):
        note_push(path, "sha256:" + "d" * 64)
    ((_, kept),) = kept_images(state)
    assert kept.pushed == ("sha256:" + "d" * 64,)
    assert kept.digests == {"a" * 64, "b" * 64, "d" * 64}


def test_a_record_that_somebody_deleted_is_none(tmp_path: Path) -> None:
    assert read_kept_image(tmp_path / "none.json") is None
    note_push(tmp_path / "none.json", "sha256:0")
    assert list(tmp_path.iterdir()) == []
