"""A healthy server and its clients: one shared process, every test only asks it."""

import json
import socket
import threading
from typing import List

import pytest
from server_process import Server, ask

from shipway_serving import __version__

SCRIPT = """
import asyncio, json, os, sys, threading

def init():
    global made_in
    made_in = threading.current_thread()

def run(data, request_headers):
    if not data.startswith("do:"):
        return {"data": data, "headers": request_headers}
    return ACTIONS[data[3:]]()

def fail():
    raise ValueError("secret detail")

def place():
    main = threading.main_thread()
    return [threading.current_thread() is main, made_in is main, __name__, os.getcwd(), __file__]

async def nothing():
    return "awaited"

ACTIONS = {
    "none": lambda: None,
    "fail": fail,
    "set": lambda: {1, 2},
    "place": place,
    "argv": lambda: sys.argv[1:],
    "path": lambda: sys.path,
    "await": lambda: asyncio.new_event_loop().run_until_complete(nothing()),
    "big": lambda: "x" * 3000000,
}
"""

TEXT = {"Content-Type": "text/plain"}


def raw(server: Server, data: bytes, *, end: bool = True) -> bytes:
    """What the server sends back for ``data`` until it closes; with ``end`` we say that no more will come."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
        client.sendall(data)
        if end:
            client.shutdown(socket.SHUT_WR)
        parts: List[bytes] = []
        while True:
            part = client.recv(65536)
            if not part:
                return b"".join(parts)
            parts.append(part)


def test_health_is_the_word_healthy(server: Server) -> None:
    """H-1, with HEAD."""
    answer = server.request("GET", "/")
    assert (answer.status, answer.body) == (200, b"Healthy")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    head = server.request("HEAD", "/")
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", "7")


def test_a_post_is_scored(server: Server) -> None:
    """H-20 with its headers, H-60 to H-64."""
    answer = server.request("POST", "/score", "h\u00e9".encode("utf-8"), dict(TEXT, **{"X-Custom": "1"}))
    assert answer.status == 200
    assert answer.json()["data"] == "h\u00e9"
    assert answer.json()["headers"]["X-Custom"] == "1"
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-ms-run-function-failed"] == "False"
    assert float(answer.headers["x-ms-run-fn-exec-ms"]) >= 0
    assert answer.headers["x-ms-server-version"] == "shipway-serving/" + __version__
    assert answer.headers["x-request-id"] == answer.headers["x-ms-request-id"]
    assert "x-ms-client-request-id" not in answer.headers


def test_a_get_is_scored_with_its_query(server: Server) -> None:
    """H-25."""
    answer = server.request("GET", "/score?a=1&b=x&b=2")
    assert json.loads(answer.json()["data"]) == {"a": 1, "b": ["x", 2]}


def test_ids_are_fresh_or_echoed(server: Server) -> None:
    """Two requests without ids get two; H-66 applies to ``/`` too."""
    first, second = server.request("GET", "/"), server.request("GET", "/")
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    echoed = server.request("POST", "/score", b"x", {"x-request-id": "mine", "TraceId": "t"})
    assert (echoed.headers["x-request-id"], echoed.headers["traceid"]) == ("mine", "t")
    refused = server.request("GET", "/", headers={"x-request-id": "i" * 101})
    assert (refused.status, refused.json()) == (431, {"message": "x-request-id must not exceed 100 characters"})
    assert "x-request-id" not in refused.headers
    partly = server.request("GET", "/", headers={"x-request-id": "mine", "x-ms-request-id": "i" * 101})
    assert (partly.status, partly.headers["x-request-id"]) == (431, "mine")
    assert "x-ms-request-id" not in partly.headers


def test_a_failing_run_hides_its_reason_and_logs_it(server: Server) -> None:
    """H-47; the traceback is one record."""
    answer = server.request("POST", "/score", b"do:fail", TEXT)
    message = "An unexpected error occurred in scoring script. Check the logs for more info."
    assert (answer.status, answer.json()) == (500, {"message": message})
    assert answer.headers["x-ms-run-function-failed"] == "True"
    assert "x-ms-run-fn-exec-ms" not in answer.headers
    logged = server.logged("ValueError: secret detail")
    assert logged["level"] == "ERROR" and "Traceback (most recent call last):\n" in logged["message"]


def test_a_result_that_is_no_json_is_an_internal_error(server: Server) -> None:
    """H-46."""
    answer = server.request("POST", "/score", b"do:set", TEXT)
    message = "An unexpected internal error occurred. Check the logs for more info."
    assert (answer.status, answer.json()) == (500, {"message": message})
    assert answer.headers["x-ms-run-function-failed"] == "False"


def test_nothing_returned_is_an_empty_object(server: Server) -> None:
    """H-42."""
    assert server.request("POST", "/score", b"do:none", TEXT).body == b"{}"


def test_the_script_lives_where_v1_put_it(server: Server) -> None:
    """E-10, C-2, C-9, C-10: main thread, app root, real path, module name."""
    in_main, init_in_main, name, folder, path = server.request("POST", "/score", b"do:place", TEXT).json()
    assert (in_main, init_in_main, name) == (True, True, "entry_module")
    assert folder == str(server.folder) and path == str(server.folder / "score.py")
    assert server.request("POST", "/score", b"do:argv", TEXT).json() == []


def test_the_app_root_comes_last_on_the_import_path(server: Server) -> None:
    """C-6, C-24: neither the working folder nor a folder of ours stands before the installed packages."""
    path = server.request("POST", "/score", b"do:path", TEXT).json()
    assert path[-1] == str(server.folder)
    assert path.count(str(server.folder)) == 1 and "" not in path
    assert not [entry for entry in path if "shipway_serving" in entry]


def test_a_script_may_run_an_event_loop_inside_run(server: Server) -> None:
    """No loop runs in the main thread."""
    assert server.request("POST", "/score", b"do:await", TEXT).json() == "awaited"


def test_what_is_not_served_gets_json_without_ids(server: Server) -> None:
    """H-6, H-7, H-9."""
    for method, path, status in (("GET", "/nope", 404), ("POST", "/score/", 404), ("PUT", "/score", 405)):
        answer = server.request(method, path, b"x")
        assert (answer.status, list(answer.json())) == (status, ["message"])
        assert answer.headers["x-ms-run-function-failed"] == "False"
        assert "x-request-id" not in answer.headers and "x-ms-server-version" not in answer.headers
    assert server.request("DELETE", "/score").headers["allow"] == "GET, HEAD, OPTIONS, POST"


def test_head_is_refused_for_a_script_that_is_not_raw(server: Server) -> None:
    """H-5; unlike other refused methods it has ids."""
    answer = server.request("HEAD", "/score", headers={"x-request-id": "mine"})
    assert (answer.status, answer.body, answer.headers["x-request-id"]) == (405, b"", "mine")


def test_options_is_answered_without_the_script(server: Server) -> None:
    """H-4."""
    answer = server.request("OPTIONS", "/score")
    assert (answer.status, answer.body, answer.headers["x-ms-run-function-failed"]) == (200, b"", "False")


def test_a_connection_serves_many_requests(server: Server) -> None:
    """Keep-alive, a HEAD among them."""
    connection = server.connect()
    for number in range(3):
        assert ask(connection, "HEAD", "/").status == 200
        assert ask(connection, "POST", "/score", b"%d" % number, TEXT).json()["data"] == str(number)
    connection.close()


def test_pipelined_requests_are_answered_in_order(server: Server) -> None:
    """Also those that the server answers itself, in between, and a thousand of them."""
    post = b"POST /score HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n"
    stream = b"".join(post + b"%04d" % number + b"GET /live HTTP/1.1\r\n\r\n" * 3 for number in range(250))
    answer = raw(server, stream)
    assert answer.count(b"HTTP/1.1 200 OK") == 1000
    found = [answer.index(b'"data": "%04d"' % number) for number in range(250)]
    assert found == sorted(found)


def test_a_client_may_close_its_half_and_still_be_answered(server: Server) -> None:
    """And the connection ends then."""
    answer = raw(server, b"POST /score HTTP/1.1\r\nContent-Length: 1\r\n\r\nx")
    assert answer.startswith(b"HTTP/1.1 200 OK") and b'"data": "x"' in answer


def test_chunks_are_joined(server: Server) -> None:
    """And HTTP/1.0 closes."""
    answer = raw(server, b"POST /score HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n")
    assert b'"data": "abc"' in answer
    assert b"Connection: close" in raw(server, b"GET / HTTP/1.0\r\n\r\n", end=False)


def test_a_held_back_body_is_asked_for(server: Server) -> None:
    """``Expect: 100-continue``."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
        client.sendall(b"POST /score HTTP/1.1\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n")
        assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"x")
        assert client.recv(100).startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize(
    "data, status",
    [
        (b"rubbish\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nX: " + b"v" * 70000 + b"\r\n\r\n", b"431"),
        (b"POST /score HTTP/1.1\r\nContent-Length: 104857601\r\n\r\n" + b"x" * 300000, b"413"),
    ],
)
def test_what_cannot_be_served_is_refused_and_the_connection_closed(server: Server, data: bytes, status: bytes) -> None:
    """The client can read the refusal even while it is still sending."""
    answer = raw(server, data)
    assert answer.startswith(b"HTTP/1.1 " + status) and b"Connection: close" in answer
    assert b'{"message": ' in answer


