"""What `pip install shipway` gives: all of Shipway, nothing else, and a Prefect server whose schedules fire.

Prefect's own bounds let in versions of fastapi and sqlalchemy with which its server refuses `prefect deploy`, does not
start, or never makes a scheduled run, without a word. No lock protects who installs from an index: only the bounds in
pyproject.toml do, and this is where they are seen to hold with the newest of everything.
"""

import json
import os
import shutil
import sys
import tarfile
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from shipway import __version__
from shipway.cli.tree import COMMANDS
from tests.absent import absent
from tests.e2e.installation import LEFT_OVERS, Built, Installed, build, copy_tree, install, run

pytestmark = [pytest.mark.timeout(400)]

NEEDS_AN_EXTRA: frozenset[str] = frozenset()
"""Modules that cannot be imported with the default dependencies alone."""

BOUNDED = ("fastapi", "sqlalchemy", "prefect")

_SCHEDULED_WITHIN_S = 60.0


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return build(copy_tree(tmp_path_factory.mktemp("tree")), tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def in_wheel(built: Built) -> set[str]:
    return set(zipfile.ZipFile(built.wheel).namelist())


@pytest.fixture(scope="module")
def installed(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    try:
        place = install(built.wheel, tmp_path_factory.mktemp("elsewhere"))
    except AssertionError as error:
        absent(f"the wheel cannot be installed here: {error}")
    yield place
    for process in place.processes():
        process.kill()
    shutil.rmtree(place.venv)  # pytest would keep half a gigabyte of it for three more runs


@pytest.fixture(scope="module")
def workspace(installed: Installed) -> Path:
    """Made by the command, with the example in it."""
    folder = installed.home / "work"
    installed.run("shipway", "init", str(folder))
    return folder


def modules_of(tree: Path) -> set[str]:
    """Dotted names of all that `shipway` consists of, the linked folders under the names that they have there."""
    files = [
        *(path.relative_to(tree) for path in (tree / "shipway").rglob("*.py")),
        *(
            Path("shipway") / path.relative_to(tree)
            for name in ("flows", "tasks")
            for path in (tree / name).rglob("*.py")
        ),
    ]
    return {".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in files}


def test_the_sdist_holds_all_that_a_wheel_is_made_of(built: Built) -> None:
    with tarfile.open(built.sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    tops = ("shipway", "flows", "tasks", "serving/shipway_serving", "configs/examples", "deployments")
    sources = [
        path for top in tops for path in (built.tree / top).rglob("*") if path.is_file() and not path.is_symlink()
    ]
    assert {path.relative_to(built.tree).as_posix() for path in sources} - set(LEFT_OVERS) - names == set()
    assert {"pyproject.toml", "hatch_build.py", "LICENSE", "serving/requirements.txt"} <= names


def test_the_wheel_is_one_package_with_the_flows_the_server_and_the_example_in_it(in_wheel: set[str]) -> None:
    assert {name.partition("/")[0] for name in in_wheel} == {"shipway", f"shipway-{__version__}.dist-info"}
    assert {
        "shipway/py.typed",
        "shipway/flows/release.py",
        "shipway/tasks/register_model.py",
        "shipway/_serving/requirements.txt",
        "shipway/_serving/shipway_serving/__main__.py",
        "shipway/_examples/digits/release.yaml",
        "shipway/_examples/digits/source_dir/score.py",
        "shipway/_deployments/prefect.yaml",
    } <= in_wheel


def test_what_working_in_the_tree_leaves_there_is_sent_to_nobody(built: Built, in_wheel: set[str]) -> None:
    with tarfile.open(built.sdist) as archive:
        sent = in_wheel | set(archive.getnames())
    assert {
        name for name in sent if {"__pycache__", "models", "train-env", "tests", ".venv"} & set(name.split("/"))
    } == set()


def test_an_editable_install_gets_no_copies_which_would_go_stale(built: Built, tmp_path: Path) -> None:
    script = f"import hatchling.build; print(hatchling.build.build_editable({str(tmp_path)!r}))"
    wheel = run([sys.executable, "-c", script], cwd=built.tree, environment=os.environ).splitlines()[-1]
    names = zipfile.ZipFile(tmp_path / wheel).namelist()
    assert [name for name in names if name.startswith("shipway/")] == []
    assert any(name.endswith(".pth") for name in names)


def test_every_module_of_the_tree_imports_from_the_wheel_without_extras(built: Built, installed: Installed) -> None:
    seen = installed.asked(
        "import importlib, pkgutil, shipway\n"
        "answer = {'shipway': ''}\n"
        "for module in pkgutil.walk_packages(shipway.__path__, 'shipway.', onerror=lambda name: None):\n"
        "    try: importlib.import_module(module.name); answer[module.name] = ''\n"
        "    except BaseException as error: answer[module.name] = repr(error)\n"
    )
    assert {name: error for name, error in seen.items() if error and name not in NEEDS_AN_EXTRA} == {}
    assert set(seen) == modules_of(built.tree)


def test_no_bare_flows_or_tasks_is_installed(installed: Installed) -> None:
    found = installed.asked(
        "import importlib.util as u; answer = [n for n in ('flows', 'tasks', 'tests', 'configs') if u.find_spec(n)]"
    )
    assert found == []


def test_the_command_tells_its_version_and_helps(installed: Installed) -> None:
    assert installed.run("shipway", "--version") == f"shipway {__version__}\n"
    help_text = installed.run("shipway", "--help")
    assert [command.name for command in COMMANDS if f"\n    {command.name} " not in help_text] == []


def test_init_copies_the_example_from_the_wheel(installed: Installed, workspace: Path) -> None:
    carried = next(installed.venv.glob("lib/python*/site-packages/shipway/_examples/digits"))
    expected = {path.relative_to(carried): path.read_bytes() for path in carried.rglob("[!.]*") if path.is_file()}
    digits = workspace / "digits"
    assert {path.relative_to(digits): path.read_bytes() for path in digits.rglob("*") if path.is_file()} == expected
    assert (workspace / ".shipway").is_dir()


def test_the_scoring_server_that_goes_into_images_comes_from_the_wheel(built: Built, installed: Installed) -> None:
    source, files = installed.asked(
        "from shipway.image import serving as s; answer = [str(s.serving_source()), [n for n, _ in s.serving_files()]]"
    )
    assert Path(source) == next(installed.venv.glob("lib/python*/site-packages/shipway/_serving"))
    ours = built.tree / "serving"
    assert set(files) == {path.relative_to(ours).as_posix() for path in (ours / "shipway_serving").rglob("*.py")}


def test_the_bounds_that_prefect_lacks_are_in_the_wheel_and_hold(installed: Installed) -> None:
    required, versions = installed.asked(
        f"import importlib.metadata as m; answer = [m.requires('shipway'), {{n: m.version(n) for n in {BOUNDED!r}}}]"
    )
    bounds = {r.name: r.specifier for r in map(Requirement, required) if r.name in BOUNDED and r.marker is None}
    assert "0.151" not in bounds["fastapi"]
    assert "2.1" not in bounds["sqlalchemy"]
    assert {name: str(v) for name, v in versions.items() if Version(v) not in bounds[name]} == {}


@pytest.mark.prefect
def test_a_schedule_makes_a_run_and_the_worker_carries_it_out(installed: Installed, workspace: Path) -> None:
    up = json.loads(installed.run("shipway", "up", "--worker", "--no-services", "-o", "json", cwd=workspace))
    runs = scheduled_runs(up["url"])
    assert runs, f"no scheduled run within {_SCHEDULED_WITHIN_S:.0f} s; {server_log(installed)}"
    assert runs[0]["auto_scheduled"]
    assert runs[0]["parameters"]["workspace"] == (workspace / ".shipway").as_uri()
    now = post(f"{up['url']}/deployments/{runs[0]['deployment_id']}/create_flow_run", {"state": {"type": "SCHEDULED"}})
    ended = once_ended(up["url"], now["id"])
    assert (ended["name"], ended["state"]["message"]) == ("reconcile", "no service, and no release that was left")
    told = installed.run("shipway", "down", cwd=workspace)
    assert f"stopped the worker (process {up['worker']['pid']})" in told
    assert f"process {up['pid']}" in told
    assert [process.cmdline() for process in installed.processes() if process.status() != psutil.STATUS_ZOMBIE] == []


def post(url: str, document: dict[str, Any]) -> Any:
    """Straight to the server: no proxy stands between this machine and itself."""
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(document).encode(), headers)
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
        return json.load(answer)


def scheduled_runs(api: str) -> list[dict[str, Any]]:
    """Flow runs in state Scheduled, as soon as there are any; empty when none came."""
    wanted = {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}}
    deadline = time.monotonic() + _SCHEDULED_WITHIN_S
    while not (runs := post(f"{api}/flow_runs/filter", wanted)) and time.monotonic() < deadline:
        time.sleep(0.5)
    return list(runs)


def once_ended(api: str, run_id: str) -> dict[str, Any]:
    ended = {"any_": ["COMPLETED", "FAILED", "CRASHED", "CANCELLED"]}
    wanted = {"flow_runs": {"id": {"any_": [run_id]}, "state": {"type": ended}}}
    deadline = time.monotonic() + 120
    while not (runs := post(f"{api}/flow_runs/filter", wanted)):
        assert time.monotonic() < deadline, f"run {run_id} has not ended within 120 s"
        time.sleep(0.5)
    return dict(runs[0])


def server_log(installed: Installed) -> str:
    """The end of what the server said."""
    log = next(installed.state.rglob("server.log"))
    return f"the end of its log:\n{log.read_text(errors='replace')[-3000:]}"
