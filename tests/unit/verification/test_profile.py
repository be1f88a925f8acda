import os
from pathlib import Path

import pytest

from shipway.domain.image import Image
from shipway.errors import ConfigError, TargetError
from shipway.machine.locks import take_lock
from shipway.machine.state import MachineState
from shipway.verification.profile import ProfilePlan, ProfileResult, Usage, check_asked, failure_of
from shipway.verification.profile_rows import read_rows
from shipway.verification.profile_run import Profiled, profile_lock, run_profile
from shipway.verification.profile_usage import Peaks
from shipway.verification.samples import Reply, Samples

GB = 1024**3
USED = Usage(cpu=0.41, memory_bytes=GB // 2)


def reply(request: int = 0, latency_ms: float = 1.0, status: int | None = 200, body: str = "") -> Reply:
    return Reply(request=request, status=status, body=body, latency_ms=latency_ms)


def result(samples: Samples, usage: Usage = USED, error: str = "") -> ProfileResult:
    plan = ProfilePlan(cpu=1.0, memory_gb=2.0)
    return ProfileResult(name="mine", plan=plan, samples=samples, usage=usage, seconds=2.0, error=error)


def test_a_result_has_v1s_fields() -> None:
    document = result(Samples(replies=tuple(reply(latency_ms=float(n)) for n in range(1, 101)))).document()
    assert document == {
        "name": "mine",
        "description": "",
        "state": "Succeeded",
        "error": None,
        "requestedCpu": 1.0,
        "requestedMemoryInGB": 2.0,
        "requestedQueriesPerSecond": None,
        "maxUtilizedCpu": 0.41,
        "maxUtilizedMemoryInGB": 0.5,
        "totalQueries": 100,
        "successQueries": 100,
        "successRate": 100.0,
        "averageLatencyInMs": 50.5,
        "latencyPercentile50InMs": 50.0,
        "latencyPercentile90InMs": 90.0,
        "latencyPercentile95InMs": 95.0,
        "latencyPercentile99InMs": 99.0,
        "latencyPercentile999InMs": 100.0,
        "measuredQueriesPerSecond": 50.0,
        "recommendedCpu": 0.6,
        "recommendedMemoryInGB": 0.7,
    }


def test_partial_success_keeps_its_figures_and_says_what_failed() -> None:
    samples = Samples(replies=(reply(0, 4.0), reply(1, 1.0, status=500, body="no")))
    document = result(samples, error=failure_of(samples, 2)).document()
    assert (document["state"], document["successRate"], document["averageLatencyInMs"]) == ("Failed", 50.0, 4.0)
    assert document["error"] == "1 of 2 requests failed, the first (row 2): status 500: no"
    assert document["recommendedCpu"] == 0.6


def test_nothing_measured_is_null() -> None:
    document = result(Samples(replies=()), Usage(), "init() failed").document()
    measured = set(document) - {"name", "description", "state", "error", "requestedCpu", "requestedMemoryInGB"}
    assert {name for name in measured if document[name] is not None} == {"totalQueries", "successQueries"}


def test_a_recommendation_stays_within_v1s_bounds() -> None:
    few = result(Samples(replies=(reply(),)), Usage(cpu=0.001, memory_bytes=1)).document()
    assert (few["recommendedCpu"], few["recommendedMemoryInGB"]) == (0.1, 0.1)
    many = result(Samples(replies=(reply(),)), Usage(cpu=3.4, memory_bytes=15 * GB)).document()
    assert (many["recommendedCpu"], many["recommendedMemoryInGB"]) == (3.5, 15.0)


def test_rows_that_were_never_sent_are_said() -> None:
    assert failure_of(Samples(replies=(reply(0),)), 3) == "the time was over before 2 of 3 rows were sent"
    assert failure_of(Samples(replies=()), 3) == "no request was answered within the time for it"
    assert failure_of(Samples(replies=(reply(0),)), 1) == ""


@pytest.mark.parametrize(
    ("name", "plan", "text"),
    [
        ("mine", ProfilePlan(cpu=4), "a profile is given 0.1 to 3.5 cores of cpu, not 4"),
        ("mine", ProfilePlan(memory_gb=0.05), "a profile is given 0.1 to 15 GB of memory, not 0.05"),
        (
            "mine",
            ProfilePlan(concurrency=0),
            "a profile asks for 0 to 1500 s, 1 to 64 requests at a time, not for 10 s, 0 at a time",
        ),
        (
            "Mine",
            ProfilePlan(),
            (
                "profile name 'Mine' is not allowed: use 3 to 32 lower-case letters, digits and '-', beginning with a "
                "letter and not ending with '-'"
            ),
        ),
    ],
)
def test_what_v1_would_have_refused_is_refused(name: str, plan: ProfilePlan, text: str) -> None:
    with pytest.raises(ConfigError) as error:
        check_asked(name, plan)
    assert str(error.value) == text


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ('{"data": [[1]]}\n\n{"data": [[2]]}\n', ('{"data": [[1]]}', '{"data": [[2]]}')),
        ('"{\\"data\\": 1}"\n', ('{"data": 1}',)),
        ('body\n"{""data"": [1, 2]}"\n', ('{"data": [1, 2]}',)),
        ("input\nhello\nyou\n", ("hello", "you")),
        ('input\n"one\ntwo"\n', ("one\ntwo",)),
        ("input\none\u2028two\n", ("one\u2028two",)),
        ('"{""data"": [1, 2]}"\n"{""data"": [3]}"\nx\n', ('{"data": [1, 2]}', '{"data": [3]}', "x")),
    ],
)
def test_rows_are_a_body_a_line_or_one_column(tmp_path: Path, text: str, rows: tuple[str, ...]) -> None:
    (tmp_path / "rows").write_text(text)
    assert read_rows(tmp_path / "rows") == rows


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\n", ": has no rows; it must hold one request body a line, or a CSV file with one column"),
        (
            "a,b\n1,2\n",
            (
                ":1: has 2 columns; a profile takes one, in which each cell is a whole request body (quote it: commas "
                "within a body part columns otherwise)"
            ),
        ),
        ("input\n", ": has a header and no rows"),
        ('a\n"b"c\n', ":2: is neither a JSON body a line nor CSV: ',' expected after '\"'"),
    ],
)
def test_rows_that_are_none_are_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "rows").write_text(text)
    with pytest.raises(ConfigError) as error:
        read_rows(tmp_path / "rows")
    assert str(error.value) == f"{tmp_path}/rows{said}"


def test_two_of_one_name_are_not_made_at_once(tmp_path: Path) -> None:
    state = MachineState(tmp_path)
    image = Image(kind="docker", digest="", location="none", interpreter="", labels={}, size_bytes=0)
    other = take_lock(profile_lock(state, "mine"))
    assert other is not None
    try:
        with pytest.raises(TargetError) as error:
            run_profile(Profiled(name="mine", rows=("1",), plan=ProfilePlan()), image, state)
    finally:
        os.close(other)
    assert str(error.value) == (
        "profile mine is being made by another process; wait for it to end, or give another name"
    )


def test_the_most_that_was_used_is_kept() -> None:
    now = iter([0.0, 1.0, 2.0, 2.1, 3.0])
    peaks = Peaks(clock=lambda: next(now))
    for used_s, memory in ((10.0, 5), (10.5, 9), (12.0, 7), (13.0, 7), (13.1, 7)):
        peaks.add(
            {"cpu_stats": {"cpu_usage": {"total_usage": used_s * 1e9}}, "memory_stats": {"stats": {"anon": memory}}}
        )
    assert peaks.usage == Usage(cpu=1.5, memory_bytes=9), "a tenth of a second is too short to count"
    assert Peaks().usage == Usage()
