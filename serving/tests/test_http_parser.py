"""Bytes to requests."""

from typing import List, Tuple, Union

from hypothesis import given
from hypothesis import strategies as st

from shipway_serving.contract.messages import Request
from shipway_serving.server.http_parser import Malformed, Parsed, Phase, RequestParser
from shipway_serving.server.limits import Limits

SMALL = Limits(header_bytes=256, body_bytes=1000)

TOKEN = st.text("abcdefghijklmnopqrstuvwxyz-0123456789", min_size=1, max_size=12)
BODY = st.binary(max_size=60)


def parse(pieces: List[bytes], limits: Limits = SMALL) -> List[Union[Parsed, Malformed]]:
    parser = RequestParser(limits)
    return [item for piece in pieces for item in parser.feed(piece)]


def requests(items: List[Union[Parsed, Malformed]]) -> List[Request]:
    return [item.request for item in items if isinstance(item, Parsed)]


def post(path: str, name: str, value: str, body: bytes, chunk: int) -> bytes:
    """A POST, chunked when ``chunk`` is not zero."""
    head = f"POST /{path} HTTP/1.1\r\nX-{name}: {value}\r\n".encode("ascii")
    if not chunk:
        return head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    chunks = [body[start : start + chunk] for start in range(0, len(body), chunk)]
    coded = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in chunks)
    return head + b"Transfer-Encoding: chunked\r\n\r\n" + coded + b"0\r\n\r\n"


@st.composite
def streams(draw: st.DataObject) -> Tuple[List[Tuple[str, bytes]], bytes]:
    """Pipelined requests: (path, body) of each, and their bytes."""
    drawn = draw(st.lists(st.tuples(TOKEN, TOKEN, TOKEN, BODY, st.integers(0, 9)), min_size=1, max_size=5))
    expected = [("/" + path, body) for path, _, _, body, _ in drawn]
    return expected, b"".join(post(*one) for one in drawn)


@given(streams(), st.lists(st.integers(0, 2000), max_size=20))
def test_how_bytes_are_cut_does_not_change_the_requests(
    stream: Tuple[List[Tuple[str, bytes]], bytes], cuts: List[int]
) -> None:
    """Any cutting of the same bytes gives the same requests, in order."""
    expected, data = stream
    edges = [0] + sorted(min(cut, len(data)) for cut in cuts) + [len(data)]
    pieces = [data[begin:end] for begin, end in zip(edges, edges[1:])]
    found = requests(parse(pieces))
    assert [(request.path, request.body) for request in found] == expected
    assert found == requests(parse([data]))


@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=8))
def test_noise_never_raises_and_nothing_follows_a_refusal(noise: bytes, cuts: List[int]) -> None:
    """Whatever comes, the parser returns; once it has refused it stays silent."""
    edges = [0] + sorted(min(cut, len(noise)) for cut in cuts) + [len(noise)]
    items = parse([noise[begin:end] for begin, end in zip(edges, edges[1:])])
    assert all(isinstance(item, Parsed) for item in items[:-1])


@given(st.integers(1, 700), st.integers(1, 64))
def test_the_header_limit_does_not_depend_on_how_bytes_are_cut(size: int, piece: int) -> None:
    """431 when target and header fields exceed the limit, and only then."""
    data = b"GET / HTTP/1.1\r\nX: " + b"v" * size + b"\r\n\r\n"
    items = parse([data[start : start + piece] for start in range(0, len(data), piece)])
    counted = len("/") + len("X") + size + 4
    assert isinstance(items[0], Malformed) == (counted > SMALL.header_bytes)
    assert not isinstance(items[0], Malformed) or items[0].status == 431


def test_headers_that_never_end_are_refused() -> None:
    """431 without waiting for the empty line, so memory stays bounded."""
    items = parse([b"GET / HTTP/1.1\r\nX: "] + [b"v" * 50] * 20)
    assert [item.status for item in items if isinstance(item, Malformed)] == [431]


