"""Measures the scoring server beside its peers: what is compared runs interleaved, and medians are told."""

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from statistics import median

from benchmarks.report import Figure
from benchmarks.rounds import interleaved
from benchmarks.serving_figures import (
    OURS,
    V1,
    batching_figures,
    cold_start_figure,
    cpu_figure,
    memory_figure,
    p99_figure,
    rate_figures,
    two_worker_figure,
)
from benchmarks.serving_load import closed_loop, open_loop
from benchmarks.serving_peers import Rows, Server, onnxruntime_gains, with_script
from benchmarks.serving_running import Memory, Running, answer_alike, running

CONNECTIONS = 8
BATCH_CLIENTS = BATCH_ROWS = 16


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What every measurement needs. `seconds` is one run of load, `folder` has the models and the servers' own."""

    folder: Path
    client: Path
    servers: Mapping[str, Server]
    rounds: int
    seconds: float
    say: Callable[[str], None]
    numbers: Iterator[int] = field(default_factory=count)

    def model(self, name: str) -> Path:
        return self.folder / "models" / name

    def new_folder(self) -> Path:
        return self.folder / f"server-{next(self.numbers)}"


def one_row() -> Rows:
    """Pixels of 0 to 16, as the digits' are; the same ones always."""
    drawn = random.Random(5)
    return [[drawn.randint(0, 16) for _ in range(64)]]


@contextmanager
def serving(bench: Bench, server: Server, *, model: str = "tiny", workers: int = 1) -> Iterator[Running]:
    """It scores when the block begins."""
    with running(server, bench.model(model), one_row(), bench.new_folder(), workers=workers) as started:
        started.until_200("POST", server.path)
        yield started


def tiny_figures(bench: Bench) -> list[Figure]:
    """Requests a second and p99, all servers running side by side and one under load at a time."""
    with ExitStack() as stack:
        all_running = {name: stack.enter_context(serving(bench, server)) for name, server in bench.servers.items()}
        answer_alike(all_running)
        for target in all_running.values():
            closed_loop(target, connections=CONNECTIONS, seconds=1)
        bench.say("requests a second ...")
        per_s, cpu_us = _closed_rates(bench, all_running)
        bench.say("p99 in open loop ...")
        rates = {name: per_s[name] / 2 for name in per_s}
        ours_ms, theirs_ms = _open_p99(bench, all_running, rates)
    return [*rate_figures(per_s), cpu_figure(cpu_us), p99_figure(ours_ms, theirs_ms, rates)]


def _closed_rates(bench: Bench, targets: Mapping[str, Running]) -> tuple[dict[str, float], dict[str, float]]:
    """Requests a second, and microseconds of CPU a request."""
    cpu_us: dict[str, list[float]] = {name: [] for name in targets}

    def act(name: str) -> Callable[[], float]:
        def measured() -> float:
            answered = closed_loop(targets[name], connections=CONNECTIONS, seconds=bench.seconds)
            cpu_us[name].append(answered.cpu_us)
            return answered.per_s

        return measured

    per_s = interleaved(bench.rounds, {name: act(name) for name in targets})
    return per_s, {name: median(seen) for name, seen in cpu_us.items()}


def _open_p99(
    bench: Bench, targets: Mapping[str, Running], rates: Mapping[str, float]
) -> tuple[dict[str, float], dict[str, float]]:
    """Ours and theirs, by the server at whose rate both were asked; ours at its own rate, too."""

    def act(name: str, rate: float) -> Callable[[], float]:
        asked = {"rate": rate, "seconds": bench.seconds}
        return lambda: open_loop(bench.client, targets[name], connections=CONNECTIONS, **asked).p99_ms

    acts = {f"ours at {name}": act(OURS, rate) for name, rate in rates.items()}
    acts |= {f"theirs at {name}": act(name, rate) for name, rate in rates.items() if name != OURS}
    found = interleaved(bench.rounds, acts)
    ours = {name: found[f"ours at {name}"] for name in rates}
    return ours, {name: found[f"theirs at {name}"] for name in rates if name != OURS}


def starting_figures(bench: Bench) -> list[Figure]:
    """Each starts alone: of two servers side by side, each seems smaller by what they share. A start before the counted
    ones warms the page cache.
    """
    live: dict[str, list[float]] = {OURS: [], V1: []}
    memory: dict[str, list[Memory]] = {OURS: [], V1: []}

    def start(name: str) -> float:
        server = bench.servers[name]
        with running(server, bench.model("tiny"), one_row(), bench.new_folder()) as started:
            live[name].append(started.until_200("GET", "/"))
            scored_s = started.until_200("POST", server.path)
            closed_loop(started, connections=CONNECTIONS, seconds=1)
            memory[name].append(started.memory_mb())
            return scored_s

    for name, seen in live.items():
        start(name)
        seen.clear()
    to_score_s = interleaved(bench.rounds, {OURS: lambda: start(OURS), V1: lambda: start(V1)})
    return [
        cold_start_figure({name: median(seconds) for name, seconds in live.items()}, to_score_s),
        memory_figure(
            {name: median(each.worker for each in found) for name, found in memory.items()},
            {name: median(each.all for each in found) for name, found in memory.items()},
        ),
    ]


def heavy_figures(bench: Bench) -> list[Figure]:
    """Two workers, and batching."""
    gains = onnxruntime_gains(bench.model("heavy"))
    bench.say("two workers ...")
    figure = _workers_figure(bench, gains["workers"])
    bench.say("batching ...")
    return [figure, *_batching_figures(bench, gains["batch"])]


def _workers_figure(bench: Bench, onnxruntime_gain: float) -> Figure:
    """One worker and two of them, both running, one under load at a time."""
    server = bench.servers[OURS]
    connections = (2, 8)
    with (
        serving(bench, server, model="heavy") as one,
        serving(bench, server, model="heavy", workers=2) as two,
    ):
        cases = {f"{name} {n}": (target, n) for name, target in (("one", one), ("two", two)) for n in connections}

        def act(target: Running, n: int) -> Callable[[], float]:
            return lambda: closed_loop(target, connections=n, seconds=bench.seconds).per_s

        per_s = interleaved(bench.rounds, {name: act(*case) for name, case in cases.items()})
    return two_worker_figure(
        {n: per_s[f"one {n}"] for n in connections}, {n: per_s[f"two {n}"] for n in connections}, onnxruntime_gain
    )


def _batching_figures(bench: Bench, onnxruntime_gain: float) -> list[Figure]:
    """The same script with batching on and off; its p99 is the closed loop's."""
    off = with_script(bench.servers[OURS], "score_batch.py")
    on = with_script(off, "score_batch.py", "--batch_max_rows", str(BATCH_ROWS))
    p99_ms: dict[str, list[float]] = {"on": [], "off": []}
    with serving(bench, on, model="heavy") as batched, serving(bench, off, model="heavy") as alone:
        answer_alike({"on": batched, "off": alone})

        def act(name: str, target: Running) -> Callable[[], float]:
            def measured() -> float:
                answered = closed_loop(target, connections=BATCH_CLIENTS, seconds=bench.seconds)
                p99_ms[name].append(answered.p99_ms)
                return answered.per_s

            return measured

        per_s = interleaved(bench.rounds, {"on": act("on", batched), "off": act("off", alone)})
    medians = {name: median(seen) for name, seen in p99_ms.items()}
    return batching_figures(per_s, medians, onnxruntime_gain)
