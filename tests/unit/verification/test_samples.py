import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipway.verification.evidence import bounded, one_line
from shipway.verification.samples import Reply, percentile

values = st.lists(st.floats(0, 1e6), min_size=1, max_size=300)
percents = st.integers(1, 100)


@given(values, percents)
def test_a_percentile_is_one_of_the_values_with_enough_at_or_below_it(numbers, percent):
    found = percentile(numbers, percent)
    assert found in numbers
    assert sum(n <= found for n in numbers) * 100 >= percent * len(numbers)
    assert sum(n < found for n in numbers) * 100 < percent * len(numbers)


@given(values, percents, percents)
def test_percentiles_rise(numbers, a, b):
    low, high = sorted((a, b))
    assert percentile(numbers, low) <= percentile(numbers, high)


def test_there_is_no_percentile_of_nothing():
    with pytest.raises(ValueError, match="no percentile 95 of 0 values"):
        percentile([], 95)


def test_a_reply_says_why_it_is_bad():
    bad = Reply(request=0, status=500, body="Traceback\n  boom", latency_ms=1)
    assert bad.describe() == "status 500: Traceback boom"
    assert Reply(request=0, status=None, body="", latency_ms=1, problem="refused").describe() == "no answer: refused"
    assert Reply(request=0, status=502, body="", latency_ms=1).describe() == "status 502, no text"


@given(st.text())
def test_evidence_is_one_printable_line(text):
    line = one_line(text, 50)
    assert len(line) <= 50
    assert line.isprintable()


def test_long_text_ends_in_dots():
    assert one_line("a" * 300, 10) == "aaaaaaa..."


def test_many_lines_of_evidence_are_cut_with_a_count():
    lines = [str(n) for n in range(25)]
    assert bounded(lines) == (*lines[:9], "... and 16 more")
    assert bounded(lines[:10]) == tuple(lines[:10])
