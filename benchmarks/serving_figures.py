"""Figures of the scoring server out of what was measured. Pure."""

from collections.abc import Mapping

from benchmarks.report import Figure

OURS, V1, BARE = "shipway", "azmlinfsrv", "bare"

BusyRates = Mapping[int, float]
"""Requests a second by number of connections."""


def rate_figures(per_s: Mapping[str, float]) -> list[Figure]:
    """Of the tiny model, closed loop: per_s has every server's requests a second."""
    return [
        Figure(figure="rps_over_azmlinfsrv", unit="x", shipway=per_s[OURS] / per_s[V1], peers=per_s, goal="> 10"),
        Figure(figure="rps_over_bare", unit="x", shipway=per_s[OURS] / per_s[BARE], goal="> 0.7"),
    ]


def cpu_figure(cpu_us: Mapping[str, float]) -> Figure:
    """Tells even on a busy machine whether a change of the server was one for the better."""
    peers = {name: value for name, value in cpu_us.items() if name != OURS}
    over = cpu_us[OURS] / cpu_us[V1]
    note = f"all processes of the server, under the closed loop; {over:.2f} x {V1}'s"
    return Figure(figure="cpu_per_request", unit="us", shipway=cpu_us[OURS], peers=peers, note=note)


def p99_figure(ours_ms: Mapping[str, float], theirs_ms: Mapping[str, float], rates: Mapping[str, float]) -> Figure:
    """Both asked at half of the peer's own maximum; the figure is the worst of all comparisons.

    The bare app counts as a peer, which is the stricter reading. `ours_ms` has our own half, too.
    """
    ratios = {name: ours_ms[name] / theirs for name, theirs in theirs_ms.items()}
    worst = max(ratios, key=lambda name: ratios[name])
    told = ", ".join(
        f"{name} at {rates[name]:,.0f}/s: shipway {ours_ms[name]:.2f} ms, it {theirs:.2f} ms"
        for name, theirs in theirs_ms.items()
    )
    return Figure(
        figure="p99_over_best_peer",
        unit="x",
        shipway=ratios[worst],
        peers={f"{name} ms": value for name, value in theirs_ms.items()},
        goal="< 1",
        note=f"open loop, both at half of the peer's own maximum ({told}); the nearest is {worst}; "
        f"at half of its own, {rates[OURS]:,.0f}/s, shipway {ours_ms[OURS]:.2f} ms",
    )


def cold_start_figure(to_live_s: Mapping[str, float], to_score_s: Mapping[str, float]) -> Figure:
    """By the first score, which is what a caller waits for; the first 200 on / is told in the note."""
    live = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in to_live_s.items())
    return Figure(
        figure="cold_start_over_azmlinfsrv",
        unit="x",
        shipway=to_score_s[OURS] / to_score_s[V1],
        peers={f"{name} s": seconds for name, seconds in to_score_s.items()},
        goal="< 1",
        note=f"process start to the first 200 on /score; on /: {live}",
    )


def memory_figure(worker_mb: Mapping[str, float], all_mb: Mapping[str, float]) -> Figure:
    everything = ", ".join(f"{name} {size:.0f} MB" for name, size in all_mb.items())
    return Figure(
        figure="rss_over_azmlinfsrv",
        unit="x",
        shipway=worker_mb[OURS] / worker_mb[V1],
        peers={f"{name} MB": size for name, size in worker_mb.items()},
        goal="< 1",
        note=f"PSS of a worker after the load; with all other processes of one: {everything}",
    )


def two_worker_figure(one: BusyRates, two: BusyRates, onnxruntime_gain: float) -> Figure:
    """The lesser gain of the numbers of connections."""
    gains = {connections: two[connections] / one[connections] for connections in one}
    told = [f"{workers} at {connections}" for workers in ("1 worker", "2 workers") for connections in one]
    rates = [*one.values(), *two.values()]
    return Figure(
        figure="two_worker_gain",
        unit="x",
        shipway=min(gains.values()),
        peers={f"{told_of}, /s": rate for told_of, rate in zip(told, rates, strict=True)},
        goal="> 1.7",
        note=", ".join(f"{n} connections: {gain:.2f} x" for n, gain in gains.items())
        + f"; onnxruntime itself gains {onnxruntime_gain:.2f} x by a second process on this machine",
    )


def batching_figures(per_s: Mapping[str, float], p99_ms: Mapping[str, float], onnxruntime_gain: float) -> list[Figure]:
    """Both have `on` and `off`."""
    return [
        Figure(
            figure="batching_gain",
            unit="x",
            shipway=per_s["on"] / per_s["off"],
            peers={f"{name}/s": rate for name, rate in per_s.items()},
            goal="> 2",
            note=f"onnxruntime itself gains {onnxruntime_gain:.2f} x by 16 rows at once on this machine",
        ),
        Figure(
            figure="batching_p99",
            unit="x",
            shipway=p99_ms["on"] / p99_ms["off"],
            peers={f"{name} ms": value for name, value in p99_ms.items()},
            goal="< 2",
        ),
    ]
