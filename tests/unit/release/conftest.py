from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.release.driver import Bench
from tests.unit.verification.little_server import little_server


@pytest.fixture(autouse=True)
def state_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A service `digits` whose revisions all answer [1]."""
    with little_server(lambda _: (200, "[1]")) as url:
        (tmp_path / "address").write_text(url.removeprefix("http://"))
        yield Bench(tmp_path)
