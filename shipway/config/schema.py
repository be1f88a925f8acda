"""The JSON schema of release files, from the very models that read them: editors offer what Shipway accepts."""

import json
from typing import Any

from shipway.config.release_document import ReleaseDocument


def release_schema() -> dict[str, Any]:
    """JSON Schema 2020-12."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **ReleaseDocument.model_json_schema(),
        "title": "Shipway release",
    }


def release_schema_text() -> str:
    """As `configs/release.schema.json` holds it."""
    return json.dumps(release_schema(), indent=2, ensure_ascii=False) + "\n"
