import pytest

from shipway.domain.verdict import Phase
from shipway.image.container.inspection import ImageReport
from shipway.image.container.secrets import Found
from shipway.verification.load import Soaked, soak
from shipway.verification.samples import Reply
from shipway.verification.smoke import judge_answered, judge_image, judge_memory, judge_soak, judge_threads, smoke
from tests.unit.verification.little_server import little_server
from tests.unit.verification.replies import good, row
from tests.unit.verification.test_load import free_port_url


def test_a_server_that_answers_passes_whatever_it_answers():
    with little_server() as url:
        checks = smoke(url, [row([1]), row([2])])
    assert [(check.name, check.phase) for check in checks] == [("healthy", Phase.PASSED), ("answers", Phase.PASSED)]
    assert checks[1].message == "2 golden requests were answered with status 200"


def test_one_request_is_told_in_the_singular():
    assert judge_answered([row([1])], [good(0)]).message == "1 golden request was answered with status 200"


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
    check = judge_answered([row([1])] * 5, [good(0), good(1)])
    assert check.phase is Phase.PASSED
    assert check.message == "2 golden requests of 5, the time being over, were answered with status 200"


def test_a_server_that_stands_the_load_passes_with_what_it_holds():
    with little_server() as url:
        soaked = soak(url, [row([1]).request], seconds=0.2)
    assert soaked.requests > 0
    load, memory = judge_soak(soaked, 64_000_000, limit_bytes=None)
    assert load.phase is Phase.PASSED
    assert load.message.endswith("all answered with status 200")
    assert memory.message == "64 MB held after the load, without a limit"


def test_a_server_that_fails_under_load_is_not_asked_for_longer():
    with little_server(lambda _: (500, "out of handles")) as url:
        soaked = soak(url, [row([1]).request], seconds=60)
    (load,) = judge_soak(soaked, None, limit_bytes=None)
    assert load.phase is Phase.FAILED
    assert load.message.endswith("failed; first: status 500: out of handles")


def test_where_nobody_can_tell_the_memory_only_the_load_is_judged():
    soaked = Soaked(requests=10, failures=0, seconds=2.0)
    assert [check.name for check in judge_soak(soaked, None, limit_bytes=1)] == ["load"]


def test_memory_close_to_its_limit_fails_before_the_kernel_ends_it():
    check = judge_memory(96_000_000, 100_000_000)
    assert check.phase is Phase.FAILED
    assert check.message == (
        "96 MB held after the load, 95% of the limit are 95 MB; raise containerResourceRequirements/memoryInGBLimit"
    )
    assert judge_memory(95_000_000, 100_000_000).phase is Phase.PASSED


def test_an_image_that_runs_as_root_or_holds_a_secret_fails_and_says_where():
    report = ImageReport(user="", uid=0, secrets=(Found(place="/var/azureml-app/src/key.pem", kind="a private key"),))
    user, secrets = judge_image(report)
    assert (user.name, user.phase) == ("user", Phase.FAILED)
    assert user.message == "it runs as root (user 'not set', id 0 inside); it must run as another"
    assert secrets.phase is Phase.FAILED
    assert "/var/azureml-app/src/key.pem: a private key" in secrets.message


def test_an_image_that_runs_as_somebody_and_holds_no_secret_passes():
    checks = judge_image(ImageReport(user="1000", uid=1000, secrets=()))
    assert [(check.name, check.message) for check in checks] == [
        ("user", "it runs as user 1000"),
        ("secrets", "none was found in its layers and settings"),
    ]


@pytest.mark.parametrize(("before", "after", "requests"), [(5, 6, 100), (5, 21, 1), (20, 50, 100)])
def test_a_pool_that_grows_under_load_is_no_leak(before, after, requests):
    check = judge_threads(before, after, requests=requests)
    assert check is not None
    assert (check.phase, check.message) == (Phase.PASSED, f"{after} threads after the load")


def test_threads_that_requests_leave_behind_fail():
    check = judge_threads(5, 45, requests=40)
    assert check is not None
    assert check.phase is Phase.FAILED
    assert check.message == (
        "40 requests left 40 more threads running, 45 in all: the script starts threads that do not end; end them, or "
        "keep a pool of them"
    )


@pytest.mark.parametrize(("before", "after"), [(None, 5), (5, None)])
def test_where_nobody_can_count_threads_they_are_not_judged(before, after):
    assert judge_threads(before, after, requests=40) is None


def test_a_request_that_gets_no_answer_in_its_time_is_run_s_affair():
    late = Reply(request=0, status=None, body="", latency_ms=2000, problem="timed out after 2 s", timed_out=True)
    assert judge_answered([row([1])], [late]).message == (
        "1 of 1 golden request was not answered with status 200; first: row 1: run() did not end within 2 s"
    )
