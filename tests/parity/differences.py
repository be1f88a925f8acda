"""Where we knowingly do not do as Microsoft's server does: the one list, which tests and docs read.

A difference that is not listed fails a test; so does one that is listed and no longer occurs.
"""

import json
import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from tests.parity.comparison import Divergence
from tests.parity.exchanges import Answer, Ask


class Exchanged(NamedTuple):
    """One request to both servers, and what they said."""

    ask: Ask
    microsoft: Answer
    ours: Answer


class Difference(NamedTuple):
    """One deliberate difference."""

    name: str
    ids: tuple[str, ...]
    """Of the contract."""
    microsoft: str
    ours: str
    why: str
    switch: str = ""
    """What brings Microsoft's behaviour back, if anything does."""
    profiles: tuple[str, ...] = ("modern", "legacy")
    aspects: tuple[str, ...] = ()
    """Patterns for the aspects in which answers may differ; empty for one that no answer shows."""
    where: Callable[[Exchanged], bool] = lambda exchanged: True
    """In which exchanges."""
    witness: str = ""
    """The case that shows it; empty where another test does, which `shown_by` names."""
    shown_by: str = ""

    def explains(self, divergence: Divergence, exchanged: Exchanged, profile: str) -> bool:
        concerns = profile in self.profiles and any(fnmatchcase(divergence.aspect, each) for each in self.aspects)
        return concerns and self.where(exchanged)


def _status(microsoft: int, ours: int) -> Callable[[Exchanged], bool]:
    return lambda exchanged: (exchanged.microsoft.status, exchanged.ours.status) == (microsoft, ours)


def _asked(method: str = "", path: str = "", body: bytes | None = None) -> Callable[[Exchanged], bool]:
    def asked(exchanged: Exchanged) -> bool:
        ask = exchanged.ask
        named = method in ("", ask.method) and path in ("", ask.target.partition("?")[0])
        return named and body in (None, ask.body)

    return asked


def _header_of_9000_bytes(exchanged: Exchanged) -> bool:
    return exchanged.microsoft.status in (400, 431) and any(len(value) > 8190 for _, value in exchanged.ask.headers)


def _not_utf_8(exchanged: Exchanged) -> bool:
    try:
        exchanged.ask.body.decode()
    except UnicodeDecodeError:
        return _status(500, 400)(exchanged)
    return False


def _only_the_servers_names(exchanged: Exchanged) -> bool:
    ours = [re.sub(r"^shipway-serving/", "azmlinfsrv/", each) for each in exchanged.ours.values("x-ms-server-version")]
    theirs = exchanged.microsoft.values("x-ms-server-version")
    return [each.partition("/")[0] for each in ours] == [each.partition("/")[0] for each in theirs]


def _unsendable(exchanged: Exchanged) -> bool:
    pages = (
        b"<html>\n  <head>\n    <title>Internal Server Error",
        b'{"message": "The server encountered an internal error',
    )
    return _status(500, 500)(exchanged) and exchanged.microsoft.body.startswith(pages)


def _only_the_id_for_scripts(exchanged: Exchanged) -> bool:
    """Whether the answers tell of the same headers but for the id."""
    if exchanged.ask.sent("x-ms-request-id") is not None:
        return False
    if exchanged.ask.method == "HEAD":
        # There is no body to compare, only how long it would be.
        return len(exchanged.microsoft.body) == len(exchanged.ours.body) == 0
    try:
        theirs, ours = json.loads(exchanged.microsoft.body), json.loads(exchanged.ours.body)
    except ValueError:
        return False
    return bool(theirs == _without_id(ours) != ours)


def _without_id(value: Any) -> Any:
    """A script's answer without the header that it was given, as a key, a name or a pair."""
    if isinstance(value, dict):
        return {key: _without_id(each) for key, each in value.items() if not _is_id(key)}
    if isinstance(value, list):
        return [_without_id(each) for each in value if not (_is_id(each) or _is_pair_of_id(each))]
    return value


def _is_id(name: Any) -> bool:
    return isinstance(name, str) and name.lower() == "x-ms-request-id"


def _is_pair_of_id(each: Any) -> bool:
    return isinstance(each, list) and len(each) == 2 and _is_id(each[0])


def _bad_json(exchanged: Exchanged) -> bool:
    return (
        exchanged.microsoft.status == 500
        and b"400 Bad Request: The browser (or proxy) sent" in exchanged.microsoft.body
    )


