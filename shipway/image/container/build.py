"""Building a container image: assembled layer by layer on this machine, and loaded into the engine.

Nothing runs in it while it is built; the script's own imports are tried before it counts.

Layers, lowest first: the base's own, user, dependencies, serving, code, one for each model; then labels and settings,
which are no layer. Equal inputs are one image with one id, on any engine and after a prune (docs/decisions/0007).
"""

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from shipway import __version__
from shipway.domain.canonical import digest_of
from shipway.domain.image import DOCKER, Image, ImageConfig, ImageLayer, ImageSpec, short_digest
from shipway.engine.connection import connect
from shipway.errors import ShipwayError, TargetError
from shipway.image.container.errand import sweep_errands
from shipway.image.container.import_trial import try_imports_in
from shipway.image.container.kept_images import KeptImage, image_record, keep_image, note_push, read_kept_image
from shipway.image.container.kept_layers import KeptLayers, Layer
from shipway.image.container.layer_tar import FORMAT
from shipway.image.container.load import Loading, load_image, plans_for
from shipway.image.container.parts import Parts, Site, decide, layers_of
from shipway.image.container.registry import has_image, push_image
from shipway.image.container.settings import (
    LOCK_LABEL,
    NOWHERE,
    Origin,
    image_id,
    image_settings,
    title_of,
)
from shipway.image.container.spool import spool_folder
from shipway.image.container.venv_layer import PYTHON
from shipway.image.imports import refuse_failures
from shipway.image.known_imports import TriedWhere, known_imports
from shipway.machine.state import MachineState
from shipway.store.workspace import Workspace

_NOT_IN_A_NAME = re.compile(r"[^a-z0-9]+")


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
            site = Site(engine=engine, state=state, workspace=workspace, kept=KeptLayers(state), spool=spool)
            parts = decide(site, spec, config, origin, environment)
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


def _make(site: Site, parts: Parts) -> Image:
    sweep_errands(site.engine)
    layers = layers_of(site, parts)
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
    notes = _tried(site, parts, location)
    return _remember(site, parts, layers, location, notes)


def _tried(site: Site, parts: Parts, location: str) -> tuple[str, ...]:
    """The script's own imports, before the image counts as built. Raises ImportsFail, and the image is gone then."""
    code = parts.spec.code
    if code is None:
        return ()
    where = TriedWhere(
        lock=parts.lock,
        there=parts.there,
        below=parts.base.id,
        serving=parts.bundle.serving_digest,
        variables=parts.spec.environment.variables,
    )
    known = known_imports(code, where, site.workspace.blobs, site.state)
    if (notes := known.notes()) is not None:
        return notes
    try:
        trial = try_imports_in(site.engine, location, code)
        refuse_failures(trial, parts.spec.environment)
    except ShipwayError:
        with suppress(TargetError), site.engine.speaking(f"removing image {location}"):
            site.engine.client.api.remove_image(location, force=True)
        raise
    known.remember(trial.notes)
    return trial.notes


def _key(parts: Parts) -> str:
    """Of everything that decides the image; another Shipway looks for itself whether it would make the same."""
    return digest_of(
        [__version__, str(FORMAT), parts.base.id, str(parts.there.platform), parts.bundle.digest, dict(parts.labels)]
    )


def _record(site: Site, parts: Parts) -> Path:
    return image_record(site.state, _key(parts))


def _known(site: Site, parts: Parts) -> Image | None:
    """The image that was made from the same before, when the engine still has it."""
    kept = read_kept_image(_record(site, parts))
    if kept is None or not has_image(site.engine, kept.location):
        return None
    return _image(site, parts, kept)


def _remember(site: Site, parts: Parts, layers: list[Layer], location: str, notes: tuple[str, ...]) -> Image:
    facts = [(layer.name, site.kept.facts(layer)) for layer in layers]
    made = tuple(ImageLayer(name=n, digest=f.digest, size_bytes=f.size_bytes) for n, f in facts if f is not None)
    settings = image_settings(
        parts.base, parts.bundle, parts.labels, [(layer.name, layer.digest) for layer in made], root=parts.root
    )
    kept = KeptImage(digest=image_id(settings), location=location, layers=made, notes=notes)
    keep_image(_record(site, parts), kept)
    return _image(site, parts, kept)


def _image(site: Site, parts: Parts, kept: KeptImage) -> Image:
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
        told=(*parts.told, *kept.notes),
    )


def _pushed(site: Site, parts: Parts, image: Image, registry: str, environment: Mapping[str, str]) -> Image:
    tag = short_digest(image.digest)
    pushed = push_image(site.engine, image.location, registry, tag=tag, environment=environment)
    note_push(_record(site, parts), pushed.digest)
    return replace(image, digest=pushed.digest, location=pushed.location)
