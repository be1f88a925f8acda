"""Bytes to requests: httptools' parser with limits around it. No I/O and no clock: how bytes are cut never matters."""

from enum import Enum
from typing import Dict, List, NamedTuple, Optional, Tuple, Union
from urllib.parse import unquote

import httptools

from shipway_serving.contract.messages import Request
from shipway_serving.server.known_heads import KnownHeads
from shipway_serving.server.limits import Limits

_NO_NAME_END = (b"", b" ", b"\t")


class Phase(Enum):
    """What the parser waits for; the connection sets its deadline by it."""

    IDLE = "the first byte of a request"
    HEADERS = "the rest of its headers"
    BODY = "the rest of its body"
    ENDED = "nothing: whatever else comes is ignored"


_IDLE, _HEADERS, _BODY, _ENDED = Phase.IDLE, Phase.HEADERS, Phase.BODY, Phase.ENDED
"""An attribute of an enum costs a tenth of a microsecond before Python 3.12."""


class Parsed(NamedTuple):
    """A whole request."""

    request: Request
    chunks: bool
    """Whether the client understands a body in chunks (HTTP/1.1)."""
    keep_alive: bool
    """False when the client wants, by header or version, the connection closed after the answer."""


class Malformed(NamedTuple):
    """What came is no request that could be served; nothing after it is read."""

    status: int
    message: str


