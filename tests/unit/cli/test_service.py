"""shipway service ... and target list, on a target that runs nothing and on a real HTTP server."""

import json
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from shipway.azureml._places import Known, Names, remember
from shipway.cli.commands import service as command
from shipway.cli.commands import target as target_command
from shipway.cli.context import Context
from shipway.cli.output import Output
from shipway.cli.parser import Parser
from shipway.cli.services import all_services, compute_type_of, find_service
from shipway.domain.image import Image
from shipway.domain.service import DeploymentConfig, GatewayConfig, RevisionSpec, Service, Traffic
from shipway.errors import ConfigError, ServiceNotFound, TargetError, TargetUnavailable
from shipway.release.details import Details, keep_details
from shipway.store.workspace import Workspace, open_workspace
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
def workspace(folder: Path) -> Workspace:
    return open_workspace(folder / ".shipway", create=True)


@pytest.fixture
def run(fake: FakeTarget, folder: Path, workspace: Workspace) -> Run:
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


def test_documents_have_the_keys_of_v1_beside_our_own(
    run: Run, workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    said = Details(description="reads digits", tags={"team": "a"}, properties={"commit": "c1"})
    keep_details(workspace, "digits", said)
    run("show", "-n", "digits", json=True)
    document = json.loads(capsys.readouterr().out)
    port = document["scoringUri"].rpartition(":")[2].partition("/")[0]
    assert {key: document[key] for key in ("name", "state", "computeType", "error", "workspaceName", "port")} == {
        "name": "digits",
        "state": "Healthy",
        "computeType": "FAKE",
        "error": None,
        "workspaceName": "here",
        "port": int(port),
    }
    assert document["scoringUri"] == document["scoring_uri"]
    assert document["swaggerUri"] == f"{document['scoringUri'].removesuffix('/score')}/swagger.json"
    assert document["imageDigest"] == "r2" * 8
    assert document["createdTime"] <= document["updatedTime"]
    assert (document["description"], document["tags"], document["properties"]) == (
        "reads digits",
        {"team": "a"},
        {"commit": "c1"},
    )
    run("show", "digits")
    assert "description  reads digits\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("filters", "is_found"),
    [
        (["--model-id", "digits:2"], True),
        (["--model-id", "digits:1"], False),  # it stands, and answers nothing
        (["--model-name", "digits"], True),
        (["--model-name", "digit"], False),
        (["--image-digest", "r2" * 8], True),
        (["--image-digest", "r1" * 8], False),
        (["--tag", "team"], True),
        (["--tag", "team=a", "--property", "commit=c1"], True),
        (["--tag", "team=b"], False),
        (["--tag", "team=a", "--tag", "kind"], False),
        (["-c", "local"], False),
        (["--compute-type", "AKS"], False),
    ],
)
def test_the_list_is_filtered_as_az_did(
    run: Run, workspace: Workspace, capsys: pytest.CaptureFixture[str], filters: list[str], *, is_found: bool
) -> None:
    keep_details(workspace, "digits", Details(tags={"team": "a"}, properties={"commit": "c1"}))
    assert run("list", *filters) == 0
    out = capsys.readouterr().out
    assert out.startswith("SERVICE") if is_found else out == "no service is like that\n"


def test_local_is_what_v1_called_our_targets(fake: FakeTarget) -> None:
    (service,) = fake.list()
    assert [compute_type_of(replace(service, kind=kind)) for kind in ("process", "docker", "aci")] == [
        "Local",
        "Local",
        "ACI",
    ]


def test_a_workspace_that_does_not_answer_hides_no_service(
    fake: FakeTarget, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHIPWAY_WORKSPACE", str(folder))  # no workspace
    context = OnFake(given=None, output=Output("json"), folder=folder, fake=fake)
    parser = Parser(prog="shipway service")
    command.add_arguments(parser)
    assert command.run(parser.parse_args(["list"]), context) == 0
    said = capsys.readouterr()
    assert [document["tags"] for document in json.loads(said.out)] == [{}]
    assert said.err.startswith("shipway: tags, properties and description of digits: ")


@pytest.mark.parametrize("words", [["-n", "digits"], ["digits"], ["--name", "digits"], ["digits", "-n", "digits"]])
def test_a_service_is_named_with_n_or_alone(run: Run, capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    assert run("show", *words) == 0
    assert "digits" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["show"], "the following arguments are required: -n/--name"),
        (
            ["delete", "a", "-n", "b"],
            "two services are named, b and a: give one",
        ),
        (
            ["logs", "-n", "digits", "-l", "0"],
            "argument -l/--num_lines/--tail: expected a number of lines, 1 or more, not '0'",
        ),
        (
            ["list", "-c", "m"],
            "argument -c/--compute-type: expected local, aci, aks, aksendpoint, iot, mir, docker or process, not 'm'",
        ),
        (
            ["regen-key", "-n", "digits", "-k", "third"],
            "argument -k/--key: expected Primary or Secondary, not 'third'",
        ),
    ],
)
def test_a_wrong_command_line_says_what_is_wrong(
    run: Run, capsys: pytest.CaptureFixture[str], words: list[str], error: str
) -> None:
    with pytest.raises(SystemExit):
        run(*words)
    assert capsys.readouterr().err == f"shipway: error: {error}; see `shipway service {words[0]} --help`\n"


