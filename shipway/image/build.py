"""Building an image of the kind that a target runs."""

from pathlib import Path

from shipway.domain.canonical import sha256_hex
from shipway.domain.image import DOCKER, PROCESS, Image, ImageConfig, ImageSpec
from shipway.errors import BuildError
from shipway.image.bundle import write_bundle
from shipway.image.container.build import build_docker_image, docker_image_stands
from shipway.image.container.settings import NOWHERE, Origin
from shipway.image.environment import lock_environment, make_venv
from shipway.image.interpreters import find_interpreter
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
        return build_process_image(spec, workspace, state)
    if kind == DOCKER:
        return build_docker_image(spec, config, workspace, state, origin=origin)
    raise BuildError(f"there is no image of kind {kind!r}; there are {PROCESS} and {DOCKER}")


def image_stands(image: Image, state: MachineState) -> bool:
    """Whether an image that was built once is still there to be run. Raises EngineUnavailable when no engine says."""
    del state
    return docker_image_stands(image) if image.kind == DOCKER else Path(image.location).exists()


def build_process_image(spec: ImageSpec, workspace: Workspace, state: MachineState) -> Image:
    """A bundle on this machine and a virtual environment beside it.

    Safe to repeat. Raises BuildError with the reason, MachineError when there is no room, StoreError.
    """
    interpreter = find_interpreter(spec.environment.python)
    lock = lock_environment(spec.environment, interpreter, serving_requirements(), state)
    bundle = render(spec, lock=lock, serving_digest=serving_digest(), python=interpreter.version)
    python = make_venv(lock, interpreter, state)
    written = write_bundle(bundle, workspace.blobs, state)
    return Image(
        kind=PROCESS,
        digest=bundle.digest,
        location=str(written.location),
        interpreter=str(python),
        labels={
            **{model.id: model.digest for model in spec.models},
            "lock": sha256_hex(lock.encode()),
            "python": interpreter.version,
        },
        size_bytes=bundle.size_bytes,
    )
