"""What was found, and what it comes to: yes, yes with differences, or no. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from shipway.asset.finding import Area, Finding, Severity

YES = "yes"
WITH_DIFFERENCES = "yes, with differences"
NO = "no"


@dataclass(frozen=True, kw_only=True)
class Report:
    """`python` is the whole version that the asset will run on, `packages` are `name==version`; None and empty where
    they could not be found out."""

    findings: tuple[Finding, ...]
    python: str | None = None
    packages: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        if self.of(Severity.FAULT):
            return NO
        return WITH_DIFFERENCES if self.of(Severity.DIFFERENCE) else YES

    def of(self, severity: Severity) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity is severity)

    def document(self) -> dict[str, Any]:
        """For programs: the same that people read."""
        return {
            "verdict": self.verdict,
            "why": [finding.line for finding in self.of(Severity.FAULT)],
            "differences": [finding.line for finding in self.of(Severity.DIFFERENCE)],
            "python": self.python,
            "packages": list(self.packages),
            "findings": [
                {
                    "area": str(finding.area),
                    "severity": str(finding.severity),
                    "place": finding.place,
                    "message": finding.message,
                    "details": list(finding.details),
                }
                for finding in self.findings
            ],
        }


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """By area, and within one as they were found; the same thing is said once."""
    places = {area: number for number, area in enumerate(Area)}
    return tuple(sorted(dict.fromkeys(findings), key=lambda finding: places[finding.area]))
