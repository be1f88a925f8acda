"""What was said about a version after it was registered. Pure: the version's own record never changes."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from shipway.domain.canonical import Plain
from shipway.domain.model import ModelVersion, ResourceConfiguration
from shipway.errors import StoreCorrupt
from shipway.store.codec import decode
from shipway.store.journal import Entry


def apply_changes(version: ModelVersion, entries: Iterable[Entry]) -> ModelVersion:
    """The version as it is now: new tags replace all before them, properties add up. Raises StoreCorrupt."""
    for entry in entries:
        match entry.data:
            case {"tags": dict(tags)}:
                version = replace(version, tags=_texts(tags))
            case {"properties": dict(properties)}:
                version = replace(version, properties={**version.properties, **_texts(properties)})
            case {"description": str(description)}:
                version = replace(version, description=description)
            case {"resources": dict(resources)}:
                version = replace(version, resources=decode(ResourceConfiguration, resources))
            case _:
                raise StoreCorrupt(f"model {version.id}: change {entry.seq} is not one that this shipway knows")
    return version


def property_fault(version: ModelVersion, properties: Mapping[str, str]) -> str | None:
    """Why these cannot be added; None when they can."""
    taken = sorted(properties.keys() & version.properties.keys())
    if not taken:
        return None
    return (
        f"model {version.id} has the properties {', '.join(taken)} already: they never change; use tags for what does"
    )


def _texts(pairs: Mapping[str, Plain]) -> dict[str, str]:
    return {key: str(value) for key, value in pairs.items()}
