"""A script read by the Python of a base image, where this machine has none of that version."""

from pathlib import Path

from shipway.asset.finding import Severity
from shipway.asset.in_image import imports_in_image
from shipway.asset.target import choose_base
from shipway.domain.environment import AuthorsBase, Environment, InferenceConfig
from shipway.domain.image import DOCKER
from shipway.engine.connection import Engine

BASE = "shipway-base:3.11"


def config(folder: Path | None, script: str) -> InferenceConfig:
    return InferenceConfig(
        entry_script=script, source_directory=str(folder) if folder else None, environment=Environment(name="e")
    )


def test_the_python_of_the_image_follows_the_script_and_leaves_no_container(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "score.py").write_text("import json\nfrom lib import tools\n")
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "tools.py").write_text("import pandas\n")
    found = imports_in_image(BASE, "3.11", config(tmp_path, "x/score.py"))
    assert found is not None
    assert found.python.startswith("3.11.")
    assert found.files == ("x/score.py", "lib/tools.py")
    assert [statement.place for statement in found.statements] == ["x/score.py:1", "x/score.py:2", "lib/tools.py:1"]
    assert engine.client.containers.list(all=True, filters={"label": "shipway.errand", "ancestor": BASE}) == []


def test_what_it_cannot_parse_is_told(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "score.py").write_text("x = 1\nprint 'x'\n")
    found = imports_in_image(BASE, "3.11", config(None, str(tmp_path / "score.py")))
    assert found is not None
    assert found.syntax is not None
    assert (found.syntax.file, found.syntax.line) == ("score.py", 2)


def test_an_image_of_another_python_or_none_says_nothing(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "score.py").write_text("")
    script = config(None, str(tmp_path / "score.py"))
    assert imports_in_image(BASE, "3.6", script) is None
    assert imports_in_image("shipway-base:there-is-none", "3.11", script) is None


def test_a_base_image_that_is_not_in_the_engine_is_told_to_be_pulled(engine: Engine) -> None:
    there, absent = (
        Environment(name="e", python="3.11", base=AuthorsBase(image=name)) for name in (BASE, f"{BASE}.no")
    )
    assert [(one.severity, one.message) for one in choose_base(there, DOCKER).findings] == [(Severity.OK, BASE)]
    assert [(one.severity, one.message) for one in choose_base(absent, DOCKER).findings] == [
        (Severity.OK, f"{BASE}.no"),
        (Severity.DIFFERENCE, "not in the engine: it will be pulled"),
    ]
