"""What a benchmark found: a table for people, and `benchmarks/results/NAME.json` for programs."""

import json
import operator
import os
import platform
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"

_IDLE_LOAD = 0.5
"""What a machine has while nobody uses it, with some room."""

_MEANS = {"<": operator.lt, ">": operator.gt}


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One number, and what it was measured beside. `goal` is `< LIMIT`, `> LIMIT` or empty; `note` is for people."""

    figure: str
    unit: str
    shipway: float
    peers: Mapping[str, float] = field(default_factory=dict)
    goal: str = ""
    note: str = ""

    @property
    def is_met(self) -> bool | None:
        """None when there is no goal."""
        if not self.goal:
            return None
        sign, limit = self.goal.split()
        return bool(_MEANS[sign](self.shipway, float(limit)))


def document(name: str, figures: Sequence[Figure], *, commit: str, machine: Mapping[str, Any]) -> dict[str, Any]:
    """As it is written."""
    return {
        "name": name,
        "commit": commit,
        "machine": dict(machine),
        "figures": [
            {
                "figure": figure.figure,
                "unit": figure.unit,
                "shipway": round(figure.shipway, 4),
                "peers": {peer: round(value, 4) for peer, value in figure.peers.items()},
                "goal": figure.goal,
            }
            for figure in figures
        ],
    }


def table(figures: Sequence[Figure]) -> list[str]:
    rows = [("FIGURE", "SHIPWAY", "GOAL", "MET", "BESIDE IT"), *(_row(figure) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    notes = [f"{figure.figure}: {figure.note}" for figure in figures if figure.note]
    return [*lines, "", *notes] if notes else lines


def write(found: Mapping[str, Any], folder: Path = RESULTS) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{found['name']}.json"
    path.write_text(json.dumps(found, indent=2) + "\n")
    return path


def measure_and_tell(name: str, measure: Callable[[], Sequence[Figure]], results: Path, *, shared: str = "") -> int:
    """`shared` is what else the processors did, for the line about the load."""
    machine = this_machine()
    figures = measure()
    machine["load_1m_after"] = round(os.getloadavg()[0], 2)
    path = write(document(name, figures, commit=this_commit(), machine=machine), results)
    print("\n".join(table(figures)))
    before, after, cpus = machine["load_1m_before"], machine["load_1m_after"], machine["cpus"]
    print(f"\nload average {before} before, {after} after, {cpus} CPUs{shared}")
    if before > _IDLE_LOAD:
        print("something else ran on this machine: these figures are no truth about Shipway")
    print(f"written to {path}")
    return 0


def this_commit() -> str:
    """With `-dirty` when the tree differs from it; `unknown` outside of a repository."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def this_machine() -> dict[str, Any]:
    """What the figures depend on; the load average says whether anything else ran, 0 on an idle machine."""
    return {
        "system": f"{platform.system()} {platform.release()}",
        "processor": _processor(),
        "cpus": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "python": platform.python_version(),
        "load_1m_before": round(os.getloadavg()[0], 2),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def _row(figure: Figure) -> tuple[str, ...]:
    met = {True: "yes", False: "no", None: ""}[figure.is_met]
    peers = ", ".join(f"{peer} {_number(value)}" for peer, value in figure.peers.items())
    return figure.figure, f"{_number(figure.shipway)} {figure.unit}", figure.goal, met, peers


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
