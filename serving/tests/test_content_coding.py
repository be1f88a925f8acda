"""gzip, which v1 did not have: off its paths only."""

import gzip
import json
import zlib
from typing import Any, Dict

import pytest
from server_process import Server

from shipway_serving.contract.content_coding import accepts_gzip, compressed, decoded
from shipway_serving.contract.messages import Refusal, Request, Response

SCRIPT = """
def init():
    pass

def run(data):
    return [data, "x" * 5000]
"""


def post(body: bytes, **headers: str) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request("POST", "/invocations", "", named, body)


def test_a_compressed_body_is_opened_and_says_so_no_more() -> None:
    sent = post(gzip.compress(b"text"), content_encoding="GZIP")
    opened = decoded(sent, 100)
    assert opened.headers is sent.headers, "by which traces know it"
    assert opened.body == b"text" and opened.headers == {"content-length": "4"}
    plain = post(b"text")
    assert decoded(plain, 100) is plain


@pytest.mark.parametrize(
    "request_, status, text",
    [
        (post(b"x", content_encoding="br"), 415, "Content-Encoding 'br' is not understood here"),
        (post(b"no gzip", content_encoding="gzip"), 400, "is not the gzip that Content-Encoding says it is"),
        (post(gzip.compress(b"text")[:-9], content_encoding="gzip"), 400, "it ends too early"),
        (post(gzip.compress(b"a") + gzip.compress(b"b"), content_encoding="gzip"), 400, "More bytes follow the gzip"),
        (post(gzip.compress(b"0" * 10**7), content_encoding="gzip"), 413, "must not exceed 1000 bytes once"),
    ],
)
def test_what_cannot_be_opened_is_refused(request_: Request, status: int, text: str) -> None:
    """A bomb is opened no further than the limit."""
    with pytest.raises(Refusal, match=text) as caught:
        decoded(request_, 1000)
    assert caught.value.status == status


@pytest.mark.parametrize(
    "header, accepts",
    [
        ("gzip, deflate", True),
        ("*", True),
        ("br;q=1.0, gzip;q=0.8", True),
        ("gzip;q=0", False),
        ("br", False),
        ("", False),
    ],
)
def test_who_takes_compressed_answers(header: str, accepts: bool) -> None:
    assert accepts_gzip(post(b"", accept_encoding=header)) is accepts


def test_small_answers_streams_and_coded_ones_are_left_alone() -> None:
    big = b"x" * 5000
    for response in (
        Response(200, b"small", ""),
        Response(200, b"", "", (), iter([big])),
        Response(200, big, "", (("content-encoding", "br"),)),
    ):
        assert compressed(response) is response
    assert zlib.decompress(compressed(Response(200, big, "")).body, 31) == big


def test_v1_paths_know_nothing_of_it(server: Server) -> None:
    """H-24; on /invocations both directions are compressed."""
    headers: Dict[str, Any] = {"Accept-Encoding": "gzip", "Content-Encoding": "gzip"}
    body = gzip.compress(b"text")
    left = server.request("POST", "/score", body, headers)
    assert left.status == 400 and "content-encoding" not in left.headers
    opened = server.request("POST", "/invocations", body, headers)
    assert opened.headers["content-encoding"] == "gzip"
    assert json.loads(gzip.decompress(opened.body).decode())[0] == "text"
