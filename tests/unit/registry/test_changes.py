import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest

from shipway.domain.model import ResourceConfiguration
from shipway.errors import RegistryError, StoreCorrupt
from shipway.registry.models import Registry
from shipway.store.workspace import Workspace


@pytest.fixture
def one(registry: Registry, model: Path, now: datetime) -> Registry:
    registry.register_path(model, name="digits", now=now, tags={"a": "1"}, properties={"run": "7"})
    return registry


def test_tags_are_replaced(one: Registry, now: datetime) -> None:
    assert one.set_tags("digits:1", {"b": "2"}, now=now).tags == {"b": "2"}
    assert one.set_tags("digits:1", {}, now=now).tags == {}
    assert one.list(tags=["b"]) == ()


def test_single_tags_come_and_go_beside_the_others(one: Registry, now: datetime) -> None:
    assert one.change_tags("digits:1", add={"b": "2"}, now=now).tags == {"a": "1", "b": "2"}
    assert one.change_tags("digits:1", add={"b": "3"}, remove=["a", "never there"], now=now).tags == {"b": "3"}
    with pytest.raises(RegistryError, match=r"^model digits:1: tag 'c' has the value 1, which is not text; quote it$"):
        one.change_tags("digits:1", add={"c": 1}, now=now)  # type: ignore[dict-item]


def test_of_many_who_add_tags_none_is_lost(one: Registry, now: datetime) -> None:
    def add(number: int) -> None:
        one.change_tags("digits:1", add={str(number): "x"}, now=now)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(8)))
    assert len(one.resolve("digits:1").tags) == 9


def test_resources_are_replaced(one: Registry, now: datetime) -> None:
    wanted = ResourceConfiguration(cpu_cores=0.5, memory_gb=1.5)
    assert one.set_resources("digits:1", wanted, now=now).resources == wanted
    assert one.resolve("digits").resources == wanted


def test_properties_add_up_and_never_change(one: Registry, now: datetime) -> None:
    assert one.add_properties("digits", {"commit": "abc"}, now=now).properties == {"run": "7", "commit": "abc"}
    expected = r"^model digits:1 has the properties commit, run already: they never change; use tags for what does$"
    with pytest.raises(RegistryError, match=expected):
        one.add_properties("digits", {"run": "8", "commit": "d", "new": "x"}, now=now)
    assert one.resolve("digits").properties == {"run": "7", "commit": "abc"}


def test_of_two_who_add_one_property_one_wins(one: Registry, now: datetime) -> None:
    def add(number: int) -> bool:
        try:
            one.add_properties("digits", {"owner": str(number)}, now=now)
        except RegistryError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(add, range(8))) == 1


def test_a_description_is_replaced(one: Registry, now: datetime) -> None:
    assert one.set_description("digits", "Reads digits.", now=now).description == "Reads digits."


def test_values_that_are_not_text_are_refused(one: Registry, now: datetime) -> None:
    with pytest.raises(
        RegistryError, match=r"^model digits:1: tag 'acc' has the value 0.9, which is not text; quote it$"
    ):
        one.set_tags("digits", {"acc": 0.9}, now=now)  # type: ignore[dict-item]
    with pytest.raises(
        RegistryError, match=r"^model digits:1: property 'n' has the value 3, which is not text; quote it$"
    ):
        one.add_properties("digits", {"n": 3}, now=now)  # type: ignore[dict-item]


def test_the_versions_own_record_never_changes(one: Registry, workspace: Workspace, now: datetime) -> None:
    before = workspace.records.read("models/digits/1")
    one.set_tags("digits", {"b": "2"}, now=now)
    one.add_properties("digits", {"c": "3"}, now=now)
    assert workspace.records.read("models/digits/1") == before


def test_a_changed_history_is_found(one: Registry, now: datetime, tmp_path: Path) -> None:
    for value in "12":
        one.set_tags("digits", {"b": value}, now=now)
    path = tmp_path / "ws" / "models" / "digits" / "1" / "changes" / "000001.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "data": {"tags": {}}}))
    with pytest.raises(StoreCorrupt, match=r"^journal models/digits/1/changes is broken at entry 000002"):
        one.resolve("digits")


def test_a_change_of_a_later_shipway_is_not_passed_over(one: Registry, workspace: Workspace, now: datetime) -> None:
    workspace.journal("models/digits/1/changes").append({"stage": "gold"}, at=now)
    with pytest.raises(StoreCorrupt, match=r"^model digits:1: change 1 is not one that this shipway knows$"):
        one.resolve("digits")
