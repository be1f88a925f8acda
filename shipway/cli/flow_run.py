"""Runs a release's flow in this process, against the local Prefect server, and tells a person how it goes."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from shipway.cli.context import Context
from shipway.cli.leaving import wait_for_nobody
from shipway.cli.server.environment import client_environment
from shipway.cli.server.local import ensure_server
from shipway.cli.server.record import ServerRecord
from shipway.errors import ReleaseError, ShipwayError
from shipway.machine.progress import telling

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

    from shipway.release.outcomes import Ending


def run_release_flow(context: Context, release_id: str) -> "Ending":
    """Starts a flow run for a release, new or interrupted. A flow run of before that died is marked as crashed.

    Raises what stopped the release from being carried out at all, such as LeaseHeld; ReleaseError when Prefect failed
    before the release had ended.
    """
    server = _use_server(context)
    from shipway.flows.release import go_on
    from shipway.release.inputs import read_inputs

    service = read_inputs(context.workspace(), release_id).service
    context.output.say(f"release {release_id} of {service}")
    try:
        with _progress_only(context):
            state: State[Any] = go_on(context.workspace_url, release_id, service, return_state=True)
    except Exception as error:
        return _ending_without_prefect(context, release_id, error)
    ending = _ending(state)
    context.output.say(f"its run, step by step: {server.ui_url}/runs/flow-run/{state.state_details.flow_run_id}")
    return ending


def _use_server(context: Context) -> ServerRecord:
    server = ensure_server(context.state(), context.output.say)
    os.environ.update(client_environment(server))
    os.environ.setdefault("PREFECT_LOGGING_EXTRA_LOGGERS", "shipway")
    return server


def _ending(state: "State[Any]") -> "Ending":
    from shipway.release.outcomes import Ending

    found = state.data
    if isinstance(found, Ending):
        return found
    error = state.result(raise_on_failure=False)
    if isinstance(error, Ending):
        return error
    raise (
        error if isinstance(error, Exception) else ShipwayError(f"the flow run ended as {state.name}: {state.message}")
    )


def _ending_without_prefect(context: Context, release_id: str, error: Exception) -> "Ending":
    """What the journal says, when Prefect itself failed: its server went away, say. What a flow raises is a state."""
    from shipway.release.report import report_of
    from shipway.release.roll_back import ending_of
    from shipway.release.run import hold, utc_now

    wait_for_nobody()
    why = f"{type(error).__name__}: {error}"
    if not report_of(context.workspace(), release_id, now=utc_now()).phase.ended:
        raise ReleaseError(
            f"Prefect failed before release {release_id} had ended ({why}); go on with "
            f"`shipway release resume {release_id}`"
        ) from error
    context.output.say(f"warning: Prefect could not be told how release {release_id} ended: {why}")
    with hold(context.workspace(), release_id) as run:
        return ending_of(run)


@contextmanager
def _progress_only(context: Context) -> Iterator[None]:
    """Prefect's handler would print each log line that a dead server does not take."""
    raises = logging.raiseExceptions
    logging.raiseExceptions = False
    try:
        with telling(context.output.say):
            yield
    finally:
        logging.raiseExceptions = raises
