import pytest

from tests.targets.bundles import serving_python


@pytest.fixture(scope="session")
def interpreter(tmp_path_factory):
    return serving_python(tmp_path_factory.mktemp("python") / "venv")
