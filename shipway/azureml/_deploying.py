"""`Model.deploy`, `update` and `reload`: a release is checked and kept here, and another process carries it out.

What can be seen to be wrong is an exception at once, and then nothing was begun.
"""

import getpass
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shipway.azureml._assets import inference_document, model_references
from shipway.azureml._deployment_config import WebserviceDeploymentConfiguration
from shipway.azureml._filters import texts
from shipway.azureml._inference_config import InferenceConfig
from shipway.azureml._settings import as_of, relax
from shipway.azureml._telling import progress, remark
from shipway.azureml.exceptions import UserErrorException, WebserviceException, raised_as
from shipway.azureml.model import Model
from shipway.azureml.webservice import Webservice
from shipway.config.documents import Document
from shipway.domain.image import DOCKER
from shipway.domain.release import Details
from shipway.release.begin import (
    Asked,
    Prepared,
    ReloadAsked,
    Started,
    UpdateAsked,
    V1Asked,
    keep,
    prepare,
    start_in_background,
)
from shipway.release.details import Change, changed, details_of

if TYPE_CHECKING:
    from shipway.azureml.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Begun:
    """A release that another process carries out. `asked` is what the script wanted."""

    service: str
    release_id: str
    started: Started
    asked: Asked = field(repr=False)

    def is_at_work(self) -> bool:
        return self.started.process.poll() is None

    def why_dead(self) -> str | None:
        """Why nobody carries it out any more; None while somebody does, or when it has ended well."""
        code = self.started.process.poll()
        if code is not None and code < 0:  # its last line is of the work that it was at
            return f"its process {self.started.pid} was killed by signal {-code}"
        words = self.started.why_dead()
        return words.removeprefix("shipway: error: ") if words else words


def deploy(
    workspace: "Workspace",
    name: str,
    models: "Sequence[Model | str]",
    inference_config: InferenceConfig | None,
    deployment_config: Any,
    deployment_target: Any,
    *,
    overwrite: bool,
) -> Webservice:
    """The handle of a service that is being deployed. Raises WebserviceException."""
    config = _checked(deployment_config)
    asked = V1Asked(
        service=name,
        models=model_references(models),
        inference=None if inference_config is None else inference_document(inference_config),
        deployment=None if config is None else _deployment(config),
        working_directory=Path.cwd() if inference_config is None else inference_config.working_directory,
        target=_target(deployment_target),
        overwrite=overwrite,
        as_of=as_of(),
        relax=relax(),
        details=_details(config),
    )
    return Webservice._of(workspace, _begin(workspace, name, asked))


def update(
    workspace: "Workspace",
    name: str,
    models: "Sequence[Model | str] | None",
    inference_config: InferenceConfig | None,
    deployment_config: Any,
    *,
    change: Change,
    is_up: bool = True,
) -> Begun:
    """What is None stays as it is in service. Of one that has never come up there is nothing to keep (`is_up`): it is
    deployed again. Raises WebserviceException."""
    config = _checked(deployment_config)
    if not is_up and (inference_config is None or models is None):
        raise WebserviceException(
            f"service {name} is not up, so that nothing of it can be kept: pass both models and inference_config, or "
            "delete() it and deploy it again"
        )
    with raised_as(WebserviceException):
        details = changed(details_of(workspace._store, name), change, service=name)
    asked = (UpdateAsked if is_up else V1Asked)(
        service=name,
        models=None if models is None else model_references(models),
        inference=None if inference_config is None else inference_document(inference_config),
        deployment=None if config is None else _deployment(config),
        working_directory=Path.cwd() if inference_config is None else inference_config.working_directory,
        as_of=as_of(),
        relax=relax(),
        details=details,
    )
    return _begin(workspace, name, asked)


def deploy_to_cloud(
    workspace: "Workspace", begun: Begun | None, name: str, deployment_config: Any, deployment_target: Any
) -> Webservice:
    """What a handle deployed here, to another target (L-10). Raises WebserviceException."""
    config = _checked(deployment_config)
    if begun is None or not isinstance(begun.asked, V1Asked):
        raise WebserviceException(
            "deploy_to_cloud() takes along what this object itself deployed, and it was found by its name or changed "
            f"since: use Model.deploy(workspace, {name!r}, models, inference_config, deployment_config)"
        )
    asked = replace(
        begun.asked,
        service=name,
        deployment=None if config is None else _deployment(config),
        target=_target(deployment_target),
        overwrite=False,
        details=_details(config),
    )
    return Webservice._of(workspace, _begin(workspace, name, asked))


def reload(workspace: "Workspace", name: str) -> Begun:
    """Raises WebserviceException when the script does not lie any more where it was read."""
    return _begin(workspace, name, ReloadAsked(service=name))


def _begin(workspace: "Workspace", service: str, asked: Asked) -> Begun:
    store = workspace._store
    with raised_as(WebserviceException):
        with progress():
            prepared = prepare(asked, store, workspace._state)
        for warning in prepared.warnings:
            remark(f"warning: {warning}")
        if prepared.refusal:
            raise WebserviceException(f"{_for_scripts(prepared.refusal)}\n{plan_text(prepared)}")
        release_id = f"{service}-{secrets.token_hex(4)}"
        keep(prepared, store, release_id=release_id, requested_by=getpass.getuser(), now=datetime.now(UTC))
        started = start_in_background(store, release_id)
        return Begun(service=service, release_id=release_id, started=started, asked=asked)


def _for_scripts(refusal: str) -> str:
    """A script types no flags."""
    return refusal.replace(f"--target {DOCKER}", "deployment_config=LocalWebservice.deploy_configuration()")


def plan_text(prepared: Prepared) -> str:
    """What such a release would do, a line each."""
    steps = [f"  {step.step.value:<16} {step.what}" for step in prepared.plan.steps]
    return "\n".join([f"The plan for service {prepared.plan.service}:", *steps])


def _checked(config: Any) -> WebserviceDeploymentConfiguration | None:
    if config is None:
        return None
    if not isinstance(config, WebserviceDeploymentConfiguration):
        raise UserErrorException(
            f"deployment_config must be what deploy_configuration() gives, not a {type(config).__name__}; such as "
            "LocalWebservice.deploy_configuration(port=8890)"
        )
    return config


def _deployment(config: WebserviceDeploymentConfiguration) -> Document:
    return Document(source=type(config).__name__, value=config.as_document())


def _target(given: Any) -> str | None:
    return None if given is None else str(getattr(given, "name", given))


def _details(config: WebserviceDeploymentConfiguration | None) -> Details | None:
    if config is None or not (config.tags or config.properties or config.description):
        return None
    tags, properties = texts(_pairs(config.tags), "tags"), texts(_pairs(config.properties), "properties")
    return Details(description=config.description or "", tags=tags, properties=properties)


def _pairs(given: Mapping[str, Any] | None) -> Mapping[str, Any]:
    return given or {}
