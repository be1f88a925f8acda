from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from shipway.errors import ModelInUse, ModelNotFound, RegistryError
from shipway.registry.models import Registry
from shipway.registry.shelf import Use
from shipway.store.workspace import Workspace


@pytest.fixture
def one(registry: Registry, model: Path, now: datetime) -> Registry:
    registry.register_path(model, name="digits", now=now)
    return registry


def test_what_is_in_use_is_not_deleted(one: Registry, now: datetime) -> None:
    one.mark_used("digits:1", service="reader", revision="r1")
    one.mark_used("digits:1", service="reader", revision="r1")
    one.mark_used("digits:1", service="writer", revision="r9")
    expected = (
        r"^model digits:1 is in use by service reader \(revision r1\), service writer \(revision r9\); "
        r"delete what uses it first, such as with `shipway service delete -n reader`$"
    )
    with pytest.raises(ModelInUse, match=expected):
        one.delete("digits:1", now=now)
    assert one.resolve("digits").version == 1


def test_what_is_no_longer_used_is_deleted(one: Registry, now: datetime) -> None:
    version = one.resolve("digits")
    one.mark_used(version.ref, service="reader", revision="r1")
    assert one.uses("digits") == (Use(service="reader", revision="r1"),)
    one.release_use(version.ref, service="reader", revision="r1")
    one.release_use(version.ref, service="reader", revision="r1")
    assert one.uses("digits") == ()
    one.delete("digits:1", now=now)
    with pytest.raises(ModelNotFound, match=r"^ModelNotFound: there is no model digits"):
        one.resolve("digits:1")


def test_the_use_lies_where_it_is_said_to(one: Registry, workspace: Workspace) -> None:
    one.mark_used("digits", service="reader", revision="r1")
    assert workspace.records.exists("models/digits/1/used-by/reader/r1")


def test_deleting_asks_for_a_version(one: Registry, now: datetime) -> None:
    with pytest.raises(RegistryError, match=r"^which version of model digits to delete\? Write digits:VERSION$"):
        one.delete("digits", now=now)


def test_deleting_twice_says_that_it_is_gone(one: Registry, model: Path, now: datetime) -> None:
    one.register_path(model, name="digits", now=now)
    one.delete("digits:1", now=now)
    with pytest.raises(ModelNotFound, match=r"^ModelNotFound: model digits has no version 1; versions: 2$"):
        one.delete("digits:1", now=now)
    with pytest.raises(ModelNotFound):
        one.mark_used("digits:1", service="reader", revision="r1")


class _Meanwhile(Registry):
    """Lets something happen between the first look at who uses a version and its deletion, or its marking."""

    meanwhile: Callable[[], None]

    def _uses(self, ref: object) -> tuple[Use, ...]:
        found = super()._uses(ref)  # type: ignore[arg-type]
        self.meanwhile()
        return found


def test_a_use_that_comes_while_deleting_wins(one: Registry, workspace: Workspace, now: datetime) -> None:
    deleting = _Meanwhile(workspace)
    deleting.meanwhile = lambda: workspace.records.put("models/digits/1/used-by/reader/r1", {})
    with pytest.raises(ModelInUse, match=r"in use by service reader \(revision r1\)"):
        deleting.delete("digits:1", now=now)
    assert one.resolve("digits:1").version == 1


class _DeletedAtOnce(Registry):
    """The version is deleted just after it was found."""

    def resolve(self, ref: object) -> object:  # type: ignore[override]
        version = super().resolve(ref)  # type: ignore[arg-type]
        self._workspace.records.put("models/digits/1/deleted", {})
        return version


@pytest.mark.usefixtures("one")
def test_a_version_that_is_deleted_while_marking_is_not_marked(workspace: Workspace) -> None:
    with pytest.raises(ModelNotFound):
        _DeletedAtOnce(workspace).mark_used("digits:1", service="reader", revision="r1")
    assert not workspace.records.exists("models/digits/1/used-by/reader/r1")
