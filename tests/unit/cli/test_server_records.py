"""The local Prefect server without one: whose server is used, with which settings, and what is written down."""

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipway.cli.server import ServerRecord, client_environment, ensure_server, find_server, stop_server
from shipway.cli.server.environment import configured_api_url, server_environment
from shipway.cli.server.local import log_path
from shipway.cli.server.record import home_of, our_record, read_record, record_path, write_record
from shipway.cli.server.template import database_of, has_template, keep_template, seed_database
from shipway.errors import MachineError
from shipway.machine.ports import free_port
from shipway.machine.processes import ProcessIdentity, myself
from shipway.machine.state import MachineState, machine_state


@pytest.fixture
def state(folder: Path) -> MachineState:
    return machine_state("file:///ws")


PROFILES = """
active = "team"
[profiles.team]
PREFECT_API_URL = "http://team:4200/api"
[profiles.other]
PREFECT_API_URL = "http://other:4200/api"
[profiles.empty]
"""


def test_the_environment_goes_before_the_profile(tmp_path: Path) -> None:
    (tmp_path / "profiles.toml").write_text(PROFILES)
    home = {"PREFECT_HOME": str(tmp_path)}
    assert configured_api_url(home | {"PREFECT_API_URL": "http://mine/api"}) == "http://mine/api"
    assert configured_api_url(home) == "http://team:4200/api"
    assert configured_api_url(home | {"PREFECT_PROFILE": "other"}) == "http://other:4200/api"
    assert configured_api_url({"PREFECT_PROFILES_PATH": str(tmp_path / "profiles.toml")}) == "http://team:4200/api"


@pytest.mark.parametrize(
    "text", ["", "not toml [", 'active = "gone"', 'active = "empty"\n[profiles.empty]', "profiles = 1"]
)
def test_without_a_url_in_the_profile_none_is_configured(tmp_path: Path, text: str) -> None:
    (tmp_path / "profiles.toml").write_text(text)
    assert configured_api_url({"PREFECT_HOME": str(tmp_path)}) is None
    assert configured_api_url({"PREFECT_HOME": str(tmp_path / "nowhere")}) is None


def test_a_server_that_the_user_named_is_used_and_none_is_started(
    state: MachineState, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "https://prefect.example/api/")
    said: list[str] = []
    record = ensure_server(state, said.append)
    assert (record.url, record.ui_url, record.home) == (
        "https://prefect.example/api",
        "https://prefect.example",
        None,
    )
    assert said == []
    assert client_environment(record) == {
        "PREFECT_API_URL": "https://prefect.example/api",
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
        "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
    }


def test_a_named_server_of_this_machine_that_does_not_answer_is_said(
    state: MachineState, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"http://127.0.0.1:{free_port()}/api"
    monkeypatch.setenv("PREFECT_API_URL", url)
    with pytest.raises(MachineError) as error:
        ensure_server(state, print)
    assert str(error.value) == (
        f"PREFECT_API_URL is {url}, and no Prefect server answers there; "
        "start it, or unset PREFECT_API_URL (also in Prefect's profile) and Shipway starts its own"
    )


def test_the_caller_s_prefect_settings_do_not_reach_the_server() -> None:
    base = {"PATH": "/bin", "PREFECT_API_URL": "http://x/api", "PREFECT_API_DATABASE_CONNECTION_URL": "postgres://"}
    environment = server_environment(base, port=4321, home=Path("/state"))
    assert environment == {
        "PATH": "/bin",
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_HOME": "/state",
        "PREFECT_UI_API_URL": "http://127.0.0.1:4321/api",
        "PREFECT_UI_URL": "http://127.0.0.1:4321",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    }


def test_a_client_of_our_own_server_writes_into_the_state_folder_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "corp.example")
    environment = client_environment(our_record(port=4321, home=Path("/state/prefect"), identity=None))
    assert environment["PREFECT_API_URL"] == "http://127.0.0.1:4321/api"
    assert environment["PREFECT_HOME"] == "/state/prefect"
    assert environment["PREFECT_SERVER_EPHEMERAL_ENABLED"] == "false"
    assert environment["NO_PROXY"] == "corp.example,127.0.0.1"


def test_a_console_level_that_the_user_chose_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "DEBUG")
    record = our_record(port=4321, home=Path("/state/prefect"), identity=None)
    assert "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL" not in client_environment(record)


@given(st.integers(1, 65535), st.none() | st.builds(ProcessIdentity, pid=st.integers(1), started_at=st.floats(0, 2e9)))
def test_a_record_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, port: int, identity: ProcessIdentity | None
) -> None:
    state = MachineState(tmp_path_factory.mktemp("state"))
    record = our_record(port=port, home=Path("/home"), identity=identity)
    write_record(state, record)
    assert read_record(state) == record
    assert (record.port, record.identity) == (port, identity)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"url": 1}'])
def test_a_record_that_cannot_be_understood_is_none(state: MachineState, text: str) -> None:
    record_path(state).write_text(text)
    assert read_record(state) is None
    assert find_server(state) is None


def test_a_process_of_another_start_or_another_host_is_not_our_server(state: MachineState) -> None:
    me = myself()
    ours = our_record(port=1, home=home_of(state), identity=me)
    assert ours.is_alive
    later = ProcessIdentity(pid=me.pid, started_at=me.started_at + 5)
    assert not our_record(port=1, home=home_of(state), identity=later).is_alive
    assert not ServerRecord(**{**vars(ours), "host": "elsewhere"}).is_alive


def test_there_is_nothing_to_stop_where_nothing_was_started(state: MachineState) -> None:
    assert stop_server(state) is None
    assert not log_path(state).exists()


def test_a_new_database_is_a_copy_of_the_template(state: MachineState) -> None:
    first, second = state.root / "first", state.root / "second"
    for home in (first, second):
        home.mkdir()
    seed_database(first)
    assert not database_of(first).exists()
    with sqlite3.connect(database_of(first)) as database:
        database.execute("create table flow (id)")
    database.close()
    keep_template(first)
    assert has_template()
    seed_database(second)
    copy = sqlite3.connect(database_of(second))
    assert copy.execute("select name from sqlite_master").fetchall() == [("flow",)]
    copy.close()


def test_a_database_that_is_there_is_never_replaced(state: MachineState) -> None:
    home = state.root / "home"
    home.mkdir()
    database_of(home).touch()
    keep_template(home)
    database_of(home).write_text("somebody's runs")
    seed_database(home)
    assert database_of(home).read_text() == "somebody's runs"
