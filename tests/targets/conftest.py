import pytest

from shipway.machine.state import MachineState
from shipway.targets.docker import make_target
from tests.targets.bundles import ECHO, serving_python
from tests.targets.images import containers_in, engine_with_base, make_image, make_serving_image, remove_image


@pytest.fixture(scope="session")
def interpreter(tmp_path_factory):
    return serving_python(tmp_path_factory.mktemp("python") / "venv")


@pytest.fixture
def state(tmp_path):
    return MachineState(tmp_path / "state")


@pytest.fixture(scope="session")
def engine():
    """Without it a test is skipped, or fails in CI."""
    engine = engine_with_base()
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def build_image(engine, tmp_path_factory):
    """A call makes a container image of a script; all go at the end."""
    made = [make_serving_image(engine, tmp_path_factory.mktemp("serving"))]

    def act(script, variables=None, extra=""):
        image = make_image(engine, tmp_path_factory.mktemp("image"), made[0], script, variables, extra)
        made.append(image.location)
        return image

    yield act
    for location in reversed(made):
        remove_image(engine, location)


@pytest.fixture(scope="session")
def echo_image(build_image):
    return build_image(ECHO)


@pytest.fixture
def docker_target(engine, state):
    here = make_target(state)
    yield here
    for container in containers_in(engine, state):  # a drain takes its time; a test's end need not
        container.remove(force=True, v=True)
    for service in here.list():
        here.delete(service.name, fence=999)
