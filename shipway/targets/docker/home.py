"""Which engine a revision is with: DOCKER_HOST and docker's context may name another one tomorrow."""

import json
from pathlib import Path

from shipway.engine.connection import Engine
from shipway.errors import TargetError
from shipway.machine.state import private_folder, write_whole
from shipway.targets._local.records import RevisionFolder


def remember(place: RevisionFolder, engine: Engine) -> None:
    """Beside the revision's record, before its container is made. Safe to repeat."""
    private_folder(place.root)
    write_whole(_file(place), json.dumps({"host": engine.endpoint.host, "id": _id_of(engine)}))


def refuse_elsewhere(place: RevisionFolder, engine: Engine) -> None:
    """Raises TargetError when the revision is with another engine: not to be there is not to be gone.

    One engine may be reached by more than one address; it is known by its id.
    """
    try:
        home = json.loads(_file(place).read_text())
    except FileNotFoundError:
        return
    if home["host"] != engine.endpoint.host and home["id"] != _id_of(engine):
        raise TargetError(
            f"revision {place.revision_id} of service {place.service} is with the Docker Engine at {home['host']}, and "
            f"{engine.endpoint} is in use now; name that one with DOCKER_HOST={home['host']} or `docker context use`, "
            f"or, if it is gone for good, write the service off with `shipway service delete -n {place.service} --lost`"
        )


def home_of(place: RevisionFolder) -> str:
    """The address of its engine; "" when no container was ever made."""
    try:
        return str(json.loads(_file(place).read_text())["host"])
    except FileNotFoundError:
        return ""


def _file(place: RevisionFolder) -> Path:
    return place.root / "engine.json"


def _id_of(engine: Engine) -> str:
    with engine.speaking("asking the engine who it is"):
        return str(engine.client.api.info()["ID"])
