"""How things are measured: several rounds, whatever is compared interleaved, medians."""

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median

Act = Callable[[], float]
"""Does a thing once and returns what was measured of it."""


def interleaved(rounds: int, acts: Mapping[str, Act]) -> dict[str, float]:
    """Medians by name. Each round has every act once, and begins with another one than the round before."""
    names = list(acts)
    seen: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds):
        first = number % len(names)
        for name in (*names[first:], *names[:first]):
            seen[name].append(acts[name]())
    return {name: median(values) for name, values in seen.items()}


def seconds_of(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def seconds_of_command(
    command: Sequence[str], environment: Mapping[str, str] | None = None, folder: str | None = None
) -> float:
    """From start to exit. Raises RuntimeError with what the command said when it fails."""
    return seconds_of(lambda: run(command, environment, folder))


def run(command: Sequence[str], environment: Mapping[str, str] | None = None, folder: str | None = None) -> str:
    """What the command printed. Raises RuntimeError with what it said when it fails."""
    done = subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, check=False, timeout=300
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout
