"""Reaching a bucket: settings come from the environment by the names that the clouds' own tools give them.

obstore reads AWS_*, AZURE_* and GOOGLE_* itself. Here is what it cannot know: how long to try, and that keys never go
over a network in clear.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from obstore.store import AzureStore, GCSStore, ObjectStore, S3Store

from shipway.errors import StoreError
from shipway.store.objects import PATIENCE_S, Objects
from shipway.store.urls import Place

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig

_CONNECT_S, _SMALL_S, _LARGE_S = 5, 20, 300
"""How long one request may take. A part of 5 MB in 300 s, twelve at once, is a line of 1.6 Mbit/s."""

_ENDPOINTS = {
    "s3": ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"),
    "az": ("AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT"),
    "gs": (),
}
_ALLOW_HTTP = {"s3": "AWS_ALLOW_HTTP", "az": "AZURE_ALLOW_HTTP", "gs": "GOOGLE_ALLOW_HTTP"}
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_TRUE = frozenset({"1", "true", "yes", "on"})


def connect(place: Place, environment: Mapping[str, str], *, patience_s: float = PATIENCE_S) -> Objects:
    """Nothing is asked of the store yet. Raises StoreError when the settings cannot be right.

    A request that fails is repeated for `patience_s` before StoreUnavailable is raised.
    """
    allow_http = _may_use_http(place, environment)
    settings = _settings(place, environment)
    retries = _retries(patience_s)

    def store(request_s: int, retries: "RetryConfig") -> ObjectStore:
        options: ClientConfig = {
            "allow_http": allow_http,
            "connect_timeout": timedelta(seconds=_CONNECT_S),
            "timeout": timedelta(seconds=request_s),
            "user_agent": "shipway",
        }
        common: dict[str, Any] = {"prefix": place.prefix or None, "client_options": options, "retry_config": retries}
        match place.scheme:
            case "s3":
                return S3Store(place.bucket, **common, **settings)
            case "az":
                return AzureStore(place.bucket, **common, **settings)
            case _:
                return GCSStore(place.bucket, **common, **settings)

    try:
        return Objects(
            store(_SMALL_S, retries),
            where=place.url,
            folder=None,
            once=store(_SMALL_S, {"max_retries": 0}),
            large=store(_LARGE_S, retries),
            patience_s=patience_s,
        )
    except Exception as error:  # obstore has an exception for each setting; all mean the same
        reason = str(error).partition("\n")[0][:200]
        raise StoreError(f"workspace {place.url}: its settings are not right: {reason}; {_remedy(place)}") from error


def _retries(patience_s: float) -> "RetryConfig":
    """obstore repeats what failed by 5xx, 429 or the network; pauses are random, and twice as long each time."""
    return {
        "max_retries": 8,
        "retry_timeout": timedelta(seconds=patience_s),
        "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=4), "base": 2},
    }


def _settings(place: Place, environment: Mapping[str, str]) -> dict[str, Any]:
    """What obstore does not read by itself: the Azure CLI's names, and the S3 request that all stores know."""
    if place.scheme == "s3":
        # One object is deleted at a time; not every store that speaks S3 has the request for many.
        return {"disable_bulk_delete": True}
    if place.scheme == "az":
        found = {
            "account_name": environment.get("AZURE_STORAGE_ACCOUNT_NAME") or environment.get("AZURE_STORAGE_ACCOUNT"),
            "account_key": environment.get("AZURE_STORAGE_ACCOUNT_KEY") or environment.get("AZURE_STORAGE_KEY"),
        }
        return {name: value for name, value in found.items() if value}
    return {}


def _may_use_http(place: Place, environment: Mapping[str, str]) -> bool:
    """To this machine itself, or where somebody asked for it. Raises StoreError for another plain endpoint."""
    allowed = environment.get(_ALLOW_HTTP[place.scheme], "").lower() in _TRUE
    name = next((name for name in _ENDPOINTS[place.scheme] if environment.get(name)), None)
    if name is None:
        return allowed
    parts = urlsplit(environment[name])
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise StoreError(f"workspace {place.url}: {name} is no URL; give one such as https://s3.example.org")
    if parts.scheme == "https" or allowed or parts.hostname in _LOOPBACK:
        return allowed or parts.scheme == "http"
    raise StoreError(
        f"workspace {place.url}: {name} names http://{parts.hostname}, which would carry models in clear; "
        f"use https, or set {_ALLOW_HTTP[place.scheme]}=true where that network is trusted"
    )


def _remedy(place: Place) -> str:
    match place.scheme:
        case "s3":
            return "set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION"
        case "az":
            return "set AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY (or AZURE_STORAGE_SAS_TOKEN)"
        case _:
            return "set GOOGLE_APPLICATION_CREDENTIALS"
