"""What a Prefect server, and a process that talks to one, must have in the environment. Prefect is not imported."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path

from shipway.cli.server.record import ServerRecord
from shipway.machine.ports import LOOPBACK

_QUIET = {"DO_NOT_TRACK": "1", "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}


def server_environment(base: Mapping[str, str], *, port: int, home: Path) -> dict[str, str]:
    """The caller's Prefect settings do not reach the server: it serves later callers too, who have others."""
    kept = {name: value for name, value in base.items() if not name.startswith("PREFECT_")}
    return (
        kept
        | _QUIET
        | {
            "PREFECT_HOME": str(home),
            "PREFECT_UI_API_URL": f"http://{LOOPBACK}:{port}/api",  # or the page asks port 4200, whatever the port
            "PREFECT_UI_URL": f"http://{LOOPBACK}:{port}",
            "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        }
    )


def client_environment(record: ServerRecord) -> dict[str, str]:
    """To be set in os.environ before Prefect is imported.

    With a server of our own, everything that Prefect writes lands in the state folder, and a server that died is an
    error rather than a silent wait for an ephemeral one. The console is silent: the command tells it all itself, and
    the run's page keeps the rest.
    """
    settings = {"PREFECT_API_URL": record.url, **_QUIET, "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore"}
    if record.home is not None:
        settings |= {
            "PREFECT_HOME": record.home,
            "PREFECT_PROFILES_PATH": str(Path(record.home) / "profiles.toml"),
            "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
            "PREFECT_LOGGING_INTERNAL_LEVEL": "CRITICAL",
            "PREFECT_CLIENT_MAX_RETRIES": "3",  # of 5, which are a minute at every call once the server is gone
            "NO_PROXY": _with_loopback(os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or ""),
        }
    if "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL" not in os.environ:
        settings["PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"] = "CRITICAL"
    return settings


def configured_api_url(environment: Mapping[str, str]) -> str | None:
    """The server that the user chose: PREFECT_API_URL in the environment, else in Prefect's active profile."""
    return environment.get("PREFECT_API_URL") or _profile(environment).get("PREFECT_API_URL") or None


def _profile(environment: Mapping[str, str]) -> dict[str, str]:
    """The settings of the active profile; none when there is no file, no active profile, or a file that is no TOML."""
    path = environment.get("PREFECT_PROFILES_PATH") or str(
        Path(environment.get("PREFECT_HOME") or "~/.prefect") / "profiles.toml"
    )
    try:
        document = tomllib.loads(Path(path).expanduser().read_text())
    except (OSError, ValueError):
        return {}
    match document:
        case {"profiles": dict(profiles)}:
            profile = profiles.get(environment.get("PREFECT_PROFILE") or document.get("active"))
            return profile if isinstance(profile, dict) else {}
    return {}


def _with_loopback(no_proxy: str) -> str:
    hosts = [host for host in no_proxy.split(",") if host]
    return ",".join(hosts if LOOPBACK in hosts else [*hosts, LOOPBACK])
