"""Services whose machine or engine is gone for good: how to write one off, and what an unfinished release has there."""

from collections.abc import Iterator
from contextlib import contextmanager

from shipway.errors import TargetUnavailable
from shipway.machine.state import machine_state
from shipway.release.inputs import read_inputs
from shipway.release.run import Tools
from shipway.release.trial import trial_state
from shipway.store.workspace import Workspace
from shipway.targets.base import MayBeAway, MayBeLost, Target


@contextmanager
def told_how_to_write_off(service: str) -> Iterator[None]:
    """What does not answer may come back, and may not."""
    try:
        yield
    except TargetUnavailable as error:
        raise type(error)(
            f"{error}; or, if it is gone for good, write the service off with "
            f"`shipway service delete -n {service} --lost`"
        ) from error


def require_within_reach(target: Target, service: str) -> None:
    """Raises TargetUnavailable: the ledger is not to say what cannot be done now."""
    if isinstance(target, MayBeAway) and (why := target.why_away()):
        raise TargetUnavailable(f"service {service} stays as it is: {why}")


def forget_unfinished(workspace: Workspace, tools: Tools, release_id: str, *, fence: int) -> tuple[str, ...]:
    """Its trial, and the service as far as it deployed it: it can be undone then. Safe to repeat.

    What could not be reached, and so may be left there, in words for people.
    """
    inputs, machine = read_inputs(workspace, release_id), machine_state(workspace.url)
    left: list[str] = []
    for state in (machine, trial_state(machine)):
        for kind in inputs.targets:
            target = tools.load_target(kind, state)
            if isinstance(target, MayBeLost) and target.find(inputs.service) is not None:
                left += target.forget(inputs.service, fence=fence)
    return tuple(left)
