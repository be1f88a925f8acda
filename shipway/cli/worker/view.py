"""The worker as commands show it."""

from typing import Any

from shipway.cli.context import Context


def worker_document(context: Context) -> dict[str, Any]:
    """Starts nothing, and asks no server."""
    from shipway.cli.worker.local import find_worker

    worker = find_worker(context.state())
    if worker is None:
        return {"state": "stopped", "pid": None, "pool": None, "url": None}
    return {"state": "running", "pid": worker.pid, "pool": worker.terms.pool, "url": worker.terms.api_url}


def worker_line(worker: dict[str, Any]) -> str:
    if worker["state"] == "stopped":
        return "not running; `shipway up --worker` starts one: runs from Prefect's UI and schedules need it"
    return f"running for work pool {worker['pool']} of {worker['url']} (process {worker['pid']})"
