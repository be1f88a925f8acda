"""The steps of a release, and what replaying a journal says about them. Pure.

A journal entry is one fact: a step's *intent* (with what undoes it) before it acts, its *outcome* after, its
*undo* once it is undone. The pseudo-step `release` frames them: its intents are the begin and every takeover (each
with a higher fence), its outcome is the end. `roll_back` has an intent only: the decision to go back, and why.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Self

from shipway.domain.canonical import Plain
from shipway.domain.release import ReleasePhase


class Step(StrEnum):
    """In the order of the story. The values are the names of the Prefect tasks, too."""

    RELEASE = "release"
    REGISTER = "register_model"
    BUILD = "build_image"
    SMOKE = "smoke_test"
    CHOOSE = "choose_target"
    DEPLOY = "deploy_service"
    VERIFY = "verify_service"
    PROMOTE = "promote_service"
    ROLL_BACK = "roll_back_service"


STORY = (Step.REGISTER, Step.BUILD, Step.SMOKE, Step.CHOOSE, Step.DEPLOY, Step.VERIFY, Step.PROMOTE)
"""The steps that act, in order."""

LEAVES_SOMETHING = (Step.SMOKE, Step.DEPLOY, Step.PROMOTE)
"""The steps that going back has to undo. A registered version is a fact that stays, an unused image is `gc`'s."""


class Kind(StrEnum):
    """What a journal entry says of its step."""

    INTENT = "intent"
    OUTCOME = "outcome"
    UNDO = "undo"


@dataclass(frozen=True, kw_only=True)
class StepEntry:
    """A journal entry as releases read it."""

    step: Step
    kind: Kind
    fence: int
    attempt: int
    at: datetime
    data: Mapping[str, Plain]


@dataclass(frozen=True, kw_only=True)
class StepRecord:
    """How far one step has come. `undo` is what the last intent said about undoing it."""

    attempts: int = 0
    undo: Mapping[str, Plain] | None = None
    outcome: Mapping[str, Plain] | None = None
    undone: bool = False

    @property
    def intended(self) -> bool:
        return self.attempts > 0

    @property
    def done(self) -> bool:
        return self.outcome is not None


@dataclass(frozen=True, kw_only=True)
class ReleaseState:
    """What a journal amounts to. `reason` says why it goes back, or went."""

    phase: ReleasePhase = ReleasePhase.RUNNING
    fence: int = 0
    reason: str = ""
    steps: Mapping[Step, StepRecord] = field(default_factory=dict)

    def of(self, step: Step) -> StepRecord:
        return self.steps.get(step, StepRecord())

    @property
    def deployed(self) -> bool:
        """Whether anything may stand on a target: an intent is enough, for it may have been carried out."""
        return self.of(Step.DEPLOY).intended

    @property
    def to_undo(self) -> tuple[Step, ...]:
        """Steps that were begun, leave something and are not undone, last first."""
        return tuple(s for s in reversed(LEAVES_SOMETHING) if self._leaves_something(s))

    def _leaves_something(self, step: Step) -> bool:
        record = self.of(step)
        cleared_up = step is Step.SMOKE and record.done  # it takes its trial away before it tells its outcome
        return record.intended and not record.undone and not cleared_up

    def after(self, entry: StepEntry) -> Self:
        """The state with one more entry. An entry of a stale fence counts for nothing: its writer had been replaced."""
        if entry.fence < self.fence:
            return self
        match entry.step:
            case Step.RELEASE:
                return self._framed(entry)
            case Step.ROLL_BACK:
                return self._with(
                    phase=ReleasePhase.ROLLING_BACK, fence=entry.fence, reason=_text(entry.data, "reason")
                )
            case _:
                return self._with(fence=entry.fence, steps={**self.steps, entry.step: _next_record(self, entry)})

    def _framed(self, entry: StepEntry) -> Self:
        if entry.kind is Kind.INTENT:
            return self._with(fence=entry.fence)
        return self._with(fence=entry.fence, phase=ReleasePhase(_text(entry.data, "phase")))

    def _with(
        self,
        *,
        fence: int,
        phase: ReleasePhase | None = None,
        reason: str | None = None,
        steps: Mapping[Step, StepRecord] | None = None,
    ) -> Self:
        return type(self)(
            fence=fence,
            phase=self.phase if phase is None else phase,
            reason=self.reason if reason is None else reason,
            steps=self.steps if steps is None else steps,
        )


def replay(entries: Iterable[StepEntry]) -> ReleaseState:
    """What the entries amount to. Replaying a prefix and then the rest is replaying the whole."""
    state = ReleaseState()
    for entry in entries:
        state = state.after(entry)
    return state


def phase_after_going_back(state: ReleaseState) -> ReleasePhase:
    """How a release that goes back ends: refused when nothing was ever deployed."""
    return ReleasePhase.ROLLED_BACK if state.deployed else ReleasePhase.REFUSED


def _next_record(state: ReleaseState, entry: StepEntry) -> StepRecord:
    record = state.of(entry.step)
    match entry.kind:
        case Kind.INTENT:
            return StepRecord(attempts=entry.attempt, undo=entry.data)
        case Kind.OUTCOME:
            return StepRecord(attempts=record.attempts, undo=record.undo, outcome=entry.data)
        case Kind.UNDO:
            return StepRecord(attempts=record.attempts, undo=record.undo, outcome=record.outcome, undone=True)


def _text(data: Mapping[str, Plain], key: str) -> str:
    value = data.get(key, "")
    return value if isinstance(value, str) else ""
