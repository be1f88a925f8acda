"""Where a test may kill us. `SHIPWAY_FAILPOINT=deploy_service/after_act` ends the process there with SIGKILL.

Crash safety can only be shown by crashing at every boundary of every step, in the process that a user runs.
"""

import os
import signal
from enum import StrEnum

from shipway.release.steps import Step

VARIABLE = "SHIPWAY_FAILPOINT"


class Boundary(StrEnum):
    """The moments around an act at which a process can die with a different trace in the journal."""

    BEFORE_INTENT = "before_intent"
    AFTER_INTENT = "after_intent"
    AFTER_ACT = "after_act"
    AFTER_OUTCOME = "after_outcome"


def reach(step: Step, boundary: Boundary) -> None:
    """Does nothing, unless the variable names exactly this place."""
    if os.environ.get(VARIABLE) == f"{step}/{boundary}":
        os.kill(os.getpid(), signal.SIGKILL)
