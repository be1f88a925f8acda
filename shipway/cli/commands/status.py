"""shipway status: what runs on this machine for this workspace, and the disk that it uses."""

import os
from argparse import Namespace
from pathlib import Path
from typing import Any

from shipway.cli.context import Context
from shipway.cli.output import Column, size, table
from shipway.cli.parser import Parser
from shipway.cli.worker.view import worker_document, worker_line
from shipway.errors import StoreError

_Part = dict[str, Any]
"""A line of the table of disks."""

_DISK_COLUMNS = (Column("part", "DISK"), Column("size_bytes", "SIZE", size), Column("path", "PATH"))


def add_arguments(parser: Parser) -> None:
    """None of its own."""


def run(_args: Namespace, context: Context) -> int:
    from shipway.cli.services import SERVICE_COLUMNS, all_services, service_document

    services = [service_document(service) for service in all_services(context.targets(), context.output.say)]
    server, worker = _server(context), worker_document(context)
    disk = [*_workspace_parts(context), *_parts("machine", context.state().root)]
    document = {
        "workspace": context.workspace_url,
        "state": str(context.state().root),
        "server": server,
        "worker": worker,
        "services": services,
        "disk": disk,
    }
    lines = [
        f"workspace       {context.workspace_url}",
        f"Prefect server  {_server_line(server)}",
        f"worker          {worker_line(worker)}",
        "",
        *(table(services, SERVICE_COLUMNS) if services else ["no service runs here"]),
        "",
        *table(disk, _DISK_COLUMNS),
    ]
    context.output.record(document, lines)
    return 0


def _server(context: Context) -> dict[str, Any]:
    from shipway.cli.server import find_server
    from shipway.cli.server.environment import configured_api_url
    from shipway.cli.server.health import is_healthy

    server = find_server(context.state())
    configured = configured_api_url(os.environ)
    if configured and (server is None or configured != server.url):
        return {"state": "configured", "url": configured, "ui_url": None, "pid": None}
    if server is None:
        return {"state": "stopped", "url": None, "ui_url": None, "pid": None}
    state = "running" if is_healthy(server.url) else "starting"
    return {"state": state, "url": server.url, "ui_url": server.ui_url, "pid": server.pid}


def _server_line(server: dict[str, Any]) -> str:
    match server["state"]:
        case "configured":
            return f"{server['url']} (from PREFECT_API_URL or Prefect's profile)"
        case "stopped":
            return "not running; starts with the first command that needs it, or `shipway up`"
        case state:
            return f"{state}, UI {server['ui_url']} (process {server['pid']})"


def _workspace_parts(context: Context) -> list[_Part]:
    """Of a bucket by one listing; none when it cannot be reached, which is said: what runs here runs all the same."""
    if context.workspace_folder is not None:
        return _parts("workspace", context.workspace_folder)
    try:
        used = context.workspace().used_bytes()
    except StoreError as error:
        context.output.say(str(error))
        return []
    url = context.workspace_url
    parts = [_part(f"  {name}", f"{url}/{name}", size_bytes) for name, size_bytes in sorted(used.items()) if size_bytes]
    return [_part("workspace", url, sum(used.values())), *parts]


def _parts(name: str, root: Path) -> list[_Part]:
    """The folder, and every folder directly below it that is not empty."""
    folders = sorted(path for path in root.iterdir() if path.is_dir() and not path.is_symlink())
    parts = [_part(f"  {folder.name}", folder, disk_used(folder)) for folder in folders]
    return [_part(name, root, disk_used(root)), *(part for part in parts if part["size_bytes"])]


def _part(name: str, path: Path | str, size_bytes: int) -> _Part:
    return {"part": name, "path": str(path), "size_bytes": size_bytes}


def disk_used(path: Path) -> int:
    """Bytes that a folder's files take on the disk, each linked file once. What goes away meanwhile counts nothing."""
    used, seen = 0, set()
    for folder, _, names in os.walk(path):
        for name in names:
            try:
                found = (Path(folder) / name).lstat()
            except OSError:
                continue
            if (found.st_dev, found.st_ino) not in seen:
                seen.add((found.st_dev, found.st_ino))
                used += found.st_blocks * 512  # POSIX counts blocks of 512 bytes, whatever the file system's are
    return used
