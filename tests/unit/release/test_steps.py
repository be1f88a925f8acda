"""What a journal amounts to."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from shipway.domain.release import ReleasePhase
from shipway.release.steps import STORY, Kind, ReleaseState, Step, StepEntry, phase_after_going_back, replay

AT = datetime(2026, 1, 1, tzinfo=UTC)


def entry(step: Step, kind: Kind, *, fence: int = 1, attempt: int = 1, **data: str) -> StepEntry:
    return StepEntry(step=step, kind=kind, fence=fence, attempt=attempt, at=AT, data=data)


phases = st.sampled_from([p.value for p in ReleasePhase if p.ended])
entries = st.lists(
    st.builds(
        lambda step, kind, fence, attempt, phase: entry(step, kind, fence=fence, attempt=attempt, phase=phase),
        st.sampled_from([*STORY, Step.RELEASE, Step.ROLL_BACK]),
        st.sampled_from(list(Kind)),
        st.integers(1, 4),
        st.integers(1, 3),
        phases,
    ),
    max_size=30,
)


@given(entries, st.integers(0, 30))
def test_replaying_a_prefix_and_then_the_rest_is_replaying_the_whole(found: list[StepEntry], cut: int) -> None:
    state = replay(found[:cut])
    for late in found[cut:]:
        state = state.after(late)
    assert state == replay(found)


@given(entries)
def test_the_fence_never_falls(found: list[StepEntry]) -> None:
    state = ReleaseState()
    for each in found:
        after = state.after(each)
        assert after.fence >= state.fence
        state = after


@given(entries, st.sampled_from(STORY))
def test_an_entry_of_a_stale_fence_counts_for_nothing(found: list[StepEntry], step: Step) -> None:
    state = replay([*found, entry(Step.RELEASE, Kind.INTENT, fence=9)])
    assert state.after(entry(step, Kind.OUTCOME, fence=8)) == state


@given(entries)
def test_what_is_to_undo_was_begun_and_is_not_undone(found: list[StepEntry]) -> None:
    state = replay(found)
    for step in state.to_undo:
        assert state.of(step).intended
        assert not state.of(step).undone


def test_steps_are_undone_last_first() -> None:
    begun = [entry(step, Kind.INTENT) for step in STORY]
    assert replay(begun).to_undo == (Step.PROMOTE, Step.DEPLOY, Step.SMOKE)


def test_a_smoke_test_that_is_done_has_cleared_up_after_itself() -> None:
    assert replay([entry(Step.SMOKE, Kind.INTENT), entry(Step.SMOKE, Kind.OUTCOME)]).to_undo == ()


def test_an_intent_without_an_outcome_is_begun_and_not_done() -> None:
    record = replay([entry(Step.REGISTER, Kind.INTENT)]).of(Step.REGISTER)
    assert record.intended
    assert not record.done


def test_a_second_intent_forgets_the_outcome_of_the_first() -> None:
    """What stood is gone, or the step would not be carried out again."""
    state = replay(
        [
            entry(Step.DEPLOY, Kind.INTENT),
            entry(Step.DEPLOY, Kind.OUTCOME, value="old"),
            entry(Step.DEPLOY, Kind.INTENT, attempt=2),
        ]
    )
    assert not state.of(Step.DEPLOY).done
    assert state.of(Step.DEPLOY).attempts == 2


def test_a_release_that_deployed_nothing_is_refused_and_one_that_may_have_is_rolled_back() -> None:
    assert phase_after_going_back(replay([entry(Step.SMOKE, Kind.INTENT)])) is ReleasePhase.REFUSED
    assert phase_after_going_back(replay([entry(Step.DEPLOY, Kind.INTENT)])) is ReleasePhase.ROLLED_BACK


def test_the_end_stands_in_the_last_entry() -> None:
    state = replay(
        [
            entry(Step.ROLL_BACK, Kind.INTENT, reason="golden rows"),
            entry(Step.RELEASE, Kind.OUTCOME, phase="rolled_back"),
        ]
    )
    assert (state.phase, state.reason) == (ReleasePhase.ROLLED_BACK, "golden rows")
