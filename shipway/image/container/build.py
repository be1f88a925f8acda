"""Building a container image: assembled layer by layer on this machine, and loaded into the engine. Nothing runs in it.

Layers, lowest first: the base's own, user, dependencies, serving, code, one for each model; then labels and settings,
which are no layer. Equal inputs are one image with one id, on any engine and after a prune (docs/decisions/0007).
"""

import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from shipway import __version__
from shipway.domain.canonical import digest_of
from shipway.domain.image import DOCKER, Image, ImageConfig, ImageLayer, ImageSpec, short_digest
from shipway.engine.connection import Engine, connect
from shipway.image.container.app_layers import app_entries, app_root_of, code_files, files_below, user_entries
from shipway.image.container.base import BaseImage, find_base
from shipway.image.container.dependencies import lock_on
from shipway.image.container.errand import sweep_errands
from shipway.image.container.kept_images import KeptImage, image_record, keep_image, note_push, read_kept_image
from shipway.image.container.kept_layers import KeptLayers, Layer
from shipway.image.container.layer_tar import FORMAT, Entry, with_parents
from shipway.image.container.load import Loading, load_image, plans_for
from shipway.image.container.registry import has_image, push_image
from shipway.image.container.settings import (
    LOCK_LABEL,
    NOWHERE,
    Origin,
    image_id,
    image_labels,
    image_settings,
    title_of,
)
from shipway.image.container.spool import spool_folder
from shipway.image.container.venv_layer import PYTHON, own_entries, serving_entries, venv_entries, with_bytecode
from shipway.image.packages.install import install, install_apart
from shipway.image.packages.lock import Lock, PythonThere
from shipway.image.render import APP_ROOT, Bundle, BundleFile, model_folder, render
from shipway.image.serving import digest_of_files, serving_files
from shipway.machine.state import MachineState
from shipway.store.workspace import Workspace

_NOT_IN_A_NAME = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, kw_only=True)
class _Site:
    """Where a build happens."""

    engine: Engine
    state: MachineState
    workspace: Workspace
    kept: KeptLayers
    spool: Path


@dataclass(frozen=True, kw_only=True)
class _Parts:
    """What an image is made of, all decided and nothing written."""

    spec: ImageSpec
    base: BaseImage
    there: PythonThere
    lock: Lock
    serving: Mapping[str, bytes]
    bundle: Bundle
    labels: Mapping[str, str]
    root: str


def build_docker_image(
    spec: ImageSpec,
    config: ImageConfig,
    workspace: Workspace,
    state: MachineState,
    *,
    origin: Origin = NOWHERE,
    environment: Mapping[str, str] = os.environ,
) -> Image:
    """Safe to repeat: the same inputs again are one question to the engine.

    Raises BuildError with the reason; EngineUnavailable, EngineFull; MachineError when this machine has no room;
    StoreError when a blob is missing or broken.
    """
    engine = connect(environment)
    try:
        with spool_folder(state) as spool:
            site = _Site(engine=engine, state=state, workspace=workspace, kept=KeptLayers(state), spool=spool)
            parts = _decide(site, spec, config, origin, environment)
            image = _known(site, parts) or _make(site, parts)
            return _pushed(site, parts, image, config.registry, environment) if config.registry else image
    finally:
        engine.close()


