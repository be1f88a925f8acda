"""shipway status, check, down: what is said of this machine."""

from pathlib import Path

import pytest

from shipway.cli.commands import check
from shipway.cli.commands.status import disk_used
from shipway.cli.context import Context
from shipway.cli.output import Output
from shipway.machine.ports import free_port
from tests.unit.cli.conftest import Shipway


def test_status_names_workspace_server_and_disk(shipway: Shipway, workspace: Path, model: Path) -> None:
    shipway("model", "register", "-n", "digits", "-p", str(model))
    lines = shipway("status").out.splitlines()
    assert lines[0] == f"workspace       {workspace.as_uri()}"
    assert lines[1] == "Prefect server  not running; starts with the first command that needs it, or `shipway up`"
    document = shipway("status", "-o", "json").document
    assert document["server"] == {"state": "stopped", "url": None, "ui_url": None, "pid": None}
    assert document["services"] == []
    parts = {row["part"].strip(): row for row in document["disk"]}
    assert parts["workspace"]["path"] == str(workspace)
    assert parts["blobs"]["size_bytes"] > 0
    assert parts["machine"]["path"] == document["state"]


def test_status_names_a_server_of_the_user_s_own(
    shipway: Shipway, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "https://prefect.example/api")
    line = shipway("status").out.splitlines()[1]
    assert line == "Prefect server  https://prefect.example/api (from PREFECT_API_URL or Prefect's profile)"


def test_linked_files_take_their_disk_once(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 100_000)
    once = disk_used(tmp_path)
    (tmp_path / "b").hardlink_to(tmp_path / "a")
    assert disk_used(tmp_path) == once >= 100_000


def test_check_finds_what_this_machine_has(shipway: Shipway, workspace: Path) -> None:
    said = shipway("check", "--offline", "-o", "json")
    assert said.code == 0
    states = {row["what"]: row["state"] for row in said.document}
    needed = {"interpreter", "uv", "Envoy", "ports", "workspace", "disk", "Prefect server"}
    assert {what for what, state in states.items() if state == "ok"} >= needed


def test_check_fails_when_something_that_a_release_needs_is_missing(
    shipway: Shipway, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"http://127.0.0.1:{free_port()}/api"
    monkeypatch.setenv("PREFECT_API_URL", url)
    said = shipway("check", "--offline")
    assert said.code == 1
    (line,) = (line for line in said.out.splitlines() if line.startswith("Prefect server"))
    assert line.split(maxsplit=2)[2].startswith("missing  ")
    assert f"nothing answers at {url}" in line
    assert line.endswith("start it, or unset PREFECT_API_URL (also in Prefect's profile) and Shipway starts its own")


def test_without_a_workspace_check_says_how_to_make_one_and_does_not_fail(shipway: Shipway) -> None:
    said = shipway("check", "--offline", "-o", "json")
    assert said.code == 0
    (row,) = (row for row in said.document if row["what"] == "workspace")
    assert row["state"] == "absent"
    assert "shipway init" in row["mend"]


def test_a_folder_below_a_file_is_no_place_for_state(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    found = check.check_disk(Context(given=None, output=Output(), folder=folder))
    assert (found.state, found.mend) == ("missing", "set XDG_STATE_HOME to a folder you can write")


def test_an_index_that_cannot_be_reached_is_named_with_its_remedy(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("UV_DEFAULT_INDEX", f"http://127.0.0.1:{free_port()}/simple")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    found = check.check_index(Context(given=None, output=Output(), folder=folder))
    assert found.state == "missing"
    assert found.mend == "name an index that can be reached in UV_DEFAULT_INDEX or uv.toml, a proxy in HTTPS_PROXY"


def test_down_says_when_there_is_nothing_to_stop(shipway: Shipway, workspace: Path) -> None:
    assert shipway("down").out == "no local Prefect server ran\n"
    assert shipway("down", "--all", "-o", "json").document == {"server": None, "worker": None, "services": []}
