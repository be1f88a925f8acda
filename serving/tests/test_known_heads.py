"""Heads that were parsed before are not parsed again, and nobody can tell."""

from typing import List, Union

from hypothesis import given
from hypothesis import strategies as st

from shipway_serving.server.http_parser import Malformed, Parsed, RequestParser
from shipway_serving.server.known_heads import LONGEST_HEAD, MOST_HEADS, KnownHeads
from shipway_serving.server.limits import Limits


def post(body: bytes, *more: str) -> bytes:
    lines = ["POST /score?a=1 HTTP/1.1", "Host: h", f"Content-Length: {len(body)}", *more, "", ""]
    return "\r\n".join(lines).encode() + body


def parsed(heads: KnownHeads, *pieces: bytes) -> List[Union[Parsed, Malformed]]:
    parser = RequestParser(Limits(), "client", "https", heads)
    return [item for piece in pieces for item in parser.feed(piece)]


def is_known(heads: KnownHeads, data: bytes) -> bool:
    return heads.find(data, "", "") is not None


def test_a_head_is_known_from_its_second_time_on_and_gives_the_same_request() -> None:
    heads = KnownHeads()
    first = parsed(heads, post(b"one"))
    assert not is_known(heads, post(b"one"))
    parsed(heads, post(b"two"))
    assert is_known(heads, post(b"tri"))
    again = parsed(heads, post(b"one"))
    assert again == first
    assert again[0] == parsed(KnownHeads(), post(b"one"))[0]


def test_what_one_request_is_given_is_not_the_next_one_s() -> None:
    """Headers are added to on the way."""
    heads = KnownHeads()
    for _ in range(3):
        item = parsed(heads, post(b"x"))[0]
        assert isinstance(item, Parsed) and "added" not in item.request.headers
        item.request.headers["added"] = "yes"


def test_only_whole_requests_in_one_piece_are_taken_from_memory() -> None:
    """Two at once, a half one, one with another body's length are parsed."""
    heads = KnownHeads()
    for _ in range(2):
        parsed(heads, post(b"abc"))
    whole = post(b"abc")
    assert not is_known(heads, whole + whole) and not is_known(heads, whole[:-1]) and not is_known(heads, b"")
    both = parsed(heads, whole + whole)
    assert [item.request.body for item in both if isinstance(item, Parsed)] == [b"abc", b"abc"]
    parts = parsed(heads, whole[:-1], whole[-1:])
    assert [item.request.body for item in parts if isinstance(item, Parsed)] == [b"abc"]


def test_requests_that_are_more_than_head_and_length_are_never_learnt() -> None:
    heads = KnownHeads()
    chunked = b"POST /score HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"
    for data in (
        chunked,
        post(b"x", "Connection: close"),
        post(b"x", "Expect: 100-continue"),
        post(b"x", "Upgrade: h2c"),
    ):
        for _ in range(3):
            parsed(heads, data)
        assert not is_known(heads, data)


def test_memory_is_bounded() -> None:
    """However many heads there are, and however long."""
    heads = KnownHeads()
    for number in range(3 * MOST_HEADS):
        for _ in range(2):
            parsed(heads, post(b"x", f"X-Number: {number}"))
    assert len(heads._known) <= MOST_HEADS
    long = post(b"x", "X-Long: " + "l" * LONGEST_HEAD)
    for _ in range(3):
        parsed(heads, long)
    assert not is_known(heads, long)


NAMES = st.sampled_from(["X-A", "Content-Length", "Transfer-Encoding", "Connection", "content-length", "Expect"])
VALUES = st.sampled_from(["1", "3", "chunked", "close", "keep-alive", "100-continue", "x\r\n\r\ny", "\n\n"])


@given(st.lists(st.tuples(NAMES, VALUES), max_size=4), st.binary(max_size=8), st.sampled_from(["1.1", "1.0"]))
def test_memory_never_changes_what_is_read(fields: "List[tuple[str, str]]", body: bytes, version: str) -> None:
    """Whatever the bytes: the third time they come they mean what they meant the first time."""
    lines = [f"POST /p HTTP/{version}", *(f"{name}: {value}" for name, value in fields), "", ""]
    data = "\r\n".join(lines).encode("latin-1") + body
    heads = KnownHeads()
    first, second, third = (parsed(heads, data) for _ in range(3))
    assert first == second == third
