"""gzip, off the v1 paths: on ``/score`` v1 left bodies as they were (H-24)."""

import zlib
from typing import Optional

from shipway_serving.contract.messages import Refusal, Request, Response

SMALLEST_COMPRESSED = 1024
"""Bytes; below it a packet is a packet."""

LEVEL = 1
"""A model's answer is numbers: higher levels cost several times as much and save little more."""

_GZIP = 31
"""``wbits`` for a gzip header and the largest window (zlib's manual)."""


def decoded(request: Request, limit: Optional[int]) -> Request:
    """``request`` with its body decompressed, if it says that it is compressed; its headers are changed and stay the
    same object, by which traces know the request.

    Raises ``Refusal``: 415 for another coding, 400 for a body that is not one whole gzip member, 413 past ``limit``
    bytes.
    """
    coding = request.headers.get("content-encoding", "").strip().lower()
    if coding in ("", "identity"):
        return request
    if coding not in ("gzip", "x-gzip"):
        raise Refusal(415, f"Content-Encoding {coding!r} is not understood here; send gzip or no coding.")
    body = _decompressed(request.body, limit)
    del request.headers["content-encoding"]
    request.headers["content-length"] = str(len(body))
    return request._replace(body=body)


def accepts_gzip(request: Request) -> bool:
    """Whether the client takes a compressed answer."""
    for item in request.headers.get("accept-encoding", "").lower().split(","):
        coding, _, weight = item.partition(";")
        if coding.strip() in ("gzip", "*"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def compressed(response: Response) -> Response:
    """``response`` with its body compressed, where that is worth it."""
    coded = any(name.lower() == "content-encoding" for name, _ in response.headers)
    if coded or response.stream is not None or len(response.body) < SMALLEST_COMPRESSED:
        return response
    squeezer = zlib.compressobj(LEVEL, zlib.DEFLATED, _GZIP)
    body = squeezer.compress(response.body) + squeezer.flush()
    coding = (("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding"))
    return response._replace(body=body, headers=response.headers + coding)


def _decompressed(body: bytes, limit: Optional[int]) -> bytes:
    opener = zlib.decompressobj(_GZIP)
    try:
        data = opener.decompress(body, 0 if limit is None else limit + 1)
    except zlib.error as error:
        raise Refusal(400, f"The body is not the gzip that Content-Encoding says it is: {error}") from None
    if limit is not None and len(data) > limit:
        raise Refusal(413, f"The request's body must not exceed {limit} bytes once decompressed.")
    if not opener.eof:
        raise Refusal(400, "The body is not the gzip that Content-Encoding says it is: it ends too early")
    if opener.unused_data:
        # Some of it would be lost. To open member after member costs without end where they are small.
        raise Refusal(400, "More bytes follow the gzip member of which the body should consist; send one member alone.")
    return data
