"""Pieces that arrive one by one, read as a file: what tarfile wants of an engine's stream."""

import io
from collections.abc import Iterable


class Pieces(io.RawIOBase):
    """Memory does not grow with what passes."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        super().__init__()
        self._pieces = iter(pieces)
        self._rest = memoryview(b"")

    def drain(self) -> None:
        """To the end, which a tar's reader does not look for: the connection can be used again then."""
        for _ in self._pieces:
            pass

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count
