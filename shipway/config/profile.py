"""Which of Microsoft's servers an asset was written for, from its pin of azureml-defaults. Pure.

azureml-defaults up to 1.42 brought azureml-inference-server-http 0.4, from 1.45 on the one whose behaviour 1.5 still
has; what an asset without an exact pin was written for, nobody knows, and the scoring server's own default holds.
"""

import re
from collections.abc import Iterable

PROFILE = "SHIPWAY_PROFILE"
"""The variable by which the scoring server is told."""

_PIN = re.compile(
    r"azureml[-_.]defaults\s*(?:\[[^\]]*\])?\s*={2,3}\s*(\d+)\.(\d+)(?:\.\d+)*(?:\.post\d+)?\s*(?:;.*)?", re.IGNORECASE
)
_LAST_LEGACY, _FIRST_MODERN = (1, 42), (1, 45)


def profile_of(requirements: Iterable[str]) -> str | None:
    """`legacy` or `modern`, by the first exact pin among pip requirement lines; None when none says."""
    for line in requirements:
        if pin := _PIN.fullmatch(line.strip()):
            version = int(pin[1]), int(pin[2])
            return "legacy" if version <= _LAST_LEGACY else "modern" if version >= _FIRST_MODERN else None
    return None
