"""How one kind of request speaks with ``run``: the seam between the scorer and a protocol."""

from typing import Any, Callable, Dict, NamedTuple

from shipway_serving.contract.messages import Refusal, Request, Response


class Dialect(NamedTuple):
    """Functions around one call of ``run``, pure but for it; v1's own are in ``contract``."""

    arguments: Callable[[Request], Dict[str, Any]]
    """The arguments of ``run``; raises ``Refusal`` when the request does not hold them."""
    run: Callable[..., Any]
    """The script's, or what stands before it; may return an awaitable where the script's does."""
    answer: Callable[[Any, float], Response]
    """From the result and the milliseconds that it took to the response. Raises ``Refusal`` when the request asks for
    what the result does not have, anything else when it cannot be written; answer with ``not_written`` then."""
    refused: Callable[[Refusal], Response]
    """For what ``arguments`` raised."""
    failed: Callable[[str], Response]
    """For a ``run`` that raised or timed out, with what the client may know of it: status 500."""
    not_written: Callable[[], Response]
    """For a result that ``answer`` cannot write: status 500."""
