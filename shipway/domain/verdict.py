"""Verdicts: what checks found. A verdict is a phase, never a bool, and a bad one is a value."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Phase(StrEnum):
    """FAILED: measured, and bad. ERROR: could not measure. INCONCLUSIVE: too little seen; never promotes by itself."""

    PASSED = "passed"
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"
    FAILED = "failed"


_BEST_TO_WORST = (Phase.PASSED, Phase.INCONCLUSIVE, Phase.ERROR, Phase.FAILED)


def worst(phases: Iterable[Phase]) -> Phase:
    """INCONCLUSIVE when there are none: nothing was seen."""
    return max(phases, key=_BEST_TO_WORST.index, default=Phase.INCONCLUSIVE)


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One number: the challenger's value, the champion's beside it where it was measured, and the limit it was held to.

    `limit` is a maximum, unless `at_least` is set.
    """

    name: str
    value: float
    unit: str
    champion: float | None = None
    limit: float | None = None
    at_least: bool = False


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """One check. `message` says why, in one line; `evidence` are details worth keeping, a line each, bounded."""

    name: str
    phase: Phase
    message: str
    measurements: tuple[Measurement, ...] = ()
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Everything that was checked, and the worst of it."""

    checks: tuple[CheckResult, ...]

    @property
    def phase(self) -> Phase:
        return worst(check.phase for check in self.checks)

    @property
    def passed(self) -> bool:
        return self.phase is Phase.PASSED

    @property
    def reason(self) -> str:
        """One line: the checks that did not pass, worst first."""
        bad = [c for c in self.checks if c.phase is not Phase.PASSED]
        if not self.checks:
            return "nothing was checked"
        if not bad:
            return f"all {len(self.checks)} checks passed"
        bad.sort(key=lambda c: _BEST_TO_WORST.index(c.phase), reverse=True)
        return "; ".join(f"{c.name} {c.phase}: {c.message}" for c in bad)
