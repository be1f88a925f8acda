"""Settings from the command line first, then the environment, then the settings file, then v1's defaults."""

import argparse
import os
import sys
import uuid
from typing import Callable, Dict, Iterator, List, NoReturn, Optional, Sequence, Tuple

from shipway_serving import __version__
from shipway_serving.asset.layout import Layout, layout_from
from shipway_serving.contract.cors import Cors
from shipway_serving.server.config_file import BadConfigFile, read_config_file
from shipway_serving.server.exit_codes import BAD_ARGUMENTS
from shipway_serving.server.limits import Limits
from shipway_serving.server.settings import (
    BUGS,
    DEFAULT_DRAIN_S,
    DEFAULT_SCORING_TIMEOUT_MS,
    DEFAULT_WORKER_TIMEOUT_S,
    PROFILES,
    Access,
    Batching,
    ContractSettings,
    Identity,
    Settings,
    Telemetry,
)
from shipway_serving.server.variables import BadSetting, Variables, listed, number, whole_number
from shipway_serving.telemetry.log_sink import LogFile

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")

LOG_LEVELS_TOO = {"WARN": "WARNING", "FATAL": "CRITICAL"}
"""Other names that ``logging`` has for some of them."""

OTHERS_READ = ("AML_", "AZUREML_", "SHIPWAY_", "OTEL_", "HOSTNAME")
"""Beginnings of names that the layout, telemetry and the script's libraries read by themselves."""

HEALTH_PORT = 5000
"""v1's, where ``SEPERATE_HEALTH_ENDPOINT`` asks for one (section 7.1)."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """argparse would exit 2; the original server exits 1 (section 7.1)."""
        self.print_usage(sys.stderr)
        self.exit(BAD_ARGUMENTS, f"{self.prog}: error: {message}\n")


def settings_from(arguments: List[str], environment: Dict[str, str], working_folder: str) -> Settings:
    """The settings that ``arguments`` and ``environment`` give; exits 1, with a line on stderr, when they are bad."""
    parser = _parser()
    given = parser.parse_args([_underscored(argument) for argument in arguments])
    try:
        from_file = _from_config_file(given.config_file, environment, working_folder)
        variables = Variables(dict(from_file, **environment))
        settings = _settings(given, variables, working_folder)
        warnings = settings.warnings + tuple(_unknown(from_file, variables))
        return settings._replace(from_file=tuple(from_file.items()), warnings=warnings)
    except (BadConfigFile, BadSetting) as problem:
        parser.error(str(problem))


def _from_config_file(path: Optional[str], environment: Dict[str, str], working_folder: str) -> Dict[str, str]:
    """The variables of the file that ``environment`` does not have."""
    path = path or environment.get("AZUREML_CONFIG_FILE")
    found = read_config_file(os.path.join(working_folder, path)) if path else {}
    return {name: value for name, value in found.items() if name not in environment}


def _unknown(from_file: Dict[str, str], variables: Variables) -> Iterator[str]:
    """What the file names and nobody has read; v1's server passed over such names with a warning, too (P-1)."""
    for name in from_file:
        if name not in variables.asked and not name.startswith(OTHERS_READ):
            yield f"The settings file names {name}, which is no setting of the server; only the script sees it."


def _settings(given: argparse.Namespace, variables: Variables, working_folder: str) -> Settings:
    layout = _layout(given, variables.all, working_folder)
    if not os.path.isdir(layout.app_root):
        raise BadSetting(f"AML_APP_ROOT: {layout.app_root} is not a folder")
    contract = _contract(given, variables)
    return Settings(
        layout=layout,
        host=given.host,
        port=given.port,
        health_port=_health_port(given, variables),
        workers=given.worker_count or variables.whole("WORKER_COUNT", 1, 1),
        log_file=LogFile(given.log_file, given.log_max_bytes, given.log_backups) if given.log_file else None,
        max_queue=given.max_queue,
        drain_s=given.drain_s,
        debug_port=variables.whole("AZUREML_DEBUG_PORT", 0, 1) or None,
        identity=_identity(variables),
        contract=contract,
        limits=_limits(given, variables),
        access=_access(given, variables),
        telemetry=_telemetry(given, variables),
        batching=_batching(given, variables),
        warnings=tuple(_warnings(variables, contract.bugs)),
    )


def _health_port(given: argparse.Namespace, variables: Variables) -> Optional[int]:
    """v1 had a second port only where the variable, spelt so, asked for it."""
    wanted = variables.flag("SEPERATE_HEALTH_ENDPOINT") or given.health_port is not None
    port: int = given.health_port if given.health_port is not None else HEALTH_PORT
    return port if wanted else None


