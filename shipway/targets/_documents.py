"""Traffic as JSON, for the records of local targets."""

from typing import Any

from shipway.domain.service import Mirror, Traffic


def traffic_document(traffic: Traffic) -> dict[str, Any]:
    mirror = traffic.mirror
    return {
        "weights": dict(traffic.weights),
        "mirror": {"revision_id": mirror.revision_id, "percent": mirror.percent} if mirror else None,
    }


def traffic_from(document: dict[str, Any]) -> Traffic:
    mirror = document["mirror"]
    return Traffic(weights=document["weights"], mirror=Mirror(**mirror) if mirror else None)
