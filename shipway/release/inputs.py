"""The snapshot of a release: all that its files name is read once and kept, and never read from the disk again."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from shipway.config.entry_script import check_entry_script
from shipway.config.golden import load_golden
from shipway.domain.canonical import Plain, digest_of
from shipway.domain.environment import Code, InferenceConfig
from shipway.domain.golden import GoldenRow
from shipway.domain.names import release_id_fault
from shipway.domain.release import ModelInput, ModelSource, ReleaseConfig, ReleaseInputs, VerificationConfig
from shipway.errors import ConfigError, RecordExists, RecordMissing, ReleaseError, ReleaseNotFound
from shipway.registry.models import Registry
from shipway.store.codec import decode, encode
from shipway.store.workspace import Workspace
from shipway.verification.suite import load_suite

_VOLATILE = ("release_id", "requested_by", "requested_at", "notes")
"""What does not change how a service behaves, and so is no part of the config's digest."""


def keep_inputs(
    config: ReleaseConfig, *, release_id: str, requested_by: str, now: datetime, workspace: Workspace
) -> ReleaseInputs:
    """Reads, checks and keeps what a release needs. Safe to repeat: a release that has its inputs keeps them.

    Raises ConfigError for what can be seen to be wrong before anything is built, ReleaseError when the id is that of
    another service's release, ModelNotFound, StoreError.
    """
    if fault := release_id_fault(release_id):
        raise ConfigError(fault)
    verification = _keep_verification(config.verification, workspace)
    code = _keep_code(config.inference, workspace)
    inputs = ReleaseInputs(
        release_id=release_id,
        service=config.service,
        models=tuple(_keep_model(source, workspace) for source in config.models),
        code=code,
        environment=config.inference.environment,
        deployment=config.deployment,
        targets=config.targets,
        verification=verification,
        traffic=config.traffic,
        gateway=config.gateway,
        notes=config.notes,
        requested_by=requested_by,
        requested_at=now,
    )
    try:
        workspace.records.create(_key(release_id), encode(inputs))
    except RecordExists:
        return _kept_before(workspace, release_id, config.service)
    return inputs


def read_inputs(workspace: Workspace, release_id: str) -> ReleaseInputs:
    """Raises ReleaseNotFound, naming the newest releases there are."""
    try:
        return decode(ReleaseInputs, workspace.records.read(_key(release_id)))
    except RecordMissing:
        known = ", ".join(workspace.records.names("releases")[-5:]) or "none"
        raise ReleaseNotFound(
            f"there is no release {release_id!r} in {workspace.url}; releases: {known}; see `shipway release list`"
        ) from None


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


def _keep_model(source: ModelSource, workspace: Workspace) -> ModelInput:
    if source.path is not None:
        return ModelInput(source=source, tree=workspace.blobs.put_tree(Path(source.path)), version=None)
    wanted = source.name if source.version is None else f"{source.name}:{source.version}"
    version = Registry(workspace).resolve(wanted)
    return ModelInput(source=source, tree=version.tree, version=version.version)


def _keep_code(inference: InferenceConfig, workspace: Workspace) -> Code:
    if inference.source_directory is None:
        script = Path(inference.entry_script)
        check_entry_script(script)
        return Code(tree=workspace.blobs.put_tree(script), entry_script=script.name)
    folder = Path(inference.source_directory)
    check_entry_script(folder / inference.entry_script)
    return Code(tree=workspace.blobs.put_tree(folder), entry_script=inference.entry_script)


def _keep_verification(verification: VerificationConfig, workspace: Workspace) -> VerificationConfig:
    golden = suite = None
    if verification.golden is not None:
        text = Path(verification.golden).read_text(encoding="utf-8")
        load_golden(text, name=verification.golden)
        golden = workspace.blobs.put_bytes(text.encode())
    if verification.suite is not None:
        text = Path(verification.suite).read_text(encoding="utf-8")
        load_suite(text, verification.suite)
        suite = workspace.blobs.put_bytes(text.encode())
    return replace(verification, golden=golden, suite=suite)


def _key(release_id: str) -> str:
    return f"releases/{release_id}/inputs"
