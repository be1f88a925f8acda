"""Speaking HTTP with an MLflow tracking server: who we are there, what is tried again, and its refusals in words.

The settings are those that MLflow's own client reads from the environment. What the server holds is for
mlflow_tracking.
"""

import contextlib
import re
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from shipway.domain.secret import Secret
from shipway.errors import RegistryError, Transient

_URI = "MLFLOW_TRACKING_URI"
_CONNECT_S, _READ_S = 10.0, 300.0
"""A server that passes files on from a bucket fetches the whole file before it sends the first byte."""
_PAUSES_S = (0.5, 2.0)
_PASSING = frozenset({408, 429, 502, 503, 504})
"""Answers of a server or a proxy that is busy or restarting; a 500 of MLflow means that it will fail again."""
_TRUE = frozenset({"1", "true", "yes"})


class TrackingUnavailable(RegistryError, Transient):
    """The tracking server does not answer, or broke off."""


@dataclass(frozen=True, kw_only=True)
class TrackingServer:
    """`url` has no credentials and no slash at its end.

    `verify` is whether its certificate is looked at, or the file of the authority that signed it.
    """

    url: str
    token: Secret | None = None
    username: str = ""
    password: Secret | None = None
    verify: bool | str = True
    client_certificate: str | None = None


def tracking_server(environ: Mapping[str, str]) -> TrackingServer:
    """From MLFLOW_TRACKING_URI and its neighbours. Raises RegistryError when they name no server."""
    given = environ.get(_URI, "").strip()
    if not given:
        raise RegistryError(
            f"{_URI} is not set, and a run is looked up on an MLflow tracking server: set it, such as to "
            "http://127.0.0.1:5000, or register the file itself with -p PATH"
        )
    if not _is_a_server(given):
        raise RegistryError(
            f"{_URI}: {without_credentials(given)} is not the URL of a tracking server; give http:// or https:// (a "
            "folder or a database is reached through `mlflow server --backend-store-uri`), or register the file itself "
            "with -p PATH"
        )
    parts = urlsplit(given)
    password = environ.get("MLFLOW_TRACKING_PASSWORD") or parts.password
    token = environ.get("MLFLOW_TRACKING_TOKEN")
    verify: bool | str = environ.get("MLFLOW_TRACKING_SERVER_CERT_PATH") or True
    if environ.get("MLFLOW_TRACKING_INSECURE_TLS", "").lower() in _TRUE:
        verify = False
    return TrackingServer(
        url=without_credentials(given).rstrip("/"),
        token=Secret(token) if token else None,
        username=environ.get("MLFLOW_TRACKING_USERNAME") or parts.username or "",
        password=Secret(password) if password else None,
        verify=verify,
        client_certificate=environ.get("MLFLOW_TRACKING_CLIENT_CERT_PATH") or None,
    )


def _is_a_server(url: str) -> bool:
    try:
        httpx.URL(url)
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except (ValueError, httpx.InvalidURL):  # a port or a bracket that is none
        return False


