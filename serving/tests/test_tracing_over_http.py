"""Traces of a whole server, received by a collector: what App Insights got in v1 (section 19)."""

import sys
from typing import Any, Callable, Dict, Iterator

import pytest
from otlp_receiver import Receiver, named
from server_process import ECHO, Server, until

SCRIPT = """
def init():
    print("loading")

def run(data):
    print("scoring", data)
    if data == "bad":
        raise ValueError("no such column")
    return data

def run_batch(batch):
    return batch
"""

KEY = "12345678-1234-1234-1234-123456789012"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http")
    receiver = Receiver()
    yield receiver
    receiver.close()


def to(receiver: Receiver, **more: str) -> Dict[str, str]:
    """The environment of a server that sends to ``receiver`` without waiting for company."""
    soon = {"OTEL_BSP_SCHEDULE_DELAY": "50", "OTEL_BLRP_SCHEDULE_DELAY": "50"}
    return dict(soon, OTEL_EXPORTER_OTLP_ENDPOINT=receiver.address, **more)


def test_requests_runs_and_prints_reach_the_collector(serve: Callable[..., Server], receiver: Receiver):
    server = serve(script=SCRIPT, environment=to(receiver, SERVICE_NAME="churn", WORKSPACE_NAME="tests")).healthy()
    answer = server.score("good")
    server.terminate()
    assert server.exit_code() == 0
    span, run = receiver.span("POST /score"), receiver.span("run")
    assert run.parent_span_id == span.span_id
    assert named(span.attributes)["azureml.request_id"] == answer.headers["x-request-id"]
    assert "azureml.response" not in named(span.attributes), "only with App Insights on"
    assert receiver.resources[0]["service.name"] == "churn"
    assert receiver.resources[0]["service.namespace"] == "tests"
    printed = {record.body.string_value: record.span_id for record in receiver.logs}
    assert printed["scoring good"] == run.span_id
    assert printed["loading"] == b""
    assert [span.name for span in receiver.spans if "GET" in span.name] == [], "health is left out"


def test_an_exception_reaches_the_collector_with_its_traceback(serve: Callable[..., Server], receiver: Receiver):
    environment = to(receiver, AML_APP_INSIGHTS_ENABLED="true", AML_APP_INSIGHTS_KEY=KEY)
    server = serve(script=SCRIPT, environment=environment).healthy()
    assert server.score("bad").status == 500
    until(lambda: len(receiver.spans) == 2, "both spans")
    run, span = receiver.span("run"), receiver.span("POST /score")
    assert (run.status.code, span.status.code) == (2, 2)
    assert named(run.events[0].attributes)["exception.message"] == "no such column"
    assert "unexpected error" in named(span.attributes)["azureml.response"]
    told = until(
        lambda: [record for record in receiver.logs if record.body.string_value.startswith("run() raised")],
        "the exception as a log record",
    )
    assert 'raise ValueError("no such column")' in named(told[0].attributes)["exception.stacktrace"]


def test_a_request_in_another_protocol_s_form_has_its_run_below_it(serve: Callable[..., Server], receiver: Receiver):
    server = serve(script=ECHO, environment=to(receiver)).healthy()
    assert server.request("POST", "/invocations", b"1", {"Content-Type": "application/json"}).status == 200
    until(lambda: len(receiver.spans) == 2, "both spans")
    assert receiver.span("run").parent_span_id == receiver.span("POST /invocations").span_id


def test_app_insights_without_a_collector_is_said_and_serves(serve: Callable[..., Server]):
    server = serve(
        "--worker_count",
        "2",
        script=ECHO,
        environment={"AML_APP_INSIGHTS_ENABLED": "true", "AML_APP_INSIGHTS_KEY": KEY},
    ).healthy()
    assert server.logged("AML_APP_INSIGHTS_ENABLED is set and OTEL_EXPORTER_OTLP_ENDPOINT is not")["level"] == "WARNING"
    assert server.score("1").status == 200
    assert len(server.messages("shipway_serving.tracing")) == 1


def test_a_collector_that_is_away_keeps_no_request_and_no_end_waiting(serve: Callable[..., Server], receiver: Any):
    receiver.close()
    server = serve(script=SCRIPT, environment=to(receiver)).healthy()
    assert server.score("good").status == 200
    server.terminate()
    assert server.exit_code() == 0


@pytest.mark.skipif(sys.version_info >= (3, 7), reason="OpenTelemetry exists for this Python")
def test_on_python_3_6_it_is_said_and_serves(serve: Callable[..., Server]):
    server = serve(script=ECHO, environment={"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}).healthy()
    server.logged("Traces were asked for and are off: OpenTelemetry begins at Python 3.7, and this is 3.6.")
    assert server.score("1").status == 200
