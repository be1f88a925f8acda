"""What the supervisor tells a new worker. It travels over the worker's standard input: a command line can be read by
every user of the machine.
"""

import pickle
from typing import BinaryIO, NamedTuple

from shipway_serving.server.settings import Settings


class WorkerPlan(NamedTuple):
    """The orders of one worker process."""

    settings: Settings
    listener_fd: int
    wire_fd: int
    """The worker's end of the socket pair with the supervisor (``wire.Word``)."""
    log_fd: int
    """Where finished log records go."""
    accepts_during_init: bool
    """Whether to answer ``/live`` before ``init`` is done; not while another worker is ready to score."""


def write_plan(plan: WorkerPlan, to: BinaryIO) -> None:
    """Send ``plan`` and close ``to``. Both ends are this very package under this very interpreter, hence pickle."""
    with to:
        pickle.dump(plan, to)


def read_plan(source: BinaryIO) -> WorkerPlan:
    """The plan that ``write_plan`` sent."""
    plan: WorkerPlan = pickle.load(source)
    return plan
