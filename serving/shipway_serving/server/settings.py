"""The server's settings: the command line first, then v1's environment variables, then v1's defaults."""

import argparse
import os
import sys
from typing import Callable, Dict, List, NamedTuple, NoReturn, Optional

from shipway_serving import __version__
from shipway_serving.asset.layout import Layout, layout_from
from shipway_serving.server.exit_codes import BAD_ARGUMENTS
from shipway_serving.telemetry.log_sink import LogFile

DEFAULT_SCORING_TIMEOUT_MS = 3600000
"""v1's container default (H-80)."""

DEFAULT_DRAIN_S = 25.0
"""Inside the 30 s that Kubernetes and Docker's orchestrators leave between SIGTERM and SIGKILL."""

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


class Settings(NamedTuple):
    """Everything that the supervisor decides by."""

    layout: Layout
    host: str
    port: int
    """0 lets the system choose; the log says which one it chose."""
    workers: int
    log_file: Optional[LogFile]
    """None: standard output."""
    max_queue: Optional[int]
    """Requests that may wait in one worker beside the one in ``run``; None is no limit."""
    drain_s: float
    """From SIGTERM to the end, at most."""
    scoring_timeout_ms: int
    log_level: str


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """argparse would exit 2; the original server exits 1 (section 7.1)."""
        self.print_usage(sys.stderr)
        self.exit(BAD_ARGUMENTS, f"{self.prog}: error: {message}\n")


def settings_from(arguments: List[str], environment: Dict[str, str], working_folder: str) -> Settings:
    """The settings that ``arguments`` and ``environment`` give; exits 1, with a line on stderr, when they are bad."""
    parser = _parser(environment)
    given = parser.parse_args([_underscored(argument) for argument in arguments])
    layout = _layout(given, environment, working_folder)
    if not os.path.isdir(layout.app_root):
        parser.error(f"AML_APP_ROOT: {layout.app_root} is not a folder")
    log_level = environment.get("AZUREML_LOG_LEVEL", "INFO").upper()
    if log_level not in LOG_LEVELS:
        parser.error("AZUREML_LOG_LEVEL: {!r} is none of {}".format(log_level, ", ".join(LOG_LEVELS)))
    log_file = LogFile(given.log_file, given.log_max_bytes, given.log_backups) if given.log_file else None
    return Settings(
        layout=layout,
        host=given.host,
        port=given.port,
        workers=given.worker_count,
        log_file=log_file,
        max_queue=given.max_queue,
        drain_s=given.drain_s,
        scoring_timeout_ms=given.scoring_timeout_ms,
        log_level=log_level,
    )


def worker_environment(layout: Layout, environment: Dict[str, str]) -> Dict[str, str]:
    """What the script sees: the same variables as in v1, whether they came from flags or from the environment."""
    shown = dict(environment, AML_APP_ROOT=layout.app_root)
    if layout.entry_script:
        shown["AZUREML_ENTRY_SCRIPT"] = layout.entry_script
    if layout.model_dir:
        shown["AZUREML_MODEL_DIR"] = layout.model_dir
    return shown


def _underscored(argument: str) -> str:
    """``--model-dir=x-y`` as ``--model_dir=x-y``: both spellings are taken, values are left alone."""
    if not argument.startswith("--"):
        return argument
    name, equals, value = argument.partition("=")
    return "--" + name[2:].replace("-", "_") + equals + value


def _parser(environment: Dict[str, str]) -> argparse.ArgumentParser:
    parser = _Parser(prog="shipway-serve", description="Serves an Azure ML v1 entry script.", allow_abbrev=False)
    add = parser.add_argument
    add("--entry_script", metavar="PATH", help="the scoring script; default: AZUREML_ENTRY_SCRIPT, else main.py")
    add("--model_dir", metavar="DIR", help="sets AZUREML_MODEL_DIR for the script")
    add("--port", type=_whole(0, 65535), default=5001, help="default 5001; 0 for any free one")
    add("--host", default="0.0.0.0", help="the address to listen on; default: all")
    add("--worker_count", type=_whole(1), default=environment.get("WORKER_COUNT") or "1", help="processes; default 1")
    add("--pid_file", metavar="PATH", help="gets the server's process id at once")
    add("--log_file", metavar="PATH", help="default: standard output")
    add("--log_max_bytes", type=_whole(0), default=LogFile("").max_bytes, help="rotate past this size; 0 for never")
    add("--log_backups", type=_whole(0), default=LogFile("").backups, help="rotated files to keep")
    add("--max_queue", type=_whole(0), help="requests that may wait in one worker before 503; default: no limit")
    add("--drain_s", type=_seconds, default=DEFAULT_DRAIN_S, metavar="SECONDS", help="time to finish after SIGTERM")
    add("--version", action="version", version="shipway-serving " + __version__)
    timeout = environment.get("SCORING_TIMEOUT_MS") or str(DEFAULT_SCORING_TIMEOUT_MS)
    add("--scoring_timeout_ms", type=_whole(1), default=timeout, help="default: SCORING_TIMEOUT_MS, else an hour")
    return parser


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


def _whole(lowest: int, highest: Optional[int] = None) -> Callable[[str], int]:
    def whole_number(text: str) -> int:
        value = int(text)
        if value < lowest or (highest is not None and value > highest):
            limits = f"at least {lowest}" if highest is None else f"{lowest} to {highest}"
            raise argparse.ArgumentTypeError(f"{value} is out of range: {limits}")
        return value

    return whole_number


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds")
    return value
