"""The workspace's background worker: it carries out what Prefect's UI and its schedules ask for, on this machine."""

from shipway.cli.worker.local import Worker, ensure_worker, find_worker, stop_worker

__all__ = ["Worker", "ensure_worker", "find_worker", "stop_worker"]
