"""What a worker and its supervisor say to each other: single bytes over a socket pair, whose end means death."""

from enum import Enum


class Word(Enum):
    """One message."""

    READY = b"R"
    """From a worker: ``init`` has succeeded."""
    SUCCESS = b"S"
    """From a worker: a run has returned since it was last asked. Not one for each run: that would be a system call."""
    STUCK = b"K"
    """From a worker: ``run`` does not end past its time; ``READY`` takes it back."""
    TELL_SUCCESS = b"T"
    """To a worker: some worker has died; say so when the next run returns."""
    OTHERS_READY = b"O"
    """To a worker still in ``init``: another one is ready to score, so leave all connections to that one."""
    DRAIN = b"D"
    """To a worker: finish and leave."""
