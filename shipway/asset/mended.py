"""What mending proposes for an environment, as findings. Pure."""

import re
from collections.abc import Iterator

from shipway.asset.finding import Area, Finding, Severity
from shipway.asset.imports import Imports, Provided
from shipway.config.conda_names import normal_name
from shipway.domain.environment import Environment, PinChange
from shipway.errors import BuildError
from shipway.image.packages.lock import Lock, PythonThere
from shipway.image.packages.mending import NoProposal, Proposal, as_diff, foreseen


def refused(error: BuildError, proposal: Proposal | NoProposal) -> Finding:
    """Why it does not resolve, and below it what would help."""
    if isinstance(proposal, Proposal):
        details = ("with --relax, which accepts these changes, it does:", *as_diff(proposal))
    else:
        details = (f"no change of pins is proposed: {proposal.why}",)
    return _finding(Severity.FAULT, str(error), details)


def accepted(proposal: Proposal) -> Finding:
    """What `--relax` has changed."""
    return _finding(Severity.DIFFERENCE, "it resolves with changed pins (--relax):", tuple(as_diff(proposal)))


def known_to_help(proposal: Proposal) -> Finding:
    """What would bring back the names that the script cannot do without."""
    message = "with --relax, which accepts these changes, the names that the script imports are there:"
    return _finding(Severity.NOTE, message, tuple(as_diff(proposal)))


def broken_together(
    environment: Environment, lock: Lock, there: PythonThere, imports: Imports, offered: Provided
) -> Iterator[Finding]:
    """Packages that resolve and are known not to work beside each other. A fault where the script imports them."""
    proposal = foreseen(environment, lock, there)
    if proposal is None:
        return
    imported = set(_imported(imports, offered))
    is_imported = any(imported & set(_names_in(change)) for change in proposal.changes)
    first = proposal.changes[0]
    message = f"known not to work as resolved: {first.reason}; should the import fail, --relax takes:"
    severity = Severity.FAULT if is_imported else Severity.DIFFERENCE
    yield _finding(severity, message, tuple(as_diff(proposal)))


def _imported(imports: Imports, offered: Provided) -> Iterator[str]:
    """The packages of what the script cannot go on without."""
    for statement in imports.statements:
        if not (statement.local or statement.optional or statement.function):
            yield from map(normal_name, (statement.top, *offered.packages_of(statement.module)))


def _names_in(change: PinChange) -> Iterator[str]:
    """The packages that a change is about, its reason's included."""
    text = f"{change.before} {change.after} {change.reason}"
    yield from (normal_name(word) for word in re.findall(r"[A-Za-z][\w.-]*\w", text))


def _finding(severity: Severity, message: str, details: tuple[str, ...]) -> Finding:
    return Finding(area=Area.ENVIRONMENT, severity=severity, message=message, details=details)
