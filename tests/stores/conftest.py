"""A workspace on each kind of store: a folder, S3 by moto's server, Azure Blob by Azurite."""

import itertools
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.absent import absent
from tests.stores.proxy import Proxy
from tests.stores.servers import StoreServer, azurite, azurite_program, moto

_number = itertools.count(1)


@pytest.fixture(scope="session")
def s3_server() -> Iterator[StoreServer]:
    with moto() as server:
        yield server


@pytest.fixture(scope="session")
def azure_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreServer]:
    program = azurite_program()
    if program is None:
        absent("no Azurite: run tests/stores/azurite.sh, which needs node and npm")
    with azurite(program, tmp_path_factory.mktemp("azurite")) as server:
        yield server


@pytest.fixture(autouse=True)
def no_credentials_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's own account is used, and no cloud's metadata service asked."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "AZURE_", "GOOGLE_")):
            monkeypatch.delenv(name)
    for name in ("AWS_METADATA_ENDPOINT", "IDENTITY_ENDPOINT"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")


@pytest.fixture(params=["s3", "az"])
def server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> StoreServer:
    """The environment is set so that it is reached."""
    found: StoreServer = request.getfixturevalue({"s3": "s3_server", "az": "azure_server"}[request.param])
    return use(found, monkeypatch)


@pytest.fixture
def s3(s3_server: StoreServer, monkeypatch: pytest.MonkeyPatch) -> StoreServer:
    return use(s3_server, monkeypatch)


@pytest.fixture
def url(server: StoreServer) -> str:
    """Of a prefix of its own."""
    return fresh(server)


@pytest.fixture
def proxy(server: StoreServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """Before the store; whatever is opened from here on goes through it."""
    with Proxy(server.endpoint.partition("/shipway")[0]) as proxy:
        use(server.behind(proxy.url), monkeypatch)
        yield proxy


@pytest.fixture(params=["folder", "s3", "az"])
def any_url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Of a place for a workspace on each kind of store."""
    if request.param == "folder":
        return (tmp_path / "ws").as_uri()
    name = {"s3": "s3_server", "az": "azure_server"}[request.param]
    return fresh(use(request.getfixturevalue(name), monkeypatch))


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


def use(server: StoreServer, monkeypatch: pytest.MonkeyPatch) -> StoreServer:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    return server


def fresh(server: StoreServer) -> str:
    return f"{server.bucket_url}/t{next(_number)}/ws"
