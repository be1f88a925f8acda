"""What a container image is made of: everything decided, as layers that can be written. Nothing is built here."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from shipway.domain.image import ImageConfig, ImageSpec
from shipway.engine.connection import Engine
from shipway.image.container.app_layers import app_entries, app_root_of, code_files, files_below, user_entries
from shipway.image.container.base import BaseImage, find_base
from shipway.image.container.dependencies import lock_on
from shipway.image.container.kept_layers import KeptLayers, Layer
from shipway.image.container.layer_tar import Entry, with_parents
from shipway.image.container.settings import Origin, image_labels
from shipway.image.container.venv_layer import own_entries, serving_entries, venv_entries, with_bytecode
from shipway.image.packages.install import install, install_apart
from shipway.image.packages.lock import Lock, PythonThere
from shipway.image.render import APP_ROOT, Bundle, BundleFile, model_folder, render
from shipway.image.serving import digest_of_files, serving_files
from shipway.machine.state import MachineState
from shipway.store.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Site:
    """Where a build happens."""

    engine: Engine
    state: MachineState
    workspace: Workspace
    kept: KeptLayers
    spool: Path


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What an image is made of, all decided and nothing written. `told` are lines for whoever asked."""

    spec: ImageSpec
    base: BaseImage
    there: PythonThere
    lock: Lock
    serving: Mapping[str, bytes]
    bundle: Bundle
    labels: Mapping[str, str]
    root: str
    told: tuple[str, ...] = ()


def decide(site: Site, spec: ImageSpec, config: ImageConfig, origin: Origin, environment: Mapping[str, str]) -> Parts:
    """Safe to repeat. Raises what `find_base`, `kept_lock` and `render` raise."""
    base = find_base(site.engine, spec.environment, config, site.state, login=origin.base_login, environ=environment)
    locked = lock_on(base, spec.environment, site.workspace, site.state)
    lock = locked.lock
    serving = dict(serving_files())
    bundle = render(spec, lock=lock, serving_digest=digest_of_files(serving), python=base.python.version)
    return Parts(
        spec=spec,
        base=base,
        there=locked.python,
        lock=lock,
        serving=serving,
        bundle=bundle,
        labels=image_labels(spec, base, bundle, lock_digest=lock.digest, origin=origin),
        root=app_root_of(bundle.variables.get("AML_APP_ROOT", APP_ROOT)),
        told=locked.told,
    )


def layers_of(site: Site, parts: Parts) -> list[Layer]:
    """Lowest first: user, dependencies, serving, code, one for each model."""
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


def _app_layer(site: Site, parts: Parts, name: str, files: list[BundleFile], *, kept: bool) -> Layer:
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
def _dependencies(site: Site, parts: Parts) -> Iterator[list[Entry]]:
    """Installed into a folder that is gone once the layer is written."""
    with tempfile.TemporaryDirectory(prefix="packages-", dir=site.spool) as name:
        prefix, own, python = Path(name) / "venv", Path(name) / "own", parts.base.python
        install(parts.lock, parts.there, prefix, site.state)
        install_apart(parts.lock, parts.there, own, site.state)
        entries = [*venv_entries(prefix, python, parts.lock), *own_entries(own, parts.lock)]
        entries = with_bytecode(entries, site.engine, parts.base.id, python)
        yield with_parents(entries, python.folders)
