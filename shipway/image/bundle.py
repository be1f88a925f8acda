"""A rendered bundle as a folder on this machine: what the `process` target serves from.

    bundles/<digest>/
        app/                the app root: code, and azureml-models/
        serving/            shipway_serving
        serving-packages/   the server's own, where they clash with the author's
        requirements.lock   what the virtual environment was made from
        bundle.json         variables and command, and what the digest covers

The folder appears whole or not at all, and is never changed afterwards.
"""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from shipway.errors import BuildError, MachineError
from shipway.image.render import Bundle
from shipway.image.serving import OWN_PACKAGES, OWN_PACKAGES_VARIABLE, digest_of_files, serving_files
from shipway.machine.locks import file_lock
from shipway.machine.state import MachineState
from shipway.store.blobs import Blobs
from shipway.store.trees import safe_path

_WRITER_PATIENCE_S = 1800.0


@dataclass(frozen=True, kw_only=True)
class WrittenBundle:
    """A bundle's folder.

    `variables` name the app root where it lies. `command` begins with `python`: the image's interpreter is meant.
    """

    location: Path
    variables: Mapping[str, str]
    command: tuple[str, ...]

    @property
    def app(self) -> Path:
        return self.location / "app"

    @property
    def serving(self) -> Path:
        """What PYTHONPATH must begin with."""
        return self.location / "serving"


def write_bundle(
    bundle: Bundle, blobs: Blobs, state: MachineState, *, install_own: Callable[[Path], None] | None = None
) -> WrittenBundle:
    """Safe to repeat: the same digest again is nothing. `install_own` puts the server's own packages into a folder.

    Raises MachineError when the disk is full or the folder cannot be written, and what reading a blob raises.
    """
    location = state.bundles / bundle.digest
    with file_lock(state.bundles / f".{bundle.digest}.lock", timeout_s=_WRITER_PATIENCE_S):
        if not location.exists():
            _write(bundle, blobs, location, install_own)
    return read_bundle(location)


def read_bundle(location: Path) -> WrittenBundle:
    """Raises MachineError when there is none."""
    try:
        content = json.loads((location / "bundle.json").read_bytes())
    except OSError as error:
        raise MachineError(
            f"there is no bundle at {location}; release the same model version again, which builds it"
        ) from error
    return WrittenBundle(location=location, variables=content["variables"], command=tuple(content["command"]))


def _write(bundle: Bundle, blobs: Blobs, location: Path, install_own: Callable[[Path], None] | None) -> None:
    """Beside its place, then renamed. What a killed writer left is swept first."""
    part = location.with_name(f".{location.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        _write_app(bundle, blobs, part / "app")
        _write_serving(bundle, part / "serving")
        variables = {**bundle.variables, "AML_APP_ROOT": str(location / "app")}
        if install_own is not None:
            install_own(part / OWN_PACKAGES)
            variables[OWN_PACKAGES_VARIABLE] = str(location / OWN_PACKAGES)
        (part / "requirements.lock").write_text(bundle.lock, encoding="utf-8")
        content = {**bundle.document(), "variables": variables, "lock": "requirements.lock"}
        (part / "bundle.json").write_text(json.dumps(content, indent=1, sort_keys=True), encoding="utf-8")
        part.rename(location)
    except OSError as error:
        raise MachineError(f"the bundle {location} cannot be written: {error.strerror}") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _write_app(bundle: Bundle, blobs: Blobs, app: Path) -> None:
    (app / "azureml-models").mkdir(parents=True)
    for file in bundle.files:
        to = app / safe_path(file.path)
        to.parent.mkdir(parents=True, exist_ok=True)
        blobs.fetch(file.digest, to)
        to.chmod(0o755 if file.executable else 0o644)


def _write_serving(bundle: Bundle, folder: Path) -> None:
    files = dict(serving_files())
    if digest_of_files(files) != bundle.serving_digest:
        raise BuildError("the scoring server's files changed while the image was built; build again")
    for path, content in files.items():
        to = folder / path
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(content)
