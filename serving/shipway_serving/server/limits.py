"""How much and how long a client may ask for. Sizes are bytes, times seconds."""

from typing import NamedTuple, Optional


class Limits(NamedTuple):
    """The limits of one server; the defaults are what an image starts with."""

    header_bytes: int = 64 * 1024
    """Request line and headers together; past it 431."""
    body_bytes: Optional[int] = 100 * 1024 * 1024
    """v1's front end refused larger bodies (C-12, H-81); past it 413. None: no limit, as Microsoft's server alone."""
    idle_s: float = 620.0
    """A connection without a request. Longer than the idle time of the usual load balancers (60 to 600 s), so that
    they close first and never send a request into a closing connection."""
    header_s: float = 30.0
    """From the first byte of a request to the last of its headers."""
    body_s: float = 30.0
    """For a body, plus a second for every ``SLOWEST_BODY_BYTES_A_SECOND`` that have come."""
    last_request_s: float = 2.0
    """For a request that is half here when the server is told to stop."""
    stalled_s: float = 60.0
    """A client that does not read its answer, and a second for every ``SLOWEST_BODY_BYTES_A_SECOND`` that it reads."""
    linger_s: float = 2.0
    """After a refusal in the middle of a request: the time in which a client may read it before the reset."""


SLOWEST_BODY_BYTES_A_SECOND = 1024
"""A body may be slow as a bad radio link is, but not one byte every half minute."""


def body_time(limits: Limits, received: int) -> float:
    """Seconds that a body may take in all, of which ``received`` bytes are here."""
    return limits.body_s + received / SLOWEST_BODY_BYTES_A_SECOND


def reading_time(taken: int) -> float:
    """Seconds more for a client that has read ``taken`` bytes of an answer since it fell behind."""
    return taken / SLOWEST_BODY_BYTES_A_SECOND
