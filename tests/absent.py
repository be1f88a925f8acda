"""What a test does when the machine lacks what it needs."""

import os
from typing import NoReturn

import pytest


def absent(reason: str) -> NoReturn:
    """Skips on a user's machine, fails in CI: there everything has to run."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