def test_a_body_too_long_by_its_declared_length_is_refused_before_it_comes() -> None:
    """413 at the end of the headers."""
    items = parse([b"POST / HTTP/1.1\r\nContent-Length: 1001\r\n\r\n"])
    assert items == [Malformed(413, "The request's body must not exceed 1000 bytes.")]


def test_a_chunked_body_too_long_is_refused_when_it_grows_past_the_limit() -> None:
    """413, although no length was declared."""
    items = parse([b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"] + [b"64\r\n" + b"b" * 100 + b"\r\n"] * 11)
    assert [item.status for item in items if isinstance(item, Malformed)] == [413]


def test_without_a_body_limit_any_size_is_taken() -> None:
    """``body_bytes=None`` is v1's server without its front end."""
    body = b"b" * 5000
    items = parse([b"POST / HTTP/1.1\r\nContent-Length: 5000\r\n\r\n" + body], Limits(body_bytes=None))
    assert requests(items)[0].body == body


def test_a_request_before_rubbish_is_still_served() -> None:
    """First the request, then the refusal."""
    items = parse([b"GET /a HTTP/1.1\r\n\r\n\x00\x01rubbish\r\n\r\n"])
    assert requests(items)[0].path == "/a"
    assert isinstance(items[1], Malformed) and items[1].status == 400


def test_two_lengths_are_refused() -> None:
    """A request that two servers could read differently is no request (smuggling)."""
    both = b"POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    twice = b"POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"
    for data in (both, twice):
        assert [type(item) for item in parse([data])] == [Malformed]


def test_nothing_is_read_after_the_last_request() -> None:
    """``Connection: close`` and HTTP/1.0 end the stream; what follows is ignored, not an error."""
    for head in (b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", b"GET / HTTP/1.0\r\n\r\n"):
        items = parse([head, b"GET /again HTTP/1.1\r\n\r\n"])
        assert [item.keep_alive for item in items if isinstance(item, Parsed)] == [False]
        assert len(items) == 1


def test_an_upgrade_is_ignored() -> None:
    """A client that offers another protocol gets its answer in this one."""
    items = parse([b"GET /a HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nPRI * HTTP/2.0\r\n\r\n"])
    assert [request.path for request in requests(items)] == ["/a"]


def test_targets_are_split_and_decoded() -> None:
    """Path percent-decoded and with single slashes, query left as sent, absolute form taken."""
    items = parse([b"GET /sc%6Fre?a=%20b HTTP/1.1\r\n\r\n", b"GET http://host:1//x?y=// HTTP/1.1\r\nHost: h\r\n\r\n"])
    assert [(request.path, request.query) for request in requests(items)] == [("/score", "a=%20b"), ("/x", "y=//")]


def test_repeated_headers_are_joined_by_commas() -> None:
    """As WSGI servers do; names lose their case."""
    items = parse([b"GET / HTTP/1.1\r\nX-A: 1\r\nx-a: 2\r\n\r\n"])
    assert requests(items)[0].headers == {"x-a": "1,2"}


def test_a_held_back_body_is_asked_for_only_while_it_is_held_back() -> None:
    """``Expect: 100-continue`` counts until the first byte of the body."""
    parser = RequestParser(SMALL)
    parser.feed(b"POST / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
    assert parser.awaits_continue and parser.phase is Phase.BODY
    parser.feed(b"a")
    assert not parser.awaits_continue


UPGRADE = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQ\r\n"
"""What Java's HTTP client sends with its first request, a POST included."""

NEXT = b"GET /next HTTP/1.1\r\n\r\n"


@given(st.booleans(), st.binary(max_size=40), st.lists(st.integers(0, 400), max_size=6))
def test_an_offer_of_another_protocol_loses_neither_the_body_nor_what_follows(
    chunked: bool, body: bytes, cuts: List[int]
) -> None:
    """However the bytes are cut, and with either framing."""
    framing = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % len(body)
    coded = (b"%x\r\n%b\r\n" % (len(body), body) if body else b"") + b"0\r\n\r\n" if chunked else body
    data = b"POST /score HTTP/1.1\r\n" + UPGRADE + framing + b"\r\n\r\n" + coded + NEXT
    edges = [0] + sorted(min(cut, len(data)) for cut in cuts) + [len(data)]
    items = parse([data[begin:end] for begin, end in zip(edges, edges[1:])])
    assert [(request.path, request.body) for request in requests(items)] == [("/score", body), ("/next", b"")]
    assert [item.keep_alive for item in items if isinstance(item, Parsed)] == [True, True]
    assert requests(items)[0].headers["upgrade"] == "h2c"


def test_an_offer_of_another_protocol_with_the_wish_to_close_is_the_last_request() -> None:
    """The wish survives."""
    head = b"POST /score HTTP/1.1\r\nConnection: close, Upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\n"
    items = parse([head + b"ab" + NEXT])
    assert [(item.request.body, item.keep_alive) for item in items if isinstance(item, Parsed)] == [(b"ab", False)]
    assert len(items) == 1


def test_what_follows_connect_is_not_read() -> None:
    """It would not be HTTP."""
    items = parse([b"CONNECT host:443 HTTP/1.1\r\nHost: host\r\n\r\n" + NEXT])
    assert [item.keep_alive for item in items if isinstance(item, Parsed)] == [False]
    assert len(items) == 1


CHUNKED = b"POST / HTTP/1.1\r\nX-A: 1\r\nTransfer-Encoding: chunked\r\n\r\n"


def test_trailers_are_left_out() -> None:
    """A front end that checks headers has not seen them."""
    items = parse([CHUNKED + b"1\r\nb\r\n0\r\nAuthorization: Bearer x\r\nX-A: 2\r\n\r\n"])
    assert requests(items)[0].headers == {"x-a": "1", "transfer-encoding": "chunked"}
    assert requests(items)[0].body == b"b"


def test_trailers_and_chunk_extensions_that_never_end_are_refused() -> None:
    """431 as for headers: memory stays bounded."""
    for piece in (b"0\r\nX: ", b"0\r\n", b"1;"):
        flood = [b"Y: %d\r\n" % number for number in range(200)] if piece == b"0\r\n" else [b"v" * 50] * 40
        items = parse([CHUNKED + piece, *flood])
        assert [item.status for item in items if isinstance(item, Malformed)] == [431], piece


def test_a_body_of_many_small_chunks_is_one_body() -> None:
    """Also with each chunk in a piece of its own."""
    pieces = [CHUNKED] + [b"2\r\n%02d\r\n" % number for number in range(100)] + [b"0\r\n\r\n"]
    assert requests(parse(pieces))[0].body == b"".join(b"%02d" % number for number in range(100))


def test_a_header_name_that_is_empty_or_ends_with_a_blank_is_refused() -> None:
    """Old releases of the parser take it, and a front end may have taken it for something else."""
    for line in (b": 3", b"Content-Length : 3", b"X\t: y"):
        items = parse([b"POST / HTTP/1.1\r\n" + line + b"\r\n\r\n", b"abc"])
        assert [item.status for item in items if isinstance(item, Malformed)] == [400], line
        assert not requests(items)


def test_requests_that_two_servers_could_read_differently_are_refused() -> None:
    """Every one of them has been used to smuggle."""
    post = b"POST / HTTP/1.1\r\nHost: h\r\n"
    bad = (
        post + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
        post + b"Content-Length: 3, 3\r\n\r\nabc",
        post + b"Content-Length: +3\r\n\r\nabc",
        post + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\nabc",
        post + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        post + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        post + b"Transfer-Encoding: identity\r\nContent-Length: 3\r\n\r\nabc",
        post + b"Transfer-Encoding: chunked\r\n\r\n-1\r\nabc\r\n0\r\n\r\n",
        post + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\nabc\r\n0\r\n\r\n",
        post + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: b\rX: y\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: b\0c\r\n\r\n",
        b"GET / HTTP/1.1\nHost: h\n\n",
        b"GET /a b HTTP/1.1\r\n\r\n",
        b"get / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.2\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    )
    for data in bad:
        assert [(type(item), item.status) for item in parse([data])] == [(Malformed, 400)], data  # type: ignore[union-attr]
