from pathlib import Path
from typing import Any

import yaml

from shipway.config.release_document import ReleaseDocument
from shipway.config.schema import release_schema, release_schema_text

ROOT = Path(__file__).parents[3]


def test_the_written_schema_is_the_one_that_the_models_give() -> None:
    """Write it anew: python -c "from shipway.config.schema import *; print(release_schema_text(), end='')"."""
    assert (ROOT / "configs" / "release.schema.json").read_text() == release_schema_text()


def test_every_key_is_described_and_no_other_is_allowed() -> None:
    schema = release_schema()
    for part in [schema, *schema["$defs"].values()]:
        assert part["additionalProperties"] is False
        assert all(key["description"] for key in part["properties"].values())


def test_examples_name_the_schema_and_use_its_keys() -> None:
    known = set(ReleaseDocument.model_fields)
    releases = list((ROOT / "configs" / "examples").glob("*/release*.yaml"))
    assert releases
    for path in releases:
        text = path.read_text()
        first = text.splitlines()[0]
        assert first.startswith("# yaml-language-server: $schema=")
        assert (path.parent / first.partition("=")[2]).resolve() == ROOT / "configs" / "release.schema.json"
        content: dict[str, Any] = yaml.safe_load(text)
        assert set(content) <= known
