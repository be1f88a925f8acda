"""Small JSON documents by key. A record that several writers may want is created, never overwritten."""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from shipway.domain.canonical import Plain, canonical_json
from shipway.errors import StoreCorrupt
from shipway.store.objects import Objects

T = TypeVar("T")
R = TypeVar("R")


class Records:
    """Keys have forward slashes and no suffix, such as `models/digits/3`; the object has `.json` after that."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def create(self, key: str, value: Plain) -> None:
        """Raises RecordExists when there is one: of several writers, one wins."""
        self._objects.create(_object_key(key), canonical_json(value))

    def put(self, key: str, value: Plain) -> None:
        """The last writer wins: for pointers and caches only."""
        self._objects.put(_object_key(key), canonical_json(value))

    def read(self, key: str) -> Plain:
        """Raises RecordMissing, and StoreCorrupt when the record is not JSON."""
        data = self._objects.read(_object_key(key))
        try:
            value: Plain = json.loads(data)
        except ValueError as error:
            raise StoreCorrupt(f"record {key} in workspace {self._objects.where} is not JSON: {error}") from error
        return value

    def read_all(self, keys: Sequence[str]) -> list[Plain]:
        """In their order; from a bucket some at once. Raises as `read` does."""
        return self.each(self.read, keys)

    def each(self, act: Callable[[T], R], items: Sequence[T]) -> list[R]:
        """`act` on each, in order, for what waits for the store: for a bucket some at once, in threads."""
        return self._objects.each(act, items)

    def exists(self, key: str) -> bool:
        return self._objects.stat(_object_key(key)) is not None

    def delete(self, key: str) -> None:
        """Safe to repeat."""
        self._objects.delete(_object_key(key))

    def names(self, prefix: str) -> tuple[str, ...]:
        """What stands directly below `prefix`, sorted: records, and prefixes of further records."""
        objects, prefixes = self._objects.children(prefix)
        return tuple(sorted(_records(objects) | prefixes))

    def keys(self, prefix: str) -> tuple[str, ...]:
        """The whole keys of all records below `prefix`, at any depth, sorted; one listing, nothing is read."""
        return tuple(sorted(_records(found.key for found in self._objects.under(prefix))))


def _object_key(key: str) -> str:
    return f"{key}.json"


def _records(object_keys: Iterable[str]) -> set[str]:
    """Blobs lie in the same store."""
    return {key.removesuffix(".json") for key in object_keys if key.endswith(".json")}
