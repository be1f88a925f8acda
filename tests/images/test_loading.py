"""What is sent to an engine, and what happens when the engine has less than it seemed to have."""

import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from shipway.domain.canonical import sha256_hex
from shipway.domain.environment import UNNAMED, Environment
from shipway.domain.image import ImageConfig
from shipway.engine.connection import Engine, connect
from shipway.engine.faults import EngineFull
from shipway.errors import BuildError
from shipway.image.container.base import BaseImage, find_base
from shipway.image.container.kept_layers import KeptLayers, Layer
from shipway.image.container.layer_tar import Entry, file_of
from shipway.image.container.load import Loading, load_image, plans_for
from shipway.image.container.settings import image_id
from shipway.machine.state import MachineState
from tests.engines import private_engine
from tests.images.conftest import RUN, archive_of, own_base


@pytest.fixture(scope="module")
def base(engine: Engine, state: MachineState) -> BaseImage:
    return find_base(engine, Environment(name=UNNAMED), ImageConfig(base="shipway-base:3.11"), state)


@pytest.fixture
def kept(tmp_path: Path) -> KeptLayers:
    return KeptLayers(MachineState(tmp_path))


def layer(name: str, content: bytes, *, kept: bool = True) -> Layer:
    @contextmanager
    def opened() -> Iterator[Sequence[Entry]]:
        yield [file_of(name, content)]

    return Layer(name=name, made_from=(name, sha256_hex(content)), open=opened, kept=kept)


def loading(base: BaseImage, *layers: Layer) -> Loading:
    """With settings of the least that an engine takes."""

    def settings(made: Sequence[tuple[str, str]]) -> bytes:
        digests = ",".join(f'"{digest}"' for digest in [*base.layers, *(digest for _, digest in made)])
        return (
            f'{{"architecture":"{base.architecture}","os":"linux","config":{{"Labels":{{"like":"{RUN}"}}}},'
            f'"rootfs":{{"type":"layers","diff_ids":[{digests}]}}}}'
        ).encode()

    return Loading(base=base, layers=layers, write_settings=settings, repository=f"shipway/{RUN}")


def messages_of_sending(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [message.split(":")[0] for message in caplog.messages if ": sending" in message]


def test_an_engine_that_lost_a_layer_is_given_all_of_ours(
    engine: Engine, base: BaseImage, kept: KeptLayers, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    layers = [layer("a", b"lost a"), layer("b", b"lost b", kept=False)]
    kept.make(layers[0])
    below = len(base.layers)
    image = load_image(engine, loading(base, *layers), kept, [below + 1, below, 0])
    assert len(engine.client.api.inspect_image(image)["RootFS"]["Layers"]) == below + 2
    assert [m for m in caplog.messages if m.startswith("the engine lacks layers that it seemed to have, sending more")]
    assert messages_of_sending(caplog) == ["layer b", "layer a", "layer b"]


def test_images_that_share_layers_tell_what_need_not_be_sent(
    engine: Engine, base: BaseImage, kept: KeptLayers, caplog: pytest.LogCaptureFixture
) -> None:
    first = loading(base, layer("a", b"shared"), layer("b", b"first", kept=False))
    load_image(engine, first, kept, plans_for(engine, first, kept, like=f"like={RUN}"))
    second = loading(base, layer("a", b"shared"), layer("b", b"second", kept=False))
    below = len(base.layers)
    caplog.set_level("INFO")
    assert plans_for(engine, second, kept, like=f"like={RUN}") == [below + 1, below, 0]
    load_image(engine, second, kept, plans_for(engine, second, kept, like=f"like={RUN}"))
    assert messages_of_sending(caplog) == ["layer b"]


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Engine]:
    """Another engine, without any image, on a disk of 64 MB."""
    with tempfile.TemporaryDirectory(prefix="i-") as name:
        data = Path(name, "data")
        data.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "none", data], check=True)
        try:
            with private_engine(Path(name)) as private:
                other = connect({"DOCKER_HOST": private.host})
                yield other
                other.close()
        finally:
            subprocess.run(
                ["umount", data], check=False, capture_output=True
            )  # the engine may have done so as it ended