def _class_names(exchanged: Exchanged) -> bool:
    names = (b"'LocalProxy'", b"'AMLRequest'", b"'EnvironHeaders'", b"timer() argument", b"list indices must be")
    return exchanged.microsoft.status == 500 and any(name in exchanged.microsoft.body for name in names)


def _beyond_v1(exchanged: Exchanged) -> bool:
    paths = ("/live", "/ready", "/metrics", "/ping", "/invocations")
    path = exchanged.ask.target.partition("?")[0]
    return exchanged.microsoft.status == 404 and (path in paths or path.startswith("/v2"))


_ANSWER = ("status", "body", "header *")

DIFFERENCES: tuple[Difference, ...] = (
    Difference(
        name="server-version",
        ids=("H-62",),
        microsoft="`x-ms-server-version: azmlinfsrv/<version>`",
        ours="`x-ms-server-version: shipway-serving/<version>`",
        why="it tells whoever reads a log which server answered",
        switch="`HTTP_X_MS_SERVER_VERSION` gives the header any text, as in v1",
        aspects=("header x-ms-server-version",),
        where=_only_the_servers_names,
        witness="returns-the-body",
    ),
    Difference(
        name="empty-request-id",
        ids=("H-63", "H-64"),
        microsoft="an id that the client sent empty is taken for its id: none, or in 0.4 an empty one, is sent back",
        ours="it counts as none: the answer has a new one",
        why="an id is there to be found in the log",
        aspects=("header x-request-id", "header x-ms-request-id"),
        where=lambda exchanged: "" in (exchanged.ask.sent("x-request-id"), exchanged.ask.sent("x-ms-request-id")),
        witness="ids",
    ),
    Difference(
        name="id-for-scripts",
        ids=("E-5", "H-64"),
        microsoft="`request_headers` and raw requests have no `X-Ms-Request-Id` unless the client sent one",
        ours="they always have it: the id with which the request is answered",
        why='Azure\'s front end sent it, and scripts read `request_headers["X-Ms-Request-Id"]` without asking',
        aspects=("body", "header content-length"),
        where=_only_the_id_for_scripts,
        witness="request-headers-first",
    ),
    Difference(
        name="allow-with-405",
        ids=("H-6", "H-9"),
        microsoft="405 without `Allow`",
        ours="405 with `Allow`",
        why="HTTP asks for it, and clients show it",
        aspects=("header allow",),
        where=_status(405, 405),
        witness="score-methods",
    ),
    Difference(
        name="malformed-http",
        ids=("H-9",),
        microsoft="an HTML page of gunicorn's",
        ours='400 and `{"message": ...}`',
        why="the same form as every other error",
        aspects=("body", "header *"),
        where=lambda exchanged: exchanged.ask.method.islower() and _status(400, 400)(exchanged),
        witness="not-a-method",
    ),
    Difference(
        name="paths-beyond-v1",
        ids=("H-7",),
        microsoft="404 for `/live`, `/ready`, `/metrics`, `/v2/...`, `/ping`, `/invocations`",
        ours="they are served",
        why="what v1 did not have; no path of v1 is touched",
        aspects=_ANSWER,
        where=_beyond_v1,
        witness="paths-beyond-v1",
    ),
    Difference(
        name="long-headers",
        ids=("H-81",),
        microsoft="a header of more than 8,190 bytes: 431 or 400, as its gunicorn has it, in HTML",
        ours="64 KiB of headers in all, then 431",
        why="tokens and traces have grown",
        aspects=_ANSWER,
        where=_header_of_9000_bytes,
        witness="a-header-of-9000-bytes",
    ),
    Difference(
        name="body-limit",
        ids=("C-12", "H-81"),
        microsoft="none in the server; v1's front ends refused what is over 100 MB",
        ours="100 MiB by default, then 413",
        why="the front end's limit, kept where there is no front end: memory stays bounded",
        switch="`SHIPWAY_MAX_BODY_BYTES=0` (`--max_body_bytes 0`) takes it away",
        aspects=_ANSWER,
        where=_status(200, 413),
        witness="a-body-limit",
    ),
    Difference(
        name="own-timeout-error",
        ids=("H-49",),
        microsoft="any `TimeoutError` that `run` raises is reported as the scoring timeout",
        ours="only the scoring timeout is; another is a failure of `run` like any other",
        why="a database that is slow is not the limit of the service, and the text misled",
        aspects=("body", "header content-length"),
        where=lambda exchanged: exchanged.microsoft.body.startswith(b'{"message": "Scoring timeout after'),
        witness="a-timeout-of-the-scripts-own",
    ),
    Difference(
        name="sys-exit-in-run",
        ids=("H-48",),
        microsoft="a dropped connection or gunicorn's HTML 500, by its release; the newest lets the worker live on",
        ours="500 with the message of a failing `run`; the worker answers what it has accepted and is restarted",
        why="the script asked for the end of its process, and the client for an answer",
        aspects=_ANSWER,
        where=_asked(body=b"exit"),
        witness="sys-exit-in-run",
    ),
    Difference(
        name="state-after-sys-exit",
        ids=("H-48",),
        microsoft="what `run` kept in globals may survive `sys.exit`",
        ours="it never does: `init` runs again",
        why="as v1 documented it",
        aspects=("body", "header content-length"),
        where=_asked(body=b"two"),
        witness="sys-exit-in-run",
    ),
    Difference(
        name="worker-timeout",
        ids=("H-80",),
        microsoft="a run longer than `WORKER_TIMEOUT` (300 s) loses its worker and its connection",
        ours="only `SCORING_TIMEOUT_MS` ends a run, and its worker lives on",
        why="it struck long before the scoring timeout of an hour that the docs gave",
        switch="`SHIPWAY_V1_BUGS=worker-timeout`",
        aspects=_ANSWER,
        where=lambda exchanged: exchanged.ask.body == b"slow" and exchanged.microsoft.status in (0, 500),
        witness="worker-timeout",
    ),
    Difference(
        name="schema-body-not-utf-8",
        ids=("H-22", "H-32"),
        microsoft="500 for a schema-decorated `run` when the body is no UTF-8",
        ours="400 with the reason",
        why="it is the client's error, as it is for any other `run`",
        aspects=_ANSWER,
        where=_not_utf_8,
        witness="schema-not-utf-8",
    ),
    Difference(
        name="schema-body-too-deep",
        ids=("H-32",),
        microsoft="500 for JSON that is nested deeper than Python's stack",
        ours="400 with the reason",
        why="it is the client's error",
        aspects=_ANSWER,
        where=lambda exchanged: b"recursion" in exchanged.ours.body and _status(500, 400)(exchanged),
        witness="schema-deep-json",
    ),
    Difference(
        name="rawhttp-elsewhere",
        ids=("R-1",),
        microsoft="`@rawhttp` on any function of the process makes `run` raw",
        ours="only on `run`",
        why="an imported module changed what a script was called with",
        switch="`SHIPWAY_V1_BUGS=rawhttp-global`",
        aspects=("body", "header content-length"),
        where=lambda exchanged: exchanged.microsoft.body == b'"LocalProxy"' and exchanged.ours.body == b'"str"',
        witness="raw-decorator-elsewhere",
    ),
    Difference(
        name="lenient-json",
        ids=("R-5",),
        microsoft="`request.json` raises when the content type is not JSON",
        ours="it is `None`",
        why="as it was up to 2021, and while servers 0.7.1 to 1.3.4 restored it: scripts rely on it",
        profiles=("modern",),
        aspects=_ANSWER,
        where=lambda exchanged: "show=json" in exchanged.ask.target and _status(500, 200)(exchanged),
        witness="raw-json-of-another-type",
    ),
    Difference(
        name="has-key",
        ids=("R-5",),
        microsoft="`request.headers.has_key` is gone",
        ours="it is there",
        why="as for `lenient-json`",
        profiles=("modern",),
        aspects=_ANSWER,
        where=lambda exchanged: "show=has_key" in exchanged.ask.target and _status(500, 200)(exchanged),
        witness="raw-has-key",
    ),
    Difference(
        name="headers-with-underscores",
        ids=("E-5",),
        microsoft="0.4 passes a header such as `x_under` to the script, as `X-Under`; newer ones drop it",
        ours="it is dropped in both profiles",
        why="`x_under` passes for `x-under`, which something in front of the server may have checked",
        profiles=("legacy",),
        aspects=("body", "header content-length"),
        where=lambda exchanged: any("_" in name for name, _ in exchanged.ask.headers),
        witness="legacy-request-headers-first",
    ),
    Difference(
        name="unsendable-responses",
        ids=("H-46", "R-9", "R-10"),
        microsoft="what cannot be sent (parts that are no text, a header beyond Latin-1) gets a page of gunicorn's",
        ours="the 500 of any internal failure, with ids",
        why="the same form as every other error",
        aspects=("body", "header *"),
        where=_unsendable,
        witness="aml-response-texts",
    ),
    Difference(
        name="wording-of-bad-json",
        ids=("H-31", "H-32", "R-3"),
        microsoft="0.4 tells of JSON that does not parse that it is a bad request",
        ours="the 500 says where it does not parse",
        why="both are texts for people, and this one helps",
        profiles=("legacy",),
        aspects=("body", "header content-length"),
        where=_bad_json,
        witness="legacy-schema-malformed",
    ),
    Difference(
        name="one-content-length",
        ids=("R-10",),
        microsoft="a `Content-Length` that the script sets is sent beside the server's",
        ours="one is sent",
        why="proxies refuse two",
        aspects=("header content-length",),
        where=lambda exchanged: len(exchanged.microsoft.values("content-length")) == 2,
        witness="aml-response-headers",
    ),
    Difference(
        name="dict-as-message",
        ids=("R-9",),
        microsoft="0.4 sends an `AMLResponse` of a dict without `json_str` in chunks",
        ours="the same bytes, with their length",
        why="1.5.1 does so",
        profiles=("legacy",),
        aspects=("header transfer-encoding", "header content-length"),
        where=lambda exchanged: exchanged.microsoft.values("transfer-encoding") == ["chunked"],
        witness="legacy-aml-response-texts",
    ),
    Difference(
        name="class-names-in-texts",
        ids=("H-33", "H-47", "R-6"),
        microsoft="texts of exceptions that 0.4 sends name its own classes and functions",
        ours="they name ours",
        why="they are texts for people",
        profiles=("legacy",),
        aspects=("body", "header content-length"),
        where=_class_names,
        witness="legacy-raw-plain-values",
    ),
    Difference(
        name="broken-swagger-file",
        ids=("H-93",),
        microsoft="a `swagger.json` in the app root that is not JSON stops the start",
        ours="it is passed over, and the log says so",
        why="a document is no reason to serve nothing",
        shown_by="test_endings.py",
    ),
    Difference(
        name="coroutines",
        ids=("E-12", "H-46"),
        microsoft="a coroutine that `run` returns is never awaited: 500",
        ours="it is awaited",
        why="`async def run` worked in v1 with `azureml-defaults[async]`",
        profiles=("modern",),
        aspects=_ANSWER,
        where=lambda exchanged: _status(500, 200)(exchanged) and b"internal error" in exchanged.microsoft.body,
        witness="coroutine",
    ),
    Difference(
        name="script-in-sys-modules",
        ids=("C-10",),
        microsoft="the script's module is not in `sys.modules`",
        ours="it is, as `entry_module`",
        why="pickles and dataclasses of the script's own classes need it",
        aspects=_ANSWER,
        where=lambda exchanged: exchanged.ours.body == b"2",
        witness="own-module-in-sys-modules",
    ),
    Difference(
        name="own-module-names",
        ids=("C-24",),
        microsoft="`config`, `utils`, `routes` of the server's own hide the author's, or fail to be imported",
        ours="the author's are found",
        why="no module of ours can be imported by a name that an author may have",
        shown_by="test_endings.py",
    ),
    Difference(
        name="config-json-is-the-authors",
        ids=("P-1", "P-2"),
        microsoft="`config.json` and `logging.json` beside the script are taken for the server's settings",
        ours="only a file that is named is read: `--config_file`, `AZUREML_CONFIG_FILE`",
        why="authors have files of these names; one that was no object stopped the server",
        aspects=_ANSWER,
        where=lambda exchanged: exchanged.ask.body == b"slow" and _status(500, 200)(exchanged),
        witness="config-json-of-the-author",
    ),
)


def unexplained(found: list[Divergence], exchanged: Exchanged, profile: str) -> list[Divergence]:
    """Those that no difference accounts for."""
    return [each for each in found if not any(one.explains(each, exchanged, profile) for one in DIFFERENCES)]
