"""Which of Microsoft's servers an asset was written for, from what its author pinned and when. Pure.

azureml-defaults up to 1.42 brought azureml-inference-server-http 0.4, from 1.45 on the one whose behaviour 1.5 still
has (contract section 8). Without an exact pin the newest of the day was installed (D-3); where the day is not known
either, nobody knows, and the scoring server's own default holds.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from shipway.domain.environment import Environment

PROFILE = "SHIPWAY_PROFILE"
"""The variable by which the scoring server is told."""

_VERSION = r"\s*(?:\[[^\]]*\])?\s*={2,3}\s*(\d+)\.(\d+)(?:\.\d+)*(?:\.post\d+)?\s*(?:;.*)?"
_PIN = re.compile(r"azureml[-_.]defaults" + _VERSION, re.IGNORECASE)
_PIN_OF_SERVER = re.compile(r"azureml[-_.]inference[-_.]server[-_.]http" + _VERSION, re.IGNORECASE)
_NAMED = re.compile(r"azureml[-_.]defaults(?![\w.-])", re.IGNORECASE)
_LAST_LEGACY, _FIRST_MODERN = (1, 42), (1, 45)
_LAST_LEGACY_SERVER, _FIRST_MODERN_SERVER = (0, 4), (0, 7)
_DAY_AFTER_LEGACY, _DAY_OF_MODERN = "2022-06-27", "2022-09-06"
"""When azureml-defaults 1.43.0 and 1.45.0 were uploaded to the Python Package Index, by its JSON API.

Both ran on Python 3.6, so the author's Python makes no difference.
"""


def profile_of(requirements: Iterable[str], as_of: str | None = None) -> str | None:
    """`legacy` or `modern`, by the first exact pin among pip requirement lines; None when none says.

    `as_of` (YYYY-MM-DD) decides for azureml-defaults without a version, or with bounds.
    """
    is_named = False
    for line in (line.strip() for line in requirements):
        if pin := _PIN.fullmatch(line):
            return _between(pin, _LAST_LEGACY, _FIRST_MODERN)
        if pin := _PIN_OF_SERVER.fullmatch(line):
            return _between(pin, _LAST_LEGACY_SERVER, _FIRST_MODERN_SERVER)
        is_named = is_named or _NAMED.match(line) is not None
    return _on(as_of) if is_named and as_of is not None else None


def on_its_day(environment: Environment, as_of: str | None) -> Environment:
    """With the day whose versions unpinned names get (YYYY-MM-DD), and the profile of that day where no pin tells.

    A profile that is known, or that the author set, stays. None leaves the environment as it is.
    """
    if as_of is None:
        return environment
    profile = profile_of(environment.served, as_of)
    told = {PROFILE: profile} if profile and PROFILE not in environment.variables else {}
    return replace(environment, as_of=as_of, variables={**environment.variables, **told})


def _between(pin: re.Match[str], last_legacy: tuple[int, int], first_modern: tuple[int, int]) -> str | None:
    version = int(pin[1]), int(pin[2])
    return "legacy" if version <= last_legacy else "modern" if version >= first_modern else None


def _on(day: str) -> str | None:
    return "legacy" if day < _DAY_AFTER_LEGACY else "modern" if day >= _DAY_OF_MODERN else None
