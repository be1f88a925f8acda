"""What the scoring server offers, asked once."""

import pytest

from shipway.asset.imports import Import, Imports, Provided, provided


@pytest.fixture(scope="session")
def offered() -> Provided:
    return provided()


def imported(*modules: str, **details: object) -> Imports:
    """A script that imports them, one a line; `details` are those of every statement."""
    statements = [
        Import(**{"module": module, "file": "score.py", "line": line, **details})  # type: ignore[arg-type]
        for line, module in enumerate(modules, 1)
    ]
    return Imports(python="3.8.18", statements=tuple(statements), files=("score.py",))
