"""What the docker target decides, without an engine."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shipway.domain.service import DeploymentConfig, Resources, ServiceState
from shipway.engine.endpoint import Endpoint
from shipway.errors import ConfigError
from shipway.machine.state import MachineState
from shipway.targets._local.health import NoAnswer
from shipway.targets._local.plan import revision_record
from shipway.targets._local.records import RevisionFolder
from shipway.targets._local.runner import Examined
from shipway.targets.docker.address import published_on
from shipway.targets.docker.container import (
    container_name,
    container_settings,
    workspace_mark,
)
from shipway.targets.docker.health import Seen, status_of
from shipway.targets.docker.images import ImageFacts, image_facts
from shipway.targets.docker.runner import _is_usable
from shipway.targets.docker.runs import LINES, EndedRun, ended_run, for_people, stamped
from shipway.targets.docker.view import ContainerView, memory_in, view_of
from tests.targets.contract import spec_for
from tests.targets.images import image_of

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
IMAGE = image_of("sha256:" + "a" * 64, "a" * 64)
PLACE = RevisionFolder(Path("/state/services/digits/revisions/r1"))
SERVING = ImageFacts(command=("python", "/opt/serving"), variables={}, labels={"shipway.bundle": "b" * 64})
UP = ContainerView(
    container_id="c" * 64,
    status="running",
    labels={},
    published_on="127.0.0.1:5101",
    exit_code=0,
    error="",
    oom_killed=False,
    restarts=0,
    started_at="2026-07-01T12:00:03.000000000Z",
    unhealthy=None,
)
NEVER_READY = EndedRun(reason="init() failed: ValueError: bad", had_been_ready=False, out_of_memory=False)
HAD_BEEN_READY = replace(NEVER_READY, had_been_ready=True)
GIGABYTE = 1024**3
UNLIMITED = Resources()


def record(resources=UNLIMITED):
    spec = replace(spec_for(IMAGE), deployment=DeploymentConfig(resources=resources))
    return revision_record(spec, Examined(concurrency=1), port=5101, asked_port=6789, now=NOW)


def settings(resources=UNLIMITED, image=SERVING):
    return container_settings("1a2b3c4d", PLACE, record(resources), image)


def said(second, message, level="INFO"):
    at = f"2026-07-01T12:00:{second:02}.000"
    return f"{at}123456Z {json.dumps({'ts': f'{at}Z', 'level': level, 'message': message})}"


def test_a_container_is_made_from_the_image_alone_on_loopback_and_started_again_by_the_engine():
    made = settings()
    label = made["labels"].pop("shipway.settings")
    assert len(label) == 64
    assert made == {
        "image": IMAGE.location,
        "name": "shipway-1a2b3c4d-digits-r1",
        "command": ["python", "/opt/serving", "--drain_s", "60"],
        "environment": {"SERVICE_NAME": "digits"},
        "use_config_proxy": False,
        "ports": {"5001/tcp": ("127.0.0.1", 5101)},
        "restart_policy": {"Name": "unless-stopped"},
        "init": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "log_config": {"type": "json-file", "config": {"max-size": "10m", "max-file": "3"}},
        "stop_signal": "SIGTERM",
        "labels": {"shipway.workspace": "1a2b3c4d", "shipway.service": "digits", "shipway.revision": "r1"},
    }


def test_settings_that_differ_have_another_label():
    assert settings()["labels"] == settings()["labels"]
    assert settings()["labels"] != settings(Resources(cpu=1))["labels"]


def test_what_the_author_says_wins_and_another_program_s_command_is_its_own():
    image = ImageFacts(command=("serve",), variables={"SERVICE_NAME": "mine"}, labels={})
    assert settings(image=image)["environment"] == {}
    assert settings(image=image)["command"] == ["serve"]
    own = replace(SERVING, command=(*SERVING.command, "--drain_s", "5"))
    assert settings(image=own)["command"][-2:] == ["--drain_s", "5"]


@pytest.mark.parametrize(
    ("resources", "limits"),
    [
        (Resources(), {}),
        (Resources(memory_bytes=GIGABYTE), {"mem_limit": GIGABYTE, "memswap_limit": GIGABYTE}),
        (
            Resources(memory_bytes=GIGABYTE // 2, memory_limit_bytes=GIGABYTE),
            {"mem_limit": GIGABYTE, "memswap_limit": GIGABYTE, "mem_reservation": GIGABYTE // 2},
        ),
        (Resources(cpu=0.5), {"cpu_period": 100_000, "cpu_quota": 50_000}),
        (Resources(cpu=0.5, cpu_limit=2), {"cpu_period": 100_000, "cpu_quota": 200_000, "cpu_shares": 512}),
    ],
)
def test_what_is_asked_for_is_the_limit_unless_there_is_one(resources, limits):
    words = ("mem_limit", "memswap_limit", "mem_reservation", "cpu_period", "cpu_quota", "cpu_shares")
    assert {word: settings(resources)[word] for word in words if word in settings(resources)} == limits


def test_a_workspace_a_trial_and_another_machine_s_folder_have_names_of_their_own(tmp_path):
    marks = {workspace_mark(MachineState(tmp_path / name)) for name in ("a", "b", "a/trials")}
    assert len(marks) == 3
    assert container_name("1a2b3c4d", PLACE) == "shipway-1a2b3c4d-digits-r1"


@pytest.mark.parametrize(("variables", "count"), [(None, 1), (["WORKER_COUNT=3"], 3), (["A=b=c"], 1)])
def test_an_image_says_how_many_requests_run_at_once(variables, count):
    facts = image_facts({"Config": {"Cmd": None, "Env": variables, "Labels": None}})
    assert (facts.concurrency, facts.serves) == (count, False)


@pytest.mark.parametrize(
    ("seen", "native", "message"),
    [
        (Seen(name="x", container=None), "failed", "its container was removed by hand; `shipway up` makes it again"),
        (Seen(name="x", container=None, stopped=True), "stopped", "it was stopped; `shipway up` starts it again"),
        (
            Seen(name="x", container=replace(UP, status="exited"), stopped=True),
            "stopped",
            "it was stopped; `shipway up` starts it again",
        ),
        (
            Seen(name="x", container=replace(UP, status="exited", exit_code=137)),
            "failed",
            "its container was stopped by hand (exit code 137); `shipway up` starts it again",
        ),
        (
            Seen(name="x", container=replace(UP, status="exited", error="port is already allocated")),
            "failed",
            "the engine could not start its container: port is already allocated; `shipway up` tries again",
        ),
        (Seen(name="x", container=replace(UP, status="created")), "deploying", "its container is being started"),
        (
            Seen(name="x", container=replace(UP, status="paused")),
            "unknown",
            "its container was paused by hand; `docker unpause x` lets it go on",
        ),
        (
            Seen(name="x", container=replace(UP, status="removing")),
            "unknown",
            "the engine says that its container is removing",
        ),
        (Seen(name="x", container=UP, ready=NoAnswer.CLOSED), "deploying", "its server is starting"),
        (
            Seen(name="x", container=UP, ready=NoAnswer.SILENT),
            "unknown",
            "its server did not answer GET /ready on port 5101 within 2 s",
        ),
        (Seen(name="x", container=UP, ready=503), "deploying", "init() has not finished"),
        (Seen(name="x", container=UP, ready=200, health=200), "running", ""),
        (Seen(name="x", container=replace(UP, restarts=4), ready=200, health=200), "running", ""),
        (
            Seen(name="x", container=UP, ready=200, health=500),
            "unknown",
            "its server is ready but answers GET / with 500",
        ),
        (
            Seen(name="x", container=replace(UP, unhealthy="no disk"), ready=200, health=200),
            "unknown",
            "its container's own health check fails: no disk",
        ),
        (
            Seen(name="x", container=replace(UP, unhealthy="no disk"), ready=503),
            "deploying",
            "init() has not finished",
        ),
        (
            Seen(name="x", container=replace(UP, restarts=1), ready=503, ended=NEVER_READY),
            "failed",
            "init() failed: ValueError: bad",
        ),
        (
            Seen(name="x", container=replace(UP, status="restarting", restarts=2), ended=HAD_BEEN_READY),
            "deploying",
            "it is started again after its end: init() failed: ValueError: bad (2 restarts)",
        ),
        (
            Seen(
                name="x",
                container=replace(UP, status="restarting", restarts=1, exit_code=3),
                ended=replace(NEVER_READY, reason=None),
            ),
            "failed",
            "its container has ended with exit code 3, without a reason in its log",
        ),
        (
            Seen(
                name="x",
                container=replace(UP, status="restarting", restarts=1, exit_code=137),
                ended=replace(NEVER_READY, reason=None, last_words=("one", "two")),
            ),
            "failed",
            "its container has ended with exit code 137, without a reason in its log, which ends: one | two",
        ),
    ],
)
def test_what_is_seen_of_a_container_has_v1s_word(seen, native, message):
    status = status_of(seen, record(), NOW)
    assert (status.native, status.message, status.observed_at) == (native, message, NOW)
    assert (status.state is ServiceState.HEALTHY) == (native == "running")


@pytest.mark.parametrize("status", ["", "exploding", "removing", "dead", "created", "paused", "restarting", "exited"])
def test_a_state_of_the_engine_s_that_is_not_running_is_never_healthy(status):
    seen = Seen(name="x", container=replace(UP, status=status), ready=200, health=200)
    assert status_of(seen, record(), NOW).state is not ServiceState.HEALTHY


@pytest.mark.parametrize("by", ["engine", "log"])
@pytest.mark.parametrize(("limit", "key"), [(None, "memoryInGB"), (GIGABYTE, "memoryInGBLimit")])
def test_an_end_for_want_of_memory_names_the_limit_and_its_key(by, limit, key):
    resources = Resources(memory_bytes=GIGABYTE, memory_limit_bytes=limit)
    container = replace(UP, status="restarting", restarts=1, oom_killed=by == "engine")
    ended = replace(NEVER_READY, out_of_memory=by == "log")
    status = status_of(Seen(name="x", container=container, ended=ended), record(resources), NOW)
    assert status.message == (
        "its memory limit of 1024 MB is too small: the kernel ended it; "
        f"raise containerResourceRequirements/{key} in the deployment config"
    )
    assert resources.memory_ceiling_bytes == GIGABYTE


def test_the_run_that_ended_is_the_one_before_that_which_runs():
    lines = stamped(
        "\n".join(
            [
                said(1, "shipway-serving 0.1.0 listens on 0.0.0.0:5001"),
                said(1, "init() has succeeded; ready to score"),
                said(2, "3 workers have died.", "CRITICAL"),
                said(3, "shipway-serving 0.1.0 listens on 0.0.0.0:5001"),
                said(4, "init() failed\nTraceback (most recent call last):\nValueError: bad", "ERROR"),
            ]
        )
    )
    assert ended_run(lines, running_since="2026-07-01T12:00:02.900000000Z") == EndedRun(
        reason="3 workers have died.",
        had_been_ready=True,
        out_of_memory=False,
        last_words=(
            "2026-07-01T12:00:01.000Z INFO init() has succeeded; ready to score",
            "2026-07-01T12:00:02.000Z CRITICAL 3 workers have died.",
        ),
    )
    assert ended_run(lines, running_since=None) == EndedRun(
        reason="init() failed: ValueError: bad",
        had_been_ready=False,
        out_of_memory=False,
        last_words=("Traceback (most recent call last):", "ValueError: bad"),
    )


def test_a_run_that_began_before_the_lines_that_were_read_had_been_ready():
    lines = [(f"2026-07-01T12:00:{second % 60:02}.000Z", "chatter") for second in range(LINES)]
    assert ended_run(lines, running_since=None).had_been_ready
    assert not ended_run(lines[1:], running_since=None).had_been_ready
    assert not ended_run([], running_since=None).had_been_ready


def test_an_end_before_the_first_record_has_the_last_word_of_the_output():
    lines = stamped("2026-07-01T12:00:01.000000000Z [FATAL tini (7)] exec nowhere failed: No such file or directory")
    assert (
        ended_run(lines, running_since=None).reason == "[FATAL tini (7)] exec nowhere failed: No such file or directory"
    )


def test_a_kill_by_the_kernel_is_known_from_the_log_too():
    death = "worker 8 was ended by signal 9, often the kernel's for want of memory"
    lines = stamped("\n".join([said(1, "shipway-serving listens on 0.0.0.0:5001"), said(2, death, "ERROR")]))
    assert ended_run(lines, running_since=None).out_of_memory


def test_logs_for_people_have_the_engine_s_time_where_a_line_has_none():
    lines = stamped(f"{said(1, 'one')}\n2026-07-01T12:00:02.123456789Z plain\n2026-07-01T12:00:03.000000000Z \n")
    assert for_people(lines) == [
        ("2026-07-01T12:00:01.000Z", "2026-07-01T12:00:01.000Z INFO one"),
        ("2026-07-01T12:00:02.123Z", "plain"),
        ("2026-07-01T12:00:03.000Z", ""),
    ]


def test_what_the_engine_says_is_read_as_far_as_it_matters():
    state = {"Status": "running", "ExitCode": 0, "Error": "", "OOMKilled": False, "StartedAt": "2026-07-01T12:00:03Z"}
    health = {"Status": "unhealthy", "Log": [{"Output": "first"}, {"Output": "no\n disk "}]}
    inspected = {
        "Id": "c",
        "State": state | {"Health": health},
        "RestartCount": 2,
        "Config": {"Labels": None},
        "HostConfig": {"PortBindings": {"5001/tcp": [{"HostIp": "127.0.0.1", "HostPort": "5101"}]}},
    }
    view = view_of(inspected)
    assert (view.published_on, view.restarts, view.unhealthy, view.labels) == ("127.0.0.1:5101", 2, "no disk", {})
    starting = view_of(inspected | {"State": state | {"Health": {"Status": "starting"}}, "HostConfig": {}})
    assert (starting.unhealthy, starting.published_on) == (None, "")


@pytest.mark.parametrize(("stats", "held"), [({"total_rss": 5, "rss": 3}, 5), ({"anon": 7, "file": 9}, 7), ({}, None)])
def test_memory_is_counted_without_the_page_cache_under_either_kind_of_cgroups(stats, held):
    assert memory_in({"memory_stats": {"stats": stats}}) == held
    assert memory_in({}) is None


def test_a_container_that_runs_stays_and_one_that_does_not_must_be_as_it_would_be_made():
    wanted = settings()
    same = {"shipway.settings": wanted["labels"]["shipway.settings"]}
    assert _is_usable(UP, record(), wanted)
    assert _is_usable(replace(UP, status="exited", labels=same), record(), wanted)
    assert not _is_usable(replace(UP, status="exited"), record(), wanted)
    assert not _is_usable(replace(UP, status="created", labels=same), record(), wanted)
    assert not _is_usable(replace(UP, published_on="127.0.0.1:1"), record(), wanted)


def test_ports_are_published_where_they_can_be_reached():
    here = Endpoint(host="unix:///var/run/docker.sock", origin="docker context default")
    there = Endpoint(host="tcp://10.0.0.5:2376", origin="DOCKER_HOST")
    named = {"SHIPWAY_DOCKER_ADDRESS": "10.0.0.5"}
    assert published_on(here, named) == published_on(here, {}) == "127.0.0.1"
    assert published_on(there, named) == "10.0.0.5"
    for wrong in ("", "build-machine", "::1"):
        with pytest.raises(ConfigError, match="SHIPWAY_DOCKER_ADDRESS"):
            published_on(there, {"SHIPWAY_DOCKER_ADDRESS": wrong})