@pytest.mark.parametrize("words", [["get-keys"], ["keys"], ["regen-key", "-k", "primary"]])
def test_a_local_service_has_no_keys_and_says_so(run: Run, words: list[str]) -> None:
    with pytest.raises(TargetError) as error:
        run(*words, "-n", "digits")
    assert str(error.value) == (
        "service digits has no keys: target fake answers on this machine alone and asks for none, as v1's local "
        "services; send requests without an Authorization header"
    )


def test_a_local_service_has_no_token_and_says_so(run: Run) -> None:
    with pytest.raises(TargetError, match=r"^service digits has no tokens: v1 gave them for AKS only"):
        run("get-access-token", "-n", "digits")


def test_the_start_of_a_service_is_in_its_log(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("get-logs", "-n", "digits", "-i") == 0
    assert capsys.readouterr().err == (
        "shipway: digits has no container for its start: what init() said is in its log\n"
    )


def test_v1_names_of_a_workspace_that_nobody_attached_are_told(
    run: Run, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    assert run("list", "-w", "myworkspace", "-g", "group", "--subscription-id", "s", "-v") == 0
    said = capsys.readouterr()
    assert said.out.startswith("SERVICE")
    assert said.err == (
        "shipway: -w myworkspace: no workspace of that name was attached on this machine with "
        f"`shipway workspace attach`; goes on with {(folder / '.shipway').as_uri()}\n"
    )


def test_v1_names_of_a_workspace_that_was_attached_mean_it(
    run: Run, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    other = open_workspace(tmp_path / "other", create=True)
    names = Names(subscription_id="s", resource_group="g", workspace_name="ws")
    remember(Known(names=names, url=other.url))
    keep_details(other, "digits", Details(description="of the other one"))
    run("show", "-n", "digits", "-w", "ws", json=True)
    document = json.loads(capsys.readouterr().out)
    assert (document["workspaceName"], document["description"]) == ("ws", "of the other one")
    remember(Known(names=replace(names, resource_group="h"), url=f"{other.url}-2"))
    with pytest.raises(ConfigError) as error:
        run("show", "-n", "digits", "-w", "ws")
    assert str(error.value) == (
        "--workspace-name ws: means several workspaces here: -w ws -g g --subscription-id s, "
        "-w ws -g h --subscription-id s; give --resource-group"
    )


def test_the_workspace_is_looked_for_from_a_project_folder(
    run: Run, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    open_workspace(tmp_path / "project" / ".shipway", create=True)
    run("show", "-n", "digits", "--path", str(tmp_path / "project"), json=True)
    assert json.loads(capsys.readouterr().out)["workspaceName"] == "project"
    with pytest.raises(ConfigError, match=r"^--path nowhere: no such folder: /"):
        run("show", "-n", "digits", "--path", "nowhere")


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


def test_logs_of_a_revision_that_is_none_name_those_there_are(run: Run) -> None:
    with pytest.raises(TargetError) as error:
        run("logs", "-n", "digits", "--revision", "r9")
    assert str(error.value) == "service digits has no revision 'r9'; revisions: r1, r2"


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
    """Answers what it was sent; `bad` is refused, at `die` and `stop` it dies before its answer and within it."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if body == b"die":
            return
        self.send_response(500 if body == b"bad" else 200)
        if body == b"stop":
            self.send_header("Content-Length", "1000")
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


@pytest.mark.usefixtures("answering")
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("die", "Remote end closed connection without response"),
        ("stop", "IncompleteRead(14 bytes read, 986 more expected)"),
    ],
)
def test_a_service_that_dies_while_it_answers_is_said(run: Run, body: str, reason: str) -> None:
    with pytest.raises(TargetUnavailable) as error:
        run("run", "-n", "digits", "-d", body)
    assert str(error.value).endswith(f": {reason}; see `shipway service show -n digits`")


@pytest.mark.usefixtures("answering")
def test_a_body_that_is_no_text_is_sent_as_it_is(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("run", "-n", "digits", "-d", os.fsdecode(b"\xe9")) == 0
    assert capsys.readouterr().out == "answer to \ufffd\n"


def test_a_body_that_cannot_be_read_is_said(run: Run) -> None:
    with pytest.raises(ConfigError) as error:
        run("run", "-n", "digits", "-d", "@nope.json")
    assert str(error.value) == "--input-data @nope.json: nope.json cannot be read: No such file or directory"
