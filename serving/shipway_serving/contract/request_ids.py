"""The ids that a request travels under, and the headers that echo them (H-63 to H-69)."""

from typing import Dict, NamedTuple, Tuple

from shipway_serving.contract.messages import Refusal
from shipway_serving.contract.profile import MODERN, Profile

LONGEST_ID = 100
"""Characters; a longer id is refused with 431 (H-66)."""

Headers = Tuple[Tuple[str, str], ...]

OURS = ("x-request-id", "x-ms-request-id", "x-ms-client-request-id")


class RequestIds(NamedTuple):
    """The ids of one request; an empty one is not sent back."""

    request_id: str
    """``x-request-id``: the client's, or ours."""
    legacy_id: str
    """``x-ms-request-id``: the client's, else its client id, else ``request_id`` (H-64)."""
    client_id: str
    """``x-ms-client-request-id``: the client's, or copied from its ``x-ms-request-id`` (H-65)."""


def ids_of(headers: Dict[str, str], fresh_id: str, profile: Profile = MODERN) -> RequestIds:
    """The ids for a request with ``headers``; ``fresh_id`` serves when the client sent no id.

    Raises ``Refusal`` 431 when one of them is too long.
    """
    if not profile.many_ids:
        return RequestIds("", headers.get("x-ms-request-id") or fresh_id, "")
    request_id = headers.get("x-request-id") or fresh_id
    if len(request_id) > LONGEST_ID:
        raise Refusal(431, f"x-request-id must not exceed {LONGEST_ID} characters")
    sent_legacy_id = headers.get("x-ms-request-id", "")
    client_id = headers.get("x-ms-client-request-id", "") or sent_legacy_id
    if not client_id:
        return RequestIds(request_id, request_id, "")
    legacy_id = sent_legacy_id or client_id
    if len(legacy_id) > LONGEST_ID or len(client_id) > LONGEST_ID:
        both = "x-ms-request-id and x-ms-client-request-id"
        raise Refusal(431, f"{both} must not exceed {LONGEST_ID} characters")
    return RequestIds(request_id, legacy_id, client_id)


def id_headers(ids: RequestIds, headers: Dict[str, str]) -> Headers:
    """The response headers for ``ids``, and the client's ``TraceId`` when it sent one (H-68)."""
    echoed: Headers = ()
    if ids.request_id:
        echoed = (("x-request-id", ids.request_id),)
    if ids.legacy_id:
        echoed += (("x-ms-request-id", ids.legacy_id),)
    if ids.client_id:
        echoed += (("x-ms-client-request-id", ids.client_id),)
    if "traceid" in headers:
        echoed += (("TraceId", headers["traceid"]),)
    return echoed


def with_ours(theirs: Headers, ours: Headers) -> Headers:
    """The script's headers and ours; ids of the script's give way to ours of the same name (H-67)."""
    replaced = {name for name, _ in ours if name in OURS}
    return tuple(pair for pair in theirs if pair[0].lower() not in replaced) + ours
