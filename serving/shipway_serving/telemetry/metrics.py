"""What is counted, by whom, and how ``/metrics`` shows it: Prometheus' text format 0.0.4, all workers together.

Labels have few values whatever clients send: a path that the server does not know counts as ``other``, a status by its
class. ``Metrics.request`` costs less than a microsecond, which is why nothing here is a dictionary by label.
"""

import os
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Optional, Tuple

from shipway_serving.telemetry.metrics_cells import Buckets, attach, create

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

ROUTES = (
    "other",
    "/",
    "/live",
    "/ready",
    "/score",
    "/swagger.json",
    "/metrics",
    "/v2",
    "/ping",
    "/invocations",
)
"""The values of the label ``route``; everything below ``/v2`` is one of them."""

CLASSES = ("1xx", "2xx", "3xx", "4xx", "5xx")

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""From a small model's run to the longest that a client is likely to wait for."""

REQUESTS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0)

PID, STARTED_AT, STARTS, IN_FLIGHT, WAITING, FALLBACKS = range(6)
_BY_ROUTE = 6
_REQUEST_SECONDS = Buckets(_BY_ROUTE + len(ROUTES) * len(CLASSES), SECONDS)
_RUN_SECONDS = Buckets(_REQUEST_SECONDS.end, SECONDS)
_BATCH_REQUESTS = Buckets(_RUN_SECONDS.end, REQUESTS)
PART_CELLS = _BATCH_REQUESTS.end

_FIRST_OF = {route: _BY_ROUTE + place * len(CLASSES) - 1 for place, route in enumerate(ROUTES)}
"""The cell before the first of each route's: a status of 200 counts in the second after it."""
_OTHER = _FIRST_OF["other"]
_V2 = _FIRST_OF["/v2"]
_SCORED = (_FIRST_OF["/score"], _FIRST_OF["/invocations"], _V2)
"""Routes whose duration is the model's; a health check's would only make the figures look better."""

Sample = Tuple[str, float]
"""A metric's labels, in braces or empty, and its value."""


class Identity(NamedTuple):
    """The labels of ``shipway_service_info``."""

    service: str = ""
    version: str = ""
    workspace: str = ""
    server: str = ""


def shared_memory(workers: int) -> Optional[int]:
    """A descriptor for the supervisor to hand to its ``workers``; None where there is no room for the memory."""
    return create(workers, PART_CELLS)


class Metrics:
    """One worker's own numbers, and everybody's for who asks. Each number has one thread at a time that writes it."""

    def __init__(self, fd: Optional[int], workers: int, identity: Identity) -> None:
        """Take up the memory ``fd``; without one, only the numbers that this process writes are seen."""
        self._parts = attach(fd, workers, PART_CELLS)
        self._identity = identity
        self._own: Any = self._parts[0]

    def begin(self, worker: int, pid: int, now: float) -> None:
        """Be the worker at place ``worker`` from ``now`` on, in seconds since the epoch; what waited before is gone."""
        self._own = self._parts[worker]
        self._own[PID], self._own[STARTED_AT] = pid, now
        self._own[IN_FLIGHT] = self._own[WAITING] = 0.0
        self._own[STARTS] += 1.0

    def request(self, path: str, status: int, seconds: float) -> None:
        """Count an answered request; ``seconds`` from its last byte to its answer's first.

        A script may answer with any number; one that is no HTTP status counts as a failure.
        """
        first = _FIRST_OF.get(path)
        if first is None:
            first = _V2 if path.startswith("/v2/") else _OTHER
        status_class = status // 100
        self._own[first + (status_class if 1 <= status_class <= 5 else 5)] += 1.0
        if first in _SCORED:
            _REQUEST_SECONDS.observe(self._own, seconds)

    def run(self, seconds: float) -> None:
        """Count a call of ``run`` or ``run_batch``, whatever came of it."""
        _RUN_SECONDS.observe(self._own, seconds)

    def batch(self, requests: int, fell_back: bool) -> None:
        """Count a batch; ``fell_back``: its requests had to be scored one by one."""
        _BATCH_REQUESTS.observe(self._own, requests)
        if fell_back:
            self._own[FALLBACKS] += 1.0

    def queue(self, in_flight: int, waiting: int) -> None:
        """How many requests have no answer yet, and how many of them wait for ``run``."""
        self._own[IN_FLIGHT] = in_flight
        self._own[WAITING] = waiting

    def render(self) -> bytes:
        """The page, of all workers together."""
        return render(self._parts, self._identity, resident_bytes).encode("utf-8")


