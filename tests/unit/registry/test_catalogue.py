import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from shipway.domain.names import ModelRef
from shipway.errors import ModelNotFound, RegistryError
from shipway.registry.models import Registry


@pytest.fixture
def filled(registry: Registry, model: Path, now: datetime) -> Registry:
    """digits:1 and :2, iris:1, digits:3, in this order."""
    later = iter(now + timedelta(minutes=number) for number in range(9))
    registry.register_path(model, name="digits", now=next(later), tags={"area": "vision", "good": "no"})
    registry.register_path(model, name="digits", now=next(later), tags={"area": "vision", "good": "yes"})
    registry.register_path(model, name="iris", now=next(later), framework="Onnx", tags={"area": "plants"})
    registry.register_path(model, name="digits", now=next(later))
    return registry


def test_a_bare_name_is_the_newest_version(filled: Registry, now: datetime) -> None:
    assert filled.resolve("digits").version == 3
    filled.delete("digits:3", now=now)
    assert filled.resolve("digits").version == 2


def test_a_version_is_found_by_its_number(filled: Registry) -> None:
    assert filled.resolve("digits:2").id == "digits:2"
    assert filled.resolve(ModelRef(name="digits", version=2)).tags["good"] == "yes"


@pytest.mark.parametrize(
    ("ref", "expected"),
    [
        ("digits:9", "ModelNotFound: model digits has no version 9; versions: 3, 2, 1"),
        ("digitz:1", "ModelNotFound: there is no model digitz (did you mean digits?)"),
        ("churn", "ModelNotFound: there is no model churn; `shipway model list` shows what there is"),
        ("digits@best", "ModelNotFound: no version of model digits has the alias best; aliases: champion"),
        ("a/b", "ModelNotFound: 'a/b' names no model; write name, name:version or name@alias"),
    ],
)
def test_what_is_not_there_says_what_is(filled: Registry, ref: str, expected: str) -> None:
    filled.set_alias("digits:1", "champion")
    with pytest.raises(ModelNotFound, match=f"^{re.escape(expected)}$"):
        filled.resolve(ref)


def test_only_the_newest_versions_are_told(registry: Registry, model: Path, now: datetime) -> None:
    for _ in range(12):
        registry.register_path(model, name="digits", now=now)
    with pytest.raises(ModelNotFound, match=r"versions: 12, 11, 10, 9, 8, 7, 6, 5, 4, 3 and 2 older$"):
        registry.resolve("digits:13")


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, ["digits:3", "iris:1", "digits:2", "digits:1"]),
        ({"name": "digits"}, ["digits:3", "digits:2", "digits:1"]),
        ({"name": "digit"}, []),
        ({"tags": ["area"]}, ["iris:1", "digits:2", "digits:1"]),
        ({"tags": [("area", "vision")]}, ["digits:2", "digits:1"]),
        ({"tags": ["area", ("good", "no")]}, ["digits:1"]),
        ({"framework": "Onnx"}, ["iris:1"]),
        ({"latest": True}, ["digits:3", "iris:1"]),
        ({"tags": [("area", "vision")], "latest": True}, ["digits:2"]),
    ],
)
def test_a_list_is_newest_first_and_filtered(filled: Registry, filters: dict[str, object], expected: list[str]) -> None:
    assert [version.id for version in filled.list(**filters)] == expected  # type: ignore[arg-type]


def test_a_list_of_a_bad_name_is_refused(registry: Registry) -> None:
    with pytest.raises(RegistryError, match=r"^model name '../x' is not allowed"):
        registry.list("../x")


def test_names_are_those_with_a_version(filled: Registry, now: datetime) -> None:
    assert filled.names() == ("digits", "iris")
    filled.delete("iris:1", now=now)
    assert filled.names() == ("digits",)


def test_an_alias_moves(filled: Registry) -> None:
    filled.set_alias("digits:1", "champion")
    filled.set_alias("digits:2", "champion")
    filled.set_alias("digits", "newest")
    assert filled.resolve("digits@champion").version == 2
    assert filled.aliases("digits") == {"champion": 2, "newest": 3}
    filled.delete_alias("digits", "champion")
    filled.delete_alias("digits", "champion")
    assert filled.aliases("digits") == {"newest": 3}


def test_an_alias_goes_with_its_version(filled: Registry, now: datetime) -> None:
    filled.set_alias("digits:1", "champion")
    filled.delete("digits:1", now=now)
    assert filled.aliases("digits") == {}
    with pytest.raises(ModelNotFound):
        filled.resolve("digits@champion")


def test_an_alias_of_nothing_is_refused(filled: Registry) -> None:
    with pytest.raises(ModelNotFound, match=r"^ModelNotFound: model digits has no version 9;"):
        filled.set_alias("digits:9", "champion")