class RequestParser:
    """The parser of one connection."""

    def __init__(
        self, limits: Limits, client: str = "", scheme: str = "http", heads: Optional[KnownHeads] = None
    ) -> None:
        """``heads`` is what all connections of a worker share."""
        self._heads = KnownHeads() if heads is None else heads
        self._limits = limits
        self._client = client
        self._scheme = scheme
        self._parser = httptools.HttpRequestParser(self)
        self._done: List[Union[Parsed, Malformed]] = []
        self._unread_header_bytes = 0
        """Raw bytes since the last thing that counts otherwise: a request's end, its headers' end, a part of a body."""
        self._resuming = False
        self._start()
        self.phase = _IDLE
        self.body_received = 0
        """Bytes of the body in progress."""
        self.awaits_continue = False
        """Whether the client holds its body back until it reads ``100 Continue``."""

    def feed(self, data: bytes) -> List[Union[Parsed, Malformed]]:
        """What ``data`` completes, in order; a ``Malformed`` is always the last."""
        if self.phase is _IDLE:
            known = self._heads.find(data, self._client, self._scheme)
            if known is not None:
                return [Parsed(known[0], known[1], True)]
        was_idle = self.phase is _IDLE
        if self.phase is not _ENDED:
            self._unread_header_bytes += len(data)
            self._parse(data)
            self._check_unfinished_headers(len(data))
        done, self._done = self._done, []
        if was_idle and len(done) == 1 and self.phase is _IDLE and isinstance(done[0], Parsed):
            self._heads.learn(data, done[0].request, done[0].chunks)
        return done

    def _parse(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._decline(data[upgrade.args[0] :])
        except httptools.HttpParserError as error:
            if self.phase is not _ENDED:
                self._refuse(400, f"The request is not valid HTTP/1.1: {error}")

    def _decline(self, rest: bytes) -> None:
        """Go on in HTTP/1.1 after an offer to change the protocol: Java's client makes one with its first request.

        The parser stops at the offer, in newer releases before the body, so another one reads what follows. After
        CONNECT that would be something else than HTTP.
        """
        if self.phase is _ENDED:
            return
        head = self._framing() if self.phase is _BODY else b""
        self._parser = httptools.HttpRequestParser(self)
        if head:
            self._resuming = self._resumed = True
            self._parser.feed_data(head)
            self._resuming = False
        if rest:
            self._parse(rest)

    def _framing(self) -> bytes:
        """The head of a request whose body is framed as that of the present one."""
        names = ("content-length", "transfer-encoding")
        fields = [f"{name}: {self._headers[name]}" for name in names if name in self._headers]
        if "close" in self._headers.get("connection", "").lower():
            fields.append("connection: close")
        method, version = self._parser.get_method().decode("latin-1"), self._parser.get_http_version()
        return "\r\n".join([f"{method} / HTTP/{version}", *fields, "", ""]).encode("latin-1")

    def _check_unfinished_headers(self, newest: int) -> None:
        """Stop early when the end of headers is far overdue, or of what stands around a chunk; trailers are such.

        The exact count follows at the headers' end: raw bytes hold more than what counts (line ends, blanks) and up to
        ``newest`` that came before the first of these.
        """
        if self.phase is not _ENDED and self._unread_header_bytes > 2 * self._limits.header_bytes + newest:
            self._refuse_headers()

    def _refuse_headers(self) -> None:
        self._refuse(431, f"The request's headers must not exceed {self._limits.header_bytes} bytes.")

    def _refuse(self, status: int, message: str) -> None:
        self.phase = _ENDED
        self._done.append(Malformed(status, message))

    def _start(self) -> None:
        self._target = b""
        self._headers: Dict[str, str] = {}
        self._header_bytes = 0
        self._body: Union[bytes, bytearray] = b""
        self._has_bad_name = False
        self._resumed = False
        self.body_received = 0
        self.awaits_continue = False

    # What follows is called by httptools in the order of the message; exceptions must not pass through it.

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        if self.phase is not _ENDED and not self._resuming:
            self._start()
            self.phase = _HEADERS

    def on_url(self, target: bytes) -> None:
        """The request target, or a part of it."""
        if self._resuming:
            return
        self._target += target
        self._header_bytes += len(target)

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header field; a trailer is left out, since whoever stands before us has not looked at it."""
        if self.phase is not _HEADERS:
            return
        if name[-1:] in _NO_NAME_END:
            self._has_bad_name = True
        self._header_bytes += len(name) + len(value) + 4
        key = name.decode("latin-1").lower()
        text = value.decode("latin-1")
        self._headers[key] = self._headers[key] + "," + text if key in self._headers else text

    def on_headers_complete(self) -> None:
        """The empty line."""
        if self.phase is not _HEADERS:
            return
        self.phase = _BODY
        self._unread_header_bytes = 0
        if self._has_bad_name:
            # Newer parsers refuse it themselves: a front end may take "Content-Length :" for something else than we do.
            self._refuse(400, "The request is not valid HTTP/1.1: a header's name is empty or ends with a blank.")
        elif self._header_bytes > self._limits.header_bytes:
            self._refuse_headers()
        elif self._exceeds_body_limit(_content_length(self._headers)):
            self._refuse_body()
        else:
            self.awaits_continue = self._headers.get("expect", "").lower() == "100-continue"

    def on_body(self, part: bytes) -> None:
        """A part of the body."""
        if self.phase is _ENDED:
            return
        # One buffer from the second part on: small chunks, kept one by one, would take many times their size.
        if not self._body:
            self._body = part
        elif isinstance(self._body, bytes):
            self._body = bytearray(self._body + part)
        else:
            self._body += part
        self.body_received += len(part)
        self._unread_header_bytes = 0
        self.awaits_continue = False
        if self._exceeds_body_limit(self.body_received):
            self._body = b""
            self._refuse_body()

    def on_message_complete(self) -> None:
        """The last byte of a request."""
        if self.phase is not _BODY or self._body_is_still_to_come():
            return
        keep_alive = bool(self._parser.should_keep_alive())
        target = self._target.decode("latin-1")
        path, query = _split_target(target)
        method = self._parser.get_method().decode("latin-1")
        keep_alive = keep_alive and method != "CONNECT"
        body = bytes(self._body)
        request = Request(method, path, query, self._headers, body, target, self._client, self._scheme)
        self._done.append(Parsed(request, self._parser.get_http_version() != "1.0", keep_alive))
        self._unread_header_bytes = 0
        self.phase = _IDLE if keep_alive else _ENDED
        self._start()

    def _body_is_still_to_come(self) -> bool:
        """Whether the parser has stopped at an offer to change the protocol, before the body."""
        if self._body or "upgrade" not in self._headers or self._parser.get_method() == b"CONNECT":
            return False
        return not self._resumed and (_content_length(self._headers) > 0 or "transfer-encoding" in self._headers)

    def _exceeds_body_limit(self, size: int) -> bool:
        return self._limits.body_bytes is not None and size > self._limits.body_bytes

    def _refuse_body(self) -> None:
        self._refuse(413, f"The request's body must not exceed {self._limits.body_bytes} bytes.")


def _content_length(headers: Dict[str, str]) -> int:
    text = headers.get("content-length", "").strip()
    return int(text) if text.isdigit() else 0


def _split_target(target: str) -> Tuple[str, str]:
    """Path and query of a request target; the absolute form is what proxies may send.

    The path is percent-decoded, and repeated slashes are one: a client that joins ``http://host/`` and ``/score`` was
    served by v1.
    """
    if not target.startswith("/") and "://" in target:
        target = "/" + target.partition("://")[2].partition("/")[2]
    path, _, query = target.partition("#")[0].partition("?")
    if "%" in path:
        path = unquote(path)
    while "//" in path:
        path = path.replace("//", "/")
    return path, query
