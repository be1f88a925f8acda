import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from benchmarks.release import Settings, main
from benchmarks.releasing import going_back_s, overhead_s
from benchmarks.report import Figure, table
from benchmarks.rounds import interleaved, run
from shipway.release.steps import Kind, Step, StepEntry

AT = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
FIGURES = (
    Figure(figure="help_s", unit="s", shipway=0.123456, peers={"python -c pass": 0.03}, goal="< 0.25"),
    Figure(figure="register_ratio", unit="x sha256 + cp", shipway=0.5, goal="> 0.7", note="on one disk"),
    Figure(figure="first_release_s", unit="s", shipway=21.0),
)


def entry(step: Step, kind: Kind, seconds: float) -> StepEntry:
    return StepEntry(step=step, kind=kind, fence=1, attempt=1, at=AT + timedelta(seconds=seconds), data={})


def test_the_result_file_has_the_form_that_all_benchmarks_share(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--rounds", "1", "--small"], measure=lambda _: FIGURES, results=tmp_path) == 0
    found = json.loads((tmp_path / "release.json").read_text())
    assert list(found) == ["name", "commit", "machine", "figures"]
    assert found["name"] == "release"
    assert {"processor", "cpus", "python", "load_1m_before", "load_1m_after"} <= set(found["machine"])
    assert found["figures"][0] == {
        "figure": "help_s",
        "unit": "s",
        "shipway": 0.1235,
        "peers": {"python -c pass": 0.03},
        "goal": "< 0.25",
    }
    assert all(list(figure) == list(found["figures"][0]) for figure in found["figures"])
    assert "help_s" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "settings"),
    [
        ([], Settings(rounds=3, model_mb=1000, s3_model_mb=200, moves=20)),
        (["--rounds", "1", "--small"], Settings(rounds=1, model_mb=50, s3_model_mb=50, moves=2)),
    ],
)
def test_how_much_is_measured_can_be_said(words: list[str], settings: Settings, tmp_path: Path) -> None:
    asked: list[Settings] = []

    def measure(given: Settings) -> tuple[Figure, ...]:
        asked.append(given)
        return FIGURES

    main(words, measure=measure, results=tmp_path)
    assert asked == [settings]


def test_no_rounds_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--rounds", "0"], measure=lambda _: FIGURES, results=tmp_path)
    assert "--rounds must be at least 1, not 0" in capsys.readouterr().err


def test_the_table_says_which_goals_are_met() -> None:
    head, met, missed, without, _, note = table(FIGURES)
    assert head.split() == ["FIGURE", "SHIPWAY", "GOAL", "MET", "BESIDE", "IT"]
    assert met.split() == ["help_s", "0.123", "s", "<", "0.25", "yes", "python", "-c", "pass", "0.03"]
    assert missed.split()[-1] == "no"
    assert without.split() == ["first_release_s", "21", "s"]
    assert note == "register_ratio: on one disk"


def test_acts_take_turns_and_none_is_always_first() -> None:
    order: list[str] = []

    def act(name: str) -> float:
        order.append(name)
        return float(len(order))

    found = interleaved(3, {"a": lambda: act("a"), "b": lambda: act("b")})
    assert order == ["a", "b", "b", "a", "a", "b"]
    assert found == {"a": 4.0, "b": 3.0}


def test_a_command_that_fails_says_why() -> None:
    with pytest.raises(RuntimeError, match=r"^sh -c echo no; exit 3 ended with 3: no"):
        run(["sh", "-c", "echo no; exit 3"])


def test_overhead_is_what_the_work_and_the_bake_leave() -> None:
    entries = [
        entry(step, kind, seconds)
        for step, intent, outcome in (
            (Step.REGISTER, 0.1, 0.2),
            (Step.BUILD, 1, 2),
            (Step.SMOKE, 2, 4),
            (Step.DEPLOY, 5, 6),
            (Step.VERIFY, 6, 8),
            (Step.PROMOTE, 8, 9),
        )
        for kind, seconds in ((Kind.INTENT, intent), (Kind.OUTCOME, outcome))
    ]
    assert overhead_s(AT, AT + timedelta(seconds=10), entries, bake_s=0.5) == pytest.approx(10 - 1 - 2 - 1 - 2 - 0.5)


def test_going_back_is_from_the_verdict_to_the_undo_of_the_promotion() -> None:
    entries = [
        entry(Step.PROMOTE, Kind.INTENT, 0),
        entry(Step.PROMOTE, Kind.OUTCOME, 2),
        entry(Step.ROLL_BACK, Kind.INTENT, 2.1),
        entry(Step.PROMOTE, Kind.UNDO, 2.25),
    ]
    assert going_back_s(entries) == pytest.approx(0.25)


def test_a_release_that_did_not_go_back_is_not_measured() -> None:
    with pytest.raises(ValueError, match="the journal has no undo of promote_service"):
        going_back_s([entry(Step.PROMOTE, Kind.OUTCOME, 2)])
