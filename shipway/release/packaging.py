"""v1's `Model.package`: assets to an image, or to a Docker context. No release: no ledger, and nothing is verified.

Models that are given as paths are not registered either: they lie in the image as version 0 (contract 2.2).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from shipway.asset.needed import azureml_requirements, with_packages
from shipway.config.documents import Loaded
from shipway.config.profile import on_its_day
from shipway.config.release_file import WITHOUT_CODE
from shipway.domain.image import DOCKER, USUAL_IMAGE, Image, ImageConfig, ImageSpec, short_digest
from shipway.domain.model import ModelVersion
from shipway.domain.release import ModelSource
from shipway.domain.secret import Secret
from shipway.engine.connection import connect
from shipway.errors import ConfigError
from shipway.image.build import build_image
from shipway.image.container.build import local_name
from shipway.image.container.settings import Origin
from shipway.image.context import WrittenContext, write_context
from shipway.machine.state import MachineState
from shipway.registry.models import Registry
from shipway.release.asked import InferenceAsked, ModelAsked
from shipway.release.inputs import keep_code
from shipway.release.secrets import refuse_secrets
from shipway.release.v1_assets import inference_of, models_of
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
    ONNX model is served without code. `as_of` (YYYY-MM-DD) is the day whose versions unpinned packages get."""

    models: tuple[ModelAsked, ...] = ()
    inference: InferenceAsked | None = None
    working_directory: Path
    image: ImageConfig = USUAL_IMAGE
    as_of: str | None = None


@dataclass(frozen=True, kw_only=True)
class Package:
    """Everything read and kept; nothing built. `base_login` is the password for the base's registry."""

    spec: ImageSpec
    image: ImageConfig
    base_login: Secret | None = None


@dataclass(frozen=True, kw_only=True)
class PackagedImage:
    """`name` is what the engine knows it by, with its tag. `told` are lines for whoever asked."""

    image: Image
    name: str
    told: tuple[str, ...]


def read_package(asked: PackageAsked, workspace: Workspace, *, now: datetime) -> Loaded[Package]:
    """Reads the assets and keeps their bytes in the workspace. Safe to repeat.

    Raises ConfigError for what is wrong with a config or the code, for secrets in the code too; ModelNotFound,
    StoreError.
    """
    found = Loaded(WITHOUT_CODE) if asked.inference is None else inference_of(asked.inference, asked.working_directory)
    inference = found.value
    sources = models_of(asked.models, workspace, asked.working_directory).value
    models = tuple(_model(source, workspace, now) for source in sources)
    if inference.entry_script is None:
        refuse_unless_one_onnx({model.name: [file.path for file in model.tree.files] for model in models})
    refuse_secrets(inference)
    added = azureml_requirements(inference)
    environment = with_packages(inference.environment, added)
    environment = on_its_day(environment, asked.as_of) if asked.as_of else environment
    spec = ImageSpec(code=keep_code(inference, workspace), environment=environment, models=models)
    told = (*found.warnings, *_told(sources), *(f"{change.after} is added: {change.reason}" for change in added))
    return Loaded(Package(spec=spec, image=asked.image, base_login=inference.base_login), told)


def package_image(
    package: Package, workspace: Workspace, state: MachineState, *, name: str | None = None, label: str | None = None
) -> PackagedImage:
    """Builds it and gives it `name:label` in the engine. Safe to repeat.

    Raises ConfigError for a name that is none, BuildError with the reason; EngineUnavailable, EngineFull, StoreError.
    """
    _refuse_bad_name(name, label)
    login = package.base_login
    image = build_image(package.spec, package.image, DOCKER, workspace, state, origin=Origin(base_login=login))
    tag = label or ("latest" if name else short_digest(image.digest))
    repository = name or local_name(package.spec)
    _tag(image, repository, tag)
    return PackagedImage(image=image, name=f"{repository}:{tag}", told=image.told)


def package_context(package: Package, workspace: Workspace, state: MachineState, folder: Path) -> WrittenContext:
    """Raises what `write_context` raises."""
    origin = Origin(base_login=package.base_login)
    return write_context(package.spec, package.image, workspace, state, folder, origin=origin)


def _model(source: ModelSource, workspace: Workspace, now: datetime) -> ModelVersion:
    if source.path is None:
        return Registry(workspace).resolve(source.name if source.version is None else f"{source.name}:{source.version}")
    tree = workspace.blobs.put_tree(Path(source.path))
    return ModelVersion(name=source.name, version=_UNREGISTERED, tree=tree, created_at=now)


def _told(sources: tuple[ModelSource, ...]) -> Iterator[str]:
    for source in sources:
        if source.path is not None:
            yield f"{source.path}: not registered; it lies in the image as {source.name}, version {_UNREGISTERED}"


def _refuse_bad_name(name: str | None, label: str | None) -> None:
    """Before anything is built."""
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
