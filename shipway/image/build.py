"""Building an image of the kind that a target runs."""

from functools import partial
from pathlib import Path

from shipway.domain.environment import Environment
from shipway.domain.image import DOCKER, PROCESS, USUAL_IMAGE, Image, ImageConfig, ImageSpec
from shipway.domain.secret import Secret
from shipway.errors import BuildError
from shipway.image.bundle import WrittenBundle, write_bundle
from shipway.image.container.build import build_docker_image, docker_image_stands
from shipway.image.container.dependencies import lock_by_engine
from shipway.image.container.settings import NOWHERE, Origin
from shipway.image.environment import make_venv
from shipway.image.imports import refuse_failures, try_imports_here
from shipway.image.interpreters import find_interpreter, misfit, served_pin
from shipway.image.known_imports import TriedWhere, known_imports
from shipway.image.locked import Locked
from shipway.image.packages.install import install_apart
from shipway.image.packages.kept import kept_lock
from shipway.image.packages.lock import PythonThere
from shipway.image.render import render
from shipway.image.serving import serving_digest, serving_requirements
from shipway.machine.state import MachineState
from shipway.store.workspace import Workspace


def build_image(
    spec: ImageSpec,
    config: ImageConfig,
    kind: str,
    workspace: Workspace,
    state: MachineState,
    *,
    origin: Origin = NOWHERE,
) -> Image:
    """Safe to repeat: equal specs are one image, and nothing is resolved, installed or copied twice.

    Raises BuildError with the reason, MachineError when this machine has no room, StoreError when a blob is missing;
    for `docker` also EngineUnavailable and EngineFull.
    """
    if kind == PROCESS:
        return build_process_image(spec, workspace, state, config=config)
    if kind == DOCKER:
        return build_docker_image(spec, config, workspace, state, origin=origin)
    raise _no_such_kind(kind)


def image_stands(image: Image, state: MachineState) -> bool:
    """Whether an image that was built once is still there to be run. Raises EngineUnavailable when no engine says."""
    del state
    return docker_image_stands(image) if image.kind == DOCKER else Path(image.location).exists()


def lock_for(
    environment: Environment,
    config: ImageConfig,
    kind: str,
    workspace: Workspace,
    state: MachineState,
    *,
    login: Secret | None = None,
) -> Locked:
    """The environment resolved for the Python that will serve it; nothing of it is built. Safe to repeat.

    `login` is the password for the environment's base registry. Raises Unresolvable with uv's reason, BuildError,
    StoreError; for `docker` also EngineUnavailable.
    """
    if kind == PROCESS:
        return _lock_here(environment, config, workspace, state)
    if kind == DOCKER:
        return lock_by_engine(environment, config, workspace, state, login=login)
    raise _no_such_kind(kind)


def build_process_image(
    spec: ImageSpec, workspace: Workspace, state: MachineState, *, config: ImageConfig = USUAL_IMAGE
) -> Image:
    """A bundle on this machine and a virtual environment beside it.

    Safe to repeat. Raises BuildError with the reason, MachineError when there is no room, StoreError.
    """
    locked = _lock_here(spec.environment, config, workspace, state)
    there, lock = locked.python, locked.lock
    bundle = render(spec, lock=lock, serving_digest=serving_digest(), python=there.version)
    python = make_venv(lock, there, state)
    own = partial(install_apart, lock, there, state=state) if lock.apart else None
    written = write_bundle(bundle, workspace.blobs, state, install_own=own)
    notes = _tried(spec, locked, written, python, workspace, state)
    return Image(
        kind=PROCESS,
        digest=bundle.digest,
        location=str(written.location),
        interpreter=str(python),
        labels={**{model.id: model.digest for model in spec.models}, "lock": lock.digest, "python": there.version},
        size_bytes=bundle.size_bytes,
        told=(*locked.told, *notes),
    )


def _tried(
    spec: ImageSpec, locked: Locked, written: WrittenBundle, python: Path, workspace: Workspace, state: MachineState
) -> tuple[str, ...]:
    """The script's own imports, once for the same ones in the same environment. Raises ImportsFail."""
    if spec.code is None:
        return ()
    where = TriedWhere(
        lock=locked.lock,
        there=locked.python,
        below=str(python),
        serving=serving_digest(),
        variables=spec.environment.variables,
    )
    known = known_imports(spec.code, where, workspace.blobs, state)
    if (notes := known.notes()) is not None:
        return notes
    trial = try_imports_here(python, written.app, spec.code, written.variables, written.serving)
    refuse_failures(trial, spec.environment)
    known.remember(trial.notes)
    return trial.notes


def _lock_here(environment: Environment, config: ImageConfig, workspace: Workspace, state: MachineState) -> Locked:
    served = served_pin(environment.python, environment.as_of)
    found = find_interpreter(served.pin, Path(config.python) if config.python else None)
    there = PythonThere(version=found.version, interpreter=found.path)
    lock = kept_lock(environment, there, serving_requirements(), workspace, state)
    instead = f"{environment.called}: {served.told}" if served.told else ""
    told = tuple(filter(None, [instead, misfit(found, served.pin), *lock.told]))
    return Locked(python=there, lock=lock, told=told)


def _no_such_kind(kind: str) -> BuildError:
    return BuildError(f"there is no image of kind {kind!r}; there are {PROCESS} and {DOCKER}")