def test_large_answers_arrive_whole(server: Server) -> None:
    """More than any buffer, to a client that pipelines and reads slowly."""
    post = b"POST /score HTTP/1.1\r\nContent-Length: 6\r\n\r\ndo:big"
    assert raw(server, post * 3).count(b"x" * 3000000) == 3


def test_many_clients_get_their_own_answers(server: Server) -> None:
    """No answer goes to another connection."""
    wrong: List[str] = []

    def client(name: int) -> None:
        connection = server.connect()
        for number in range(20):
            text = f"{name}-{number}"
            if ask(connection, "POST", "/score", text.encode(), TEXT).json()["data"] != text:
                wrong.append(text)
        connection.close()

    threads = [threading.Thread(target=client, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_other_protocols_are_served_beside_v1s_paths(server: Server) -> None:
    """SageMaker's two paths and the Open Inference Protocol's health; ``/invocations`` is ``/score``."""
    assert server.request("GET", "/ping").status == 200
    assert server.request("GET", "/v2/health/ready").json() == {"ready": True}
    assert server.request("GET", "/v2/models/model").json()["name"] == "model"
    scored = server.request("POST", "/invocations", b"text", TEXT)
    assert (scored.status, scored.json()["data"]) == (200, "text")
    assert scored.headers["x-request-id"] and "x-ms-run-fn-exec-ms" in scored.headers
    assert server.request("GET", "/invocations").status == 405
    assert server.request("GET", "/v3").status == 404


def test_a_script_finds_an_id_although_the_client_sent_none(server: Server) -> None:
    """Azure's front end gave it one, and scripts rely on that."""
    answer = server.request("POST", "/score", b"x", TEXT)
    assert answer.json()["headers"]["X-Ms-Request-Id"] == answer.headers["x-ms-request-id"]
    sent = server.request("POST", "/score", b"x", dict(TEXT, **{"x-ms-client-request-id": "mine"}))
    assert sent.json()["headers"]["X-Ms-Request-Id"] == "mine"


def test_the_documents_of_the_script_are_served(server: Server) -> None:
    """H-90, H-91, with HEAD."""
    assert server.request("GET", "/swagger.json").json()["swagger"] == "2.0"
    assert server.request("GET", "/swagger.json?version=3.1").json()["openapi"] == "3.1.0"
    assert server.request("GET", "/swagger.json?version=9").status == 404
    assert server.request("HEAD", "/swagger.json").status == 200


def test_options_and_head_of_a_script_that_is_not_raw(server: Server) -> None:
    """H-4, H-5."""
    options = server.request("OPTIONS", "/score")
    assert (options.status, options.body, options.headers["x-ms-run-function-failed"]) == (200, b"", "False")
    assert server.request("HEAD", "/score").status == 405
    assert server.request("OPTIONS", "/").headers["allow"] == "GET, HEAD, OPTIONS"


def test_what_was_refused_unread_is_in_the_log(server: Server) -> None:
    """Without a method or a path, which nobody has understood."""
    raw(server, b"rubbish\r\n\r\n")
    record = server.logged("- - 400")
    assert (record["logger"], record["status"], record["request_id"]) == ("shipway_serving.access", 400, "-")
