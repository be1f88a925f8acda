"""Which run of a tracking server is meant, and its files: by id, the newest with a path, or the best by a metric."""

import contextlib
import itertools
import math
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from shipway.errors import RegistryError, RunPathNotFound
from shipway.registry.mlflow_http import Connection, tracking_server
from shipway.registry.mlflow_tracking import FINISHED, Run, Tracking
from shipway.registry.rules import did_you_mean
from shipway.registry.run_download import download, find_in, run_path, what_is_there
from shipway.registry.run_files import RunFile, RunFiles, files_at, of_logged_model

_MOST_LOOKED_AT = 200
"""Runs whose files are asked for, one by one, when a path is looked for in the newest."""
_PREFIX = "shipway-run-"
_ABANDONED_S = 3600.0
_IS_FINISHED = f"attributes.status = '{FINISHED}'"


@contextlib.contextmanager
def open_tracking(environ: Mapping[str, str] = os.environ) -> Iterator[Tracking]:
    """The server of MLFLOW_TRACKING_URI. Nothing is asked yet. Raises RegistryError when the settings name none."""
    connection = Connection(tracking_server(environ))
    try:
        yield Tracking(connection)
    finally:
        connection.close()


def find_run(tracking: Tracking, run_id: str, *, experiment: str | None = None) -> Run:
    """Raises RegistryError when there is none, when it was deleted, or is one of another experiment."""
    run = tracking.run(run_id)
    if run is None:
        hint = f"; the newest of experiment {experiment}: {_newest_ids(tracking, experiment)}" if experiment else ""
        raise RegistryError(f"run {run_id} is not on the tracking server {tracking.where}{hint}")
    if run.is_deleted:
        raise RegistryError(f"run {run_id} was deleted on {tracking.where}; restore it there first")
    if experiment is not None and run.experiment != experiment:
        raise RegistryError(
            f"run {run_id} belongs to experiment {run.experiment!r}, not to {experiment!r}; leave "
            "--experiment-name out, or give the run that you mean"
        )
    return run


def best_run(
    tracking: Tracking, experiment: str, metric: str, *, lowest: bool = False, parent: str | None = None
) -> Run:
    """Of the finished runs that have a number for `metric`, the one with the highest; of equals, the newest.

    `parent` asks among the runs that this one started (AutoML's iterations). Raises RegistryError naming the metrics
    that there are.
    """
    if "`" in metric:
        raise RegistryError(f"metric {metric!r} is no name that MLflow takes; leave the backtick out")
    condition = _IS_FINISHED + (f" AND tags.`mlflow.parentRunId` = '{_word(parent)}'" if parent else "")
    order = f"metrics.`{metric}` {'ASC' if lowest else 'DESC'}"
    found = tracking.runs(_experiment_id(tracking, experiment), condition=condition, order=order)
    # Where a run has none, or NaN, it comes last, but not with every store behind a server.
    seen = list(itertools.islice(found, _MOST_LOOKED_AT))
    able = [run for run in seen if math.isfinite(run.metrics.get(metric, math.nan))]
    if not able:
        names = sorted({name for run in seen for name in run.metrics})
        raise RegistryError(
            f"none of the {len(seen)} finished runs of experiment {experiment} has the metric {metric}"
            f"{did_you_mean(metric, names)}; there is {', '.join(names) or 'none at all'}"
        )
    sign = -1 if lowest else 1
    return max(able, key=lambda run: (sign * run.metrics[metric], run.started_at.timestamp() if run.started_at else 0))


def newest_run(tracking: Tracking, experiment: str, path: str, environ: Mapping[str, str] = os.environ) -> Run:
    """The newest finished run that has `path`. Raises RegistryError saying what the newest has instead."""
    wanted, newest = run_path(path), None
    looked_at = 0
    for run in tracking.runs(_experiment_id(tracking, experiment), condition=_IS_FINISHED):
        newest, looked_at = newest or run, looked_at + 1
        if _locate(tracking, run, wanted, environ) is not None:
            return run
        if looked_at == _MOST_LOOKED_AT:
            break
    if newest is None:
        raise RegistryError(f"experiment {experiment} has no finished run on {tracking.where}")
    there = what_is_there(_files_of(tracking, newest, environ))
    raise RegistryError(
        f"none of the {looked_at} newest finished runs of experiment {experiment} has {wanted}; "
        f"the newest ({newest.run_id}) has {there}"
    )


