"""Environments as public v1 scripts have them, against the package index itself: small ones, the rest is the corpus."""

from pathlib import Path

from shipway.domain.environment import Environment
from shipway.image.interpreters import own_interpreter
from shipway.image.packages.lock import PythonThere
from shipway.image.packages.mending import EntryScript, Limits, NoProposal, Proposal, as_diff, propose
from shipway.machine.state import MachineState

OWN = own_interpreter()
HERE = PythonThere(version=OWN.version, interpreter=OWN.path)
IMAGE = PythonThere(version="3.8.18", platform="x86_64-manylinux_2_36")
LIMITS = Limits(seconds=300)
SCRIPT = "{}\n\n\ndef init():\n    pass\n\n\ndef run(data):\n    return data\n"


def _proposed(tmp_path: Path, there: PythonThere, *requirements: str, imports: str = "") -> Proposal | NoProposal:
    (tmp_path / "score.py").write_text(SCRIPT.format(imports))
    environment = Environment(name="mine", python=there.minor, requirements=requirements)
    script = EntryScript(path=tmp_path / "score.py") if imports else None
    return propose(environment, there, None, MachineState(tmp_path / "state"), script=script, limits=LIMITS)


def _diff(found: Proposal | NoProposal) -> list[str]:
    assert isinstance(found, Proposal), found
    return as_diff(found)


def test_flask_2_1_gets_a_werkzeug_that_it_imports_with(tmp_path: Path) -> None:
    found = _proposed(tmp_path, HERE, "flask==2.1.0", imports="from flask import Flask")
    assert _diff(found) == ["+ werkzeug<3  # Flask below 2.3 takes werkzeug.urls.url_quote, which Werkzeug 3 took away"]


def test_gunicorn_20_gets_a_setuptools_that_has_pkg_resources(tmp_path: Path) -> None:
    found = _proposed(tmp_path, HERE, "gunicorn==20.1.0", imports="import gunicorn.app.base")
    assert _diff(found) == [
        "+ setuptools<81  # setuptools 81 took away pkg_resources, which packages of that age import"
    ]


def test_numpy_1_15_is_not_there_for_python_3_8_and_the_nearest_is(tmp_path: Path) -> None:
    assert _diff(_proposed(tmp_path, IMAGE, "numpy==1.15.0")) == [
        "- numpy==1.15.0",
        "+ numpy==1.17.3  # numpy 1.15.0 has no wheel for Python 3.8; 1.17.3 is the nearest that has",
    ]


def test_tensorflow_1_is_for_another_python_and_nothing_is_proposed_in_its_place(tmp_path: Path) -> None:
    found = _proposed(tmp_path, IMAGE, "tensorflow==1.15.0")
    assert isinstance(found, NoProposal)
    assert found.why.endswith("; tensorflow 1.15.0 is there for Python 2.7, 3.5, 3.6, 3.7 alone: pin one of them")
