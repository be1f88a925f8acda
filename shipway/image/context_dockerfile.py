"""The Dockerfile of a Docker context: the same settings and files as an image that Shipway assembles. Pure.

Nothing is fetched and nothing runs while it is built, so that any builder makes it, without a network.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from shipway.errors import BuildError

APP = "azureml-app"
"""v1's name for the folder that becomes the app root (contract B-3)."""

USER = "user"
LOCK = "requirements.lock"
_ROOT = "opt/shipway"
_FIRST = "# Build it with `docker build -t NAME .`, run it with `docker run -p 5001:5001 NAME`; it scores at /score."
_COPIED = re.compile(r"^COPY (?:--chown=\S+ )?([^/\s]+)(?:/\S*)? /", re.MULTILINE)
_SECOND_NS = 1_000_000_000


def place_of(path: str, *, root: str) -> str:
    """Where a file of the image lies in the context. `path` and the app root have no slash in front."""
    for inside, outside in ((root, APP), (_ROOT, "")):
        if path == inside or path.startswith(f"{inside}/"):
            return f"{outside}{path[len(inside) :]}".strip("/")
    return f"{USER}/{path}"


def context_dockerfile(
    start: str, settings: Mapping[str, Any], inherited: Collection[str], places: Collection[str], *, root: str
) -> str:
    """`start` is how it begins: FROM and more. `settings` are an image's Config as Docker has it, `inherited` the
    variables that the base has already (`NAME=value`), `places` what lies in the context.

    Raises BuildError for a variable that a Dockerfile cannot hold.
    """
    lines = [
        _FIRST,
        "# Everything that the image needs lies in this folder. requirements.lock says which packages are in venv/.",
        start.rstrip(),
        "USER root",
        *_copies(places, settings["User"], root),
        *(f"ENV {_variable(entry)}" for entry in settings["Env"] if entry not in inherited),
        *(f"LABEL {_quoted(name)}={_quoted(value)}" for name, value in sorted(settings["Labels"].items())),
        *(f"EXPOSE {port}" for port in sorted(settings["ExposedPorts"])),
        f"WORKDIR {settings['WorkingDir']}",
        f"USER {settings['User']}",
        *_health(settings.get("Healthcheck")),
        "ENTRYPOINT []",
        f"CMD {json.dumps(settings['Cmd'])}",
    ]
    return "".join(f"{line}\n" for line in lines)


def context_of(dockerfile: str) -> frozenset[str]:
    """The names in the folder of a context that was written before, of which this is the Dockerfile; none when it is of
    somebody else's."""
    if not dockerfile.startswith(_FIRST):
        return frozenset()
    return frozenset({"Dockerfile", *_COPIED.findall(dockerfile)})


def _copies(places: Collection[str], user: str, root: str) -> Iterator[str]:
    """What changes seldom first: builders keep what stands above a change."""
    tops = {PurePosixPath(place).parts[0] for place in places}
    owned = f"--chown={user}:{user}"
    if USER in tops:
        for name in sorted({PurePosixPath(place).parts[1] for place in places if place.startswith(f"{USER}/")}):
            yield f"COPY {owned if name != 'etc' else '--chown=0:0'} {USER}/{name}/ /{name}/"
    if LOCK in tops:
        yield f"COPY {LOCK} /{_ROOT}/{LOCK}"
    yield from (f"COPY {top}/ /{_ROOT}/{top}/" for top in sorted(tops - {USER, LOCK, APP}, reverse=True))
    yield f"COPY {owned} {APP}/ /{root}/"


def _variable(entry: str) -> str:
    name, _, value = entry.partition("=")
    if "\n" in value or "\r" in value:
        raise BuildError(
            f"the value of variable {name} has a line break, which no Dockerfile can hold; package an image instead, "
            "without --output-path"
        )
    return f"{name}={_quoted(value)}"


def _quoted(text: str) -> str:
    """`$` is a variable in a Dockerfile, and a backslash goes before what is meant as it stands."""
    for special in ("\\", '"', "$"):
        text = text.replace(special, f"\\{special}")
    return f'"{text}"'


def _health(check: Mapping[str, Any] | None) -> Iterator[str]:
    """Without --start-interval, which builders before 2023 do not know."""
    if check:
        times = {"interval": "Interval", "timeout": "Timeout", "start-period": "StartPeriod"}
        words = [f"--{word}={check[key] // _SECOND_NS}s" for word, key in times.items()]
        yield f"HEALTHCHECK {' '.join(words)} --retries={check['Retries']} CMD {json.dumps(check['Test'][1:])}"
