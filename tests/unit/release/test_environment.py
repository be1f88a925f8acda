"""The environment of a release as far as it is settled without an index, and the password that its build needs."""

import json
import os
import stat
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shipway.config.documents import read_document
from shipway.domain.environment import Environment, InferenceConfig, PinChange
from shipway.domain.model import RunFacts
from shipway.domain.release import ModelSource, ReleaseConfig
from shipway.domain.secret import Secret
from shipway.machine.state import machine_state
from shipway.registry.models import Registry
from shipway.release.asked import FileAsked, V1Asked
from shipway.release.begin import config_files, read_asked
from shipway.release.environment import changes_told, day_of_release
from shipway.release.inputs import read_inputs
from shipway.release.login import base_login_of, discreet, forget_logins, keep_logins, with_logins
from tests.unit.release.driver import AT, Bench

INFERENCE = {"entryScript": "score.py", "sourceDirectory": "src"}


def test_changes_are_told_by_what_they_do() -> None:
    changes = [
        PinChange(before="", after="six", reason="it is imported"),
        PinChange(before="wrapt==1.12", after="", reason="it carried the server"),
        PinChange(before="numpy==1.15.0", after="numpy==1.15.4", reason="no wheel"),
    ]
    assert list(changes_told(changes)) == [
        "added six: it is imported",
        "left out wrapt==1.12: it carried the server",
        "numpy==1.15.0 became numpy==1.15.4: no wheel",
    ]


@pytest.fixture
def unpinned(bench: Bench) -> ReleaseConfig:
    """Of a model whose run ended on 2 March 2021."""
    config = bench.config("one")
    run = RunFacts(run_id="r", experiment="e", ended_at=datetime(2021, 3, 2, 23, tzinfo=UTC))
    Registry(bench.workspace).register_path(config.models[0].path or "", name="digits", now=AT, run=run)
    environment = Environment(name="digits", requirements=("numpy",))
    inference = replace(config.inference, environment=environment)
    return replace(config, inference=inference, models=(ModelSource(name="digits", version=1),))


def test_the_day_is_that_of_the_model_s_run(bench: Bench, unpinned: ReleaseConfig) -> None:
    found = day_of_release(unpinned, bench.workspace, ())
    assert found is not None
    assert (found.day, found.why) == (
        "2021-03-02",
        "unpinned packages are those of 2021-03-02, when the model's run ended",
    )


@pytest.mark.parametrize(
    "environment",
    [
        Environment(name="digits", requirements=("numpy",), as_of="2020-01-01"),
        Environment(name="digits", requirements=("numpy==1.19.5",)),
    ],
    ids=["another day was asked for", "everything is pinned"],
)
def test_no_day_is_looked_for(bench: Bench, unpinned: ReleaseConfig, environment: Environment) -> None:
    config = replace(unpinned, inference=replace(unpinned.inference, environment=environment))
    assert day_of_release(config, bench.workspace, ()) is None


def test_a_model_without_a_run_and_assets_without_git_have_no_day(bench: Bench, unpinned: ReleaseConfig) -> None:
    config = replace(unpinned, models=bench.config("one").models)
    assert day_of_release(config, bench.workspace, ()) is None


def test_the_newest_of_the_files_that_an_asset_is_written_in_tells_its_day(bench: Bench) -> None:
    folder = bench.config("one") and bench.folder / "assets"
    files = {"src/env.yml": "dependencies: [numpy]", "ic.json": json.dumps({**INFERENCE, "condaFile": "env.yml"})}
    for day, name in ((1, "src/score.py"), (2, "ic.json"), (3, "src/env.yml")):
        (folder / name).write_text(files.get(name) or (folder / name).read_text())
        commit(folder, name, f"2021-0{day}-05")
    asked = V1Asked(service="digits", inference=folder / "ic.json", working_directory=folder)
    as_value = replace(asked, inference=read_document(folder / "ic.json"))
    (folder / "release.yaml").write_text("service: digits\nmodels: [{name: m, path: model.bin}]\ninference: ic.json\n")
    commit(folder, "release.yaml", "2021-01-05")
    for one in (asked, as_value, FileAsked(file=folder / "release.yaml")):
        config = read_asked(one, bench.workspace).value
        found = day_of_release(config, bench.workspace, config_files(one, config))
        assert found is not None
        assert found.day == "2021-03-05"


def commit(folder: Path, name: str, day: str) -> None:
    who = {f"GIT_{role}_{what}": "x" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    when = {f"GIT_{role}_DATE": f"{day}T12:00:00Z" for role in ("AUTHOR", "COMMITTER")}
    for words in (("init", "-q"), ("add", name), ("commit", "-q", "-m", "x")):
        subprocess.run(["git", *words], cwd=folder, check=True, env={**os.environ, **who, **when})


def test_the_password_for_a_base_s_registry_is_this_machine_s_and_goes_with_the_release(bench: Bench) -> None:
    machine = machine_state(bench.workspace.url)
    environment = Environment(name="digits", requirements=("--extra-index-url https://u:sesame@pypi.example/simple",))
    inference = replace(bench.config("one").inference, environment=environment, base_login=Secret("sesame"))
    bench.keep("rel-one", inference=inference)
    keep_logins(machine, "rel-one", inference)
    (path,) = (path for path in machine.root.rglob("rel-one") if path.is_file())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    kept = base_login_of(machine, "rel-one")
    assert kept is not None
    assert kept.reveal() == "sesame"
    masked = read_inputs(bench.workspace, "rel-one").environment
    assert masked.requirements == ("--extra-index-url https://pypi.example/simple",)
    assert with_logins(masked, machine, "rel-one") == environment
    assert not [
        file for file in bench.folder.joinpath("ws").rglob("*") if file.is_file() and b"sesame" in file.read_bytes()
    ]
    bench.release("rel-one")
    assert base_login_of(machine, "rel-one") is None


def test_a_release_without_a_password_has_none(tmp_path: Path) -> None:
    machine = machine_state(tmp_path.as_uri())
    keep_logins(
        machine, "rel", InferenceConfig(entry_script=None, source_directory=None, environment=Environment(name="x"))
    )
    forget_logins(machine, "rel")
    assert base_login_of(machine, "rel") is None


def test_the_password_of_another_release_under_the_same_id_is_not_taken(bench: Bench) -> None:
    machine = machine_state(bench.workspace.url)
    kept = Environment(name="digits", requirements=("numpy==1.16.4",))
    other = Environment(name="digits", requirements=("numpy==2.0", "--index-url https://u:sesame@pypi.example/simple"))
    keep_logins(machine, "rel", replace(bench.config("one").inference, environment=other))
    assert with_logins(kept, machine, "rel") == kept
    assert with_logins(discreet(other), machine, "rel") == other


def test_changes_are_told_without_the_password_in_their_urls() -> None:
    change = PinChange(before="a @ https://u:sesame@pypi.example/a.zip", after="", reason="it is gone")
    environment = discreet(Environment(name="digits", changes=(change,)))
    assert list(changes_told(environment.changes)) == ["left out a @ https://pypi.example/a.zip: it is gone"]