@pytest.fixture
def tiny(engine: Engine, base: BaseImage) -> Iterator[BaseImage]:
    """A base with one file, quick to copy; it has no Python, which loading does not look for."""
    with own_base(engine, archive_of({"hello": b"world"}), "tiny") as name:
        inspected = engine.client.api.inspect_image(name)
        layers = tuple(inspected["RootFS"]["Layers"])
        yield replace(base, name=name, id=inspected["Id"], layers=layers)


def test_an_image_with_every_layer_stands_without_its_base_on_another_engine(
    engine: Engine, tiny: BaseImage, kept: KeptLayers, elsewhere: Engine
) -> None:
    """As engines on containerd's store want it; here one that has nothing shows that nothing is lacking."""
    complete = loading(tiny, layer("a", b"complete a"), layer("b", b"complete b", kept=False))
    left = kept.folder / "reading-killed"
    left.mkdir()
    here = load_image(engine, complete, kept, [0])
    assert not left.exists(), "a killed builder's"
    engine.client.images.remove(here, force=True)
    engine.client.images.remove(tiny.name, force=True)
    assert load_image(elsewhere, complete, kept, [0]) == here
    assert [image.id for image in elsewhere.client.images.list()] == [here]
    container = elsewhere.client.api.create_container(here, ["/none"])["Id"]
    for path, content in (("/hello", b"world"), ("/a", b"complete a"), ("/b", b"complete b")):
        pieces, _ = elsewhere.client.api.get_archive(container, path)
        assert content in b"".join(pieces)
    elsewhere.client.api.remove_container(container)
    elsewhere.client.images.remove(here, force=True)


def test_an_engine_whose_disk_is_full_says_so_and_keeps_nothing(
    tiny: BaseImage, engine: Engine, kept: KeptLayers, elsewhere: Engine
) -> None:
    """40 MB fit on its disk once, and not a second time as a layer."""
    load_image(engine, loading(tiny), kept, [0])
    for content in (bytes(40_000_000), bytes(100_000_000)):
        with pytest.raises(EngineFull) as error:
            load_image(elsewhere, loading(tiny, layer("big", content, kept=False)), kept, [0])
        assert str(error.value).startswith(f"loading image shipway/{RUN}: the disk of the Docker Engine at unix://")
        assert str(error.value).endswith("; free some, such as with `docker system df` and `docker image prune`")
    assert elsewhere.client.images.list(all=True) == []


def test_a_kept_layer_that_was_damaged_is_made_again_and_never_loaded(
    engine: Engine, base: BaseImage, kept: KeptLayers, caplog: pytest.LogCaptureFixture
) -> None:
    one = layer("a", b"whole " * 1000)
    facts = kept.make(one)
    (tar,) = kept.folder.glob("*.tar")
    whole = tar.read_bytes()
    tar.write_bytes(whole[:2048])
    with pytest.raises(BuildError) as error:
        load_image(engine, loading(base, one), kept, [len(base.layers)])
    assert str(error.value) == f"the layer a was damaged in {kept.folder}, and is removed there; build again"
    tar.write_bytes(whole[:2048])
    image = load_image(engine, loading(base, one), kept, [len(base.layers), 0])
    assert engine.client.api.inspect_image(image)["RootFS"]["Layers"][-1] == facts.digest
    assert tar.read_bytes() == whole


def test_the_id_is_the_digest_of_the_settings(engine: Engine, base: BaseImage, kept: KeptLayers) -> None:
    one = layer("a", b"shared")
    wanted = loading(base, one)
    facts = kept.make(one)
    assert load_image(engine, wanted, kept, [len(base.layers)]) == image_id(
        wanted.write_settings([("a", facts.digest)])
    )
