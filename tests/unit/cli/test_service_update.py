"""shipway service update: what is said of a service, without a release; what is refused before one."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from shipway.cli.commands import service as command
from shipway.cli.commands.service.update import with_script_in_force
from shipway.cli.output import Output
from shipway.cli.parser import Parser
from shipway.config.documents import Document
from shipway.domain.release import CodePlace
from shipway.domain.service import Traffic
from shipway.errors import ConfigError, ServiceNotFound
from shipway.release.details import Details, details_of
from shipway.store.workspace import Workspace, open_workspace
from shipway.testing.fake_target import FakeTarget
from tests.unit.cli.test_service import OnFake, spec

Run = Callable[..., int]


@pytest.fixture
def workspace(folder: Path) -> Workspace:
    return open_workspace(folder / ".shipway", create=True)


@pytest.fixture
def run(folder: Path, workspace: Workspace, tmp_path: Path) -> Run:
    """On a target that serves `digits`, of which no release tells."""
    target = FakeTarget(tmp_path / "fake")
    target.deploy(spec("r1", "digits:1"))
    target.set_traffic("digits", Traffic.all_to("r1"), fence=1)

    def run(*argv: str) -> int:
        context = OnFake(given=None, output=Output(), folder=folder, fake=target)
        parser = Parser(prog="shipway service")
        command.add_arguments(parser)
        return command.run(parser.parse_args(["update", *argv]), context)

    return run


def test_tags_properties_and_description_need_no_release(
    run: Run, workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("-n", "digits", "--add-tag", "team=a", "--add-tag", "kind=x", "-d", "reads digits") == 0
    assert run("digits", "--remove-tag", "team", "--add-property", "commit=c1") == 0
    expected = Details(description="reads digits", tags={"kind": "x"}, properties={"commit": "c1"})
    assert details_of(workspace, "digits") == expected
    assert "tags         kind=x\nproperties   commit=c1\n" in capsys.readouterr().out
    assert workspace.records.names("releases") == ()


def test_a_property_never_changes(run: Run) -> None:
    run("digits", "--add-property", "commit=c1")
    with pytest.raises(ConfigError, match=r"^service digits has the properties commit already: they never change"):
        run("digits", "--add-property", "commit=c2")


def test_a_dry_run_changes_nothing(run: Run, workspace: Workspace) -> None:
    assert run("digits", "--add-tag", "team=a", "--dry-run") == 0
    assert details_of(workspace, "digits") == Details()


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["digits"], "no parameters: give models, configs, tags, properties or a description"),
        (["digits", "-d", ""], "no parameters: give models, configs, tags, properties or a description"),
        (["digits", "--add-tag", "team"], "--add-tag team: expected KEY=VALUE"),
        (["digits", "--overwrite"], "unrecognized arguments: --overwrite"),
        (["digits", "--tag", "a=b"], "unrecognized arguments: --tag a=b"),
        (["digits", "-ct", "docker"], "unrecognized arguments: -ct docker"),
    ],
)
def test_an_update_of_nothing_or_of_what_stays_is_refused(
    run: Run, capsys: pytest.CaptureFixture[str], words: list[str], error: str
) -> None:
    with pytest.raises(SystemExit):
        run(*words)
    assert capsys.readouterr().err.startswith(f"shipway: error: {error}; see `shipway service")


def test_a_flag_changes_what_it_names_of_the_script_in_force() -> None:
    document = Document(source="flags", value={"entryScript": "b.py"})
    place = CodePlace(entry_script="a.py", folder="/src")
    assert with_script_in_force(document, place).value == {"entryScript": "b.py", "sourceDirectory": "/src"}
    assert with_script_in_force(replace(document, value={"condaFile": "c"}), place).value == {
        "entryScript": "a.py", "sourceDirectory": "/src", "condaFile": "c",
    }  # fmt: skip
    assert with_script_in_force(document, None).value == {"entryScript": "b.py"}


@pytest.mark.parametrize("words", [["--add-tag", "a=b"], ["-m", "digits:2"], ["--po", "1"]])
def test_a_service_that_there_is_not_is_named(run: Run, words: list[str], workspace: Workspace) -> None:
    with pytest.raises(ServiceNotFound) as error:
        run("digit", *words)
    assert str(error.value) == (
        "WebserviceNotFound: no service 'digit' of this workspace on this machine; services: digits"
    )
    assert workspace.records.names("services") == ()
