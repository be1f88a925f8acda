"""What a build has to know and a workspace must not: the password for a base image's registry, and those in URLs of
package indexes. On this machine alone, between the asking and the end of one release.

A release that is taken up elsewhere, or after it, pulls and installs as whoever it is there.
"""

import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from shipway.config.pip_lines import without_credentials
from shipway.domain.environment import Environment, InferenceConfig
from shipway.domain.secret import Secret
from shipway.machine.state import MachineState, private_folder, write_whole

_FOLDER, _MODE = "logins", 0o600


def discreet(environment: Environment) -> Environment:
    """Without the credentials in its URLs: what may be written to a workspace. Pure."""
    changes = (
        replace(change, before=without_credentials(change.before), after=without_credentials(change.after))
        for change in environment.changes
    )
    requirements = tuple(without_credentials(line) for line in environment.requirements)
    return replace(environment, requirements=requirements, changes=tuple(changes))


def keep_logins(machine: MachineState, release_id: str, inference: InferenceConfig) -> None:
    """Until `forget_logins`; nothing is written where there are none. Raises MachineError when it cannot be."""
    login, environment = inference.base_login, inference.environment
    is_clear = environment.requirements != discreet(environment).requirements
    if login is None and not is_clear:
        return
    document = {
        "base": login.reveal() if login else None,
        "requirements": list(environment.requirements) if is_clear else None,
    }
    write_whole(private_folder(machine.root / _FOLDER) / release_id, json.dumps(document), mode=_MODE)


def base_login_of(machine: MachineState, release_id: str) -> Secret | None:
    text = _read(machine, release_id).get("base")
    return None if text is None else Secret(text)


def with_logins(environment: Environment, machine: MachineState, release_id: str) -> Environment:
    """The environment as it was asked for, if this machine still knows; it is never written again."""
    clear = replace(environment, requirements=tuple(_read(machine, release_id).get("requirements") or ()))
    return clear if discreet(clear).requirements == environment.requirements else environment


def forget_logins(machine: MachineState, release_id: str) -> None:
    """Safe to repeat."""
    with suppress(OSError):
        _path(machine, release_id).unlink()


def _read(machine: MachineState, release_id: str) -> dict[str, Any]:
    try:
        document = json.loads(_path(machine, release_id).read_bytes())
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def _path(machine: MachineState, release_id: str) -> Path:
    return machine.root / _FOLDER / release_id
