"""What a container's log says of the run that ended, when the engine has started it again since. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from shipway.targets._local.logs import Timed, has_started, last_run, reason_in, timed, was_ready

_MEMORY = "was ended by signal 9, often the kernel's for want of memory"
"""The scoring server's words for a worker that the kernel killed."""

_LAST_WORDS, _WORD_LENGTH = 2, 200


@dataclass(frozen=True, kw_only=True)
class EndedRun:
    """`had_been_ready` is whether its init() had succeeded; `reason` is None where the log has none; `last_words` are
    the last lines as people read them."""

    reason: str | None
    had_been_ready: bool
    out_of_memory: bool
    last_words: tuple[str, ...] = ()


def stamped(log: str) -> list[Timed]:
    """Lines as the engine gives them, each behind its time, which is cut to the milliseconds of other times here."""
    pairs = (line.partition(" ") for line in log.splitlines())
    return [(f"{at[:23]}Z", text) for at, _, text in pairs if at]


def for_people(lines: Sequence[Timed]) -> list[Timed]:
    """Records as people read them, by their own time: the engine has them as two pipes came to it."""
    return [each for at, line in lines for each in timed([line], since=at)]


def ended_run(lines: Sequence[Timed], *, running_since: str | None) -> EndedRun:
    """Of the last run that ended: the one before that which is `running_since`, a time of the engine's.

    Where the lines do not reach back to its beginning it had run long enough to have been ready.
    """
    before = [text for at, text in lines if running_since is None or at < f"{running_since[:23]}Z"]
    run = last_run(before)
    whole = any(has_started(line) for line in run) or not run
    plain = [line for line in run if not line.startswith("{")]
    return EndedRun(
        reason=reason_in(run, plain),
        had_been_ready=any(map(was_ready, run)) or (not whole and len(lines) >= LINES),
        out_of_memory=any(_MEMORY in line for line in run),
        last_words=tuple(text[:_WORD_LENGTH] for _, text in timed(run[-_LAST_WORDS:]))[-_LAST_WORDS:],
    )


LINES = 2000
"""How many last lines are read to find out why a run ended."""
