"""Building a base that is not there as it is wanted, with the engine's builder. Kept in the engine by its content."""

import io
import logging
import re
import tarfile
from collections.abc import Iterator, Mapping
from typing import Any

from shipway.domain.canonical import digest_of
from shipway.engine.connection import Engine
from shipway.engine.faults import EngineFull, bounded, of_reason
from shipway.errors import BuildError, EngineUnavailable, TargetError
from shipway.image.container.base_choice import BaseWish
from shipway.image.container.base_pull import Puller, inspect_image
from shipway.image.dockerfile import images_in
from shipway.machine.locks import file_lock
from shipway.machine.state import MachineState, private_folder

log = logging.getLogger(__name__)

REPOSITORY = "shipway/made-base"
_SILENCE_S = 1800
"""Between two lines of the builder: a step may compile for long without a word."""

_PATIENCE_S = 3600.0
_LAST_LINES = 5
_COLOUR = re.compile(r"\x1b\[[\d;]*m")
"""Around what a step prints to stderr."""

_STEP = re.compile(r"^Step (\d+/\d+) : (.*)", re.DOTALL)


def make_base(puller: Puller, wish: BaseWish, state: MachineState, *, called: str) -> str:
    """The name of the image in the engine. Safe to repeat: the same text on the same images is built once.

    `called` is the environment's name for messages. Raises BuildError with the step that failed and its last lines,
    EngineFull, EngineUnavailable.
    """
    dockerfile = wish.dockerfile or ""
    below = {name: _id_of(puller, wish, name, called) for name in images_in(dockerfile)}
    digest = digest_of({"text": dockerfile, "images": dict(below)}).removeprefix("sha256:")
    name = f"{REPOSITORY}:{digest[:20]}"
    with file_lock(private_folder(state.root / "bases") / f".{digest[:20]}.lock", timeout_s=_PATIENCE_S):
        if inspect_image(puller.engine, name) is None:
            log.info("building the base image of %s", called)
            _build(puller.engine, dockerfile, name, called)
    return name


def _id_of(puller: Puller, wish: BaseWish, name: str, called: str) -> str:
    try:
        return str(puller.have(name, remedy=wish.remedy_for(name))["Id"])
    except BuildError as error:
        raise BuildError(f"the base image of {called} cannot be built: {error}") from error


def _build(engine: Engine, dockerfile: str, name: str, called: str) -> None:
    what = f"the base image of {called} cannot be built"
    try:
        _carry_out(engine, dockerfile, name, what)
    except (EngineFull, EngineUnavailable):
        raise
    except TargetError as error:  # before the first step: the text is not as it should be
        raise BuildError(str(error)) from error


def _carry_out(engine: Engine, dockerfile: str, name: str, what: str) -> None:
    with engine.speaking(what):
        lines = engine.client.api.build(
            fileobj=io.BytesIO(_context(dockerfile)),
            custom_context=True,
            tag=name,
            rm=True,
            forcerm=True,
            decode=True,
            timeout=_SILENCE_S,
        )
        _follow(engine, lines, what)


def _context(dockerfile: str) -> bytes:
    data = dockerfile.encode()
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        entry = tarfile.TarInfo("Dockerfile")
        entry.size = len(data)
        tar.addfile(entry, io.BytesIO(data))
    return archive.getvalue()


def _follow(engine: Engine, lines: Iterator[Mapping[str, Any]], what: str) -> None:
    """To the end of what the builder says."""
    step, reason = "", ""
    said: list[str] = []
    for line in lines:
        reason = reason or str(line.get("error") or "")
        text = _COLOUR.sub("", str(line.get("stream") or "")).strip()
        if (match := _STEP.match(text)) is not None:
            step, said = " ".join(match[2].split()), []
            log.info("step %s: %s", match[1], bounded(step))
        elif text and not text.startswith(("--->", "Removing intermediate", "Running in")):
            said = [*said, *text.splitlines()][-_LAST_LINES:]
    if reason:
        raise _failure(engine, reason, step, said, what)


def _failure(engine: Engine, reason: str, step: str, said: list[str], what: str) -> Exception:
    meaning = of_reason(reason, status=None, what=what, endpoint=engine.endpoint)
    if isinstance(meaning, EngineFull):
        return meaning
    at = f"the step `{bounded(step)}` failed: " if step else ""
    words = bounded(" | ".join(said))
    printed = f" (it printed: {words})" if words else ""
    return BuildError(f"{what}: {at}{bounded(reason)}{printed}")
