"""An author's packages in images with the real scoring server: of other releases than ours, the base's, or failing."""

from collections.abc import Callable
from pathlib import Path

import pytest

from shipway.domain.environment import Code, Environment
from shipway.domain.image import Image, ImageSpec
from shipway.engine.connection import Engine
from shipway.errors import ImportsFail
from shipway.machine.state import MachineState
from shipway.store.workspace import Workspace
from tests.absent import absent
from tests.images.conftest import RUN, fresh_state
from tests.images.test_containers import answer, running

Build = Callable[..., Image]
Spec = Callable[..., ImageSpec]

SEEN = """
import importlib

def init():
    pass

def version(name):
    try:
        return importlib.import_module(name).__version__
    except ImportError:
        return None

def run(data):
    return {name: version(name) for name in ("werkzeug", "flask", "httptools")}
"""


def code(workspace: Workspace, folder: Path, script: str) -> Code:
    folder.mkdir(exist_ok=True)
    (folder / "score.py").write_text(script)
    return Code(tree=workspace.blobs.put_tree(folder), entry_script="score.py")


def test_an_author_of_2017_gets_the_packages_of_2017_and_our_server_its_own(
    engine: Engine, build: Build, spec: Spec, workspace: Workspace, tmp_path: Path
) -> None:
    """Werkzeug 0.11 is too old for our server, which imports its own out of the author's sight."""
    if not engine.client.images.list(name="shipway-base:3.6"):
        absent("there is no image shipway-base:3.6: make it with requirements/base_image.sh 3.6")
    requirements = ("flask==0.12", "werkzeug==0.11.15")
    environment = Environment(name="old", python="3.5.2", requirements=requirements, as_of="2021-06-01")
    script = "import werkzeug\nfrom azureml.contrib.services.aml_request import AMLRequest, rawhttp\n" + SEEN
    image = build(spec(code=code(workspace, tmp_path / "src", script), environment=environment))
    assert image.told == (
        "environment 'old': it pins Python 3.5.2 and runs on 3.6, the oldest that the scoring server runs on",
        "packages as of 2021-06-01",
    )
    with running(engine, image) as container:
        assert answer(container) == {"werkzeug": "0.11.15", "flask": "0.12", "httptools": None}
        own = container.exec_run(["ls", "/opt/shipway/serving-packages"]).output.decode().split()
        assert {"httptools", "werkzeug", "dataclasses.py"} <= set(own)


def test_where_the_author_manages_the_packages_the_bases_own_are_seen(
    engine: Engine, build: Build, spec: Spec, workspace: Workspace, tmp_path: Path
) -> None:
    environment = Environment(name="theirs", python="3.11", user_managed=True, requirements=("nothing-of-the-kind",))
    image = build(spec(code=code(workspace, tmp_path / "src", SEEN), environment=environment))
    with running(engine, image) as container:
        assert answer(container) == {"werkzeug": None, "flask": None, "httptools": None}
        folders = container.exec_run(["python", "-c", "import sys; print([p for p in sys.path if 'venv' not in p])"])
        assert "/site-packages" in folders.output.decode(), "those of the base's Python"


def test_an_image_whose_script_does_not_load_is_gone_again(
    engine: Engine, build: Build, spec: Spec, workspace: Workspace, tmp_path: Path
) -> None:
    state: MachineState = fresh_state(tmp_path / "state")
    failing = spec(code=code(workspace, tmp_path / "src", f"import alpha\nimport cv2\n{SEEN}"))
    before = {image["Id"] for image in engine.client.api.images(filters={"reference": f"*/{RUN}*"})}
    for _ in range(2):
        with pytest.raises(ImportsFail) as error:
            build(failing, state=state)
        assert str(error.value) == (
            "environment 'mine' is built for Python 3.11.7, and the script does not load in it: src/score.py:2: "
            "ModuleNotFoundError: No module named 'cv2' (cv2: add opencv-python-headless to the environment)"
        )
    assert {image["Id"] for image in engine.client.api.images(filters={"reference": f"*/{RUN}*"})} == before


def test_one_that_needs_a_network_to_be_imported_is_built_all_the_same(
    engine: Engine, build: Build, spec: Spec, workspace: Workspace, tmp_path: Path
) -> None:
    """The author's own module reaches out as it is imported; the environment is not to blame, and the note says so."""
    source = tmp_path / "src"
    source.mkdir()
    (source / "own.py").write_text("import urllib.request\nurllib.request.urlopen('http://nowhere.invalid')\n")
    image = build(spec(code=code(workspace, source, f"import own\n{SEEN}")))
    (note,) = image.told
    assert note.startswith("src/own.py:2: URLError")