def _identity(variables: Variables) -> Identity:
    default = Identity()
    return Identity(
        service_name=variables.text("SERVICE_NAME", default.service_name),
        workspace_name=variables.text("WORKSPACE_NAME"),
        service_version=variables.text("SERVICE_VERSION", default.service_version),
        path_prefix=variables.text("SERVICE_PATH_PREFIX"),
    )


def _contract(given: argparse.Namespace, variables: Variables) -> ContractSettings:
    default = ContractSettings()
    profile = given.profile or variables.text("SHIPWAY_PROFILE", default.profile)
    bugs = given.v1_bugs if given.v1_bugs is not None else variables.items("SHIPWAY_V1_BUGS")
    for name, value, allowed in [("SHIPWAY_PROFILE", profile, PROFILES)] + [("SHIPWAY_V1_BUGS", b, BUGS) for b in bugs]:
        if value not in allowed:
            raise BadSetting("{}: {!r} is none of {}".format(name, value, ", ".join(allowed)))
    shown = variables.flag("SERVER_VERSION_LOG_RESPONSE_ENABLED", True)
    return ContractSettings(
        profile=profile,
        cors_origins=_origins(listed(given.access_control_allow_origins) or variables.items("AML_CORS_ORIGINS")),
        server_version=variables.text("HTTP_X_MS_SERVER_VERSION", default.server_version) if shown else "",
        scoring_timeout_ms=_scoring_timeout_ms(given, variables),
        async_serving=variables.flag("AZUREML_ASYNC_SERVING"),
        bugs=tuple(bugs),
        worker_timeout_s=variables.whole("WORKER_TIMEOUT", DEFAULT_WORKER_TIMEOUT_S, 1),
    )


def _origins(origins: Tuple[str, ...]) -> Tuple[str, ...]:
    """Raises ``BadSetting`` now for what every worker would stumble over."""
    try:
        Cors(origins)
    except ValueError as error:
        raise BadSetting(str(error)) from None
    return origins


def _scoring_timeout_ms(given: argparse.Namespace, variables: Variables) -> int:
    if given.scoring_timeout_ms is not None:
        return int(given.scoring_timeout_ms)
    return variables.whole("SCORING_TIMEOUT_MS", DEFAULT_SCORING_TIMEOUT_MS, 0)


def _limits(given: argparse.Namespace, variables: Variables) -> Limits:
    default = Limits()
    size = given.max_body_bytes
    if size is None:
        size = variables.whole("SHIPWAY_MAX_BODY_BYTES", default.body_bytes or 0, 0)
    return default._replace(body_bytes=size or None)


def _access(given: argparse.Namespace, variables: Variables) -> Access:
    access = Access(
        keys_file=given.keys_file or variables.text("SHIPWAY_KEYS_FILE") or None,
        certificate=given.tls_certificate or variables.text("SHIPWAY_TLS_CERTIFICATE") or None,
        private_key=given.tls_private_key or variables.text("SHIPWAY_TLS_PRIVATE_KEY") or None,
    )
    if bool(access.certificate) != bool(access.private_key):
        raise BadSetting("TLS needs --tls_certificate and --tls_private_key; only one of them was given")
    for path in filter(None, access):
        if not os.path.isfile(path):
            raise BadSetting(f"{path} is not a file; it was named for keys or TLS")
    return access


def _telemetry(given: argparse.Namespace, variables: Variables) -> Telemetry:
    named = variables.text("AZUREML_LOG_LEVEL", "INFO").upper()
    level = LOG_LEVELS_TOO.get(named, named)
    if level not in LOG_LEVELS:
        raise BadSetting("AZUREML_LOG_LEVEL: {!r} is none of {}".format(level, ", ".join(LOG_LEVELS)))
    key = given.appinsights_instrumentation_key or variables.text("AML_APP_INSIGHTS_KEY")
    wanted = variables.flag("AML_APP_INSIGHTS_ENABLED") or bool(given.appinsights_instrumentation_key)
    if wanted and not _is_uuid(key):
        raise BadSetting(f"AML_APP_INSIGHTS_KEY: {key!r} is not a UUID, and AML_APP_INSIGHTS_ENABLED asks for one")
    responses = variables.flag("APP_INSIGHTS_LOG_RESPONSE_ENABLED", True)
    return Telemetry(level, wanted, responses)


