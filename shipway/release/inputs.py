"""The snapshot of a release: all that its files name is read once and kept, and never read from the disk again."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from shipway.config.documents import read_text
from shipway.config.entry_script import check_entry_script
from shipway.config.golden import load_golden
from shipway.domain.canonical import Plain, digest_of
from shipway.domain.environment import Code, InferenceConfig
from shipway.domain.golden import GoldenRow
from shipway.domain.image import PROCESS
from shipway.domain.model import ModelVersion
from shipway.domain.names import release_id_fault
from shipway.domain.release import ModelInput, ModelSource, ReleaseConfig, ReleaseInputs, VerificationConfig
from shipway.domain.service import without_secrets
from shipway.errors import ConfigError, RecordExists, RecordMissing, ReleaseError, ReleaseNotFound
from shipway.machine.state import machine_state
from shipway.registry.models import Registry
from shipway.release.journal import journal_of
from shipway.release.log import background_log, last_line
from shipway.release.login import discreet, forget_logins
from shipway.release.open_releases import lease_name
from shipway.release.secrets import refuse_secrets
from shipway.release.without_code import refuse_unless_one_onnx
from shipway.store.codec import decode, encode
from shipway.store.lease import current
from shipway.store.trees import find_files
from shipway.store.workspace import Workspace
from shipway.verification.suite import load_suite

_SOURCE = "source directory"

_VOLATILE = (
    "release_id", "requested_by", "requested_at", "notes", "commit", "kind", "source", "told", "details",
    "expects",
)  # fmt: skip
"""What does not change how a service behaves, and so is no part of the config's digest."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What was found out while a release was prepared: see ReleaseInputs."""

    commit: str | None = None
    lock: str = ""
    told: tuple[str, ...] = ()


NOTHING_FOUND = Found()


def keep_inputs(
    config: ReleaseConfig,
    *,
    release_id: str,
    requested_by: str,
    now: datetime,
    workspace: Workspace,
    found: Found = NOTHING_FOUND,
) -> ReleaseInputs:
    """Reads, checks and keeps what a release needs. Safe to repeat: a release that has its inputs keeps them.

    Raises ConfigError for what can be seen to be wrong before anything is built, ReleaseError when the id is that of
    another service's release, ModelNotFound, StoreError.
    """
    if fault := release_id_fault(release_id):
        raise ConfigError(fault)
    verification = _keep_verification(config.verification, workspace)
    code = config.code or keep_code(config.inference, workspace)
    models = tuple(_keep_model(source, workspace) for source in config.models)
    if code is None:
        refuse_unless_one_onnx({model.source.name: [f.path for f in model.tree.files] for model in models})
    inputs = ReleaseInputs(
        release_id=release_id,
        service=config.service,
        models=models,
        code=code,
        environment=discreet(config.inference.environment),
        deployment=without_secrets(config.deployment),
        targets=config.targets,
        verification=verification,
        traffic=config.traffic,
        gateway=config.gateway,
        notes=config.notes,
        requested_by=requested_by,
        requested_at=now,
        image=config.image,
        commit=found.commit,
        kind=config.kind,
        source=config.source,
        lock=found.lock,
        told=found.told,
        details=config.details,
        expects=config.expects,
    )
    try:
        workspace.records.create(_key(release_id), encode(inputs))
    except RecordExists:
        return _kept_before(workspace, release_id, config.service)
    return inputs


def check_inputs(config: ReleaseConfig, workspace: Workspace, *, image_kind: str) -> None:
    """Refuses what `keep_inputs` and the build would refuse, as far as one can see without keeping it. Only looks.

    `image_kind` is that of the image to be built. Raises ConfigError, for secrets in the code of a container image too;
    StoreError for a folder that cannot be kept, ModelNotFound.
    """
    files = {source.name: _files_of(source, workspace) for source in config.models}
    if config.code is None and config.inference.entry_script is None:
        refuse_unless_one_onnx(files)
    if config.code is None and config.inference.source_directory is not None:
        find_files(Path(config.inference.source_directory), what=_SOURCE)
    if config.verification.suite is not None and not _is_kept(config.verification.suite):
        load_suite(read_text(Path(config.verification.suite)), config.verification.suite)
    if image_kind != PROCESS and config.code is None:
        refuse_secrets(config.inference)


def keep_code(inference: InferenceConfig, workspace: Workspace) -> Code | None:
    """Keeps the author's code as blobs; None without an entry script. Raises ConfigError, StoreError."""
    if inference.entry_script is None:
        return None
    if inference.source_directory is None:
        script = Path(inference.entry_script)
        check_entry_script(script, python=inference.environment.python)
        return Code(tree=workspace.blobs.put_tree(script), entry_script=script.name)
    folder = Path(inference.source_directory)
    check_entry_script(folder / inference.entry_script, python=inference.environment.python)
    return Code(tree=workspace.blobs.put_tree(folder, what=_SOURCE), entry_script=inference.entry_script)


