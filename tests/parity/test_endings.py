"""Scripts that cannot be served end both servers, with the same exit code (E-1 to E-8, P-1, P-4)."""

from pathlib import Path

import pytest

from tests.parity.cases.process import ENDINGS, Ending
from tests.parity.servers import started

pytestmark = pytest.mark.parity

SURVIVES = {"config-that-is-no-object", "config-that-is-broken"}
"""Ours takes up no file that nobody named (`config-json-is-the-authors` in differences.py)."""


@pytest.mark.parametrize("ending", [pytest.param(each, id=each.name) for each in ENDINGS])
def test_both_servers_end_alike(ending: Ending, tmp_path: Path) -> None:
    with started(ending.setup, tmp_path) as pair:
        theirs = pair.microsoft.exit_code()
        assert theirs == 3
        if ending.name in SURVIVES:
            pair.ours.wait_until_healthy()
        else:
            assert pair.ours.exit_code() == theirs
