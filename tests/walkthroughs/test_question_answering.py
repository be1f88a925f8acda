"""The article of 2021, as docs/how-to/migrate-from-azure-ml.md has it: commands in one test, Python in the other."""

import io
import secrets
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import docker
import pytest

from tests.absent import absent
from tests.engines import has_image, usable_engine
from tests.walkthroughs.reader import Reader

pytestmark = [pytest.mark.walkthrough, pytest.mark.timeout(600)]


@pytest.fixture
def punkt(old_python: Path, tmp_path: Path) -> Path:
    """NLTK's data, which `nltk.download` cannot fetch here."""
    folder = tmp_path / "nltk_data"
    subprocess.run([old_python, Path(__file__).with_name("old_python.py"), "punkt", folder], check=True)
    return folder


@pytest.fixture
def base_with_punkt(punkt: Path) -> Iterator[str]:
    """A base image that has the data where NLTK looks for it: the author's config stays as it is."""
    if not (usable_engine() and has_image("shipway-base:3.6")):
        absent("no Docker Engine answers, or it has no image shipway-base:3.6: see requirements/base_image.sh")
    name = f"shipway-tests-punkt-{secrets.token_hex(4)}"
    with closing(docker.from_env()) as client:
        container = client.containers.create("shipway-base:3.6")
        container.put_archive("/usr/share", _tar(punkt))
        made = container.commit(repository=name, tag="3.6")
        container.remove()
        try:
            yield f"{name}:{{python}}"
        finally:
            client.images.remove(made.id, force=True)


def test_the_commands_of_2021(reader: Callable[..., Reader], bidaf: Path, base_with_punkt: str) -> None:
    person = reader("question-answering", docker=True, SHIPWAY_BASE_IMAGE=base_with_punkt)
    shutil.copy(bidaf, person.folder / "model.onnx")
    person.follows("A", "sh")


def test_the_python_of_2021(reader: Callable[..., Reader], bidaf: Path, punkt: Path) -> None:
    person = reader("question-answering", docker=False, SHIPWAY_AS_OF="2021-03-01")
    shutil.copy(bidaf, person.folder / "model.onnx")
    shutil.copytree(punkt, person.folder / "source_dir" / "nltk_data")
    person.follows("A", "python")


def _tar(folder: Path) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        tar.add(folder, arcname=folder.name)
    return data.getvalue()
