"""``async def run``: awaited on one loop of the main thread (E-12)."""

import asyncio
import types
from typing import Any, Callable, Iterator

import pytest
from server_process import Server

from shipway_serving.asset.awaiting import Awaiter, Cancelled, Overdue
from shipway_serving.asset.entry_script import examined
from shipway_serving.contract.messages import Request
from shipway_serving.server.overtime import Overtime
from shipway_serving.server.scorer import Scorer

SCRIPT = """
import asyncio, threading, time
from shipway_serving.rawhttp import AMLResponse, rawhttp

async def init():
    global loop, made_in
    await asyncio.sleep(0)
    loop, made_in = asyncio.get_event_loop(), threading.current_thread()

async def parts():
    for part in ("one ", "two"):
        await asyncio.sleep(0)
        yield part

@rawhttp
async def run(request):
    body = await request.get_data()
    what = body.decode()
    if what == "loop":
        return [asyncio.get_event_loop() is loop, threading.current_thread() is threading.main_thread()]
    if what == "stream":
        return AMLResponse(parts(), 200)
    if what == "fail":
        raise ValueError("in a coroutine")
    if what == "hang":
        await asyncio.sleep(3600)
    if what == "block":
        while True:
            time.sleep(0.01)
    if what == "quit":
        raise SystemExit("that is all")
    if what == "json":
        return await request.get_json(force=True, silent=True)
    if what == "not awaited":
        return request.get_data().decode()
    form = await request.form
    return AMLResponse(body + form.get("a", "").encode(), 200)
"""


@pytest.fixture(scope="module")
def server(shared_folder: Any) -> Any:
    running = Server(shared_folder, script=SCRIPT, environment={"SCORING_TIMEOUT_MS": "400"})
    try:
        yield running.healthy()
    finally:
        running.kill()


def test_init_and_every_run_share_one_loop_of_the_main_thread(server: Server) -> None:
    """Clients that init made belong to its loop."""
    assert [server.score("loop").json() for _ in range(2)] == [[True, True], [True, True]]


def test_a_raw_body_may_be_awaited_or_not(server: Server) -> None:
    """E-12: Quart's way, and what was written for Flask."""
    assert server.score("body").body == b"body"
    assert server.score("not awaited").json() == "not awaited"
    assert server.score("json").body == b"{}"


def test_an_asynchronous_generator_is_streamed(server: Server) -> None:
    """H-82."""
    answer = server.score("stream")
    assert (answer.body, answer.headers["transfer-encoding"]) == (b"one two", "chunked")


def test_a_failing_coroutine_is_a_failing_run(server: Server) -> None:
    """H-47."""
    answer = server.score("fail")
    assert (answer.status, answer.headers["x-ms-run-function-failed"]) == (500, "True")
    assert "in a coroutine" in server.logged("ValueError: in a coroutine")["message"]


@pytest.mark.parametrize("what", ["hang", "block"])
def test_the_scoring_timeout_ends_what_is_awaited_and_what_blocks(server: Server, what: str) -> None:
    """H-49; the next request is served by the same worker."""
    answer = server.score(what)
    assert (answer.status, answer.json()) == (500, {"message": "Scoring timeout after 400 ms"})
    assert server.score("loop").json() == [True, True]
    assert len(server.worker_pids()) == 1


def test_a_coroutine_may_end_the_process(serve: Any) -> None:
    """H-48: that client gets 500 and the worker is restarted."""
    server = serve(script=SCRIPT).healthy()
    assert server.score("quit").status == 500
    assert server.logged("run() ended its process with SystemExit")
    assert server.healthy().score("body").body == b"body"


ENDLESS = """
import time
from shipway_serving.rawhttp import AMLResponse

def init():
    pass

def parts():
    while True:
        time.sleep(0.01)
        yield b"x"

async def run(data):
    return AMLResponse(parts(), 200) if data == "endless" else data
"""


def test_a_stream_without_an_end_among_many_is_given_up_in_time(serve: Any) -> None:
    """It is read whole there, in a thread of its own."""
    environment = {"AZUREML_ASYNC_SERVING": "1", "SCORING_TIMEOUT_MS": "300"}
    server = serve(script=ENDLESS, environment=environment).healthy()
    given_up = server.score("endless")
    assert (given_up.status, given_up.json()) == (500, {"message": "Scoring timeout after 300 ms"})
    assert server.score("x").json() == "x"


