"""Scripts that cannot be served end both servers, with the same exit code (E-1 to E-8, P-1, P-4)."""

from pathlib import Path

import pytest

from tests.parity.cases.process import ENDINGS, Ending
from tests.parity.differences import DIFFERENCES
from tests.parity.servers import started

pytestmark = pytest.mark.parity


@pytest.mark.parametrize("ending", [pytest.param(each, id=each.name) for each in ENDINGS])
def test_both_servers_end_alike(ending: Ending, tmp_path: Path) -> None:
    with started(ending.setup, tmp_path) as pair:
        assert pair.microsoft.exit_code() == 3, pair.microsoft.log_end()
        if ending.survives:
            assert ending.survives in {each.name for each in DIFFERENCES}
            pair.ours.wait_until_healthy()
        else:
            assert pair.ours.exit_code() == 3, pair.ours.log_end()