def _batching(given: argparse.Namespace, variables: Variables) -> Batching:
    default = Batching()
    rows, wait_ms = given.batch_max_rows, given.batch_max_wait_ms
    return Batching(
        max_rows=rows if rows is not None else variables.whole("SHIPWAY_BATCH_MAX_ROWS", default.max_rows, 0),
        max_wait_ms=wait_ms
        if wait_ms is not None
        else variables.seconds("SHIPWAY_BATCH_MAX_WAIT_MS", default.max_wait_ms),
    )


def _warnings(variables: Variables, bugs: Sequence[str]) -> Iterator[str]:
    if variables.flag("WORKER_PRELOAD"):
        yield "WORKER_PRELOAD is ignored: each worker loads the script itself, since a fork breaks what it has opened."
    if variables.text("WORKER_TIMEOUT") and "worker-timeout" not in bugs:
        yield (
            "WORKER_TIMEOUT is ignored: SCORING_TIMEOUT_MS ends a run and its worker lives on. "
            "SHIPWAY_V1_BUGS=worker-timeout brings the old behaviour back."
        )


def _underscored(argument: str) -> str:
    """``--model-dir=x-y`` as ``--model_dir=x-y``: both spellings are taken, values are left alone."""
    if not argument.startswith("--"):
        return argument
    name, equals, value = argument.partition("=")
    return "--" + name[2:].replace("-", "_") + equals + value


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="shipway-serve", description="Serves an Azure ML v1 entry script.", allow_abbrev=False)
    add = parser.add_argument
    add("--entry_script", metavar="PATH", help="the scoring script; default: AZUREML_ENTRY_SCRIPT, else main.py")
    add("--model_dir", metavar="DIR", help="sets AZUREML_MODEL_DIR for the script")
    add("--port", type=whole_number(0, 65535), default=5001, help="default 5001; 0 for any free one")
    add("--health_port", type=whole_number(0, 65535), help="a second port for health and metrics alone")
    add("--host", default="0.0.0.0", help="the address to listen on; default: all")
    add("--worker_count", type=whole_number(1), help="processes; default: WORKER_COUNT, else 1")
    add("--config_file", metavar="PATH", help="JSON object of settings; default: AZUREML_CONFIG_FILE")
    add("--profile", help="modern (as Microsoft's 1.5) or legacy (as 0.4); default: SHIPWAY_PROFILE, else modern")
    add("--v1_bugs", type=listed, help="bring back, by commas: " + ", ".join(BUGS))
    add("--access_control_allow_origins", metavar="ORIGINS", help="CORS: origins by commas, or *")
    add("--appinsights_instrumentation_key", metavar="UUID", help="telemetry as App Insights got it, by OpenTelemetry")
    _add_operation(add)
    add("--version", action="version", version="shipway-serving " + __version__)
    return parser


def _add_operation(add: Callable[..., object]) -> None:
    add("--pid_file", metavar="PATH", help="gets the server's process id at once")
    add("--log_file", metavar="PATH", help="default: standard output")
    add(
        "--log_max_bytes",
        type=whole_number(0),
        default=LogFile("").max_bytes,
        help="rotate past this size; 0 for never",
    )
    add("--log_backups", type=whole_number(0), default=LogFile("").backups, help="rotated files to keep")
    add("--max_queue", type=whole_number(0), help="requests that may wait in one worker before 503; default: no limit")
    add("--max_body_bytes", type=whole_number(0), help="default 100 MiB; 0 for no limit")
    add("--drain_s", type=number, default=DEFAULT_DRAIN_S, metavar="SECONDS", help="time to finish after SIGTERM")
    add("--scoring_timeout_ms", type=whole_number(0), help="default: SCORING_TIMEOUT_MS, else an hour; 0 for no limit")
    add("--keys_file", metavar="PATH", help="keys that clients must bring, one a line")
    add("--tls_certificate", metavar="PATH", help="PEM with its chain; serves https")
    add("--tls_private_key", metavar="PATH", help="PEM")
    add("--batch_max_rows", type=whole_number(0), help="rows of one call of run_batch; 0, the default, is no batching")
    add("--batch_max_wait_ms", type=number, help="how long a row may wait for company; default 2")


def _layout(given: argparse.Namespace, environment: Dict[str, str], working_folder: str) -> Layout:
    """A path on the command line is meant from the working folder, one in the environment from the app root."""
    layout = layout_from(environment, working_folder)
    if given.entry_script:
        layout = layout._replace(entry_script=os.path.realpath(os.path.join(working_folder, given.entry_script)))
    if given.model_dir and layout.app_root == working_folder:
        layout = layout._replace(model_dir=given.model_dir)
    elif given.model_dir:
        layout = layout._replace(model_dir=os.path.join(working_folder, given.model_dir))
    return layout


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