def finished_runs(tracking: Tracking, experiment: str) -> Iterator[Run]:
    """Newest first, fetched as they are asked for. Raises RegistryError for an experiment that is not there."""
    return tracking.runs(_experiment_id(tracking, experiment), condition=_IS_FINISHED)


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """A payload of a run on this machine, in a folder that goes with the block that asked for it.

    `path` is where it is here, `asset_path` where it lay in the run.
    """

    path: Path
    asset_path: str


@contextlib.contextmanager
def fetch_from_run(
    tracking: Tracking, run: Run, path: str, environ: Mapping[str, str] = os.environ
) -> Iterator[Fetched]:
    """What lies at `path` in the run, a file or a folder, or the model of that name that MLflow 3 keeps beside it.

    It is there as long as the block lasts. Raises RunPathNotFound, saying what the run has; RegistryError and
    MachineError.
    """
    wanted = run_path(path)
    located = _locate(tracking, run, wanted, environ)
    if located is None:
        there = what_is_there(_files_of(tracking, run, environ))
        names = [name for name, _ in _models_of(tracking, run, environ)]
        models = f", and the logged models {', '.join(names)}" if names else ""
        raise RunPathNotFound(f"run {run.run_id} has no {wanted}; there is {there}{models}")
    _remove_abandoned()
    with tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{os.getpid()}-") as folder:
        payload = Path(folder) / wanted.rpartition("/")[2]
        download(*located, payload)
        yield Fetched(path=payload, asset_path=wanted)


def _remove_abandoned() -> None:
    """What a killed download left behind. Not what is young: its process may be one that we cannot see."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*-*"):
        pid = folder.name.removeprefix(_PREFIX).partition("-")[0]
        with contextlib.suppress(OSError):
            is_old = folder.stat().st_mtime < time.time() - _ABANDONED_S
            if is_old and pid.isdecimal() and not psutil.pid_exists(int(pid)):
                shutil.rmtree(folder, ignore_errors=True)


def _locate(tracking: Tracking, run: Run, wanted: str, environ: Mapping[str, str]) -> tuple[RunFiles, RunFile] | None:
    files = _files_of(tracking, run, environ)
    if (found := find_in(files, wanted)) is not None:
        return files, found
    name, _, below = wanted.partition("/")
    for model, place in _models_of(tracking, run, environ):
        if model == name:
            if not below:
                return place, RunFile(path="", is_folder=True)
            if (found := find_in(place, below)) is not None:
                return place, found
    return None


def _files_of(tracking: Tracking, run: Run, environ: Mapping[str, str]) -> RunFiles:
    return files_at(run.location, tracking.connection, environ, run_id=run.run_id)


def _models_of(tracking: Tracking, run: Run, environ: Mapping[str, str]) -> Iterator[tuple[str, RunFiles]]:
    for model_id in run.model_ids:
        if (model := tracking.logged_model(model_id)) is not None:
            way = of_logged_model(model_id)
            yield model.name, files_at(model.location, tracking.connection, environ, shortcut=way)


def _experiment_id(tracking: Tracking, name: str) -> str:
    found = tracking.experiment_id(name)
    if found is not None:
        return found
    known = tracking.experiments()
    some = ", ".join(sorted(known)[:10]) or "none"
    raise RegistryError(
        f"experiment {name!r} is not on the tracking server {tracking.where}"
        f"{did_you_mean(name, known)}; there is {some}{', ...' if len(known) > 10 else ''}"
    )


def _newest_ids(tracking: Tracking, experiment: str) -> str:
    found = tracking.experiment_id(experiment)
    ids = [run.run_id for run in itertools.islice(tracking.runs(found), 5)] if found else []
    return ", ".join(ids) or "none"


def _word(text: str) -> str:
    """Within quotes of MLflow's filter language, which knows no escape."""
    if "'" in text:
        raise RegistryError(f"{text!r} is no id of a run")
    return text
