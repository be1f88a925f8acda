"""The base image: found in the engine, pulled or made, and asked once for its Python. The answer is kept by its id."""

import json
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shipway.domain.canonical import sha256_hex
from shipway.domain.environment import Environment
from shipway.domain.image import ImageConfig
from shipway.domain.secret import Secret
from shipway.engine.connection import Engine
from shipway.errors import BuildError, EngineUnavailable, TargetError
from shipway.image.container.base_choice import HOW_TO_CHOOSE, bare_address, base_for
from shipway.image.container.base_pull import BaseLogin, Puller
from shipway.image.container.base_python import QUESTIONS, BasePython, choose_python, pythons_in, question_for
from shipway.image.container.errand import Errand, run_errand
from shipway.image.container.made_base import make_base
from shipway.image.interpreters import own_interpreter
from shipway.machine.state import MachineState, private_folder, write_whole

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class BaseImage:
    """`name` as it was asked for; `digest` the registry's when it was asked for by that, else the id.

    `layers` are the digests of its uncompressed layers, lowest first; `settings` its Config as the engine shows it.
    `packages_stay`: what lies in its own Python is meant to be seen by the script. `dockerfile` is what it was made
    from, None for one that was taken as it is. `told` are lines for whoever releases.
    """

    name: str
    id: str
    digest: str
    os: str
    architecture: str
    layers: tuple[str, ...]
    settings: Mapping[str, Any]
    python: BasePython
    packages_stay: bool = False
    dockerfile: str | None = None
    told: tuple[str, ...] = ()


def find_base(
    engine: Engine,
    environment: Environment,
    config: ImageConfig,
    state: MachineState,
    *,
    login: Secret | None = None,
    environ: Mapping[str, str] = os.environ,
) -> BaseImage:
    """Safe to repeat: pulled or made only when the engine has none of that name.

    `login` is the password for the environment's base registry: used for this pull. Raises BuildError, saying how to
    choose another, when it cannot be had or made, or has no fitting Python; ConfigError for a table of base images of
    the user's that cannot be read; EngineFull, EngineUnavailable.
    """
    wish = base_for(environment, config, own=own_interpreter().numbers, environ=environ)
    puller = Puller(engine=engine, login=login_of(environment, login), ours=config.registry, environ=environ)
    name = wish.name
    if wish.dockerfile is not None:
        name = make_base(puller, wish, state, called=environment.called)
    found = puller.have(name)
    return BaseImage(
        name=name,
        id=found["Id"],
        digest=_digest_of(name, found),
        os=found.get("Os") or "linux",
        architecture=found.get("Architecture") or "amd64",
        layers=tuple(found["RootFS"].get("Layers") or ()),
        settings=found.get("Config") or {},
        python=choose_python(_pythons(engine, name, found, state, environment), wish.pin, base=name),
        packages_stay=wish.packages_stay,
        dockerfile=wish.dockerfile,
        told=wish.told,
    )


def login_of(environment: Environment, password: Secret | None) -> BaseLogin | None:
    """The author's own, where it is whole."""
    base = environment.base
    if password is None or base.registry is None or base.username is None:
        return None
    return BaseLogin(registry=bare_address(base.registry), username=base.username, password=password)


def _digest_of(name: str, found: Mapping[str, Any]) -> str:
    """What a registry calls it only when the author did: an engine that did not pull it knows no such digest."""
    return name.partition("@")[2] or str(found["Id"])


def _pythons(
    engine: Engine, name: str, found: Mapping[str, Any], state: MachineState, environment: Environment
) -> tuple[BasePython, ...]:
    """All there are, or the one whose packages the author manages."""
    named = environment.interpreter if environment.user_managed else None
    questions = question_for(named) if named else QUESTIONS
    kept = private_folder(state.root / "bases") / f"{sha256_hex(json.dumps([found['Id'], questions]).encode())}.json"
    if not kept.exists():
        printed = _ask(engine, name, found, questions)
        if not pythons_in(printed):
            if named:
                raise BuildError(
                    f"{environment.called}: base image {name} has no Python from 3.6 on at {named}, which "
                    "python.interpreterPath names; name where it lies, or leave that out for the first on the PATH"
                )
            return ()
        write_whole(kept, printed.decode(errors="replace"))
    return pythons_in(kept.read_bytes())


def _ask(engine: Engine, name: str, found: Mapping[str, Any], questions: Sequence[Sequence[str]]) -> bytes:
    what = f"asking base image {name} for its Python"
    reasons: list[str] = []
    for question in questions:
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
