"""Cancel, in Prefect's UI: a worker sends SIGTERM to the process of the run, which Prefect raises in the flow as
TerminationSignal. A run that no worker watches, such as one of `shipway release`, has to notice it by itself.
"""

import logging
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import State

from shipway.flows.flow_run import this_client, this_run
from shipway.tasks.policy import is_gone

log = logging.getLogger(__name__)

_LOOK_S = 2.0

_WATCHED_BY_A_WORKER = "PREFECT__FLOW_RUN_ID"
"""Prefect's worker sets it for the process that it starts for a run."""


def why_cancelled(flow_run_id: UUID) -> str:
    """Empty when it was not cancelled, or when Prefect cannot be asked."""
    if is_gone():
        return ""
    try:
        return _why(this_client().read_flow_run(flow_run_id).state)
    except Exception as error:
        log.warning("Prefect cannot say whether run %s was cancelled: %s", flow_run_id, error)
        return ""


@contextmanager
def noticing_cancellation() -> Iterator[None]:
    """In the block, a cancellation of this run is raised as TerminationSignal, whoever watches it or not.

    By a signal, too, so that it interrupts whatever is waited for; only the main thread can be reached by one.
    """
    run_id, main = this_run().id, threading.main_thread()
    if os.environ.get(_WATCHED_BY_A_WORKER) == str(run_id) or threading.current_thread() is not main:
        yield
        return
    watch = _Watch(run_id, main)
    threading.Thread(target=watch.look, name="cancellation", daemon=True).start()
    try:
        yield
    finally:
        watch.end()


class _Watch:
    """Asks for the state of a run until it is cancelled or the watch ends."""

    def __init__(self, flow_run_id: UUID, thread: threading.Thread) -> None:
        self._flow_run_id = flow_run_id
        self._thread = thread
        self._ended = threading.Event()
        self._telling = threading.Lock()

    def look(self) -> None:
        while not self._ended.wait(_LOOK_S):
            try:
                with get_client(sync_client=True) as client:
                    self._look_until_ended(client)
            except Exception as error:  # the server may come back
                log.debug("Prefect cannot be asked whether run %s was cancelled: %s", self._flow_run_id, error)

    def end(self) -> None:
        with self._telling:
            self._ended.set()

    def _look_until_ended(self, client: SyncPrefectClient) -> None:
        while not _why(client.read_flow_run(self._flow_run_id).state):
            if self._ended.wait(_LOOK_S):
                return
        with self._telling:
            if not self._ended.is_set():
                self._ended.set()
                assert self._thread.ident is not None
                signal.pthread_kill(self._thread.ident, signal.SIGTERM)


def _why(state: State | None) -> str:
    if state is None or not (state.is_cancelling() or state.is_cancelled()):
        return ""
    return f"cancelled in Prefect: {state.message}" if state.message else "cancelled in Prefect"
