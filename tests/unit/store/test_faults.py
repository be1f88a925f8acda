import pytest
from obstore import exceptions

from shipway.errors import RecordExists, RecordMissing, StoreError, StoreUnavailable, Transient
from shipway.store.faults import MEANINGS, OutOfRoom, fault


def _classes() -> list[type[Exception]]:
    found = [value for value in vars(exceptions).values() if isinstance(value, type)]
    return [cls for cls in found if cls is not exceptions.BaseError]


@pytest.mark.parametrize("cls", _classes())
def test_every_exception_of_obstore_has_a_meaning(cls: type[Exception]) -> None:
    """A new one in a later obstore fails here."""
    assert cls in MEANINGS or cls is exceptions.GenericError
    meaning = fault(cls("the reason\n\nDebug source: long"), key="models/m/1.json", where="/ws")
    assert isinstance(meaning, StoreError)
    assert "/ws" in str(meaning)
    assert str(meaning).endswith("(the reason)")


def test_obstore_has_exceptions_at_all() -> None:
    assert len(_classes()) >= 11


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (FileNotFoundError("gone"), RecordMissing("k is not in workspace /ws (gone)")),
        (exceptions.AlreadyExistsError("there"), RecordExists("k is already in workspace /ws (there)")),
        (
            exceptions.GenericError("x: Permission denied (os error 13)"),
            StoreError(
                "workspace /ws does not let you read or write k; check who owns it and its mode "
                "(x: Permission denied (os error 13))"
            ),
        ),
        (
            exceptions.GenericError("x: Input/output error (os error 5)"),
            StoreError("workspace /ws: k could not be read or written (x: Input/output error (os error 5))"),
        ),
        (
            exceptions.GenericError("error sending request"),
            StoreUnavailable("workspace /ws did not answer over k; try again (error sending request)"),
        ),
        (exceptions.GenericError("x: No space left (os error 28)"), OutOfRoom("x: No space left (os error 28)")),
    ],
)
def test_what_a_failure_means(error: Exception, expected: Exception) -> None:
    meaning = fault(error, key="k", where="/ws")
    assert (type(meaning), str(meaning)) == (type(expected), str(expected))


def test_only_what_may_pass_by_itself_is_transient() -> None:
    assert isinstance(fault(exceptions.GenericError("timed out"), key="k", where="/ws"), Transient)
    assert not isinstance(fault(exceptions.GenericError("y (os error 30)"), key="k", where="/ws"), Transient)
