"""The server's settings as values. Where they come from is ``command_line``'s affair."""

from typing import Dict, NamedTuple, Optional, Tuple

from shipway_serving import __version__
from shipway_serving.asset.layout import Layout
from shipway_serving.server.limits import Limits
from shipway_serving.telemetry.log_sink import LogFile

DEFAULT_SCORING_TIMEOUT_MS = 3600000
"""v1's container default (H-80)."""

DEFAULT_WORKER_TIMEOUT_S = 300
"""gunicorn's patience with a worker in v1 (H-80), which counts only with the switch ``worker-timeout``."""

DEFAULT_DRAIN_S = 25.0
"""Inside the 30 s that Kubernetes and Docker's orchestrators leave between SIGTERM and SIGKILL."""

PROFILES = ("modern", "legacy")

BUGS = ("rawhttp-global", "worker-timeout", "dead-healthy")
"""What Microsoft's server did to its users' harm, and what each name brings back: one ``@rawhttp`` anywhere in the
process makes ``run`` raw; a run longer than WORKER_TIMEOUT kills its worker; ``/`` says Healthy while ``run`` is stuck
past its timeout."""


class Identity(NamedTuple):
    """Who the service is, for swagger documents and telemetry."""

    service_name: str = "ML service"
    workspace_name: str = ""
    service_version: str = "1.0"
    path_prefix: str = ""


class ContractSettings(NamedTuple):
    """How v1's contract is kept."""

    profile: str = "modern"
    """One of ``PROFILES``: Microsoft's server 1.5.1, or 0.4."""
    cors_origins: Tuple[str, ...] = ()
    """Empty: no CORS headers (H-70)."""
    server_version: str = "shipway-serving/" + __version__
    """For ``x-ms-server-version``; empty leaves the header out (H-62)."""
    scoring_timeout_ms: int = DEFAULT_SCORING_TIMEOUT_MS
    async_serving: bool = False
    """Many ``async def run`` at once (E-12)."""
    bugs: Tuple[str, ...] = ()
    """Out of ``BUGS``."""
    worker_timeout_s: int = DEFAULT_WORKER_TIMEOUT_S


class Access(NamedTuple):
    """Who may ask, and over what. Keys are read from the file by the worker: they are in no command line."""

    keys_file: Optional[str] = None
    """A key a line; None when whatever stands before the server checks keys (K-1)."""
    certificate: Optional[str] = None
    """PEM, with its chain; TLS when it is given."""
    private_key: Optional[str] = None


class Telemetry(NamedTuple):
    """What is told to whom."""

    log_level: str = "INFO"
    app_insights: bool = False
    """Requests, exceptions and prints as OpenTelemetry signals, which took the place of App Insights (section 19)."""
    log_responses: bool = True


class Batching(NamedTuple):
    """Dynamic batching, for scripts that offer ``run_batch``."""

    max_rows: int = 0
    """0: off."""
    max_wait_ms: float = 2.0


class Settings(NamedTuple):
    """Everything that supervisor and workers decide by."""

    layout: Layout
    host: str
    port: int
    """0 lets the system choose; the log says which one it chose."""
    health_port: Optional[int]
    """A second port for ``/``, ``/live``, ``/ready`` and ``/metrics`` alone."""
    workers: int
    log_file: Optional[LogFile]
    """None: standard output."""
    max_queue: Optional[int]
    """Requests that may wait in one worker beside the one in ``run``; None is no limit."""
    drain_s: float
    """From SIGTERM to the end, at most."""
    debug_port: Optional[int]
    """Of a debugpy client that waits for workers on this machine."""
    identity: Identity = Identity()
    contract: ContractSettings = ContractSettings()
    limits: Limits = Limits()
    access: Access = Access()
    telemetry: Telemetry = Telemetry()
    batching: Batching = Batching()
    from_file: Tuple[Tuple[str, str], ...] = ()
    """The variables of the settings file that the environment does not have."""
    warnings: Tuple[str, ...] = ()
    """What was asked for and is not done; the log says so at start."""


def described(settings: Settings) -> str:
    """What the log says of the settings at the start."""
    parts = [
        f"profile {settings.contract.profile}",
        f"{settings.workers} worker" + ("s" if settings.workers > 1 else ""),
        "https" if settings.access.certificate else "http",
        "keys asked for" if settings.access.keys_file else "no keys asked for",
    ]
    if settings.health_port is not None:
        parts.append(f"health on port {settings.health_port}")
    return ", ".join(parts)


def worker_environment(settings: Settings, environment: Dict[str, str]) -> Dict[str, str]:
    """What the script sees: the same variables as in v1, whether they came from flags, the environment or a file.

    Data collection and OpenTelemetry read their own there, too.
    """
    layout = settings.layout
    shown = dict(settings.from_file, **dict(environment, AML_APP_ROOT=layout.app_root))
    if layout.entry_script:
        shown["AZUREML_ENTRY_SCRIPT"] = layout.entry_script
    if layout.model_dir:
        shown["AZUREML_MODEL_DIR"] = layout.model_dir
    return shown
