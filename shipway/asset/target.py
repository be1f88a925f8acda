"""Where an asset is to run, and what that target does not do of what the configs ask for."""

from collections.abc import Iterator
from dataclasses import dataclass

from shipway.asset.finding import Area, Finding, Severity
from shipway.asset.in_image import is_in_engine
from shipway.domain.environment import Environment
from shipway.domain.image import DOCKER, PROCESS, USUAL_IMAGE
from shipway.domain.service import DeploymentConfig
from shipway.errors import BuildError, ConfigError
from shipway.image.container.base_choice import BaseWish, base_for
from shipway.image.container.base_faults import process_faults
from shipway.image.interpreters import own_interpreter
from shipway.machine.state import MachineState
from shipway.targets.base import MayBeAway, known_kinds, load

_CLOUD = ("aci", "aks", "aksendpoint")


@dataclass(frozen=True, kw_only=True)
class Place:
    """The kind of target that was chosen, and what there is to say of it."""

    kind: str
    findings: tuple[Finding, ...]


def choose_place(wanted: str | None, deployment: DeploymentConfig | None, state: MachineState) -> Place:
    """A target that was asked for by name wins; v1's local is docker where an engine answers, else process."""
    if wanted is not None and wanted not in known_kinds():
        return _cluster(wanted, deployment)
    if wanted is not None:
        away = _why_away(wanted, state)
        findings = [_finding(Severity.FAULT, away)] if away else [_finding(Severity.OK, wanted)]
        if deployment is not None and deployment.compute_type in _CLOUD:
            message = f"{wanted} in place of {deployment.compute_type}, which is not there yet"
            findings.append(_finding(Severity.DIFFERENCE, message))
        return Place(kind=wanted, findings=tuple(findings))
    if deployment is not None and deployment.compute_type in _CLOUD:
        return Place(kind=DOCKER, findings=(_not_there(deployment.compute_type),))
    away = _why_away(DOCKER, state)
    if away is None:
        return Place(kind=DOCKER, findings=(_finding(Severity.OK, "docker"),))
    message = f"without a container, as process: {away}"
    return Place(kind=PROCESS, findings=(_finding(Severity.NOTE, message),))


def _cluster(name: str, deployment: DeploymentConfig | None) -> Place:
    """A name that is no target of Shipway's is that of a cluster, where the config is for one."""
    if deployment is not None and deployment.compute_type in _CLOUD:
        return Place(kind=DOCKER, findings=(_not_there(deployment.compute_type),))
    message = f"target {name!r} is unknown; the targets are: {', '.join(known_kinds())}"
    return Place(kind=DOCKER, findings=(_finding(Severity.FAULT, message),))


def _not_there(compute_type: str) -> Finding:
    message = (
        f"target {compute_type} is not there yet: its config is checked, and nothing can be released to it; "
        "--target docker runs the same assets here"
    )
    return _finding(Severity.FAULT, message)


def unhonoured(deployment: DeploymentConfig, kind: str) -> Iterator[Finding]:
    """What a config asks for that a local target does not do. Pure. v1's own local services did none of it."""
    if deployment.compute_type not in _CLOUD:
        return
    on_azure = {
        "keys or tokens (authEnabled, tokenAuthEnabled)": deployment.auth.key or deployment.auth.token,
        "TLS (sslEnabled)": deployment.tls.enabled,
        "replicas (numReplicas, autoScaler)": deployment.replicas or deployment.autoscale.max_replicas,
        "App Insights (appInsightsEnabled)": deployment.app_insights,
        "GPUs (gpuCores)": deployment.gpu_cores,
        "a network of Azure's (vnetName, dnsNameLabel)": deployment.network.vnet or deployment.network.dns_label,
    }
    asked = [what for what, value in on_azure.items() if value]
    if asked:
        yield _finding(Severity.DIFFERENCE, f"{kind} does not do what the config asks for: {'; '.join(asked)}")


@dataclass(frozen=True, kw_only=True)
class Base:
    """`image` is the one that the environment lies on as it is; None where there is none, or it has to be made."""

    findings: tuple[Finding, ...]
    image: str | None = None


def choose_base(environment: Environment, kind: str) -> Base:
    """What becomes of the author's base image. Reads the table of known ones, and asks the engine whether it has it:
    nothing is pulled."""
    try:
        if kind == PROCESS:
            return Base(findings=tuple(_base(Severity.FAULT, line) for line in process_faults(environment)))
        wish = base_for(environment, USUAL_IMAGE, own=own_interpreter().numbers)
    except (BuildError, ConfigError) as error:
        return Base(findings=(_base(Severity.FAULT, str(error)),))
    image = wish.name if wish.dockerfile is None else None
    findings = [*_of_wish(wish, environment)]
    if image is not None and is_in_engine(image) is False:
        findings.append(_base(Severity.DIFFERENCE, "not in the engine: it will be pulled"))
    return Base(findings=tuple(findings), image=image)


def _of_wish(wish: BaseWish, environment: Environment) -> Iterator[Finding]:
    on = "what its own Dockerfile says" if environment.base.dockerfile is not None else wish.name
    yield _base(Severity.OK, on if wish.dockerfile is None else f"has to be made first, on {on}")
    for line in wish.told:
        said = line.removeprefix(f"{environment.called}: ")
        if not said.startswith("it pins "):  # which is said of the Python
            yield _base(Severity.DIFFERENCE, said)


def _why_away(kind: str, state: MachineState) -> str | None:
    target = load(kind, state)
    return target.why_away() if isinstance(target, MayBeAway) else None


def _base(severity: Severity, message: str) -> Finding:
    return Finding(area=Area.BASE_IMAGE, severity=severity, message=message)


def _finding(severity: Severity, message: str) -> Finding:
    return Finding(area=Area.TARGET, severity=severity, message=message)
