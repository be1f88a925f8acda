"""What each step of a release gives to the next: small frozen values, kept in the journal and shown in Prefect."""

from dataclasses import dataclass

from shipway.domain.release import ReleasePhase
from shipway.domain.verdict import Verdict


@dataclass(frozen=True, kw_only=True)
class Registered:
    """`models` are ids, `name:version`; `digests` stand in the same order."""

    models: tuple[str, ...]
    digests: tuple[str, ...]

    @property
    def text(self) -> str:
        return ", ".join(self.models) or "no model"


@dataclass(frozen=True, kw_only=True)
class SmokeResult:
    """The image alone: it started, answered `/`, and answered `requests` requests with 200."""

    verdict: Verdict
    started_after_s: float
    requests: int


@dataclass(frozen=True, kw_only=True)
class TargetChoice:
    """`rejected` has a line for each candidate that was not taken, with the reason."""

    target: str
    why: str
    rejected: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """The challenger stands beside the champion, without traffic. Addresses are `host:port`; champion None at first."""

    service: str
    target: str
    revision_id: str
    address: str
    scoring_uri: str
    champion: str | None
    champion_address: str | None


@dataclass(frozen=True, kw_only=True)
class Verified:
    """What verification found, before any traffic."""

    revision_id: str
    verdict: Verdict


@dataclass(frozen=True, kw_only=True)
class Promotion:
    """What the traffic steps found. When `promoted`, all traffic is on the revision and the ledger says so; if not, the
    weights are wherever the walk stopped, for `roll_back` to put right.
    """

    revision_id: str
    scoring_uri: str
    promoted: bool
    verdict: Verdict


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How a release ended."""

    release_id: str
    service: str
    phase: ReleasePhase
    reason: str
    champion: str | None
    scoring_uri: str | None