def resident_bytes(pid: int) -> int:
    """The memory that process ``pid`` holds; 0 when it has ended."""
    try:
        with open(f"/proc/{pid}/statm") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        return 0


def render(parts: List[Any], identity: Identity, resident: Callable[[int], int]) -> str:
    """The text for the cells of all workers. Reads nothing but them and, by ``resident``, the size of each process."""
    started = {place: part for place, part in enumerate(parts) if part[STARTS] > 0}
    lines: List[str] = []
    add = lines.extend
    info = _labels(identity._asdict())
    add(_metric("shipway_service_info", "gauge", "What is served, by what.", [(info, 1)]))
    add(_metric("shipway_requests_total", "counter", "Requests answered.", _by_route(parts)))
    help_text = "From a scoring request's last byte to its answer's first."
    add(_histogram("shipway_request_seconds", help_text, parts, _REQUEST_SECONDS))
    add(_histogram("shipway_run_seconds", "Calls of run() and run_batch().", parts, _RUN_SECONDS))
    add(_histogram("shipway_batch_requests", "Requests scored by one call of run_batch().", parts, _BATCH_REQUESTS))
    fallbacks = [("", _sum(parts, FALLBACKS))]
    add(_metric("shipway_batch_fallbacks_total", "counter", "Batches scored one by one after a failure.", fallbacks))
    in_flight = [("", _sum(parts, IN_FLIGHT))]
    add(_metric("shipway_requests_in_flight", "gauge", "Requests without an answer yet.", in_flight))
    waiting = [("", _sum(parts, WAITING))]
    add(_metric("shipway_requests_waiting", "gauge", "Requests that wait for run().", waiting))
    restarts = [("", sum(part[STARTS] - 1 for part in started.values()))]
    add(_metric("shipway_worker_restarts_total", "counter", "Workers started in the place of others.", restarts))
    sizes = [(_labels({"worker": str(place)}), resident(int(part[PID]))) for place, part in started.items()]
    add(_metric("shipway_worker_resident_bytes", "gauge", "Resident memory.", sizes))
    starts = [(_labels({"worker": str(place)}), part[STARTED_AT]) for place, part in started.items()]
    add(_metric("shipway_worker_start_time_seconds", "gauge", "Start of the process, since the epoch.", starts))
    return "\n".join(lines) + "\n"


def _by_route(parts: List[Any]) -> List[Sample]:
    """Only what has been seen, so that a page is no longer than the service is busy."""
    samples: List[Sample] = []
    for route in ROUTES:
        for place, status_class in enumerate(CLASSES):
            count = _sum(parts, _FIRST_OF[route] + place + 1)
            if count:
                samples.append((_labels({"route": route, "status": status_class}), count))
    return samples


def _histogram(name: str, help_text: str, parts: List[Any], buckets: Buckets) -> Iterable[str]:
    read = [buckets.read(part) for part in parts]
    total = 0.0
    samples: List[Sample] = []
    for place, bound in enumerate(buckets.bounds + (float("inf"),)):
        total += sum(counts[place] for counts, _ in read)
        le = "+Inf" if bound == float("inf") else _number(bound)
        samples.append(("_bucket" + _labels({"le": le}), total))
    samples.append(("_sum", sum(own_sum for _, own_sum in read)))
    samples.append(("_count", total))
    return _metric(name, "histogram", help_text, samples)


def _metric(name: str, kind: str, help_text: str, samples: Iterable[Sample]) -> Iterable[str]:
    yield f"# HELP {name} {help_text}"
    yield f"# TYPE {name} {kind}"
    for labels, value in samples:
        yield f"{name}{labels} {_number(value)}"


def _labels(values: Dict[str, str]) -> str:
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in values.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)


def _sum(parts: List[Any], cell: int) -> float:
    return sum(part[cell] for part in parts)
