"""One release in the hands of one process: its lease, its journal, and the one way in which a step is carried out."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, TypeVar

from shipway.domain.canonical import Plain
from shipway.domain.image import Image, ImageConfig, ImageSpec
from shipway.domain.release import ReleaseInputs, ReleasePhase
from shipway.errors import ReleaseEnded
from shipway.image.build import build_image, image_stands
from shipway.image.container.settings import Origin
from shipway.machine.state import MachineState, machine_state
from shipway.release.failpoints import Boundary, reach
from shipway.release.inputs import read_inputs
from shipway.release.journal import journal_of, step_entries
from shipway.release.login import forget_logins
from shipway.release.open_releases import lease_name, open_release_key, refuse_if_open
from shipway.release.steps import Kind, ReleaseState, Step, replay
from shipway.store.codec import decode, encode
from shipway.store.journal import Journal
from shipway.store.lease import Holder, acquire, check_fence, kept
from shipway.store.workspace import Workspace, open_workspace
from shipway.targets.base import Target, load

log = logging.getLogger(__name__)

T = TypeVar("T")

Clock = Callable[[], datetime]
LoadTarget = Callable[[str, MachineState], Target]
ImageStands = Callable[[Image, MachineState], bool]


class BuildImage(Protocol):
    """See `shipway.image.build.build_image`."""

    def __call__(
        self,
        spec: ImageSpec,
        config: ImageConfig,
        kind: str,
        workspace: Workspace,
        state: MachineState,
        *,
        origin: Origin,
    ) -> Image: ...


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Tools:
    """What a release works with beyond its workspace; a test brings its own."""

    clock: Clock = utc_now
    load_target: LoadTarget = load
    build_image: BuildImage = build_image
    image_stands: ImageStands = image_stands


REAL_TOOLS = Tools()


@dataclass(frozen=True, kw_only=True)
class ReleaseRef:
    """A release as a task may be told of it: a value, no handle. `fence` is that of the lease it runs under."""

    workspace: str
    release_id: str
    service: str
    fence: int


@dataclass(frozen=True, kw_only=True)
class ReleaseRun:
    """A release opened for work under a fence."""

    ref: ReleaseRef
    workspace: Workspace
    machine: MachineState
    inputs: ReleaseInputs
    tools: Tools

    @property
    def journal(self) -> Journal:
        return journal_of(self.workspace, self.ref.release_id)

    def state(self) -> ReleaseState:
        return replay(step_entries(self.journal))

    def target(self, kind: str) -> Target:
        return self.tools.load_target(kind, self.machine)

    def now(self) -> datetime:
        return self.tools.clock()

    def check_fence(self) -> None:
        """Raises FenceLost when somebody took the service over. Called just before every act."""
        check_fence(self.workspace.records, lease_name(self.ref.service), self.ref.fence)

    def append(self, step: Step, kind: Kind, data: Mapping[str, Plain], *, attempt: int = 1) -> None:
        document: dict[str, Plain] = {
            "step": step.value,
            "kind": kind.value,
            "fence": self.ref.fence,
            "attempt": attempt,
            "data": dict(data),
        }
        self.journal.append(document, at=self.now())


def open_run(ref: ReleaseRef) -> ReleaseRun:
    """What a task does with the value it was given."""
    workspace = open_workspace(ref.workspace)
    return ReleaseRun(
        ref=ref,
        workspace=workspace,
        machine=machine_state(workspace.url),
        inputs=read_inputs(workspace, ref.release_id),
        tools=REAL_TOOLS,
    )


@contextmanager
def hold(workspace: Workspace, release_id: str, *, tools: Tools = REAL_TOOLS) -> Iterator[ReleaseRun]:
    """Takes the service's lease for a release, keeps it renewed, and gives it back.

    The higher fence stands in the journal before anything else is done, so that whoever held the lease before can do no
    more harm. Raises ReleaseNotFound; LeaseHeld, naming the holder and until when.
    """
    inputs = read_inputs(workspace, release_id)
    records, name = workspace.records, lease_name(inputs.service)
    machine = machine_state(workspace.url)
    lease = acquire(records, name, Holder.here(release_id), now=tools.clock())
    ref = ReleaseRef(workspace=workspace.url, release_id=release_id, service=inputs.service, fence=lease.fence)
    run = ReleaseRun(
        ref=ref,
        workspace=workspace,
        machine=machine,
        inputs=inputs,
        tools=tools,
    )
    with kept(records, lease, clock=tools.clock):
        _begin(run)
        yield run


def _begin(run: ReleaseRun) -> None:
    refuse_if_open(run.workspace, run.ref.service, besides=run.ref.release_id)
    if run.state().phase.ended:
        forget_logins(run.machine, run.ref.release_id)
        return
    run.workspace.records.put(open_release_key(run.ref.service), {"release_id": run.ref.release_id})
    run.append(Step.RELEASE, Kind.INTENT, {"requested_by": run.inputs.requested_by})


def end(run: ReleaseRun, phase: ReleasePhase, reason: str) -> None:
    """The last entry of a release. Safe to repeat. Raises FenceLost: the service may be another release's by now."""
    run.check_fence()
    if not run.state().phase.ended:
        run.append(Step.RELEASE, Kind.OUTCOME, {"phase": phase.value, "reason": reason})
    run.workspace.records.delete(open_release_key(run.ref.service))
    forget_logins(run.machine, run.ref.release_id)


def carry_out(
    run: ReleaseRun,
    step: Step,
    result: type[T],
    act: Callable[[], T],
    *,
    undo: Mapping[str, Plain] | None = None,
    stands: Callable[[T], bool] = lambda _: True,
) -> T:
    """Does a step once: the outcome of one that is done is read back, if what it made still `stands`.

    Raises ReleaseEnded when the release is on its way back or over, FenceLost when somebody took it over.
    """
    state = run.state()
    record = state.of(step)
    if record.outcome is not None:
        value = decode(result, record.outcome["value"])
        if state.phase is not ReleasePhase.RUNNING or stands(value):
            return value
    if state.phase is not ReleasePhase.RUNNING:
        raise ReleaseEnded(
            f"release {run.ref.release_id} is {state.phase.value.replace('_', ' ')} ({state.reason}): "
            f"{step} is not carried out; see `shipway release show {run.ref.release_id}`"
        )
    return _attempt(run, step, act, undo or {}, record.attempts + 1)


def _attempt(run: ReleaseRun, step: Step, act: Callable[[], T], undo: Mapping[str, Plain], attempt: int) -> T:
    reach(step, Boundary.BEFORE_INTENT)
    run.check_fence()
    run.append(step, Kind.INTENT, undo, attempt=attempt)
    reach(step, Boundary.AFTER_INTENT)
    value = act()
    reach(step, Boundary.AFTER_ACT)
    run.append(step, Kind.OUTCOME, {"value": encode(value)}, attempt=attempt)
    reach(step, Boundary.AFTER_OUTCOME)
    return value
