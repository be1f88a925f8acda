"""What local targets refuse, and in which words. Pure."""

from collections.abc import Collection

from shipway.domain.service import Traffic
from shipway.errors import ServiceConflict, ServiceNotFound, TargetError


def not_found(name: str, known: Collection[str]) -> ServiceNotFound:
    there = f"the services here are: {', '.join(sorted(known))}" if known else "there is no service here yet"
    return ServiceNotFound(f"WebserviceNotFound: service {name} does not exist; {there}")


def refuse_other_kind(name: str, *, theirs: str, ours: str) -> None:
    if theirs != ours:
        raise ServiceConflict(
            f"service {name} exists already on the target {theirs!r}; delete it there first "
            f"(`shipway service delete -n {name}`), or release to {theirs!r} instead of {ours!r}"
        )


def refuse_other_image(name: str, revision_id: str, *, theirs: str, ours: str) -> None:
    if theirs != ours:
        raise ServiceConflict(
            f"revision {revision_id} of service {name} exists already with image {theirs[:12]}, not {ours[:12]}; "
            "a revision never changes: release again under another release id"
        )


def refuse_unknown_revisions(name: str, traffic: Traffic, known: Collection[str]) -> None:
    named = set(traffic.weights) | ({traffic.mirror.revision_id} if traffic.mirror else set())
    unknown = sorted(named - set(known))
    if unknown:
        have = ", ".join(sorted(known)) or "none"
        raise TargetError(
            f"service {name} has no revision {', '.join(unknown)} to send traffic to (it has: {have}); deploy it first"
        )


def refuse_to_remove_what_serves(name: str, revision_id: str, traffic: Traffic) -> None:
    weight = traffic.weight_of(revision_id)
    if weight:
        raise TargetError(
            f"revision {revision_id} of service {name} answers {weight} % of the requests and cannot be removed; "
            "send its traffic to another revision first"
        )
