"""What a script whose lines must not change cannot say is read from the environment: the day of its assets, and whether
a mended environment is accepted. On the day depends the Python of an environment that names none."""

import os
from collections.abc import Mapping
from datetime import date

from shipway.azureml.exceptions import UserErrorException

AS_OF = "SHIPWAY_AS_OF"
"""The day (YYYY-MM-DD) of a script's assets, for scripts whose lines must not change: unpinned packages are taken as of
then, and the default Python is that of then."""

RELAX = "SHIPWAY_RELAX"
"""Set to anything but 0, it accepts that pins which do not resolve any more are mended, as `--relax` does."""

_PYTHONS = (("2021-08-01", "3.6.2"), ("2023-03-01", "3.8.13"), ("9999-12-31", "3.9.12"))
"""Until when each was the default, about: SDK 1.33 had the first still, 1.42 the second, 1.59 the third (walk-throughs,
"Building yesterday's environments today")."""


def as_of(environ: Mapping[str, str] | None = None) -> str | None:
    """Raises UserErrorException for what is no day."""
    day = (os.environ if environ is None else environ).get(AS_OF) or None
    if day is not None:
        try:
            date.fromisoformat(day)
        except ValueError as error:
            raise UserErrorException(f"{AS_OF}: {day!r} is no day; write it as 2021-03-01") from error
    return day


def relax(environ: Mapping[str, str] | None = None) -> bool:
    return (os.environ if environ is None else environ).get(RELAX, "0") not in {"", "0"}


def default_python(environ: Mapping[str, str] | None = None) -> str | None:
    """None where no day is known: then the target's own Python serves, as for every environment that pins none."""
    day = as_of(environ)
    if day is None:
        return None
    return next(python for until, python in _PYTHONS if day < until)
