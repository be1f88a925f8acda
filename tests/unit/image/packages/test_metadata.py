from pathlib import Path

import pytest

from shipway.image.packages.lock import packages_in
from shipway.image.packages.metadata import as_settings, in_todays_words, unreadable
from shipway.machine.state import MachineState
from tests.unit.image.packages.test_resolve import locked
from tests.unit.image.wheels import write_wheel


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("pytz (>=2011k)", "pytz>=2011"),
        ("python-dateutil (>=2.5.0)", "python-dateutil>=2.5.0"),
        ("numpy>=1.12.0,<2", "numpy>=1.12.0,<2"),
        ("a[x] (==1.*) ; extra == 'y'", "a[x]==1.* ; extra == 'y'"),
        ("b", "b"),
        ("c @ https://x.example/c.whl", "c @ https://x.example/c.whl"),
    ],
)
def test_bounds_that_nobody_reads_any_more_lose_their_letters(written: str, read: str) -> None:
    assert in_todays_words(written) == read


def test_uv_says_whose_metadata_it_cannot_read() -> None:
    words = "hint: Metadata for `pandas` (v0.24.2) could not be parsed:\n  after parsing `2011`, found `k`\n"
    assert unreadable(words) == {"pandas==0.24.2"}
    assert as_settings({"pandas==0.24.2": ("pytz>=2011",)}) == (
        '[[dependency-metadata]]\nname = "pandas"\nversion = "0.24.2"\nrequires-dist = ["pytz>=2011"]\n'
    )


def test_a_package_whose_metadata_uv_refuses_is_resolved_all_the_same(
    state: MachineState, index: tuple[str, ...], tmp_path: Path
) -> None:
    write_wheel(tmp_path / "wheels", "old", "1.0", requires=("alpha (>=1k,<2)",))
    assert packages_in(locked(state, *index, "old")) == ["alpha==1.0", "old==1.0", "httptools==1.0"]