class Connection:
    """One client for one server. What fails by the network or by a busy server is tried three times in all."""

    def __init__(self, server: TrackingServer, *, pause: Callable[[float], None] = time.sleep) -> None:
        self.where = server.url
        self._server = server
        self._pause = pause
        self._client = _client(server)

    def close(self) -> None:
        self._client.close()

    def ask(
        self, path: str, params: Mapping[str, str] | None = None, *, document: Mapping[str, Any] | None = None
    ) -> dict[str, Any] | None:
        """The answer's document; a POST where there is a document to send. None when there is no such thing.

        `path` is below the server's URL, or a whole URL. Raises TrackingUnavailable, and RegistryError for a refusal or
        what is no tracking server at all.
        """
        for pause_s in (*_PAUSES_S, None):
            try:
                return self._ask_once(path, params, document)
            except TrackingUnavailable:
                if pause_s is None:
                    raise
                self._pause(pause_s)
        raise AssertionError

    @contextlib.contextmanager
    def open(self, url: str, params: Mapping[str, str], headers: Mapping[str, str]) -> Iterator[httpx.Response]:
        """A file on its way, from a whole URL. Raises as `ask` does, while it is read, too."""
        with (
            self._client_for(url) as client,
            self._speaking(url),
            client.stream("GET", url, params=dict(params), headers=dict(headers)) as answer,
        ):
            if answer.status_code >= 400:
                answer.read()
                raise self._refusal(answer)
            yield answer

    @contextlib.contextmanager
    def _client_for(self, url: str) -> Iterator[httpx.Client]:
        """Our credentials go nowhere but to the tracking server itself."""
        if urlsplit(url)[:2] == urlsplit(self.where)[:2]:
            yield self._client
        else:
            with _client(TrackingServer(url=url, verify=self._server.verify)) as client:
                yield client

    def _ask_once(
        self, path: str, params: Mapping[str, str] | None, document: Mapping[str, Any] | None
    ) -> dict[str, Any] | None:
        url = path if "://" in path else f"{self.where}/{path}"
        with self._client_for(url) as client, self._speaking(url):
            method = "GET" if document is None else "POST"
            answer = client.request(method, url, params=dict(params or {}), json=document)
        said = _document(answer)
        if said is not None and said.get("error_code") == "RESOURCE_DOES_NOT_EXIST":
            return None
        if answer.status_code >= 400:
            raise self._refusal(answer)
        if said is None:
            kind = answer.headers.get("content-type", "no content type")
            raise RegistryError(_no_mlflow(self.where, f"{answer.status_code}, {kind}"))
        return said

    @contextlib.contextmanager
    def understood(self) -> Iterator[None]:
        """Around the reading of an answer. Raises RegistryError where it has not the form that MLflow's have."""
        try:
            yield
        except (ArithmeticError, AttributeError, LookupError, OSError, TypeError, ValueError) as error:
            raise RegistryError(_no_mlflow(self.where, f"{type(error).__name__}: {error}"[:200])) from error

    @contextlib.contextmanager
    def _speaking(self, url: str) -> Iterator[None]:
        try:
            yield
        except (httpx.RequestError, httpx.StreamError, httpx.InvalidURL, UnicodeError) as error:
            place = self.where if url.startswith(self.where) else without_credentials(url)
            why = str(error)[:200] or type(error).__name__
            raise TrackingUnavailable(f"the tracking server {place} does not answer: {why}; check {_URI}") from error

    def _refusal(self, answer: httpx.Response) -> RegistryError:
        status = answer.status_code
        if status in (401, 403):
            return RegistryError(
                f"the tracking server {self.where} does not let you in ({status}); set MLFLOW_TRACKING_TOKEN, or "
                "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"
            )
        said = (_document(answer) or {}).get("message") or answer.reason_phrase
        text = f"the tracking server {self.where} refuses ({status}): {' '.join(str(said).split())[:300]}"
        return TrackingUnavailable(text) if status in _PASSING else RegistryError(text)


def _client(server: TrackingServer) -> httpx.Client:
    headers = {"user-agent": "shipway"}
    if server.token:
        headers["authorization"] = f"Bearer {server.token.reveal()}"
    password = server.password.reveal() if server.password else ""
    return httpx.Client(
        headers=headers,
        auth=(server.username, password) if server.username and not server.token else None,
        verify=_tls(server),
        timeout=httpx.Timeout(_READ_S, connect=_CONNECT_S),
        follow_redirects=True,
    )


def _tls(server: TrackingServer) -> ssl.SSLContext | bool:
    if server.verify is False or not server.url.startswith("https:"):
        return bool(server.verify)
    try:
        context = ssl.create_default_context(cafile=server.verify if isinstance(server.verify, str) else None)
        if server.client_certificate:
            context.load_cert_chain(server.client_certificate)
    except OSError as error:
        raise RegistryError(
            "the certificates of MLFLOW_TRACKING_SERVER_CERT_PATH or MLFLOW_TRACKING_CLIENT_CERT_PATH cannot be "
            f"loaded: {error}"
        ) from error
    return context


def _document(answer: httpx.Response) -> dict[str, Any] | None:
    try:
        found = answer.json()
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _no_mlflow(where: str, seen: str) -> str:
    return f"{where} does not answer as an MLflow tracking server does ({seen}); check {_URI}"


def without_credentials(url: str) -> str:
    scheme, mark, rest = url.partition("://")
    return f"{scheme}{mark}{re.split(r'[?#]', rest)[0].rpartition('@')[2]}"
