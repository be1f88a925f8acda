"""How the process ends: Prefect's threads hold it until all is sent, for a minute and more when the server is gone."""

import os
import sys
from typing import NoReturn

_at_once = False


def wait_for_nobody() -> None:
    """To be said when there is nobody who would take what is still to be sent."""
    global _at_once  # noqa: PLW0603 - one process ends once
    _at_once = True


def leave(code: int) -> NoReturn:
    """Ends the process; nothing of ours is left undone, whatever other threads are at."""
    sys.stdout.flush()
    sys.stderr.flush()
    if _at_once:
        os._exit(code)
    sys.exit(code)
