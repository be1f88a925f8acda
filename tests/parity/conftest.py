"""Pairs of servers that live as long as tests need them, and the marks."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.parity.servers import Launch, Pair, Setup, serving

Pairs = Callable[[Setup], Pair]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "parity: Microsoft's server and ours side by side (`make parity`)")
    config.addinivalue_line("markers", "smoke: the quick round of it, for every Python (PARITY_PYTHONS=3.13)")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of one pair of servers one after another, so that it is started once; all others as they came."""
    items.sort(key=_group)


def _group(item: pytest.Item) -> str:
    mark = item.get_closest_marker("xdist_group")
    return str(mark.args[0]) if mark and item.get_closest_marker("parity") else ""


class _Shelf:
    """The last few pairs; starting one takes two seconds, and tests of one setup come one after another."""

    ROOM = 2

    def __init__(self, folder: Path, ours: Launch | None) -> None:
        self._folder = folder
        self._ours = ours
        self._stacks: dict[Setup, tuple[ExitStack, Pair]] = {}
        self._made = 0

    def __call__(self, setup: Setup) -> Pair:
        if setup not in self._stacks:
            while len(self._stacks) >= self.ROOM:
                self._stacks.pop(next(iter(self._stacks)))[0].close()
            self._made += 1
            stack = ExitStack()
            pair = stack.enter_context(serving(setup, self._folder / str(self._made), self._ours))
            self._stacks[setup] = stack, pair
        return self._stacks[setup][1]

    def close(self) -> None:
        for stack, _ in self._stacks.values():
            stack.close()


@pytest.fixture(scope="session")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pairs]:
    """A running pair for a setup, started when it is first asked for."""
    shelf = _Shelf(tmp_path_factory.mktemp("parity"), None)
    yield shelf
    shelf.close()
