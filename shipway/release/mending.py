"""Mending in a release: what would mend an environment is proposed with the refusal, and applied only when accepted."""

import logging
from pathlib import Path

from shipway.config.pip_lines import without_credentials
from shipway.domain.environment import Environment
from shipway.domain.release import CodePlace
from shipway.errors import BuildError, ImportsFail, Unresolvable
from shipway.image.packages.lock import Lock, PythonThere
from shipway.image.packages.mending import (
    EntryScript,
    NoProposal,
    Proposal,
    apply,
    as_diff,
    first_failure,
    foreseen,
    propose,
)
from shipway.machine.state import MachineState

log = logging.getLogger(__name__)

_MOST_TRIED = 5


def mended(
    environment: Environment,
    there: PythonThere,
    failure: BuildError | None,
    script: EntryScript | None,
    machine: MachineState,
) -> Environment:
    """The environment with what mends it; as it is when nothing has to be. `failure` is why it does not resolve; for
    one that does, its imports are tried first. Takes up to some minutes. Raises Unresolvable when nothing was found."""
    if failure is None:
        log.info("trying the script's imports, since pins may be relaxed")
        failure = first_failure(environment, there, script, machine)
    if failure is None:
        return environment
    match propose(environment, there, failure, machine, script=script):
        case Proposal() as proposal:
            return apply(environment, proposal)
        case NoProposal() as none:
            raise Unresolvable(without_credentials(_with_no(failure, none)))


def with_proposal(
    environment: Environment,
    there: PythonThere,
    failure: BuildError,
    script: EntryScript | None,
    machine: MachineState,
) -> BuildError:
    """The failure with the changes that would mend it, and how to accept them. Changes nothing."""
    match propose(environment, there, failure, machine, script=script):
        case Proposal() as proposal:
            tried = "" if proposal.imported else ", by its packages alone: the imports could not be tried here"
            text = "\n".join([str(failure), *proposed(proposal, tried)])
        case NoProposal() as none:
            text = _with_no(failure, none)
    text = without_credentials(text)
    if isinstance(failure, ImportsFail):  # the reason of a release, which is a line
        return ImportsFail(" | ".join(text.splitlines()))
    return Unresolvable(text)


def proposed(proposal: Proposal, tried: str = "") -> list[str]:
    """The changes, and how to accept them."""
    head = f"these changes would mend it{tried}; --relax (SHIPWAY_RELAX=1 for a script) accepts them:"
    return [head, *as_diff(proposal)]


def foreseen_lines(environment: Environment, lock: Lock, there: PythonThere) -> tuple[str, ...]:
    """What is known to break of packages that resolve together; the imports of the script have the last word."""
    proposal = foreseen(environment, lock, there)
    changes = () if proposal is None else proposal.changes
    return tuple(
        without_credentials(
            f"{change.before or change.after} may break: {change.reason}; if it does, --relax accepts "
            f"{change.after or 'to leave it out'}"
        )
        for change in changes
    )


def script_at(place: CodePlace | None) -> EntryScript | None:
    """Where the script was read, if it is there still."""
    if place is None:
        return None
    path = Path(place.folder or "", place.entry_script)
    if not path.is_file():
        return None
    return EntryScript(path=path, source_directory=Path(place.folder) if place.folder else None)


def _with_no(failure: BuildError, none: NoProposal) -> str:
    tried = "; ".join(none.tried[:_MOST_TRIED])
    return f"{failure}\nno change was found that mends it: {none.why}" + (f" (tried: {tried})" if tried else "")
