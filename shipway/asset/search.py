"""The search for a proposal with an end: in a process of its own, which is ended with whatever it has started.

One question to the resolver can take minutes where packages of that age contradict each other in many ways, and
somebody who checks an asset is waiting.
"""

import logging
import multiprocessing
import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection

from shipway.domain.environment import Environment
from shipway.errors import BuildError
from shipway.image.packages.lock import PythonThere
from shipway.image.packages.mending import Limits, NoProposal, Proposal, propose
from shipway.image.uv import NothingSatisfies
from shipway.machine.state import MachineState

PATIENCE_S = 30.0

Found = Proposal | NoProposal


def propose_in_time(
    environment: Environment, there: PythonThere, error: BuildError, state: MachineState, *, seconds: float = PATIENCE_S
) -> Found:
    """As `propose` without a script: only resolves. Never raises BuildError; after `seconds` it is no proposal."""
    known = (str(error), error.words) if isinstance(error, NothingSatisfies) else None
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_search, args=(theirs, environment, there, known, state, seconds), daemon=True)
    process.start()
    theirs.close()
    try:
        return _answer(ours, time.monotonic() + seconds, seconds)
    finally:
        _end(process.pid)
        process.join()
        ours.close()


def _answer(ours: Connection, until: float, seconds: float) -> Found:
    """What the search says meanwhile is said here."""
    while ours.poll(max(0.0, until - time.monotonic())):
        try:
            found: Found | _Said = ours.recv()
        except EOFError:
            return NoProposal(why="the search ended by itself; a release with --relax looks again")
        if not isinstance(found, _Said):
            return found
        logging.getLogger(found.logger).info("%s", found.message)
    return NoProposal(why=f"none was found in {seconds:g} s; a release with --relax looks for longer")


@dataclass(frozen=True, kw_only=True)
class _Said:
    """A line of the search's progress."""

    logger: str
    message: str


class _Telling(logging.Handler):
    """Only the search's own thread logs."""

    def __init__(self, theirs: Connection) -> None:
        super().__init__(logging.INFO)
        self._theirs = theirs

    def emit(self, record: logging.LogRecord) -> None:
        self._theirs.send(_Said(logger=record.name, message=record.getMessage()))


def _search(
    theirs: Connection,
    environment: Environment,
    there: PythonThere,
    known: tuple[str, str] | None,
    state: MachineState,
    seconds: float,
) -> None:
    os.setsid()
    logger = logging.getLogger("shipway")
    logger.setLevel(logging.INFO)
    logger.addHandler(_Telling(theirs))
    error = NothingSatisfies(*known) if known else None
    theirs.send(propose(environment, there, error, state, limits=Limits(tries=10, seconds=seconds)))


def _end(pid: int | None) -> None:
    """With its group, which it may not have made yet."""
    for end in (os.killpg, os.kill):
        with suppress(ProcessLookupError):
            if pid is not None:
                end(pid, signal.SIGKILL)
