"""The server's own packages beside an author's of other releases, which would not do for the server."""

import importlib
import os
import pathlib
import shutil
import subprocess
import sys
from typing import Any, Callable, Dict

import pytest
from server_process import PACKAGE_PARENT, Server

from shipway_serving.server.exit_codes import BAD_ARGUMENTS

SCRIPT = """
import httptools
import werkzeug
from azureml.contrib.services.aml_request import AMLRequest, rawhttp
from azureml.contrib.services.aml_response import AMLResponse

def init():
    pass

@rawhttp
def run(request):
    from werkzeug import utils
    seen = {"werkzeug": werkzeug.__version__, "httptools": httptools.__version__, "utils": utils.WHOSE}
    return AMLResponse(dict(seen, body=request.get_data().decode()), 200, json_str=True)
"""


@pytest.fixture(scope="module")
def own(tmp_path_factory: Any) -> pathlib.Path:
    """What this environment has, as a folder of the server's own."""
    folder: pathlib.Path = tmp_path_factory.mktemp("own")
    for name in ("httptools", "werkzeug", "markupsafe", "dataclasses"):
        found = importlib.util.find_spec(name)
        if found is None or not found.origin or "site-packages" not in found.origin:
            continue
        origin = pathlib.Path(found.origin)
        if origin.name == "__init__.py":
            shutil.copytree(str(origin.parent), str(folder / name))
        else:
            shutil.copy(str(origin), str(folder))
    return folder


@pytest.fixture(scope="module")
def authors(tmp_path_factory: Any) -> pathlib.Path:
    """An author's packages with the same names, of which the server could use nothing."""
    folder: pathlib.Path = tmp_path_factory.mktemp("authors")
    (folder / "werkzeug").mkdir()
    (folder / "werkzeug" / "__init__.py").write_text("__version__ = '0.11.15'\n")
    (folder / "werkzeug" / "utils.py").write_text("WHOSE = 'the author'\n")
    (folder / "httptools.py").write_text("__version__ = '0.0.9'\n")
    return folder


def variables(own: pathlib.Path, authors: pathlib.Path) -> Dict[str, str]:
    return {
        "SHIPWAY_OWN_PACKAGES": str(own),
        "PYTHONPATH": os.pathsep.join([str(PACKAGE_PARENT), str(authors)]),
    }


def test_the_server_takes_its_own_and_the_script_the_authors(
    serve: Callable[..., Server], own: pathlib.Path, authors: pathlib.Path
) -> None:
    server = serve(script=SCRIPT, environment=variables(own, authors)).healthy()
    answer = server.request("POST", "/score", b"hello")
    assert answer.status == 200, answer.body
    expected = {"werkzeug": "0.11.15", "httptools": "0.0.9", "utils": "the author", "body": "hello"}
    assert answer.json() == expected


def test_without_the_folder_the_authors_are_all_there_is(
    serve: Callable[..., Server], own: pathlib.Path, authors: pathlib.Path
) -> None:
    """So that the test above can fail."""
    environment = variables(own, authors)
    del environment["SHIPWAY_OWN_PACKAGES"]
    server = serve(script=SCRIPT, environment=environment)
    server.process.communicate(timeout=20)
    assert server.process.returncode != 0


def test_nothing_of_the_folder_stays_in_sight(own: pathlib.Path, authors: pathlib.Path) -> None:
    ask = (
        "import os, sys\n"
        "from shipway_serving.server.own_packages import take_own_packages\n"
        "take_own_packages(dict(os.environ)); take_own_packages(dict(os.environ))\n"
        "from shipway_serving.rawhttp import AMLResponse\n"
        "assert AMLResponse('x', 200).data == b'x'\n"
        "folder = os.environ['SHIPWAY_OWN_PACKAGES']\n"
        "print([n for n, m in list(sys.modules.items()) if str(getattr(m, '__file__', '')).startswith(folder)\n"
        "       and not n.startswith('_shipway_own.')])\n"
        "print(folder in sys.path)\n"
        "import werkzeug; print(werkzeug.__version__)\n"
    )
    environment = dict(os.environ, **variables(own, authors))
    told = subprocess.check_output([sys.executable, "-c", ask], env=environment)
    assert told.decode().splitlines() == ["[]", "False", "0.11.15"]


def test_what_the_servers_packages_import_later_is_their_own(own: pathlib.Path, authors: pathlib.Path) -> None:
    """werkzeug has relative imports in its functions, `from ..test import run_wsgi_app` among them."""
    ask = (
        "import os, sys\n"
        "from shipway_serving.server.own_packages import take_own_packages\n"
        "take_own_packages(dict(os.environ))\n"
        "import werkzeug.utils\n"
        "from shipway_serving.rawhttp import AMLResponse\n"
        "Response = AMLResponse.__mro__[1]\n"
        "app = lambda environ, start: (start('200 OK', []), [b'late'])[1]\n"
        "print(Response.from_app(app, {'REQUEST_METHOD': 'GET'}).data.decode(), werkzeug.utils.WHOSE)\n"
    )
    environment = dict(os.environ, **variables(own, authors))
    told = subprocess.check_output([sys.executable, "-c", ask], env=environment)
    assert told.decode().splitlines() == ["late the author"]


def test_a_folder_that_lacks_something_ends_the_start_and_says_what(
    serve: Callable[..., Server], authors: pathlib.Path, tmp_path: Any
) -> None:
    server = serve(script=SCRIPT, environment=variables(tmp_path / "empty", authors))
    said, _ = server.process.communicate(timeout=20)
    assert server.process.returncode == BAD_ARGUMENTS
    begins = f"shipway-serve: SHIPWAY_OWN_PACKAGES: {tmp_path}/empty lacks what the server needs: "
    assert said.decode().startswith(begins)
    assert len(said.splitlines()) == 1
