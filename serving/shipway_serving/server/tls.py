"""Channels that speak TLS."""

import ssl
from typing import Any

from shipway_serving.server.channel import READ_BYTES, Channel
from shipway_serving.server.reactor import READ, WRITE, Reactor

LARGEST_WRITE = 64 * 1024
"""OpenSSL wants a write that it could not finish to be repeated with the very same bytes, so they are cut first."""

HANDSHAKE_S = 30.0

MOST_READS = 64
"""In one turn, of up to 16 KiB each; then the other connections have theirs."""

OP_NO_RENEGOTIATION = 0x40000000
"""OpenSSL's, from 1.1.0h on; Python names it from 3.7 on. Without renegotiation no write ever waits for a read."""


_LATER = (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError, InterruptedError)
"""The last two are the bare socket's, after our goodbye: what still comes is thrown away, not answered by a reset."""


class BadCertificate(Exception):
    """Certificate or key cannot be used; the message says which file and why."""


def tls_context(certificate: str, private_key: str) -> ssl.SSLContext:
    """For TLS 1.2 and newer (K-6). Raises ``BadCertificate``."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if hasattr(ssl, "TLSVersion"):
        context.minimum_version = ssl.TLSVersion.TLSv1_2
    else:
        # Python 3.6.
        context.options |= ssl.OP_NO_SSLv2 | ssl.OP_NO_SSLv3 | ssl.OP_NO_TLSv1 | ssl.OP_NO_TLSv1_1
    context.options |= OP_NO_RENEGOTIATION
    try:
        context.load_cert_chain(certificate, private_key)
    except (OSError, ValueError) as error:
        raise BadCertificate(f"TLS certificate {certificate} with key {private_key}: {error}") from None
    return context


class TlsChannel(Channel):
    """Shakes hands first, within ``HANDSHAKE_S``; nothing is read before, so nothing passes in the clear."""

    def __init__(self, reactor: Reactor, client: Any, owner: Any, context: ssl.SSLContext) -> None:
        """Raises ``OSError`` when the client has gone already."""
        wrapped = context.wrap_socket(client, server_side=True, do_handshake_on_connect=False)
        super().__init__(reactor, wrapped, owner)
        self._shaken = False
        self._patience = reactor.call_later(HANDSHAKE_S, self.abort)

    def write(self, data: bytes) -> None:
        """Send ``data`` in pieces that OpenSSL can repeat."""
        for start in range(0, len(data), LARGEST_WRITE):
            super().write(data[start : start + LARGEST_WRITE])

    def _ready(self, events: int) -> None:
        """Either direction of TLS may need either direction of the socket."""
        if self._unsent and not self.ended:
            self._flush()
        super()._ready(events | (READ if events & WRITE else 0))

    def _receive(self) -> None:
        """Read until OpenSSL has nothing left: what it holds decrypted, the reactor knows nothing of."""
        for _ in range(MOST_READS):
            if not self._reading or self.ended or self._eof:
                return
            try:
                data = self._decrypted()
            except _LATER:
                return
            except OSError:
                self.abort()
                return
            self._take(data)
        self._reactor.call_soon(self._receive)

    def _decrypted(self) -> bytes:
        if not self._shaken:
            self._client.do_handshake()
            self._shaken = True
            self._patience.cancel()
        data: bytes = self._client.recv(READ_BYTES)
        return data

    def abort(self) -> None:
        """End now."""
        self._patience.cancel()
        super().abort()

    def read(self, wanted: bool) -> None:
        """Go on reading; OpenSSL may hold what the kernel has given already."""
        was = self._reading
        super().read(wanted)
        if self._reading and not was:
            self._reactor.call_soon(self._receive)

    def _send(self, data: Any) -> int:
        try:
            sent: int = self._client.send(data)
        except _LATER:
            return 0
        return sent

    def _shut(self, how: int) -> None:
        """Say goodbye in TLS first, without waiting for the client's."""
        try:
            self._client.setblocking(False)
            self._client.unwrap()
        except (OSError, ValueError):
            pass
        super()._shut(how)
