"""How long a person waits for commands."""

import sys
from pathlib import Path
from statistics import median

from benchmarks.ground import SHIPWAY, Ground, ground
from benchmarks.report import Figure
from benchmarks.rounds import interleaved, seconds_of, seconds_of_command
from shipway.testing.assets import write_adder

_LONG_S = 30.0
"""A first release that takes longer is measured once."""


def help_figure(opened: Ground, rounds: int) -> Figure:
    """`python -c pass` is the floor of every command; Prefect's own help is what its users know."""
    prefect = str(Path(sys.executable).parent / "prefect")
    commands = {
        "shipway": [SHIPWAY, "--help"],
        "python -c pass": [sys.executable, "-c", "pass"],
        "prefect --help": [prefect, "--help"],
    }
    environment = {**opened.environment, "PREFECT_HOME": str(opened.folder / "prefect-home")}
    acts = {
        name: lambda command=command: seconds_of_command(command, environment) for name, command in commands.items()
    }
    found = interleaved(rounds, acts)
    return Figure(figure="help_s", unit="s", shipway=found.pop("shipway"), peers=found, goal="< 0.25")


def service_list_figure(opened: Ground, rounds: int) -> Figure:
    """With the services of `opened`, of which there is one."""
    found = interleaved(rounds, {"shipway": lambda: seconds_of(lambda: opened.shipway("service", "list"))})
    return Figure(figure="service_list_s", unit="s", shipway=found["shipway"], goal="< 0.6")


def first_release_figure(rounds: int) -> Figure:
    """Each time in a state home of its own: the server starts, the venv is made from the machine's package cache."""
    took = [_first_release_s()]
    while len(took) < rounds and took[0] <= _LONG_S:
        took.append(_first_release_s())
    note = f"median of {len(took)}; from the command to its end, the local Prefect server's first start included"
    return Figure(figure="first_release_s", unit="s", shipway=median(took), note=note)


def _first_release_s() -> float:
    with ground() as opened:
        file = write_adder(opened.folder, offset="1", golden=2, name="good")
        return seconds_of(lambda: opened.shipway("release", file.name))
