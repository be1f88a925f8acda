"""Every failure of obstore, turned into one of ours. This is the one place that knows its exceptions."""

import re

from obstore import exceptions

from shipway.errors import RecordExists, RecordMissing, StoreError, StoreUnavailable
from shipway.store.answers import meaning, parse_answer

_OS_ERROR = re.compile(r"\(os error (\d+)\)")
_NO_SPACE = frozenset({28, 122})
"""ENOSPC and EDQUOT, on Linux and (28 only) on macOS."""
_NOT_ALLOWED = frozenset({1, 13, 30})
"""EPERM, EACCES and EROFS."""

_DENIED = "workspace {where} does not let you read or write {key}; check who owns it and its mode"

MEANINGS: dict[type[Exception], tuple[type[StoreError], str]] = {
    FileNotFoundError: (RecordMissing, "{key} is not in workspace {where}"),
    exceptions.NotFoundError: (RecordMissing, "{key} is not in workspace {where}"),
    exceptions.AlreadyExistsError: (RecordExists, "{key} is already in workspace {where}"),
    exceptions.PreconditionError: (RecordExists, "{key} in workspace {where} was changed by another writer"),
    exceptions.PermissionDeniedError: (StoreError, _DENIED),
    exceptions.UnauthenticatedError: (StoreError, "workspace {where} does not accept your credentials; sign in again"),
    exceptions.UnknownConfigurationKeyError: (
        StoreError,
        "workspace {where} has a setting that its store does not know",
    ),
    exceptions.InvalidPathError: (StoreError, "{key} is not a name that workspace {where} can hold"),
    exceptions.NotSupportedError: (StoreError, "the store of workspace {where} cannot do what {key} needs"),
    exceptions.NotModifiedError: (StoreError, "workspace {where} did not send {key}, saying that it has not changed"),
    exceptions.JoinError: (StoreUnavailable, "work on {key} in workspace {where} broke off; try again"),
    ValueError: (StoreError, "{key} is not a name that workspace {where} can hold"),
}
"""Where no HTTP answer is in the text: what a bucket said is taken from there, by shipway.store.answers.

GenericError is looked into: the operating system's failures come as that.
"""


_CONDITION_FAILED = (exceptions.AlreadyExistsError, exceptions.PreconditionError, exceptions.NotModifiedError)
"""Answers that obstore has understood already."""


class OutOfRoom(Exception):
    """The store has no room; who catches this knows how much was wanted."""


def fault(error: Exception, *, key: str, where: str) -> StoreError | OutOfRoom:
    """What to raise in place of `error`, which came up over `key` in the workspace `where`."""
    if not isinstance(error, _CONDITION_FAILED) and (answer := parse_answer(str(error))):
        return meaning(answer, key=key, where=where)
    if type(error) not in MEANINGS:
        return _from_operating_system(error, key=key, where=where)
    kind, sentence = MEANINGS[type(error)]
    return kind(f"{sentence.format(key=key, where=where)} ({_first_line(error)})")


def _from_operating_system(error: Exception, *, key: str, where: str) -> StoreError | OutOfRoom:
    """obstore folds what the operating system said into a text; only the number in it can be relied upon."""
    found = _OS_ERROR.search(str(error))
    if found is None:
        return StoreUnavailable(f"workspace {where} did not answer over {key}; try again ({_first_line(error)})")
    number = int(found.group(1))
    if number in _NO_SPACE:
        return OutOfRoom(_first_line(error))
    if number in _NOT_ALLOWED:
        return StoreError(f"{_DENIED.format(key=key, where=where)} ({_first_line(error)})")
    return StoreError(f"workspace {where}: {key} could not be read or written ({_first_line(error)})")


def _first_line(error: Exception) -> str:
    """Without obstore's debug dump, and without the queries of URLs: a signature may stand there."""
    return re.sub(r"\?\S*", "", str(error).partition("\n")[0])[:300]
