import json

import pytest

from shipway.domain.verdict import Phase
from shipway.errors import ConfigError
from shipway.verification.suite import answer_rows, judge_suite, load_suite

BETWEEN = {"type": "expect_column_values_to_be_between", "kwargs": {"column": "value", "min_value": 0, "max_value": 9}}


def test_a_suite_is_read():
    assert load_suite(json.dumps({"name": "answers", "expectations": [BETWEEN]}), "s.json")["name"] == "answers"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "s.json: not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ("[]", "s.json: a Great Expectations suite is an object with a list `expectations`"),
        ('{"expectations": {}}', "s.json: a Great Expectations suite is an object with a list `expectations`"),
        ('{"expectations": []}', "s.json: expectations: the list is empty, so nothing would be checked"),
        ('{"expectations": [3]}', "s.json: expectations[0]: must be an object with `type` and `kwargs`, not 3"),
        (
            '{"expectations": [{"kwargs": {}}]}',
            "s.json: expectations[0]: has no `type`, such as `expect_column_values_to_be_between`",
        ),
        (
            '{"expectations": [{"expectation_type": "x"}]}',
            "s.json: expectations[0]: `expectation_type` is of Great Expectations before 1.0: call it `type`",
        ),
        ('{"expectations": [{"type": "x", "kwargs": 1}]}', "s.json: expectations[0]: kwargs must be an object, not 1"),
    ],
)
def test_what_is_not_a_suite_is_refused_with_its_path(text, message):
    with pytest.raises(ConfigError) as refused:
        load_suite(text, "s.json")
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("answer", "rows"),
    [
        ({"label": 3, "p": 0.9}, [{"label": 3, "p": 0.9}]),
        ([{"label": 3}, {"label": 4}], [{"label": 3}, {"label": 4}]),
        ([3, 4], [{"value": 3}, {"value": 4}]),
        (0.5, [{"value": 0.5}]),
        ([[0.1, 0.9]], [{"value": [0.1, 0.9]}]),
        ({"label": [3, 4], "p": [0.9, 0.8]}, [{"label": 3, "p": 0.9}, {"label": 4, "p": 0.8}]),
        ({"label": 3, "p": [0.1, 0.9]}, [{"label": 3, "p": [0.1, 0.9]}]),
        ({"a": [1], "b": [1, 2]}, [{"a": [1], "b": [1, 2]}]),
        ([], []),
        ({}, [{}]),
    ],
)
def test_answers_become_rows(answer, rows):
    assert answer_rows([answer]) == rows


def met(config=BETWEEN):
    return {"success": True, "expectation_config": config, "result": {}, "exception_info": {"raised_exception": False}}


def unmet(config=BETWEEN, *, raised: str = "", **result):
    info = {"raised_exception": bool(raised), "exception_message": raised or None}
    return {"success": False, "expectation_config": config, "result": result, "exception_info": info}


SHOWN = 'expect_column_values_to_be_between(column="value", min_value=0, max_value=9)'


def test_expectations_that_are_met_pass():
    check = judge_suite([met(), met()], 12, ["value"])
    assert (check.phase, check.message) == (Phase.PASSED, "2 of 2 expectations are met by 12 rows of answers")


def test_an_expectation_that_is_not_met_shows_what_was_seen():
    bad = unmet(unexpected_count=4, element_count=10, partial_unexpected_list=[10, 11, 12, 13])
    check = judge_suite([met(), bad], 10, ["value"])
    assert check.phase is Phase.FAILED
    assert check.evidence == (f"{SHOWN}: 4 of 10 are not, such as 10, 11, 12, 13",)
    assert check.message == f"1 of 2 expectations is not met; first: {check.evidence[0]}"


def test_an_observed_value_is_shown():
    assert judge_suite([unmet(observed_value=0.45)], 10, ["value"]).evidence == (f"{SHOWN}: observed 0.45",)


def test_a_column_that_the_answers_do_not_have_is_a_failure():
    check = judge_suite([unmet(raised="Error: no such column")], 10, ["label", "p"])
    assert check.phase is Phase.FAILED
    assert check.evidence == (f"{SHOWN}: the answers have no column 'value', only label, p",)


def test_an_expectation_that_cannot_be_worked_out_is_an_error():
    check = judge_suite([unmet(raised="'<=' not supported")], 10, ["value"])
    assert check.phase is Phase.ERROR
    assert check.message == f"1 of 1 expectation could not be judged; first: {SHOWN}: '<=' not supported"


def test_a_mere_warning_is_told_and_fails_nothing():
    check = judge_suite([met(), unmet(BETWEEN | {"severity": "warning"}, observed_value=3)], 10, ["value"])
    assert (check.phase, check.message) == (Phase.PASSED, "1 of 2 expectations is met by 10 rows of answers")
    assert check.evidence == (f"warning: {SHOWN}: observed 3",)
