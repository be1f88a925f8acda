"""What a release costs besides the work itself, and how long a bad revision keeps its traffic once it is judged."""

import itertools
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import httpx

from benchmarks.ground import Ground, ground
from benchmarks.report import ROOT, Figure
from benchmarks.rounds import interleaved, run
from shipway.cli.server import client_environment
from shipway.cli.steady_load import SteadyLoad
from shipway.domain.canonical import parse_rfc3339
from shipway.release.journal import journal_of, step_entries
from shipway.release.steps import Kind, Step, StepEntry
from shipway.testing.assets import write_adder

_BAKE_S = 0.1
_WORK = (Step.BUILD, Step.SMOKE, Step.DEPLOY, Step.VERIFY)
"""The steps whose time is the work itself: build, start and smoke, start beside the champion, load."""

_UNLUCKY = 13
"""What the bad revision cannot add to. Verification never asks for it; the load through the gateway only for it."""
_LOAD_PER_S = 100.0
_LOADED_BAKE_S = 2.0
"""Enough for the minimum sample at half of the load."""


@contextmanager
def warm_ground() -> Iterator[Ground]:
    """The server runs, the environment is made, and one revision of the adder serves."""
    with ground() as opened:
        opened.shipway("up")
        opened.shipway("release", write_adder(opened.folder, offset="1", golden=2, name="good").name, "--id", "first")
        yield opened


def overhead_figure(opened: Ground, rounds: int) -> Figure:
    """Releases of one revision over another, and between them an empty flow of Prefect's on the same server."""
    numbers = itertools.count(1)
    acts = {
        "shipway": lambda: _release_overhead_s(opened, f"over-{next(numbers)}"),
        "Prefect's empty flow of nine tasks": lambda: _empty_flow_s(opened),
    }
    found = interleaved(rounds, acts)
    note = (
        "the flow run's start to its end as Prefect has them, less build_image, smoke_test, deploy_service and "
        "verify_service by the journal, and the bake; moving the traffic counts"
    )
    return Figure(
        figure="orchestration_overhead_s", unit="s", shipway=found.pop("shipway"), peers=found, goal="< 2", note=note
    )


def rollback_figure(opened: Ground, rounds: int) -> Figure:
    """Revisions that pass verification and then fail what the gateway sends them."""
    numbers = itertools.count(1)
    found = interleaved(rounds, {"shipway": lambda: _rollback_s(opened, f"bad-{next(numbers)}")})
    note = "a revision with half of the traffic fails: from the verdict to all traffic on the champion, by the journal"
    return Figure(figure="rollback_s", unit="s", shipway=found["shipway"], goal="< 1", note=note)


def overhead_s(started: datetime, ended: datetime, entries: Sequence[StepEntry], *, bake_s: float) -> float:
    """What remains of a flow run without the work of its steps."""
    work = sum(took_s(entries, step) for step in _WORK)
    return (ended - started).total_seconds() - work - bake_s


def going_back_s(entries: Sequence[StepEntry]) -> float:
    """From the promotion's outcome, which is the bad verdict, to its undo, which is written when the gateway has said
    that all traffic is on the champion again. Raises ValueError for a release that did not go that way."""
    return (_at(entries, Step.PROMOTE, Kind.UNDO) - _at(entries, Step.PROMOTE, Kind.OUTCOME)).total_seconds()


def _release_overhead_s(opened: Ground, release_id: str) -> float:
    file = write_adder(opened.folder, offset="1", golden=2, name="good", bake_s=_BAKE_S)
    opened.shipway("release", file.name, "--id", release_id)
    document = opened.workspace.records.read(f"releases/{release_id}/flow-run")
    assert isinstance(document, dict)
    started, ended = _times_of(opened, str(document["flow_run_id"]))
    return overhead_s(started, ended, entries_of(opened, release_id), bake_s=_BAKE_S)


def _empty_flow_s(opened: Ground) -> float:
    environment = {**opened.environment, **client_environment(opened.server())}
    flow_run_id = run([sys.executable, "-m", "benchmarks.empty_flow"], environment, str(ROOT)).split()[-1]
    started, ended = _times_of(opened, flow_run_id)
    return (ended - started).total_seconds()


def _rollback_s(opened: Ground, release_id: str) -> float:
    file = write_adder(opened.folder, offset="1", golden=2, name="bad", fails_on=_UNLUCKY, bake_s=_LOADED_BAKE_S)
    (service,) = opened.document("service", "list")
    url = str(service["scoring_uri"]).removesuffix("/score")
    with SteadyLoad(url, [f'{{"data": [{_UNLUCKY}]}}'], per_second=_LOAD_PER_S):
        opened.release(file, release_id)
    return going_back_s(entries_of(opened, release_id))


def _times_of(opened: Ground, flow_run_id: str) -> tuple[datetime, datetime]:
    answer = httpx.get(f"{opened.server().url}/flow_runs/{flow_run_id}", trust_env=False).raise_for_status().json()
    return parse_rfc3339(answer["start_time"]), parse_rfc3339(answer["end_time"])


def entries_of(opened: Ground, release_id: str) -> tuple[StepEntry, ...]:
    return step_entries(journal_of(opened.workspace, release_id))


def took_s(entries: Sequence[StepEntry], step: Step) -> float:
    return (_at(entries, step, Kind.OUTCOME) - _at(entries, step, Kind.INTENT)).total_seconds()


def _at(entries: Sequence[StepEntry], step: Step, kind: Kind) -> datetime:
    found = [entry.at for entry in entries if entry.step is step and entry.kind is kind]
    if not found:
        raise ValueError(f"the journal has no {kind} of {step}: {[f'{e.step} {e.kind}' for e in entries]}")
    return found[-1]
