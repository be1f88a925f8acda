"""v1's `Model.package`: assets to an image, or to a Docker context. No release: no ledger, and nothing is verified.

Models that are given as paths are not registered either: they lie in the image as version 0 (contract 2.2).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from shipway.config.documents import Loaded
from shipway.config.profile import on_its_day
from shipway.config.release_file import WITHOUT_CODE
from shipway.domain.image import DOCKER, USUAL_IMAGE, Image, ImageConfig, ImageSpec, short_digest
from shipway.domain.model import ModelVersion
from shipway.domain.release import ModelSource, ReleaseConfig, VerificationConfig, day_fault
from shipway.domain.service import DeploymentConfig, GatewayConfig
from shipway.engine.connection import connect
from shipway.errors import ConfigError
from shipway.image.build import build_image
from shipway.image.container.build import local_name
from shipway.image.container.settings import Origin
from shipway.image.context import WrittenContext, refuse_full, write_context
from shipway.machine.state import MachineState
from shipway.registry.models import Registry
from shipway.release.asked import InferenceAsked, ModelAsked
from shipway.release.environment import settle_environment
from shipway.release.inputs import keep_code
from shipway.release.secrets import refuse_secrets
from shipway.release.v1_assets import code_place, inference_of, models_of
from shipway.release.without_code import refuse_unless_one_onnx
from shipway.store.workspace import Workspace

_NAME = re.compile(r"([a-z0-9.-]+(:\d+)?/)?[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*")
_LABEL = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
"""Docker's own rules."""

_UNREGISTERED = 0
"""v1's version of a model that was given as a path (contract 2.2)."""


@dataclass(frozen=True, kw_only=True)
class PackageAsked:
    """`working_directory` is what paths in the inference config are relative to (A-1). Without `inference` the one
    ONNX model is served without code. `as_of` (YYYY-MM-DD) is the day whose versions unpinned packages get, `relax`
    accepts the changes of pins that are proposed."""

    models: tuple[ModelAsked, ...] = ()
    inference: InferenceAsked | None = None
    working_directory: Path
    image: ImageConfig = USUAL_IMAGE
    as_of: str | None = None
    relax: bool = False


@dataclass(frozen=True, kw_only=True)
class Package:
    """Everything read and kept; nothing built. `release` is what would be released of it, by which its environment is
    settled; `configs` are the files that this was read from, as far as they are known."""

    spec: ImageSpec
    release: ReleaseConfig
    configs: tuple[Path, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PackagedImage:
    """`name` is what the engine knows it by, with its tag. `told` are lines for whoever asked."""

    image: Image
    name: str
    told: tuple[str, ...]


def read_package(asked: PackageAsked, workspace: Workspace, *, now: datetime) -> Loaded[Package]:
    """Reads the assets and keeps their bytes in the workspace. Safe to repeat.

    Raises ConfigError for what is wrong with a config, the day or the code, for secrets in the code too; ModelNotFound,
    StoreError.
    """
    if asked.as_of is not None and (fault := day_fault(asked.as_of)):
        raise ConfigError(f"--as-of {fault}")
    found = Loaded(WITHOUT_CODE) if asked.inference is None else inference_of(asked.inference, asked.working_directory)
    inference = found.value
    sources = models_of(asked.models, workspace, asked.working_directory).value
    models = tuple(_model(source, workspace, now) for source in sources)
    if inference.entry_script is None:
        refuse_unless_one_onnx({model.name: [file.path for file in model.tree.files] for model in models})
    refuse_secrets(inference)
    inference = replace(inference, environment=on_its_day(inference.environment, asked.as_of))
    spec = ImageSpec(code=keep_code(inference, workspace), environment=inference.environment, models=models)
    release = ReleaseConfig(
        service="package",
        models=sources,
        inference=inference,
        deployment=DeploymentConfig(),
        targets=(DOCKER,),
        verification=VerificationConfig(),
        traffic=(),
        gateway=GatewayConfig(),
        image=asked.image,
        source=code_place(inference),
        relax=asked.relax,
    )
    configs = (asked.inference,) if isinstance(asked.inference, Path) else ()
    return Loaded(Package(spec=spec, release=release, configs=configs), (*found.warnings, *_told(sources)))


def package_image(
    package: Package, workspace: Workspace, state: MachineState, *, name: str | None = None, label: str | None = None
) -> PackagedImage:
    """Builds it and gives it `name:label` in the engine. Safe to repeat.

    Raises ConfigError for a name that is none and for imports that nothing brings, BuildError with the reason;
    EngineUnavailable, EngineFull, StoreError.
    """
    refuse_bad_name(name, label)
    spec, told = _settled(package, workspace, state)
    release = package.release
    origin = Origin(base_login=release.inference.base_login)
    image = build_image(spec, release.image, DOCKER, workspace, state, origin=origin)
    tag = label or ("latest" if name else short_digest(image.digest))
    repository = name or local_name(package.spec)
    _tag(image, repository, tag)
    return PackagedImage(image=image, name=f"{repository}:{tag}", told=_once(told, image.told))


def package_context(package: Package, workspace: Workspace, state: MachineState, folder: Path) -> WrittenContext:
    """Raises what `write_context` raises, and ConfigError for imports that nothing brings."""
    refuse_full(folder)
    spec, told = _settled(package, workspace, state)
    release = package.release
    origin = Origin(base_login=release.inference.base_login)
    written = write_context(spec, release.image, workspace, state, folder, origin=origin)
    return replace(written, told=_once(told, written.told))


def _settled(package: Package, workspace: Workspace, state: MachineState) -> tuple[ImageSpec, tuple[str, ...]]:
    """With the very packages that a release would have."""
    settled = settle_environment(package.release, DOCKER, workspace, state, configs=package.configs)
    return replace(package.spec, environment=settled.environment), settled.told


def _once(*told: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line for lines in told for line in lines))


def _model(source: ModelSource, workspace: Workspace, now: datetime) -> ModelVersion:
    if source.path is None:
        return Registry(workspace).resolve(source.name if source.version is None else f"{source.name}:{source.version}")
    tree = workspace.blobs.put_tree(Path(source.path))
    return ModelVersion(name=source.name, version=_UNREGISTERED, tree=tree, created_at=now)


def _told(sources: tuple[ModelSource, ...]) -> Iterator[str]:
    for source in sources:
        if source.path is not None:
            yield f"{source.path}: not registered; it lies in the image as {source.name}, version {_UNREGISTERED}"


def refuse_bad_name(name: str | None, label: str | None) -> None:
    """Before anything is built. Raises ConfigError."""
    if name is not None and not _NAME.fullmatch(name):
        raise ConfigError(
            f"image name {name!r} is not allowed: use lower-case letters and digits, with '-', '.', '_' or '/' between "
            "them, without a tag"
        )
    if label is not None and not _LABEL.fullmatch(label):
        raise ConfigError(f"image label {label!r} is not allowed: use letters, digits, '-', '.' and '_', 128 at most")


def _tag(image: Image, repository: str, tag: str) -> None:
    what = f"naming the image {repository}:{tag}"
    engine = connect()
    try:
        with engine.speaking(what):
            engine.client.api.tag(image.location, repository, tag)
    finally:
        engine.close()
