"""When to stop restarting workers. Pure."""

from typing import NamedTuple

from shipway_serving.server.exit_codes import NEVER_STARTED, WORKER_LEFT

MOST_DEATHS = 3
"""In a row, without one successful run of any worker in between: the next one would die too."""


class Deaths(NamedTuple):
    """The deaths since the last success."""

    in_a_row: int = 0
    hopeless: bool = False
    """Whether the server is to end instead of starting another worker."""


def after_death(deaths: Deaths, exit_code: int) -> Deaths:
    """One worker more has ended with ``exit_code`` (negative: by that signal). A script that cannot start never will.

    A worker that was sent SIGTERM by somebody has finished its work and counts for nothing.
    """
    if exit_code == WORKER_LEFT:
        return deaths
    in_a_row = deaths.in_a_row + 1
    return Deaths(in_a_row, exit_code == NEVER_STARTED or in_a_row >= MOST_DEATHS)


def after_success(deaths: Deaths) -> Deaths:
    """A run has returned normally."""
    return Deaths(0, deaths.hopeless)
