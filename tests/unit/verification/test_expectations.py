"""One real process for all of the file: importing Great Expectations takes seconds."""

import json
import os
import select
import subprocess
import sys
from pathlib import Path

import pytest

from shipway.domain.verdict import Phase
from shipway.verification import expectations
from shipway.verification.expectations import SuiteProcess

WORKER = str(Path(expectations.__file__).with_name("expectations_worker.py"))


def suite(*configs: dict) -> str:
    return json.dumps({"name": "answers", "expectations": list(configs)})


def between(column: str = "value", **more) -> dict:
    kwargs = {"column": column, "min_value": 0, "max_value": 9}
    return {"type": "expect_column_values_to_be_between", "kwargs": kwargs, **more}


@pytest.fixture(scope="module")
def process():
    with SuiteProcess() as started:
        yield started


def test_answers_within_a_suite_pass(process):
    check = process.check(suite(between()), [[3], [4, 5], 6])
    assert check.phase is Phase.PASSED, check.message
    assert check.message == "1 of 1 expectation is met by 4 rows of answers"


def test_a_process_answers_many_questions_and_shows_what_is_wrong(process):
    rows = {"type": "expect_table_row_count_to_equal", "kwargs": {"value": 5}}
    check = process.check(suite(between(), rows), [[3, 10, 11]])
    assert check.phase is Phase.FAILED
    shown = 'expect_column_values_to_be_between(column="value", min_value=0.0, max_value=9.0)'
    assert sorted(check.evidence) == [
        f"{shown}: 2 of 3 are not, such as 10, 11",
        "expect_table_row_count_to_equal(value=5): observed 3",
    ]


def test_a_column_that_answers_lack_fails(process):
    check = process.check(suite(between("label")), [{"probability": 0.5}])
    assert check.phase is Phase.FAILED
    assert "the answers have no column 'label', only probability" in check.message


def test_values_that_cannot_be_compared_are_an_error(process):
    check = process.check(suite(between()), [[[1, 2]]])
    assert check.phase is Phase.ERROR
    assert "could not be judged" in check.message


def test_a_warning_fails_nothing(process):
    check = process.check(suite(between(severity="warning")), [[10]])
    assert check.phase is Phase.PASSED
    assert check.evidence[0].startswith("warning: expect_column_values_to_be_between(")


def test_an_unknown_expectation_is_an_error_and_not_left_out(process):
    check = process.check(suite(between(), {"type": "expect_nonsense", "kwargs": {}}), [[3]])
    assert check.phase is Phase.ERROR
    assert "expect_nonsense cannot be built" in check.message
    assert process.check(suite(between()), [[3]]).phase is Phase.PASSED


def test_arguments_that_do_not_fit_are_an_error(process):
    wrong = {"type": "expect_column_values_to_be_in_set", "kwargs": {"colum": "value"}}
    check = process.check(suite(wrong), [[3]])
    assert check.phase is Phase.ERROR
    assert "expect_column_values_to_be_in_set cannot be built" in check.message


def test_no_answers_are_inconclusive(process):
    assert process.check(suite(between()), []).phase is Phase.INCONCLUSIVE


def test_what_is_not_a_suite_is_an_error(process):
    check = process.check("[]", [[3]])
    assert check.phase is Phase.ERROR
    assert check.message == "suite: a Great Expectations suite is an object with a list `expectations`"


def test_without_the_package_the_command_that_installs_it_is_told():
    with SuiteProcess(command=[sys.executable, "-S", "-E", "-P", WORKER]) as bare:
        check = bare.check(suite(between()), [[3]])
    assert check.phase is Phase.ERROR
    assert check.message == (
        "Great Expectations cannot be imported (No module named 'great_expectations'): "
        "pip install 'shipway[expectations]'"
    )


def test_a_crash_is_an_error_with_its_last_words():
    with SuiteProcess(
        command=[sys.executable, "-c", "import sys; sys.stdin.readline(); sys.exit('out of luck')"]
    ) as bad:
        check = bad.check(suite(between()), [[3]])
    assert check.phase is Phase.ERROR
    assert check.message == "the process of Great Expectations ended with 1: out of luck"


def test_no_answer_in_time_is_an_error():
    hangs = [sys.executable, "-c", "import signal; signal.pause()"]
    with SuiteProcess(command=hangs, deadline_s=0.05) as bad:
        check = bad.check(suite(between()), [["x" * 1_000_000]])  # more than a pipe holds: the write hangs
    assert check.phase is Phase.ERROR
    assert check.message == "Great Expectations did not answer within 0.05 s and was ended"


def test_closing_twice_and_closing_what_never_started_is_fine():
    never = SuiteProcess()
    never.close()
    never.close()


def test_it_ends_when_its_parent_is_killed():
    parent_code = (
        "import os, signal, sys\n"
        "from shipway.verification.expectations import SuiteProcess\n"
        "child = SuiteProcess(command=[sys.executable, '-S', '-E', '-P', sys.argv[1]])\n"
        "child.start()\n"
        "print(child.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    parent = subprocess.run([sys.executable, "-c", parent_code, WORKER], capture_output=True, text=True, check=False)
    try:
        child = os.pidfd_open(int(parent.stdout))
    except ProcessLookupError:
        return
    ended, _, _ = select.select([child], [], [], 30)
    os.close(child)
    assert ended
