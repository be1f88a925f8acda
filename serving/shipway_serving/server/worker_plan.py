"""What the supervisor tells a new worker. It travels over the worker's standard input: a command line can be read by
every user of the machine.
"""

import pickle
from typing import BinaryIO, List, NamedTuple, Optional

from shipway_serving.server.settings import Settings


class WorkerPlan(NamedTuple):
    """The orders of one worker process."""

    settings: Settings
    listener_fd: int
    wire_fd: int
    """The worker's end of the socket pair with the supervisor (``wire.Word``)."""
    log_fd: int
    """Where finished log records go."""
    metrics_fd: Optional[int]
    """Memory that all workers share; None where there is none to be had."""
    place: int
    """Of this worker among the others, from 0 on; a replacement has its predecessor's."""
    accepts_during_init: bool
    """Whether to answer ``/live`` before ``init`` is done; not while another worker is ready to score."""


def inherited(plan: WorkerPlan) -> List[int]:
    """The descriptors that a worker gets, and that no process which the script starts may hold open."""
    metrics = [] if plan.metrics_fd is None else [plan.metrics_fd]
    return [plan.listener_fd, plan.wire_fd, plan.log_fd] + metrics


def write_plan(plan: WorkerPlan, to: BinaryIO) -> None:
    """Send ``plan`` and close ``to``. Both ends are this very package under this very interpreter, hence pickle."""
    with to:
        pickle.dump(plan, to)


def read_plan(source: BinaryIO) -> WorkerPlan:
    """The plan that ``write_plan`` sent."""
    plan: WorkerPlan = pickle.load(source)
    return plan
