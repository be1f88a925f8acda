"""What a revision's own log says, beside a verdict that only saw answers from outside."""

import time
from collections.abc import Iterator
from contextlib import suppress

from shipway.domain.verdict import CheckResult, Phase
from shipway.errors import TargetError
from shipway.release.log import append_lines
from shipway.release.run import ReleaseRun
from shipway.targets.base import Complains, Target
from shipway.verification.evidence import one_line

_LAST_WORDS = 40
_KEPT_LINES = 200
_LAST_WORD_LENGTH = 300
_WITHIN_S, _LOOKS = 1.0, 5


def complaint_of(target: Target, service: str, revision_id: str) -> str | None:
    """The last error in its log, in one line. A worker's death stands there a moment after its connections have ended:
    it is looked for again for a second. None when there is none, or when nobody can tell."""
    if not isinstance(target, Complains):
        return None
    for look in range(_LOOKS):
        complaint = target.complaint(service, revision_id)
        if complaint is not None:
            return one_line(complaint)
        if look < _LOOKS - 1:
            time.sleep(_WITHIN_S / _LOOKS)
    return None


def complaints(target: Target, service: str, revision_id: str) -> Iterator[CheckResult]:
    """A failed check with what its log complains of, for a verdict that is bad anyway; none when it cannot be had."""
    try:
        complaint = complaint_of(target, service, revision_id)
        if complaint is not None:
            evidence = last_words(target, service, revision_id)
            yield CheckResult(name="log", phase=Phase.FAILED, message=complaint, evidence=evidence)
    except TargetError:
        return


def keep_log(run: ReleaseRun, target: Target, revision_id: str, what: str) -> None:
    """The end of a revision's log into the release's, because the revision goes (contract 14: it must be in reach)."""
    with suppress(TargetError, OSError):
        lines = list(target.logs(run.ref.service, revision_id=revision_id, tail=_KEPT_LINES))
        append_lines(run.machine, run.ref.release_id, f"the log of {what} {revision_id}", lines)


def last_words(target: Target, service: str, revision_id: str) -> tuple[str, ...]:
    """The end of its log, with the script's own traceback, kept because the revision goes."""
    lines = target.logs(service, revision_id=revision_id, tail=_LAST_WORDS)
    return tuple(line.rstrip()[:_LAST_WORD_LENGTH] for line in lines)
