"""Fixtures: servers that end with their test, and one that many tests share because they only ask it."""

from typing import Any, Callable, Iterator, List

import pytest
from hypothesis import settings
from server_process import ECHO, Server

settings.register_profile("same every time", derandomize=True, deadline=None, max_examples=60)
settings.load_profile("same every time")


@pytest.fixture
def serve(tmp_path: Any) -> Iterator[Callable[..., Server]]:
    """Starts servers: ``serve(*flags, script=..., environment=...)``."""
    started: List[Server] = []

    def start(*flags: str, **options: Any) -> Server:
        folder = options.pop("folder", tmp_path)
        started.append(Server(folder, *flags, **options))
        return started[-1]

    yield start
    for server in started:
        server.kill()


@pytest.fixture(scope="module")
def shared_folder(tmp_path_factory: Any) -> Any:
    return tmp_path_factory.mktemp("shared")


@pytest.fixture(scope="module")
def server(request: Any, shared_folder: Any) -> Iterator[Server]:
    """One healthy server a module, with the module's ``SCRIPT``."""
    script = getattr(request.module, "SCRIPT", ECHO)
    running = Server(shared_folder, script=script)
    try:
        yield running.healthy()
    finally:
        running.kill()
