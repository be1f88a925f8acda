"""How an entry of a service's ledger is shown, and who was in service by it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from shipway.cli.output import Column, fields, moment, shortened, state_colour

if TYPE_CHECKING:
    from shipway.release.ledger import InService, LedgerEntry

HISTORY_COLUMNS = (
    Column("at", "AT", moment),
    Column("event", "EVENT", colour=state_colour),
    Column("models", "MODELS", " ".join),
    Column("in_service", "IN SERVICE AFTER", lambda models: " ".join(models) or "nothing"),
    Column("revision", "REVISION"),
    Column("release", "RELEASE"),
    Column("approver", "BY"),
    Column("reason", "REASON", show=shortened),
)

_OF_THE_ACT = frozenset({"at", "event", "release", "approver", "reason"})


def entry_document(entry: "LedgerEntry") -> dict[str, Any]:
    return {
        "at": entry.at,
        "event": entry.event.value,
        "models": dict(entry.models),
        "revision": entry.revision_id,
        "release": entry.release_id,
        "target": entry.target,
        "image_digest": entry.image_digest,
        "config_digest": entry.config_digest,
        "approver": entry.approver,
        "reason": entry.reason,
    }


def history_documents(entries: "Iterable[LedgerEntry]") -> list[dict[str, Any]]:
    """Each entry with the models that were in service once it was written: a reverted line names those that went."""
    from shipway.release.ledger import standings

    return [
        entry_document(entry) | {"in_service": dict(standing.champion.models) if standing.champion else {}}
        for entry, standing in standings(entries)
    ]


def served_document(served: "InService") -> dict[str, Any]:
    """What served, and since when, by which act, by whom and why; `made_by` is the release that made the revision."""
    act = {key: value for key, value in entry_document(served.act).items() if key in _OF_THE_ACT}
    return entry_document(served.champion) | act | {"made_by": served.champion.release_id}


def served_lines(served: "InService") -> list[str]:
    champion, act = served.champion, served.act
    models = [f"{model} {digest}" for model, digest in champion.models.items()]
    return fields(
        {
            "models": f"\n{'':15}".join(models),
            "image digest": champion.image_digest,
            "config digest": champion.config_digest,
            "revision": champion.revision_id,
            "target": champion.target,
            "since": moment(act.at),
            "by": f"{act.event.value}, {act.release_id}",
            "release": champion.release_id,
            "approver": act.approver,
            "reason": act.reason,
        }
    )
