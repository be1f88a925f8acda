"""Which requests show which fact of the contract: a table from IDs to cases."""

from tests.parity.cases import entry, http, legacy, process, raw, schema
from tests.parity.cases.case import Case

CASES: tuple[Case, ...] = (*entry.CASES, *http.CASES, *raw.CASES, *schema.CASES, *process.CASES, *legacy.CASES)

BY_NAME = {case.name: case for case in CASES}


def cases_of(identifier: str) -> tuple[Case, ...]:
    """Every case that shows the fact of that ID."""
    return tuple(case for case in CASES if identifier in case.ids)
