"""docs/reference/v1-configs.md has every key that is read, and says of each for which compute type it counts."""

import re
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel

from shipway.config.deployment_document import READ_BY, DeploymentDocument
from shipway.config.environment_keys import EnvironmentKeys
from shipway.config.inference import InferenceDocument
from shipway.domain.service_defaults import defaults_for

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "v1-configs.md").read_text()


def _keys(model: type[BaseModel], above: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        key = above + (field.alias or name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _keys(field.annotation, f"{key}.")
        else:
            yield key


def _section(title: str) -> str:
    return re.split(r"^## ", PAGE.partition(f"\n## {title}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def _named(section: str) -> set[str]:
    """Keys in backticks; `.x` behind `a.b` is `a.x`."""
    found, above = set(), ""
    for text in re.findall(r"`([^`]+)`", section):
        if text.startswith("."):
            found.add(above + text)
        else:
            above = text.rpartition(".")[0]
            found.add(text)
    return found


def test_every_key_of_an_inference_config_has_its_place() -> None:
    assert set(_keys(InferenceDocument)) - _named(_section("Inference config")) == set()


def test_every_key_of_an_environment_has_its_place() -> None:
    whole = {"spark.repositories", "spark.precachePackages"}  # only ever beside spark.packages
    assert set(_keys(EnvironmentKeys)) - whole - _named(_section("Environment")) == set()


def test_every_key_of_a_deployment_config_has_a_row_with_its_compute_types() -> None:
    rows = {}
    for line in _section("Deployment config").splitlines():
        if line.startswith("| `"):
            keys, kinds = line.split("|")[1:3]
            rows |= dict.fromkeys(_named(keys), kinds.strip())
    kinds_of = {}
    for key in _keys(DeploymentDocument):
        kinds = [kind for kind, read in READ_BY.items() if key.partition(".")[0] in read]
        kinds_of[key] = "all" if len(kinds) == len(READ_BY) else ", ".join(kinds)
    del kinds_of["computeType"]
    assert rows == kinds_of


def test_the_defaults_of_the_page_are_those_that_are_filled_in() -> None:
    aks = defaults_for("aks")
    probe = aks.probe
    shown = ", ".join(
        str(value)
        for value in (
            probe.period_s,
            probe.initial_delay_s,
            probe.timeout_s,
            probe.success_threshold,
            probe.failure_threshold,
        )
    )
    scale, limits = aks.autoscale, aks.limits
    for cell in (
        shown,
        f"{scale.min_replicas}, {scale.max_replicas}",
        f"{scale.target_percent}",
        f"{limits.scoring_timeout_ms}",
        f"{limits.max_queue_ms}",
        "0.1, 0.5",
    ):
        assert f"| {cell} |" in PAGE
