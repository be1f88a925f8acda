"""A script read by a Python that runs none of it."""

from pathlib import Path

import pytest

from shipway.asset.imports import imports_of, parse_on, provided
from shipway.domain.environment import Environment, InferenceConfig
from shipway.errors import MachineError


def config(folder: Path | None, script: str) -> InferenceConfig:
    return InferenceConfig(
        entry_script=script, source_directory=str(folder) if folder else None, environment=Environment(name="e")
    )


def test_a_script_is_followed_into_its_source_directory(tmp_path: Path) -> None:
    (tmp_path / "score.py").write_text("import helper\nraise SystemExit\n")
    (tmp_path / "helper.py").write_text("try:\n    import pandas as pd\nexcept ImportError:\n    pd = None\n")
    found = imports_of(config(tmp_path, "score.py"))
    assert found.files == ("score.py", "helper.py")
    helper, pandas = found.statements
    assert (helper.local, helper.place) == (True, "score.py:1")
    assert (pandas.optional, pandas.place, pandas.top) == (True, "helper.py:2", "pandas")


def test_a_lone_script_is_read_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "score.py").write_text("import numpy\n")
    found = imports_of(config(None, str(tmp_path / "score.py")))
    assert [statement.module for statement in found.statements] == ["numpy"]


def test_the_folder_and_the_variables_of_the_user_do_not_get_in_between(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("json.py", "argparse.py", "ast.py"):
        (tmp_path / name).write_text("raise RuntimeError\n")
    (tmp_path / "score.py").write_text("import numpy\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert imports_of(config(tmp_path, "score.py")).syntax is None


def test_a_script_that_does_not_parse_says_where(tmp_path: Path) -> None:
    (tmp_path / "score.py").write_text("x = 1\nprint 'x'\n")
    found = imports_of(config(tmp_path, "score.py"))
    assert found.syntax is not None
    assert (found.syntax.file, found.syntax.line) == ("score.py", 2)
    assert found.statements == ()


def test_an_interpreter_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "score.py").write_text("")
    with pytest.raises(MachineError, match=r"/nowhere/python cannot be asked about the script: "):
        imports_of(config(tmp_path, "score.py"), Path("/nowhere/python"))
    with pytest.raises(MachineError, match=r"/bin/true cannot be asked about the script: it ended with ''"):
        parse_on(Path("/bin/true"), (tmp_path / "score.py",))


def test_what_the_server_provides_is_known_by_the_longest_beginning() -> None:
    offered = provided()
    assert offered.packages_of("google.protobuf.message") == ("protobuf",)
    assert offered.packages_of("nowhere") == ()
    assert offered.azureml_package("azureml.automl.runtime.x") == "azureml-automl-runtime"
    assert offered.is_ours_first("azureml.monitoring.anything")
    assert not offered.is_ours_first("azureml.core")
