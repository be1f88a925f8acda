"""How an entry of a service's ledger is shown."""

from typing import TYPE_CHECKING, Any

from shipway.cli.output import Column, fields, moment, state_colour

if TYPE_CHECKING:
    from shipway.release.ledger import LedgerEntry

ENTRY_COLUMNS = (
    Column("at", "AT", moment),
    Column("event", "EVENT", colour=state_colour),
    Column("models", "MODELS", " ".join),
    Column("revision", "REVISION"),
    Column("release", "RELEASE"),
    Column("approver", "BY"),
    Column("reason", "REASON", lambda text: text[:100]),
)


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


def entry_lines(entry: "LedgerEntry") -> list[str]:
    models = [f"{model} {digest}" for model, digest in entry.models.items()]
    return fields(
        {
            "models": f"\n{'':15}".join(models),
            "image digest": entry.image_digest,
            "config digest": entry.config_digest,
            "revision": entry.revision_id,
            "target": entry.target,
            "release": entry.release_id,
            "since": moment(entry.at),
            "approver": entry.approver,
            "reason": entry.reason,
        }
    )
