"""shipway service ... and target list, on a target that runs nothing and on a real HTTP server."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from shipway.cli.commands import service as command
from shipway.cli.commands import target as target_command
from shipway.cli.context import Context
from shipway.cli.output import Output
from shipway.cli.parser import Parser
from shipway.cli.services import all_services, find_service
from shipway.domain.image import Image
from shipway.domain.service import DeploymentConfig, GatewayConfig, RevisionSpec, Service, Traffic
from shipway.errors import ConfigError, ServiceNotFound, TargetUnavailable
from shipway.targets.base import Target
from shipway.testing.fake_target import FakeTarget


@dataclass(frozen=True)
class OnFake(Context):
    """A context whose only target is a fake one."""

    fake: FakeTarget | None = None

    def targets(self) -> tuple[Target, ...]:
        assert self.fake is not None
        return (self.fake,)


class Silent(FakeTarget):
    """A target that does not answer."""

    def list(self) -> tuple[Service, ...]:
        raise TargetUnavailable("no engine answers; start it")


Run = Callable[..., int]


@pytest.fixture
def fake(tmp_path: Path) -> FakeTarget:
    target = FakeTarget(tmp_path / "fake")
    for revision, model in (("r1", "digits:1"), ("r2", "digits:2")):
        target.deploy(spec(revision, model))
    target.set_traffic("digits", Traffic.all_to("r2"), fence=1)
    return target


@pytest.fixture
def run(fake: FakeTarget, folder: Path) -> Run:
    def run(*argv: str, json: bool = False) -> int:
        context = OnFake(given=None, output=Output("json" if json else "table"), folder=folder, fake=fake)
        parser = Parser(prog="shipway service")
        command.add_arguments(parser)
        return command.run(parser.parse_args(argv), context)

    return run


def spec(revision: str, model: str) -> RevisionSpec:
    image = Image(kind="process", digest=revision * 8, location="/b", interpreter="/p", labels={}, size_bytes=1)
    return RevisionSpec(
        service="digits",
        revision_id=revision,
        image=image,
        models=(model,),
        deployment=DeploymentConfig(),
        gateway=GatewayConfig(),
        labels={},
        fence=1,
    )


def test_the_list_shows_what_serves(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list") == 0
    title, line = capsys.readouterr().out.splitlines()
    assert title.split() == ["SERVICE", "STATE", "TARGET", "MODELS", "SCORING", "URI", "MESSAGE"]
    assert line.split()[:4] == ["digits", "Healthy", "fake", "digits:2"]
    run("list", json=True)
    (document,) = json.loads(capsys.readouterr().out)
    assert (document["name"], document["models"], document["traffic"]) == ("digits", ["digits:2"], {"r2": 100})
    assert [(r["revision"], r["weight"]) for r in document["revisions"]] == [("r1", 0), ("r2", 100)]


def test_the_list_says_why_one_does_not_serve(run: Run, fake: FakeTarget, capsys: pytest.CaptureFixture[str]) -> None:
    fake.set_native("digits", "r2", "stopped", "it was stopped; `shipway up` starts it again")
    run("list")
    line = capsys.readouterr().out.splitlines()[1]
    assert line.split()[1] == "Unhealthy"
    assert line.endswith("revision r2: it was stopped; `shipway up` starts it again")
    run("list", json=True)
    (document,) = json.loads(capsys.readouterr().out)
    assert (document["state"], document["native_state"]) == ("Unhealthy", "stopped")


def test_one_service_is_shown_with_its_revisions(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", "-n", "digits") == 0
    out = capsys.readouterr().out
    assert "state        Healthy (running)" in out
    assert "r2        100 %   Healthy" in out


def test_logs_are_lines_or_a_document(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("logs", "-n", "digits", "-l", "1") == 0
    lines = capsys.readouterr().out.splitlines()
    run("get-logs", "-n", "digits", "--num_lines", "1", json=True)
    document = json.loads(capsys.readouterr().out)
    assert document["name"] == "digits"
    assert document["lines"] == lines or lines == ["it has logged nothing"]


def test_an_unknown_service_names_the_known_ones(fake: FakeTarget) -> None:
    with pytest.raises(ServiceNotFound) as error:
        find_service((fake,), "digit")
    assert (
        str(error.value) == "WebserviceNotFound: no service 'digit' of this workspace on this machine; services: digits"
    )


def test_a_target_that_does_not_answer_hides_no_other(fake: FakeTarget, tmp_path: Path) -> None:
    said: list[str] = []
    found = all_services((Silent(tmp_path / "silent"), fake), said.append)
    assert [service.name for service in found] == ["digits"]
    assert said == ["shipway: target fake: no engine answers; start it"]


def test_targets_are_listed_with_what_they_can_do(
    fake: FakeTarget, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    context = OnFake(given=None, output=Output("json"), folder=folder, fake=fake)
    parser = Parser(prog="shipway target")
    target_command.add_arguments(parser)
    assert target_command.run(parser.parse_args(["list"]), context) == 0
    assert json.loads(capsys.readouterr().out) == [
        {"kind": "fake", "abilities": ["split traffic", "mirror requests"], "services": 1, "away": None}
    ]


class _Scoring(BaseHTTPRequestHandler):
    """Answers what it was sent; `bad` is refused."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(500 if body == b"bad" else 200)
        self.end_headers()
        self.wfile.write(b"answer to " + body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Quiet."""


@pytest.fixture
def answering(fake: FakeTarget) -> Iterator[FakeTarget]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Scoring) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        fake.gateway = f"127.0.0.1:{server.server_port}"
        yield fake
        server.shutdown()
        thread.join()


@pytest.mark.usefixtures("answering")
def test_one_request_is_sent_and_its_answer_printed(
    run: Run, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # a proxy cannot reach a service of this machine
    assert run("run", "-n", "digits", "-d", '{"data": [1]}') == 0
    assert capsys.readouterr().out == 'answer to {"data": [1]}\n'
    (folder / "row.json").write_text("[2]")
    assert run("run", "-n", "digits", "-d", "@row.json") == 0
    assert capsys.readouterr().out == "answer to [2]\n"


@pytest.mark.usefixtures("answering")
def test_an_answer_that_is_an_error_is_printed_and_fails(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("run", "-n", "digits", "-d", "bad") == 1
    said = capsys.readouterr()
    assert said.out == "answer to bad\n"
    assert said.err == "shipway: error: service digits answered 500; see `shipway service logs -n digits`\n"


def test_a_service_that_does_not_answer_is_said(run: Run) -> None:
    with pytest.raises(TargetUnavailable) as error:
        run("run", "-n", "digits", "-d", "1")
    assert str(error.value).startswith("service digits does not answer at http://")
    assert str(error.value).endswith("Connection refused; see `shipway service show -n digits`")


def test_a_body_that_cannot_be_read_is_said(run: Run) -> None:
    with pytest.raises(ConfigError) as error:
        run("run", "-n", "digits", "-d", "@nope.json")
    assert str(error.value) == "--input-data @nope.json: nope.json cannot be read: No such file or directory"
