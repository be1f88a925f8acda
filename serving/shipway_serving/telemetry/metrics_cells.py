"""The numbers behind ``/metrics``: a small piece of memory that all workers share, each writing to a part of its own.

No lock and no message: a worker adds to its own cells, eight bytes each, and whoever is asked reads everybody's. The
part outlives its worker, and the one that is started in its place goes on counting there, so totals never fall.
"""

import mmap
import os
import tempfile
from bisect import bisect_left
from typing import Any, List, NamedTuple, Optional, Tuple

CELL_BYTES = 8
"""A double: whole numbers are exact up to 2 ** 53."""


class Buckets(NamedTuple):
    """A histogram's place among the cells: a count for each bucket, one for all that is larger, and the sum."""

    first: int
    bounds: Tuple[float, ...]
    """The largest value of each bucket, ascending."""

    def observe(self, cells: Any, value: float) -> None:
        """Count ``value``."""
        cells[self.first + bisect_left(self.bounds, value)] += 1.0
        cells[self.first + len(self.bounds) + 1] += value

    def read(self, cells: Any) -> Tuple[List[float], float]:
        """The counts, each bucket for itself, and the sum."""
        counts = [cells[self.first + place] for place in range(len(self.bounds) + 1)]
        return counts, cells[self.first + len(self.bounds) + 1]

    @property
    def end(self) -> int:
        """The next free cell."""
        return self.first + len(self.bounds) + 2


def create(parts: int, part_cells: int) -> Optional[int]:
    """A descriptor of zeroed memory for ``parts`` workers, to be handed down to them; None where there is no room.

    It has no name in any folder, so nothing is left behind, and a read-only root file system does not matter from
    Python 3.8 on (before, ``/dev/shm`` or a folder for temporary files is needed).
    """
    try:
        fd = _memory_file()
        os.ftruncate(fd, parts * part_cells * CELL_BYTES)
    except OSError:
        return None
    return fd


def attach(fd: Optional[int], parts: int, part_cells: int) -> List[Any]:
    """The cells of every part, those of the file ``fd``; without one, cells that no other process sees."""
    memory = mmap.mmap(-1 if fd is None else fd, parts * part_cells * CELL_BYTES)
    cells: Any = memoryview(memory).cast("d")
    return [cells[part * part_cells : (part + 1) * part_cells] for part in range(parts)]


def _memory_file() -> int:
    make: Any = getattr(os, "memfd_create", None)
    if make is not None:
        fd: int = make("shipway-metrics", getattr(os, "MFD_CLOEXEC", 0))
        return fd
    folder = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryFile(dir=folder) as file:
        return os.dup(file.fileno())
