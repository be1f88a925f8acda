"""The base image: found in the engine or pulled, and asked once for its Python. The answer is kept by its id."""

import json
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shipway.domain.canonical import sha256_hex
from shipway.domain.image import ImageConfig
from shipway.engine.connection import Engine
from shipway.engine.credentials import login_for
from shipway.engine.faults import NotInEngine
from shipway.errors import BuildError, EngineUnavailable, TargetError
from shipway.image.container.base_choice import HOW_TO_CHOOSE, base_name, with_tag
from shipway.image.container.base_python import QUESTIONS, BasePython, choose_python, pythons_in
from shipway.image.container.errand import Errand, run_errand
from shipway.image.container.stream import follow
from shipway.image.interpreters import own_interpreter
from shipway.machine.state import MachineState, private_folder, write_whole

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class BaseImage:
    """`name` as it was asked for; `digest` the registry's when it was asked for by that, else the id.

    `layers` are the digests of its uncompressed layers, lowest first; `settings` its Config as the engine shows it.
    """

    name: str
    id: str
    digest: str
    os: str
    architecture: str
    layers: tuple[str, ...]
    settings: Mapping[str, Any]
    python: BasePython


def find_base(
    engine: Engine,
    config: ImageConfig,
    pin: str | None,
    state: MachineState,
    *,
    environment: Mapping[str, str] = os.environ,
) -> BaseImage:
    """Safe to repeat: pulled only when the engine has no image of that name.

    Raises BuildError, saying how to choose another, when it cannot be had or has no fitting Python.
    """
    name = base_name(config, pin, own=own_interpreter().numbers, environment=environment)
    found = _inspect(engine, name) or _pull(engine, name, config, environment)
    return BaseImage(
        name=name,
        id=found["Id"],
        digest=_digest_of(name, found),
        os=found.get("Os") or "linux",
        architecture=found.get("Architecture") or "amd64",
        layers=tuple(found["RootFS"].get("Layers") or ()),
        settings=found.get("Config") or {},
        python=choose_python(_pythons(engine, name, found, state), pin, base=name),
    )


def _inspect(engine: Engine, name: str) -> dict[str, Any] | None:
    what = f"looking for base image {name}"
    try:
        with engine.speaking(what):
            found: dict[str, Any] = engine.client.api.inspect_image(name)
            return found
    except NotInEngine:
        return None
    except EngineUnavailable:
        raise
    except TargetError as error:  # it is no name of an image
        raise BuildError(f"{error}; {HOW_TO_CHOOSE}") from error


def _pull(engine: Engine, name: str, config: ImageConfig, environment: Mapping[str, str]) -> dict[str, Any]:
    log.info("base image %s is not in the engine: pulling it", name)
    auth = login_for(name, ours=config.registry, environment=environment)
    what = f"base image {name} is not in the Docker Engine at {engine.endpoint} and cannot be pulled"
    try:
        with engine.speaking(what):
            follow(
                engine, engine.client.api.pull(with_tag(name), stream=True, decode=True, auth_config=auth), what=what
            )
    except EngineUnavailable:
        raise
    except (TargetError, BuildError) as error:
        raise BuildError(f"{error}; log in to its registry with `docker login`, or {HOW_TO_CHOOSE}") from error
    found = _inspect(engine, name)
    if found is None:
        raise BuildError(f"base image {name} was pulled and is gone again; build again")
    return found


def _digest_of(name: str, found: Mapping[str, Any]) -> str:
    """What a registry calls it only when the author did: an engine that did not pull it knows no such digest."""
    return name.partition("@")[2] or str(found["Id"])


def _pythons(engine: Engine, name: str, found: Mapping[str, Any], state: MachineState) -> tuple[BasePython, ...]:
    kept = private_folder(state.root / "bases") / f"{sha256_hex(json.dumps([found['Id'], QUESTIONS]).encode())}.json"
    if not kept.exists():
        printed = _ask(engine, name, found)
        if not pythons_in(printed):
            return ()
        write_whole(kept, printed.decode(errors="replace"))
    return pythons_in(kept.read_bytes())


def _ask(engine: Engine, name: str, found: Mapping[str, Any]) -> bytes:
    what = f"asking base image {name} for its Python"
    reasons: list[str] = []
    for question in QUESTIONS:
        try:
            with run_errand(engine, Errand(image=found["Id"], command=question), what=what) as (printed, _):
                return printed
        except EngineUnavailable:
            raise
        except (BuildError, TargetError) as error:
            reasons.append(str(error))
    _refuse_other_architecture(engine, name, found, reasons)
    return b""


def _refuse_other_architecture(engine: Engine, name: str, found: Mapping[str, Any], reasons: list[str]) -> None:
    """Engines can run what emulation lets them: so what does not start is judged, and not the name alone."""
    with engine.speaking(f"asking the engine at {engine.endpoint} for its architecture"):
        here = str(engine.client.api.version().get("Arch", ""))
    built_for = str(found.get("Architecture") or here)
    if built_for != here:
        raise BuildError(
            f"base image {name} is for {built_for}, and the Docker Engine at {engine.endpoint} runs {here}; "
            f"{HOW_TO_CHOOSE}"
        )
    log.info("base image %s answers to no Python: %s", name, reasons[-1])
