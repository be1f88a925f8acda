"""What a scoring server's answers mean, in v1's words for local services."""

import http.client
from enum import Enum

STOPPED = "stopped"
STOPPED_MESSAGE = "it was stopped; `shipway up` starts it again"

PROBE_S = 2.0
"""The scoring server answers probes within 0.1 s whatever the script does, unless native code holds Python's lock."""


_STUCK = b"run() is stuck"
"""In the scoring server's answer then."""

MANY_THREADS = 1000
"""No server needs so many; a machine has room for some tens of thousands, for all that runs on it."""


class NoAnswer(Enum):
    """What is no status code: nobody listens (or hangs up at once), somebody does and says nothing, or the scoring
    server says that run() does not end, by the same 503 that it gives before init() has ended."""

    CLOSED = "closed"
    SILENT = "silent"
    STUCK = "stuck"


Answer = int | NoAnswer


def probe(host: str, port: int, path: str) -> Answer:
    """The status code of a GET, within PROBE_S, or what came in its place."""
    connection = http.client.HTTPConnection(host, port, timeout=PROBE_S)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        unavailable = response.status == http.client.SERVICE_UNAVAILABLE
        return NoAnswer.STUCK if unavailable and _STUCK in response.read(200) else response.status
    except TimeoutError:
        return NoAnswer.SILENT
    except (OSError, http.client.HTTPException):
        return NoAnswer.CLOSED
    finally:
        connection.close()


def judge_answers(
    port: int, *, ready: Answer, health: Answer | None, complaint: str | None = None, threads: int | None = None
) -> tuple[str, str]:
    """v1's word, and a message, for a server that listens. `health` is of GET /, asked when it is ready. Pure.

    `complaint` is the last error in its log: it tells why a server does not answer as it should.
    """
    because = f"; its log says: {complaint}" if complaint else ""
    if NoAnswer.STUCK in {ready, health}:
        return (
            "unknown",
            f"run() does not end: it went on after SCORING_TIMEOUT_MS, and no request is answered{because}",
        )
    if isinstance(ready, NoAnswer):
        return "unknown", f"its server did not answer GET /ready on port {port} within {PROBE_S:g} s{because}"
    if ready == http.client.SERVICE_UNAVAILABLE:
        return "deploying", "init() has not finished"
    if ready != http.client.OK:
        return "unknown", f"its server answers GET /ready with {ready}{because}"
    if health != http.client.OK:
        answer = health if isinstance(health, int) else "nothing"
        return "unknown", f"its server is ready but answers GET / with {answer}{because}"
    return "running", _leak(threads)


def _leak(threads: int | None) -> str:
    if threads is None or threads <= MANY_THREADS:
        return ""
    return f"its processes have {threads:,} threads: the script starts threads that do not end"