def docker_image_stands(image: Image, *, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the engine still has it, or its registry. Raises EngineUnavailable."""
    engine = connect(environment)
    try:
        return has_image(engine, image.location, environment=environment)
    finally:
        engine.close()


def local_name(spec: ImageSpec) -> str:
    """The repository that holds the image against a prune; nobody finds it by that."""
    name = _NOT_IN_A_NAME.sub("-", title_of(spec).lower()).strip("-")[:60].strip("-")
    return f"shipway/{name or 'image'}"


def _decide(
    site: _Site, spec: ImageSpec, config: ImageConfig, origin: Origin, environment: Mapping[str, str]
) -> _Parts:
    base = find_base(site.engine, spec.environment, config, site.state, login=origin.base_login, environ=environment)
    locked = lock_on(base, spec.environment, site.workspace, site.state)
    lock = locked.lock
    serving = dict(serving_files())
    bundle = render(spec, lock=lock, serving_digest=digest_of_files(serving), python=base.python.version)
    return _Parts(
        spec=spec,
        base=base,
        there=locked.python,
        lock=lock,
        serving=serving,
        bundle=bundle,
        labels=image_labels(spec, base, bundle, lock_digest=lock.digest, origin=origin),
        root=app_root_of(bundle.variables.get("AML_APP_ROOT", APP_ROOT)),
    )


def _layers(site: _Site, parts: _Parts) -> list[Layer]:
    base, python = parts.base, parts.base.python
    fixed = [
        Layer(
            name="user",
            made_from=("user", base.id, parts.root),
            open=lambda: _ready(user_entries(passwd=python.passwd, group=python.group, root=parts.root), base),
        ),
        Layer(
            name="dependencies",
            made_from=("dependencies", base.id, python.executable, parts.lock.digest),
            open=lambda: _dependencies(site, parts),
        ),
        Layer(
            name="serving",
            made_from=("serving", base.id, python.executable, parts.bundle.serving_digest),
            open=lambda: _ready(with_bytecode(serving_entries(parts.serving), site.engine, base.id, python), base),
        ),
        _app_layer(site, parts, "code", code_files(parts.bundle.files), kept=True),
    ]
    models = ((model.id, files_below(model_folder(model), parts.bundle.files)) for model in parts.spec.models)
    return [*fixed, *(_app_layer(site, parts, f"model {name}", files, kept=False) for name, files in models)]


def _app_layer(site: _Site, parts: _Parts, name: str, files: list[BundleFile], *, kept: bool) -> Layer:
    listed = (part for file in files for part in (file.path, file.digest, str(file.executable)))
    return Layer(
        name=name,
        made_from=("app", parts.base.id, parts.root, *listed),
        open=lambda: _ready(app_entries(files, site.workspace.blobs, root=parts.root, spool=site.spool), parts.base),
        kept=kept,
    )


@contextmanager
def _ready(entries: list[Entry], base: BaseImage) -> Iterator[list[Entry]]:
    yield with_parents(entries, base.python.folders)


@contextmanager
def _dependencies(site: _Site, parts: _Parts) -> Iterator[list[Entry]]:
    """Installed into a folder that is gone once the layer is written."""
    with tempfile.TemporaryDirectory(prefix="packages-", dir=site.spool) as name:
        prefix, own, python = Path(name) / "venv", Path(name) / "own", parts.base.python
        install(parts.lock, parts.there, prefix, site.state)
        install_apart(parts.lock, parts.there, own, site.state)
        entries = [*venv_entries(prefix, python, parts.lock), *own_entries(own, parts.lock)]
        entries = with_bytecode(entries, site.engine, parts.base.id, python)
        yield with_parents(entries, python.folders)


def _make(site: _Site, parts: _Parts) -> Image:
    sweep_errands(site.engine)
    layers = _layers(site, parts)
    for layer in layers:
        if layer.kept:
            site.kept.make(layer)
    loading = Loading(
        base=parts.base,
        layers=layers,
        write_settings=lambda made: image_settings(parts.base, parts.bundle, parts.labels, made, root=parts.root),
        repository=local_name(parts.spec),
    )
    plans = plans_for(site.engine, loading, site.kept, like=f"{LOCK_LABEL}={parts.lock.digest}")
    location = load_image(site.engine, loading, site.kept, plans)
    return _remember(site, parts, layers, location)


def _key(parts: _Parts) -> str:
    """Of everything that decides the image; another Shipway looks for itself whether it would make the same."""
    return digest_of(
        [__version__, str(FORMAT), parts.base.id, str(parts.there.platform), parts.bundle.digest, dict(parts.labels)]
    )


def _record(site: _Site, parts: _Parts) -> Path:
    return image_record(site.state, _key(parts))


def _known(site: _Site, parts: _Parts) -> Image | None:
    """The image that was made from the same before, when the engine still has it."""
    kept = read_kept_image(_record(site, parts))
    if kept is None or not has_image(site.engine, kept.location):
        return None
    return _image(site, parts, kept)


def _remember(site: _Site, parts: _Parts, layers: list[Layer], location: str) -> Image:
    facts = [(layer.name, site.kept.facts(layer)) for layer in layers]
    made = tuple(ImageLayer(name=n, digest=f.digest, size_bytes=f.size_bytes) for n, f in facts if f is not None)
    settings = image_settings(
        parts.base, parts.bundle, parts.labels, [(layer.name, layer.digest) for layer in made], root=parts.root
    )
    kept = KeptImage(digest=image_id(settings), location=location, layers=made)
    keep_image(_record(site, parts), kept)
    return _image(site, parts, kept)


def _image(site: _Site, parts: _Parts, kept: KeptImage) -> Image:
    """Its tag is set again, in case that somebody took it away: an image without one goes with the next prune."""
    with site.engine.speaking(f"looking at image {kept.location}"):
        size_bytes = int(site.engine.client.api.inspect_image(kept.location)["Size"])
        site.engine.client.api.tag(kept.location, local_name(parts.spec), short_digest(kept.digest))
    return Image(
        kind=DOCKER,
        digest=kept.digest,
        location=kept.location,
        interpreter=PYTHON,
        labels={
            **{model.id: model.digest for model in parts.spec.models},
            "lock": parts.lock.digest,
            "python": parts.base.python.version,
            "base": f"{parts.base.name} {parts.base.digest}",
            "bundle": parts.bundle.digest,
        },
        size_bytes=size_bytes,
        layers=kept.layers,
    )


def _pushed(site: _Site, parts: _Parts, image: Image, registry: str, environment: Mapping[str, str]) -> Image:
    tag = short_digest(image.digest)
    pushed = push_image(site.engine, image.location, registry, tag=tag, environment=environment)
    note_push(_record(site, parts), pushed.digest)
    return replace(image, digest=pushed.digest, location=pushed.location)