# In this process.


@pytest.fixture
def awaiter() -> Iterator[Awaiter]:
    one = Awaiter()
    yield one
    one.loop().close()


@pytest.fixture
def scorer_of(awaiter: Awaiter) -> Callable[[str], Scorer]:
    def made(source: str) -> Scorer:
        module = types.ModuleType("entry_module")
        exec(source, module.__dict__)
        script = examined(module)._replace(awaiter=awaiter)
        script.init()
        return Scorer(script, Overtime(5000))

    return made


def post(body: bytes) -> Request:
    return Request("POST", "/score", "", {}, body)


def test_a_function_that_returns_an_awaitable_is_awaited_too(scorer_of: Any) -> None:
    """It need not be a coroutine function."""
    scorer = scorer_of(
        "import asyncio\ndef init(): pass\nasync def later(x): return x\ndef run(data): return later(data + '!')"
    )
    assert scorer.score(post(b"x")).response.body == b'"x!"'


def test_many_are_awaited_at_once(scorer_of: Any) -> None:
    """AZUREML_ASYNC_SERVING: the first waits for the second."""
    scorer = scorer_of(
        "import asyncio\n"
        "def init():\n    global event\n    event = None\n"
        "async def run(data):\n"
        "    global event\n"
        "    event = event or asyncio.Event()\n"
        "    if data == 'last': event.set()\n"
        "    await event.wait()\n"
        "    return data\n"
    )

    async def all_of_them() -> Any:
        return await asyncio.gather(*(scorer.score_async(post(body)) for body in (b"first", b"last")))

    scored = scorer.loop().run_until_complete(all_of_them())
    assert [one.response.body for one in scored] == [b'"first"', b'"last"']
    assert all(one.succeeded for one in scored)


def test_an_asynchronous_stream_among_many_is_read_whole(scorer_of: Any) -> None:
    """The loop belongs to all of them."""
    scorer = scorer_of(
        "from shipway_serving.rawhttp import AMLResponse\n"
        "def init(): pass\n"
        "async def parts():\n    yield 'one '\n    yield 'two'\n"
        "async def run(data): return AMLResponse(parts(), 200)\n"
    )
    scored = scorer.loop().run_until_complete(scorer.score_async(post(b"x")))
    assert b"".join(scored.response.stream or [scored.response.body]) == b"one two"


def test_what_ends_the_process_arrives_among_many_too(scorer_of: Any) -> None:
    """And not at the loop's foot, where it would take the others along."""
    scorer = scorer_of("def init(): pass\nasync def run(data): raise SystemExit")
    scored = scorer.loop().run_until_complete(scorer.score_async(post(b"x")))
    assert scored.quits and scored.response.status == 500


def test_a_cancellation_among_many_is_a_failure_of_run_and_no_end_of_the_process(scorer_of: Any) -> None:
    """What run() awaited may have been cancelled by the script itself, or by a library that it uses."""
    scorer = scorer_of(
        "import asyncio\n"
        "def init(): pass\n"
        "async def run(data):\n"
        "    task = asyncio.ensure_future(asyncio.sleep(3600))\n"
        "    task.cancel()\n"
        "    await task\n"
    )
    scored = scorer.loop().run_until_complete(scorer.score_async(post(b"x")))
    assert scored.response.status == 500
    assert not scored.quits


def test_an_awaitable_past_its_time_is_cancelled(awaiter: Awaiter) -> None:
    """And leaves nothing behind on the loop."""
    with pytest.raises(Overdue):
        awaiter.result_of(asyncio.sleep(3600), 0.01)
    assert awaiter.result_of(asyncio.sleep(0, "next"), 5) == "next"


def test_a_cancellation_by_the_script_is_a_failure_of_run(awaiter: Awaiter) -> None:
    """CancelledError is no Exception from Python 3.8 on, and must not end the worker."""

    async def cancels_itself() -> None:
        raise asyncio.CancelledError()

    with pytest.raises(Cancelled):
        awaiter.result_of(cancels_itself(), 5)
