"""Great Expectations suites over answers, without Great Expectations: check a suite, lay out the table, judge the
results. Pure.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from shipway.domain.verdict import CheckResult, Measurement, Phase
from shipway.domain.wording import are, counted
from shipway.errors import ConfigError
from shipway.verification.evidence import bounded, one_line

Row = dict[str, object]


def load_suite(text: str, path: str) -> dict[str, Any]:
    """The suite in a file's text: an object with `expectations`, each of a `type` and `kwargs`.

    Whether the types exist, only Great Expectations knows, when it runs. Raises ConfigError with the path.
    """
    try:
        suite: dict[str, Any] = json.loads(text)
    except ValueError as error:
        raise ConfigError(f"{path}: not JSON: {error}") from error
    expectations = suite.get("expectations") if isinstance(suite, dict) else None
    if not isinstance(expectations, list):
        raise ConfigError(f"{path}: a Great Expectations suite is an object with a list `expectations`")
    if not expectations:
        raise ConfigError(f"{path}: expectations: the list is empty, so nothing would be checked")
    for index, expectation in enumerate(expectations):
        fault = _fault(expectation)
        if fault:
            raise ConfigError(f"{path}: expectations[{index}]: {fault}")
    return suite


def _fault(expectation: object) -> str | None:
    if not isinstance(expectation, dict):
        return f"must be an object with `type` and `kwargs`, not {one_line(json.dumps(expectation), 40)}"
    if "type" not in expectation and "expectation_type" in expectation:
        return "`expectation_type` is of Great Expectations before 1.0: call it `type`"
    if not isinstance(expectation.get("type"), str):
        return "has no `type`, such as `expect_column_values_to_be_between`"
    if not isinstance(expectation.get("kwargs", {}), dict):
        return f"kwargs must be an object, not {one_line(json.dumps(expectation['kwargs']), 40)}"
    return None


def answer_rows(answers: Sequence[object]) -> list[Row]:
    """The table of answers that expectations are about.

    An answer that is an object is one row, its keys the columns. In a list each item is a row: an object by its keys,
    all else in a column `value`. So is an answer that is neither. An object of lists of one length, as a v1 batch
    answer often is, is a row an item.
    """
    return [row for answer in answers for row in _rows(answer)]


def _rows(answer: object) -> Iterator[Row]:
    match answer:
        case dict() if lists := _columns(answer):
            yield from (dict(zip(lists, items, strict=True)) for items in zip(*lists.values(), strict=True))
        case dict():
            yield answer
        case list():
            yield from (item if isinstance(item, dict) else {"value": item} for item in answer)
        case _:
            yield {"value": answer}


def _columns(answer: dict[str, object]) -> dict[str, list[object]]:
    """The answer itself when it is columns of one length; else nothing."""
    lists = {name: value for name, value in answer.items() if isinstance(value, list)}
    same = len(lists) == len(answer) and len({len(value) for value in lists.values()}) == 1
    return lists if same else {}


def judge_suite(results: Sequence[Mapping[str, Any]], rows: int, columns: Iterable[str]) -> CheckResult:
    """What Great Expectations found, expectation by expectation.

    FAILED when one is not met, or is about a column that the answers do not have. One of severity `warning` or `info`
    is told as evidence and fails nothing. ERROR when one could not be worked out, and none failed.
    """
    known = list(columns)
    failed: list[str] = []
    errors: list[str] = []
    noted: list[str] = []
    for result in results:
        if result["success"]:
            continue
        line, could_judge = _finding(result, known)
        if result["expectation_config"].get("severity", "critical") != "critical":
            noted.append(f"{result['expectation_config']['severity']}: {line}")
        else:
            (failed if could_judge else errors).append(line)
    return _result(len(results), rows, failed, errors, noted)


def _result(total: int, rows: int, failed: list[str], errors: list[str], noted: list[str]) -> CheckResult:
    every, good = counted(total, "expectation"), total - len(noted)
    if failed:
        phase, message = Phase.FAILED, f"{len(failed)} of {every} {are(len(failed))} not met; first: {failed[0]}"
    elif errors:
        phase, message = Phase.ERROR, f"{len(errors)} of {every} could not be judged; first: {errors[0]}"
    else:
        phase, message = Phase.PASSED, f"{good} of {every} {are(good)} met by {counted(rows, 'row')} of answers"
    met = total - len(failed) - len(errors) - len(noted)
    measured = Measurement(name="expectations met", value=met, unit="", limit=total, at_least=True)
    return CheckResult(
        name="expectations",
        phase=phase,
        message=message,
        measurements=(measured,),
        evidence=bounded(failed + errors + noted),
    )


def _finding(result: Mapping[str, Any], known: list[str]) -> tuple[str, bool]:
    """What to say of one that was not met, and whether it could be judged at all."""
    config = result["expectation_config"]
    kwargs = {name: value for name, value in config["kwargs"].items() if name != "batch_id"}
    what = f"{config['type']}({one_line(', '.join(f'{k}={json.dumps(v)}' for k, v in kwargs.items()), 90)})"
    raised = _raised(result.get("exception_info") or {})
    missing = [column for column in _about(kwargs) if column not in known]
    if raised and missing:
        return one_line(f"{what}: the answers have no column {missing[0]!r}, only {', '.join(known)}"), True
    if raised:
        return one_line(f"{what}: {raised}"), False
    return one_line(f"{what}: {_seen(result.get('result') or {})}"), True


def _raised(info: Mapping[str, Any]) -> str:
    """Great Expectations gives one exception as it is, several by metric."""
    parts = [info] if "raised_exception" in info else [part for part in info.values() if isinstance(part, Mapping)]
    messages = [str(part.get("exception_message") or "failed") for part in parts if part.get("raised_exception")]
    return messages[0] if messages else ""


def _about(kwargs: Mapping[str, Any]) -> list[str]:
    single = [kwargs[name] for name in ("column", "column_A", "column_B") if isinstance(kwargs.get(name), str)]
    return single + [name for name in kwargs.get("column_list") or [] if isinstance(name, str)]


def _seen(result: Mapping[str, Any]) -> str:
    if result.get("unexpected_count"):
        examples = ", ".join(json.dumps(value) for value in (result.get("partial_unexpected_list") or [])[:5])
        return f"{result['unexpected_count']} of {result.get('element_count')} are not, such as {examples}"
    if result.get("observed_value") is not None:
        return f"observed {json.dumps(result['observed_value'])}"
    return "not met"
