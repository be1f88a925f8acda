"""What is sent to an engine, and what happens when the engine has less than it seemed to have."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from shipway.domain.image import ImageConfig
from shipway.engine.connection import Engine, connect
from shipway.image.base import BaseImage, find_base
from shipway.image.kept_layers import KeptLayers, Layer
from shipway.image.layer_tar import Entry, file_of
from shipway.image.load import Loading, load_image, plans_for
from shipway.image.settings import image_id
from shipway.machine.state import MachineState
from tests.engines import private_engine
from tests.images.conftest import RUN


@pytest.fixture(scope="module")
def base(engine: Engine, state: MachineState) -> BaseImage:
    return find_base(engine, ImageConfig(base="shipway-base:3.11"), None, state)


@pytest.fixture
def kept(tmp_path: Path) -> KeptLayers:
    return KeptLayers(MachineState(tmp_path))


def layer(name: str, content: bytes, *, kept: bool = True) -> Layer:
    @contextmanager
    def opened() -> Iterator[Sequence[Entry]]:
        yield [file_of(name, content)]

    return Layer(name=name, made_from=(name, content.hex()), open=opened, kept=kept)


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
    assert "the engine lacks layers that it seemed to have; sending more" in caplog.messages
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


def test_an_image_with_every_layer_stands_without_its_base_on_another_engine(
    engine: Engine, base: BaseImage, kept: KeptLayers, short_folder: Path
) -> None:
    """As engines on containerd's store want it; here one that has nothing shows that nothing is lacking."""
    complete = loading(base, layer("a", b"complete a"), layer("b", b"complete b", kept=False))
    here = load_image(engine, complete, kept, [0])
    with private_engine(short_folder) as other:
        elsewhere = connect({"DOCKER_HOST": other.host})
        try:
            assert load_image(elsewhere, complete, kept, [0]) == here
            assert [image.id for image in elsewhere.client.images.list()] == [here]
            printed = elsewhere.client.containers.run(here, ["cat", "/a"], remove=True, network_mode="none")
            assert printed == b"complete a"
        finally:
            elsewhere.close()


def test_the_id_is_the_digest_of_the_settings(engine: Engine, base: BaseImage, kept: KeptLayers) -> None:
    one = layer("a", b"shared")
    wanted = loading(base, one)
    facts = kept.make(one)
    assert load_image(engine, wanted, kept, [len(base.layers)]) == image_id(
        wanted.write_settings([("a", facts.digest)])
    )
