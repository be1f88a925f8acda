"""What Prefect cannot show is no reason to undo a release."""

import logging

import httpx
import pytest
from prefect.artifacts import create_table_artifact
from prefect.exceptions import PrefectHTTPStatusError
from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from shipway.machine.ports import free_port
from shipway.tasks import policy
from shipway.tasks.policy import show


@pytest.fixture(autouse=True)
def nobody_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy, "_gone", False)


def test_an_artifact_that_prefect_does_not_take_is_said_and_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    nobody = {PREFECT_API_URL: f"http://127.0.0.1:{free_port()}/api", PREFECT_CLIENT_MAX_RETRIES: 0}
    with temporary_settings(updates=nobody), caplog.at_level(logging.WARNING, logger="shipway"):
        show(create_table_artifact, table=[{"model": "digits:1"}], key="models")
    assert "Prefect shows no more of this release: " in caplog.text


def test_a_server_that_is_gone_is_waited_for_once() -> None:
    asked: list[str] = []

    def refuse(what: str) -> None:
        asked.append(what)
        raise ConnectionError(what)

    show(refuse, "models")
    show(refuse, "image")
    assert asked == ["models"]


def test_a_server_that_turns_one_thing_down_is_there_still() -> None:
    asked: list[str] = []

    def turn_down(what: str) -> None:
        asked.append(what)
        response = httpx.Response(422, request=httpx.Request("POST", "http://127.0.0.1/api"), json={})
        raise PrefectHTTPStatusError.from_httpx_error(
            httpx.HTTPStatusError(what, request=response.request, response=response)
        )

    show(turn_down, "models")
    show(turn_down, "image")
    assert asked == ["models", "image"]
    assert not policy.is_gone()


def test_an_end_is_passed_on() -> None:
    def end() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        show(end)
