"""The comparison finds what differs, and nothing else. Needs no server."""

from tests.parity.comparison import divergences
from tests.parity.exchanges import DROPPED, Answer, Ask

_ASK = Ask()
_DATE = ("Date", "Thu, 26 Nov 2026 00:30:52 GMT")


def _aspects(microsoft: Answer, ours: Answer, ask: Ask = _ASK) -> list[str]:
    return [each.aspect for each in divergences(ask, microsoft, ours)]


def test_answers_that_differ_only_by_form_are_the_same() -> None:
    theirs = (_DATE, ("Server", "gunicorn"), ("x-ms-run-fn-exec-ms", "0.039"), ("x-request-id", "1-2"))
    ours = (("date", "Fri, 27 Nov 2026 00:30:52 GMT"), ("X-Ms-Run-Fn-Exec-Ms", "12.000"), ("x-request-id", "b"))
    assert _aspects(Answer(200, theirs, b""), Answer(200, ours, b"")) == []


def test_status_body_and_headers_are_compared() -> None:
    assert _aspects(Answer(200, (), b"a"), Answer(201, (), b"b")) == ["status", "body"]
    assert _aspects(Answer(200, (("X-A", "1"),), b""), Answer(200, (("x-a", "2"), ("x-b", "")), b"")) == [
        "header x-a",
        "header x-b",
    ]
    assert _aspects(Answer(200, (("X-A", "1"), ("X-A", "2")), b""), Answer(200, (("X-A", "1, 2"),), b"")) == [
        "header x-a"
    ]
    assert "status" in _aspects(Answer(500, (), b""), DROPPED)


def test_a_date_or_a_duration_of_another_form_differs() -> None:
    assert _aspects(Answer(200, (_DATE,), b""), Answer(200, (("Date", "now"),), b"")) == ["header date"]
    headers = ("x-ms-run-fn-exec-ms", "0.039"), ("x-ms-run-fn-exec-ms", "0.04")
    assert _aspects(Answer(200, headers[:1], b""), Answer(200, headers[1:], b"")) == ["header x-ms-run-fn-exec-ms"]


def test_an_id_that_the_client_sent_has_to_come_back() -> None:
    sent = Ask(headers=(("x-request-id", "mine"),))
    echoed, made_up = Answer(200, (("x-request-id", "mine"),), b""), Answer(200, (("x-request-id", "other"),), b"")
    assert _aspects(echoed, made_up, sent) == ["header x-request-id"]
    assert _aspects(made_up, Answer(200, (), b"")) == ["header x-request-id"]


def test_ids_that_belong_together_have_to_be_one() -> None:
    one = Answer(200, (("x-request-id", "a"), ("x-ms-request-id", "a")), b"")
    two = Answer(200, (("x-request-id", "a"), ("x-ms-request-id", "b")), b"")
    assert _aspects(one, two) == ["header x-ms-request-id"]


def test_of_a_traceback_only_the_last_line_counts() -> None:
    begin = b"Encountered Exception: Traceback (most recent call last):\n"
    theirs, ours = begin + b'  File "a"\n    x\nValueError: bad', begin + b'  File "b", line 3\nValueError: bad'
    lengths = [(("Content-Length", str(len(body))),) for body in (theirs, ours)]
    assert _aspects(Answer(500, lengths[0], theirs), Answer(500, lengths[1], ours)) == []
    assert _aspects(Answer(500, (), theirs), Answer(500, (), ours + b"!")) == ["body"]
