"""What an operator asks of a service that is stopped on purpose."""

import pytest

from shipway.errors import TargetError
from shipway.release.operations import revert
from tests.unit.release.driver import Bench
from tests.unit.release.test_release import operator, serving


def test_going_back_to_a_revision_that_is_stopped_is_refused(bench: Bench) -> None:
    one, two = bench.released("one", "two")
    bench.target.set_native("digits", one, "stopped", "it was stopped; `shipway up` starts it again")
    with pytest.raises(TargetError) as error:
        revert(operator(bench), "digits")
    assert str(error.value) == (
        f"revision {one} of service digits is stopped; nothing was changed: start it with `shipway up` first"
    )
    assert serving(bench) == {two: 100}
