"""A container that does one thing, without network, and is gone: how a base image is asked, and made to work for us."""

import logging
import socket
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from shipway.engine.connection import Engine
from shipway.engine.faults import NameTaken, NotInEngine
from shipway.errors import BuildError, ShipwayError
from shipway.machine.processes import ProcessIdentity, is_alive, myself

log = logging.getLogger(__name__)

LABEL = "shipway.errand"
"""On every such container: the process that it works for, so that what a killed one left is known."""

_PATIENCE_S = 600
_LAST_WORDS = 400


@dataclass(frozen=True, kw_only=True)
class Errand:
    """`files` is a tar that is unpacked at the container's root before it starts. `user` None is the image's own."""

    image: str
    command: Sequence[str]
    files: bytes | None = None
    user: str | None = "0:0"


@contextmanager
def run_errand(engine: Engine, errand: Errand, *, what: str) -> Iterator[tuple[bytes, str]]:
    """Yields what it printed, and the container's id while that is still there.

    Raises BuildError with its last words when it does not end well; what `Engine.speaking` raises.
    """
    with engine.speaking(what):
        container = _create(engine, errand)
    try:
        with engine.speaking(what):
            yield _carry_out(engine, container, errand, what), container
    finally:
        with suppress(ShipwayError), engine.speaking(what):
            engine.client.api.remove_container(container, force=True, v=True)


def errand_label() -> str:
    me = myself()
    return f"{socket.gethostname()} {me.pid} {me.started_at:.3f}"


def sweep_errands(engine: Engine) -> int:
    """Removes what killed builders of this machine left in the engine, and says how many. Safe to repeat."""
    what = "looking for containers that a killed build left"
    with engine.speaking(what):
        found = engine.client.api.containers(all=True, filters={"label": [LABEL]})
    left = [container["Id"] for container in found if _is_left(container["Labels"][LABEL])]
    for container in left:
        with suppress(NotInEngine, NameTaken), engine.speaking(what):
            engine.client.api.remove_container(container, force=True, v=True)
    return len(left)


def _is_left(label: str) -> bool:
    words = label.split(" ")
    if len(words) != 3 or words[0] != socket.gethostname():
        return False
    return not is_alive(ProcessIdentity(pid=int(words[1]), started_at=float(words[2])))


def _create(engine: Engine, errand: Errand) -> str:
    api = engine.client.api
    settings = api.create_host_config(network_mode="none", log_config={"Type": "json-file", "Config": {}})
    created: dict[str, Any] = api.create_container(
        image=errand.image,
        name=f"shipway-errand-{uuid.uuid4().hex[:12]}",
        entrypoint=list(errand.command[:1]),
        command=list(errand.command[1:]),
        user=errand.user,
        working_dir="/",
        environment={"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"},
        labels={LABEL: errand_label()},
        host_config=settings,
    )
    return str(created["Id"])


def _carry_out(engine: Engine, container: str, errand: Errand, what: str) -> bytes:
    api = engine.client.api
    if errand.files is not None:
        api.put_archive(container, "/", errand.files)
    api.start(container)
    status = int(api.wait(container, timeout=_PATIENCE_S)["StatusCode"])
    printed: bytes = api.logs(container, stdout=True, stderr=False)
    if status != 0:
        words = " ".join(api.logs(container, stdout=True, stderr=True).decode(errors="replace").split())
        raise BuildError(f"{what}: it ended with {status}: {words[-_LAST_WORDS:]}")
    return printed
