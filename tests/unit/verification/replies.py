"""Fixed samples to judge."""

from collections.abc import Sequence

from shipway.domain.golden import GoldenRow
from shipway.verification.samples import Reply, Samples


def good(request: int = 0, body: str = "[1]", ms: float = 10.0) -> Reply:
    return Reply(request=request, status=200, body=body, latency_ms=ms)


def bad(request: int = 0, status: int = 500, body: str = "boom") -> Reply:
    return Reply(request=request, status=status, body=body, latency_ms=1.0)


def silent(request: int = 0, problem: str = "timed out after 5 s") -> Reply:
    return Reply(request=request, status=None, body="", latency_ms=5000.0, problem=problem)


def samples(*replies: Reply) -> Samples:
    return Samples(replies=tuple(replies))


def taking(ms: Sequence[float]) -> Samples:
    return samples(*(good(ms=one) for one in ms))


def row(expected: object, tolerance: float = 0.0, request: str = "[0]") -> GoldenRow:
    return GoldenRow(request=request, expected=expected, tolerance=tolerance)
