"""The search for a proposal with an end: in a process of its own, which is ended with whatever it has started.

One question to the resolver can take minutes where packages of that age contradict each other in many ways, and
somebody who checks an asset is waiting.
"""

import multiprocessing
import os
import signal
from contextlib import suppress
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
        return _answer(ours, seconds)
    finally:
        _end(process.pid)
        process.join()
        ours.close()


def _answer(ours: Connection, seconds: float) -> Found:
    if not ours.poll(seconds):
        return NoProposal(why=f"none was found in {seconds:g} s; a release with --relax looks for longer")
    try:
        found: Found = ours.recv()
    except EOFError:
        return NoProposal(why="the search ended by itself; a release with --relax looks again")
    return found


def _search(
    theirs: Connection,
    environment: Environment,
    there: PythonThere,
    known: tuple[str, str] | None,
    state: MachineState,
    seconds: float,
) -> None:
    os.setsid()
    error = NothingSatisfies(*known) if known else None
    theirs.send(propose(environment, there, error, state, limits=Limits(tries=10, seconds=seconds)))


def _end(pid: int | None) -> None:
    """With its group, which it may not have made yet."""
    for end in (os.killpg, os.kill):
        with suppress(ProcessLookupError):
            if pid is not None:
                end(pid, signal.SIGKILL)
