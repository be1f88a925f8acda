"""What Prefect cannot show is no reason to undo a release."""

import logging

import pytest
from prefect.artifacts import create_table_artifact
from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from shipway.machine.ports import free_port
from shipway.tasks.policy import shown


def test_an_artifact_that_prefect_does_not_take_is_said_and_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    nobody = {PREFECT_API_URL: f"http://127.0.0.1:{free_port()}/api", PREFECT_CLIENT_MAX_RETRIES: 0}
    with temporary_settings(updates=nobody), caplog.at_level(logging.WARNING, logger="shipway"), shown():
        create_table_artifact(table=[{"model": "digits:1"}], key="models")
    assert "Prefect does not show this step's artifact: " in caplog.text


def test_an_end_is_passed_on() -> None:
    with pytest.raises(KeyboardInterrupt), shown():
        raise KeyboardInterrupt
