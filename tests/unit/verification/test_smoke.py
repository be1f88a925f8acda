from shipway.domain.verdict import Phase
from shipway.verification.smoke import judge_answered, smoke
from tests.unit.verification.little_server import little_server
from tests.unit.verification.replies import good, row
from tests.unit.verification.test_load import free_port_url


def test_a_server_that_answers_passes_whatever_it_answers():
    with little_server() as url:
        checks = smoke(url, [row([1]), row([2])])
    assert [(check.name, check.phase) for check in checks] == [("healthy", Phase.PASSED), ("answers", Phase.PASSED)]
    assert checks[1].message == "2 golden requests were answered with status 200"


def test_one_request_is_told_in_the_singular():
    assert judge_answered(1, [good(0)]).message == "1 golden request was answered with status 200"


def test_without_rows_only_health_is_asked():
    with little_server() as url:
        assert [check.name for check in smoke(url, [])] == ["healthy"]


def test_a_server_that_is_not_healthy_fails_with_its_own_words():
    with little_server(health=(503, "init failed:\nValueError: no model")) as url:
        (check,) = smoke(url, [row([1])])
    assert check.phase is Phase.FAILED
    assert check.message == "GET / is not healthy: status 503: init failed: ValueError: no model"


def test_a_server_that_is_not_there_fails():
    (check,) = smoke(free_port_url(), [])
    assert check.phase is Phase.FAILED
    assert check.message == "GET / is not healthy: no answer: [Errno 111] Connection refused"


def test_a_request_that_is_answered_with_an_error_fails_with_the_server_text():
    with little_server(lambda _: (500, "x" * 1000)) as url:
        _, check = smoke(url, [row([1])])
    assert check.phase is Phase.FAILED
    assert check.message.startswith(
        "1 of 1 golden request was not answered with status 200; first: row 1: status 500: xxx"
    )
    assert len(check.evidence[0]) < 220


def test_rows_left_over_when_the_time_is_over_are_told():
    check = judge_answered(5, [good(0), good(1)])
    assert check.phase is Phase.PASSED
    assert check.message == "2 golden requests of 5, the time being over, were answered with status 200"
