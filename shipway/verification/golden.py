"""Golden rows: requests of which the right answer is known. Pure."""

from collections.abc import Sequence

from shipway.domain.golden import GoldenRow
from shipway.domain.verdict import CheckResult, Measurement, Phase
from shipway.domain.wording import are, counted
from shipway.verification.answers import first_difference, read_answer
from shipway.verification.evidence import bounded
from shipway.verification.samples import Reply


def judge_golden(rows: Sequence[GoldenRow], replies: Sequence[Reply]) -> CheckResult:
    """FAILED when any row is answered wrongly, else ERROR when any got no answer: every row must be right.

    `replies` may be fewer than the rows when the time for asking ran out. Rows are counted from 1.
    """
    by_row = {reply.request: reply for reply in replies}
    wrong: list[str] = []
    unanswered: list[str] = []
    for index, row in enumerate(rows):
        reply = by_row.get(index)
        if reply is None or reply.status is None:
            unanswered.append(f"row {index + 1}: {reply.describe() if reply else 'not asked, the time was over'}")
        elif difference := _difference(row, reply):
            wrong.append(f"row {index + 1}: {difference}")
    return _result(len(rows), wrong, unanswered)


def _difference(row: GoldenRow, reply: Reply) -> str | None:
    if not reply.ok:
        return reply.describe()
    try:
        answer = read_answer(reply.body)
    except ValueError as error:
        return f"the answer is not JSON ({error})"
    return first_difference(row.expected, answer, row.tolerance)


def _result(rows: int, wrong: list[str], unanswered: list[str]) -> CheckResult:
    total = counted(rows, "golden row")
    right = rows - len(wrong) - len(unanswered)
    if wrong:
        phase, message = Phase.FAILED, f"{len(wrong)} of {total} {are(len(wrong))} wrong; first: {wrong[0]}"
    elif unanswered:
        phase, message = Phase.ERROR, f"{len(unanswered)} of {total} got no answer; first: {unanswered[0]}"
    elif rows:
        phase, message = Phase.PASSED, f"{'all ' if rows > 1 else ''}{total} {are(rows)} right"
    else:
        phase, message = Phase.INCONCLUSIVE, "there are no golden rows"
    right_rows = Measurement(name="right rows", value=right, unit="", limit=rows, at_least=True)
    return CheckResult(
        name="golden", phase=phase, message=message, measurements=(right_rows,), evidence=bounded(wrong + unanswered)
    )
