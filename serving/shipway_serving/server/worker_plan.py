"""What the supervisor tells a new worker: plain values that travel as JSON on the worker's command line."""

import json
from typing import NamedTuple, Optional

from shipway_serving.asset.layout import Layout


class WorkerPlan(NamedTuple):
    """The orders of one worker process."""

    layout: Layout
    listener_fd: int
    wire_fd: int
    """The worker's end of the socket pair with the supervisor (``wire.Word``)."""
    log_fd: int
    """Where finished log records go."""
    workers: int
    """How many there are in all."""
    accepts_during_init: bool
    """Whether to answer ``/live`` before ``init`` is done; not while another worker is ready to score."""
    max_queue: Optional[int]
    """Requests that may wait for ``run`` in one worker; None is no limit."""
    scoring_timeout_ms: int
    log_level: str


def to_json(plan: WorkerPlan) -> str:
    """``plan`` as text."""
    return json.dumps(plan._replace(layout=list(plan.layout)))  # type: ignore[arg-type]


def from_json(text: str) -> WorkerPlan:
    """The plan that ``to_json`` wrote."""
    plan = WorkerPlan(*json.loads(text))
    return plan._replace(layout=Layout(*plan.layout))
