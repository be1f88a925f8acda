"""The ways in which a release is asked for: by a release file, by v1's own assets, or as a change to what serves.

All may say why (`notes`), the day whose versions unpinned packages get (`as_of`, YYYY-MM-DD), that a mended environment
is accepted (`relax`), and which interpreter of this machine it is for (`python`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from shipway.config.documents import Document
from shipway.domain.environment import InferenceConfig
from shipway.domain.release import Details, ModelSource, TrafficStep
from shipway.domain.service import DeploymentConfig

InferenceAsked: TypeAlias = Document | Mapping[str, Any] | Path | InferenceConfig
DeploymentAsked: TypeAlias = Document | Mapping[str, Any] | Path | DeploymentConfig
ModelAsked: TypeAlias = str | Path | ModelSource
"""v1 takes an id for what it is where there is such a model, else for a path (contract M-12)."""


@dataclass(frozen=True, kw_only=True)
class _Asked:
    notes: str | None = None
    as_of: str | None = None
    relax: bool = False
    python: Path | None = None


@dataclass(frozen=True, kw_only=True)
class FileAsked(_Asked):
    """A release file, and what is said in its place: `target` for its candidates."""

    file: Path
    target: str | None = None


@dataclass(frozen=True, kw_only=True)
class _V1Parts(_Asked):
    """What v1 users name. Paths in configs are relative to `working_directory` (A-1). `golden`, `suite`, `traffic` and
    `sample` are Shipway's own, and optional. None leaves something out; in an update, as it is."""

    service: str
    models: tuple[ModelAsked, ...] | None = None
    inference: InferenceAsked | None = None
    deployment: DeploymentAsked | None = None
    working_directory: Path
    golden: Path | None = None
    suite: Path | None = None
    traffic: tuple[TrafficStep, ...] | None = None
    sample: bool | None = None
    details: Details | None = None


@dataclass(frozen=True, kw_only=True)
class V1Asked(_V1Parts):
    """`Model.deploy`: a service of these assets. One that is there is only replaced with `overwrite`, as in v1.

    `target` is a kind of Shipway's, or the name of v1's compute target. Without a deployment config it is local.
    """

    target: str | None = None
    overwrite: bool = False


@dataclass(frozen=True, kw_only=True)
class UpdateAsked(_V1Parts):
    """`Webservice.update`: what is given is replaced, all else stays as it is in service (contract 13.3)."""


@dataclass(frozen=True, kw_only=True)
class ReloadAsked(_Asked):
    """`LocalWebservice.reload`: the script, or its source directory, is read again where it came from (L-5)."""

    service: str


Asked: TypeAlias = FileAsked | V1Asked | UpdateAsked | ReloadAsked