def read_inputs(workspace: Workspace, release_id: str) -> ReleaseInputs:
    """Raises ReleaseNotFound: the newest releases there are, or why one that was left to the background is none."""
    if not release_id_fault(release_id):
        with contextlib.suppress(RecordMissing):
            return decode(ReleaseInputs, workspace.records.read(_key(release_id)))
        if why := last_line(background_log(machine_state(workspace.url), release_id)):
            raise ReleaseNotFound(f"release {release_id} was given up before it began: {why}; ask for it again")
    known = ", ".join(workspace.records.names("releases")[-5:]) or "none"
    raise ReleaseNotFound(
        f"there is no release {release_id!r} in {workspace.url}; releases: {known}; see `shipway release list`"
    )


def is_kept(workspace: Workspace, release_id: str) -> bool:
    """Whether a release has its inputs, so that its files are not read again."""
    with contextlib.suppress(RecordMissing):
        workspace.records.read(_key(release_id))
        return True
    return False


def is_begun(workspace: Workspace, release_id: str) -> bool:
    """Whether anybody ever held it."""
    return bool(journal_of(workspace, release_id).entries())


def forget_unbegun(workspace: Workspace, release_id: str, *, now: datetime) -> None:
    """Takes back `keep_inputs` for a release that could not be begun. One that has a journal is left as it is, and so
    is one that somebody else begins this very moment."""
    if not is_kept(workspace, release_id) or is_begun(workspace, release_id):
        return
    held = current(workspace.records, lease_name(read_inputs(workspace, release_id).service), now=now)
    if held is None or held.holder.release_id != release_id:
        forget_logins(machine_state(workspace.url), release_id)
        workspace.records.delete(_key(release_id))


def config_digest(inputs: ReleaseInputs) -> str:
    """Two releases with equal digests serve alike: same models, code, environment, settings and limits."""
    document = encode(inputs)
    assert isinstance(document, Mapping)
    lasting: dict[str, Plain] = {key: value for key, value in document.items() if key not in _VOLATILE}
    return digest_of(lasting)


def golden_rows(inputs: ReleaseInputs, workspace: Workspace) -> tuple[GoldenRow, ...] | None:
    """None when the release names no golden file."""
    if inputs.verification.golden is None:
        return None
    return load_golden(workspace.blobs.read_bytes(inputs.verification.golden).decode(), name="golden")


def suite_text(inputs: ReleaseInputs, workspace: Workspace) -> str | None:
    """The Great Expectations suite as JSON text; None when the release names none."""
    if inputs.verification.suite is None:
        return None
    return workspace.blobs.read_bytes(inputs.verification.suite).decode()


def _kept_before(workspace: Workspace, release_id: str, service: str) -> ReleaseInputs:
    kept = read_inputs(workspace, release_id)
    if kept.service != service:
        raise ReleaseError(f"release {release_id} is of service {kept.service}, not {service}: give another --id")
    return kept


def _files_of(source: ModelSource, workspace: Workspace) -> list[str]:
    if source.path is None:
        return [file.path for file in _chosen(source, workspace).tree.files]
    return [path for path, _ in find_files(Path(source.path), what="model path")]


def _keep_model(source: ModelSource, workspace: Workspace) -> ModelInput:
    if source.path is not None:
        return ModelInput(source=source, tree=workspace.blobs.put_tree(Path(source.path)), version=None)
    version = _chosen(source, workspace)
    return ModelInput(source=source, tree=version.tree, version=version.version)


def _chosen(source: ModelSource, workspace: Workspace) -> ModelVersion:
    """The registered version that a source without a path means."""
    wanted = source.name if source.version is None else f"{source.name}:{source.version}"
    return Registry(workspace).resolve(wanted)


def _keep_verification(verification: VerificationConfig, workspace: Workspace) -> VerificationConfig:
    golden, suite = verification.golden, verification.suite
    if golden is not None and not _is_kept(golden):
        text = read_text(Path(golden))
        load_golden(text, name=golden)
        golden = workspace.blobs.put_bytes(text.encode())
    if suite is not None and not _is_kept(suite):
        text = read_text(Path(suite))
        load_suite(text, suite)
        suite = workspace.blobs.put_bytes(text.encode())
    return replace(verification, golden=golden, suite=suite)


def _is_kept(place: str) -> bool:
    """A blob's digest, and not a path: those are absolute."""
    return not Path(place).is_absolute()


def _key(release_id: str) -> str:
    return f"releases/{release_id}/inputs"
