from shipway.domain.verdict import Phase
from shipway.verification.golden import judge_golden
from tests.unit.verification.replies import bad, good, row, silent


def test_all_rows_right_pass():
    check = judge_golden([row([1]), row([0.5], 0.1)], [good(0, "[1]"), good(1, '"[0.45]"')])
    assert (check.phase, check.message) == (Phase.PASSED, "all 2 golden rows are right")
    assert [(m.value, m.limit, m.at_least) for m in check.measurements] == [(2, 2, True)]


def test_one_wrong_row_fails_and_is_named():
    check = judge_golden([row([1]), row([2])], [good(0, "[1]"), good(1, "[3]")])
    assert check.phase is Phase.FAILED
    assert check.message == "1 of 2 golden rows is wrong; first: row 2: answer[0]: expected 2, got 3"
    assert check.evidence == ("row 2: answer[0]: expected 2, got 3",)


def test_an_error_for_a_row_is_a_wrong_answer():
    check = judge_golden([row([1]), row([1])], [bad(0), good(1, "oops")])
    assert check.evidence[0] == "row 1: status 500: boom"
    assert check.evidence[1].startswith("row 2: the answer is not JSON (Expecting value")


def test_a_row_without_an_answer_is_an_error():
    check = judge_golden([row([1]), row([1])], [silent(0)])
    assert check.phase is Phase.ERROR
    assert check.message == "2 of 2 golden rows got no answer; first: row 1: no answer: timed out after 5 s"
    assert check.evidence[1] == "row 2: not asked, the time was over"


def test_wrong_is_worse_than_unanswered():
    check = judge_golden([row([1]), row([1])], [silent(0), good(1, "[2]")])
    assert check.phase is Phase.FAILED


def test_no_rows_say_nothing():
    assert judge_golden([], []).phase is Phase.INCONCLUSIVE


def test_evidence_is_bounded():
    check = judge_golden([row([1])] * 50, [good(n, "[2]") for n in range(50)])
    assert len(check.evidence) == 10
    assert check.evidence[-1] == "... and 41 more"
