"""OpenTelemetry: when it is on, and what a collector really receives of a request, its exceptions and its prints."""

import io
import logging
import os
import subprocess
import sys
from typing import Any, Iterator, List

import pytest
from otlp_receiver import Receiver, named
from server_process import PACKAGE_PARENT

from shipway_serving.contract.messages import JSON, Request, Response
from shipway_serving.telemetry import tracing
from shipway_serving.telemetry.tracing import Origin, Wish, model_ids, resource_attributes, wish

ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}
TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
PARENT_ID = "b7ad6b7169203331"


# Whether it is on.


def test_without_an_endpoint_nothing_is_sent():
    assert wish({}, False, (3, 11, 7)) == Wish(False, False)


def test_an_endpoint_sends_traces_and_logs_or_the_one_that_it_is_for():
    assert wish(ENDPOINT, False, (3, 11, 7)) == Wish(True, True)
    assert wish({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c"}, False, (3, 11, 7)) == Wish(True, False)
    assert wish({"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": "http://c"}, False, (3, 11, 7)) == Wish(False, True)


def test_opentelemetry_s_own_switches_count():
    assert wish(dict(ENDPOINT, OTEL_SDK_DISABLED="true"), True, (3, 11, 7)) == Wish(False, False)
    assert wish(dict(ENDPOINT, OTEL_LOGS_EXPORTER="none"), False, (3, 11, 7)) == Wish(True, False)
    assert wish({"OTEL_TRACES_EXPORTER": "otlp"}, False, (3, 11, 7)) == Wish(True, False)
    assert wish(dict(ENDPOINT, OTEL_TRACES_EXPORTER="console"), False, (3, 11, 7)) == Wish(False, True)


def test_what_cannot_be_is_said():
    assert wish({}, True, (3, 11, 7)).complaint == (
        "AML_APP_INSIGHTS_ENABLED is set and OTEL_EXPORTER_OTLP_ENDPOINT is not, so no telemetry is sent: "
        "set it to the address of an OpenTelemetry collector, whose exporter for Azure Monitor takes the key."
    )
    assert wish(ENDPOINT, False, (3, 6, 15)) == Wish(
        False,
        False,
        "Traces were asked for and are off: OpenTelemetry begins at Python 3.7, and this is 3.6. "
        "Logs and metrics are not concerned.",
    )
    assert wish(dict(ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL="http/json"), False, (3, 11)).complaint == (
        "Traces were asked for and are off: OTEL_EXPORTER_OTLP_PROTOCOL is 'http/json'; "
        "it has to be http/protobuf or grpc."
    )


OFF = """
import sys
from shipway_serving.telemetry import tracing
sys.modules["opentelemetry"] = None
origin = tracing.Origin("s", "1", "w", "c")
print(tracing.start({}, False, True, sys.version_info[:3], origin))
print(tracing.start({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c"}, False, True, (3, 11, 7), origin))
"""


def test_off_imports_nothing_and_a_missing_package_is_named():
    environment = dict(os.environ, PYTHONPATH=str(PACKAGE_PARENT))
    said = subprocess.check_output([sys.executable, "-c", OFF], env=environment).decode().splitlines()
    assert said[0] == "(None, '')"
    assert "cannot be imported; add opentelemetry-exporter-otlp-proto-http to the environment." in said[1]


# Who sends.


def test_the_service_is_named_unless_opentelemetry_s_variables_name_it():
    origin = Origin("churn", "3", "", "host-1", ("churn:3",))
    ours = {
        "service.name": "churn",
        "service.version": "3",
        "host.name": "host-1",
        "azureml.models": ["churn:3"],
    }
    assert resource_attributes(origin, {}) == ours
    named_there = {"OTEL_SERVICE_NAME": "x", "OTEL_RESOURCE_ATTRIBUTES": "host.name=a, service.version=b"}
    assert resource_attributes(origin, named_there) == {"azureml.models": ["churn:3"]}


def test_models_are_named_by_their_folders(tmp_path: Any):
    for place in ("churn/3", "churn/12", "tariff/1", "tariff/notes", "empty"):
        (tmp_path / place).mkdir(parents=True)
    (tmp_path / "file").write_text("")
    assert model_ids(str(tmp_path / "churn" / "3")) == ("churn:3",)
    assert model_ids(str(tmp_path)) == ("churn:12", "churn:3", "tariff:1")
    assert model_ids(str(tmp_path / "not there")) == model_ids(None) == ()


# What is sent.


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http")
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def started(receiver: Receiver, monkeypatch: Any) -> Iterator[Any]:
    """A ``Tracing`` that sends to the receiver; for responses too."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.address)
    root = logging.getLogger()
    before = list(root.handlers)
    origin = Origin("churn", "3", "tests", "host-1", ("churn:3",))
    sending, complaint = tracing.start(dict(os.environ), True, True, sys.version_info[:3], origin)
    assert complaint == ""
    yield sending
    root.handlers[:] = before
    sending.close(10.0)


def request(path: str = "/score", method: str = "POST", **headers: str) -> Request:
    return Request(method, path, "", headers, b"[1]", client="10.0.0.1")


def answer(status: int = 200, body: bytes = b"[1]") -> Response:
    return Response(status, body, JSON)


def score(sending: Any, asked: Request, answered: Response) -> None:
    sending.begin(asked)
    with sending.run([asked]):
        pass
    sending.end(asked, answered, "id-1")


def test_a_request_continues_its_client_s_trace_and_run_hangs_below_it(receiver: Receiver, started: Any):
    client_s = {"traceparent": f"00-{TRACE_ID}-{PARENT_ID}-01", "x-ms-client-request-id": "client-7"}
    score(started, request(**client_s), answer())
    started.close(10.0)
    server, run = receiver.span("POST /score"), receiver.span("run")
    assert server.trace_id.hex() == run.trace_id.hex() == TRACE_ID
    assert server.parent_span_id.hex() == PARENT_ID
    assert run.parent_span_id == server.span_id
    assert server.kind == 2, "a server's"
    assert (
        server.start_time_unix_nano <= run.start_time_unix_nano <= run.end_time_unix_nano <= server.end_time_unix_nano
    )
    attributes = named(server.attributes)
    assert attributes["http.response.status_code"] == 200
    assert attributes["url.path"] == "/score"
    assert attributes["azureml.request_id"] == "id-1"
    assert attributes["azureml.client_request_id"] == "client-7"
    assert attributes["azureml.response"] == "[1]"


def test_a_request_that_is_scored_under_another_path_stays_one(receiver: Receiver, started: Any):
    asked = request("/invocations")
    started.begin(asked)
    with started.run([asked._replace(path="/score")]):
        pass
    started.end(asked, answer(), "id")
    started.close(10.0)
    assert receiver.span("run").parent_span_id == receiver.span("POST /invocations").span_id


def test_the_receiver_learns_who_sent(receiver: Receiver, started: Any):
    score(started, request(), answer())
    started.close(10.0)
    resource = receiver.resources[0]
    assert resource["service.name"] == "churn"
    assert resource["service.namespace"] == "tests"
    assert resource["azureml.models"] == ["churn:3"]


def test_everything_but_health_is_sent_and_names_are_few(receiver: Receiver, started: Any):
    probes = ("/", "/ready", "/ping", "/v2/models/m/ready")
    asked = [request(path, "GET") for path in (*probes, "/swagger.json", "/nothing", "/v2/models/m")]
    for one in asked:
        started.begin(one)
        started.end(one, answer(404), "id")
    started.close(10.0)
    assert sorted(span.name for span in receiver.spans) == ["GET", "GET /swagger.json", "GET /v2"]


def test_an_exception_is_on_the_span_of_run_and_in_the_log_with_its_traceback(receiver: Receiver, started: Any):
    started.listen()
    asked = request()
    started.begin(asked)
    with started.run([asked]):
        try:
            raise ValueError("no such column")
        except ValueError as error:
            logging.getLogger("shipway_serving.scorer").error("run() raised an exception", exc_info=error)
    started.end(asked, answer(500), "id-1")
    started.close(10.0)
    run, server = receiver.span("run"), receiver.span("POST /score")
    assert (run.status.code, server.status.code) == (2, 2), "both have failed"
    assert named(run.events[0].attributes)["exception.message"] == "no such column"
    (record,) = receiver.logs
    assert record.body.string_value == "run() raised an exception"
    assert "test_an_exception_is_on" in named(record.attributes)["exception.stacktrace"]
    assert (record.trace_id, record.span_id) == (run.trace_id, run.span_id)


def test_an_exception_that_the_script_handles_and_logs_does_not_fail_the_request(receiver: Receiver, started: Any):
    started.listen()
    asked = request()
    started.begin(asked)
    with started.run([asked]):
        logging.getLogger("mine").error("went on", exc_info=ValueError("x"))
    started.end(asked, answer(), "id-1")
    started.close(10.0)
    assert receiver.span("run").status.code == 0
    assert named(receiver.logs[0].attributes)["exception.type"] == "ValueError"


def test_what_the_script_prints_is_sent_line_by_line_in_its_request_s_trace(
    receiver: Receiver, started: Any, monkeypatch: Any
):
    printed = io.StringIO()
    monkeypatch.setattr(sys, "stdout", printed)
    started.listen()
    asked = request()
    started.begin(asked)
    with started.run([asked]):
        print("two", "words")
        print("half a line", end="")
        print(" and its end")
    started.end(asked, answer(), "id-1")
    started.close(10.0)
    assert printed.getvalue() == "two words\nhalf a line and its end\n"
    assert [record.body.string_value for record in receiver.logs] == ["two words", "half a line and its end"]
    assert {record.span_id for record in receiver.logs} == {receiver.span("run").span_id}


def test_a_batch_is_linked_to_all_its_requests(receiver: Receiver, started: Any):
    asked: List[Request] = [request() for _ in range(3)]
    for one in asked:
        started.begin(one)
    with started.run(asked):
        pass
    for one in asked:
        started.end(one, answer(), "id")
    started.close(10.0)
    batch = receiver.span("run_batch")
    servers = {span.span_id for span in receiver.spans if span.name == "POST /score"}
    assert {link.span_id for link in batch.links} == servers
    assert len(servers) == 3


def test_a_response_that_is_long_is_cut_and_a_stream_is_not_read(receiver: Receiver, started: Any):
    score(started, request(), answer(body=b"x" * 100000))
    score(started, request(), answer()._replace(stream=iter([b"never"])))
    started.close(10.0)
    shown = [named(span.attributes).get("azureml.response") for span in receiver.spans if span.name == "POST /score"]
    assert sorted(len(text) for text in shown) == [len("(a stream)"), 65536]


def test_a_trace_that_its_client_does_not_sample_is_not_sent(receiver: Receiver, started: Any):
    score(started, request(traceparent=f"00-{TRACE_ID}-{PARENT_ID}-00"), answer())
    score(started, request(), answer())
    started.close(10.0)
    assert sorted(span.name for span in receiver.spans) == ["POST /score", "run"]


def test_requests_that_are_never_answered_are_given_up(receiver: Receiver, started: Any, monkeypatch: Any):
    from shipway_serving.telemetry import tracing_spans

    monkeypatch.setattr(tracing_spans, "MOST_OPEN", 3)
    asked = [request() for _ in range(5)]
    for one in asked:
        started.begin(one)
    for one in asked:
        started.end(one, answer(), "id")
    started.close(10.0)
    assert len(receiver.spans) == 3


ADOPTED = """
import os
import sys
from shipway_serving.telemetry import tracing
origin = tracing.Origin("s", "1", "w", "c")
sending, complaint = tracing.start(dict(os.environ), False, True, sys.version_info[:3], origin)
assert complaint == "", complaint
sending.adopt()
from shipway_serving.contract.messages import Request, Response
asked = Request("POST", "/score", "", {}, b"")
sending.begin(asked)
with sending.run([asked]):
    from opentelemetry import trace
    with trace.get_tracer("mine").start_as_current_span("features"):
        pass
sending.end(asked, Response(200, b"", ""), "id")
sending.close(10.0)
"""


def test_the_script_s_own_spans_hang_below_run(receiver: Receiver):
    environment = dict(os.environ, PYTHONPATH=str(PACKAGE_PARENT), OTEL_EXPORTER_OTLP_ENDPOINT=receiver.address)
    subprocess.run([sys.executable, "-c", ADOPTED], env=environment, check=True)
    assert receiver.span("features").parent_span_id == receiver.span("run").span_id
    assert "azureml.response" not in named(receiver.span("POST /score").attributes), "only with App Insights on"


def test_a_collector_that_is_away_does_not_hold_up_the_end(receiver: Receiver, monkeypatch: Any):
    receiver.close()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.address)
    origin = Origin("churn", "3", "tests", "host-1")
    sending, _ = tracing.start(dict(os.environ), False, True, sys.version_info[:3], origin)
    score(sending, request(), answer())
    sending.close(0.05)
