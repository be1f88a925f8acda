"""What a revision's container is made with. Pure."""

from collections.abc import Sequence
from typing import Any

from shipway.domain.canonical import digest_of, sha256_hex
from shipway.domain.service import Resources
from shipway.machine.state import MachineState
from shipway.targets._local.collection import Collection
from shipway.targets._local.records import RevisionFolder, RevisionRecord
from shipway.targets._local.runner import DRAIN_S, LOG_FILE_BYTES, LOG_FILES
from shipway.targets.docker.images import ImageFacts

PORT = 5001
"""Where the scoring server listens inside (contract C-11)."""

AFTER_DRAIN_S = 5
"""From the end of the drain, which SIGTERM begins, to SIGKILL."""

SETTINGS = "shipway.settings"
"""The label by which a container is known for one that needs no change."""

_COLLECTED = "/var/azureml-collected"
"""Where a container finds the folder for the rows that it collects."""

_CPU_PERIOD_US = 100_000
_LOG = {"type": "json-file", "config": {"max-size": f"{LOG_FILE_BYTES // 1000**2}m", "max-file": str(LOG_FILES)}}
"""Docker's default keeps everything, until the disk is full."""


def workspace_mark(state: MachineState) -> str:
    """Tells containers of one workspace on one machine from all others, and trials from services."""
    return sha256_hex(str(state.root).encode())[:8]


def container_name(mark: str, place: RevisionFolder) -> str:
    return f"shipway-{mark}-{place.service}-{place.revision_id}"


def identity(mark: str, place: RevisionFolder) -> dict[str, str]:
    """The labels that make a container ours."""
    return {"shipway.workspace": mark, "shipway.service": place.service, "shipway.revision": place.revision_id}


def container_settings(
    mark: str,
    place: RevisionFolder,
    record: RevisionRecord,
    image: ImageFacts,
    *,
    drain_s: int = DRAIN_S,
    collection: Collection | None = None,
) -> dict[str, Any]:
    """In the words of the SDK's `containers.create`. Holds no secret: whoever may ask the engine can read it.

    Command, user, working folder and the author's variables are the image's. The label of settings covers all the rest:
    a container that was made with others is made anew.
    """
    settings: dict[str, Any] = {
        "image": record.location,
        "name": container_name(mark, place),
        "command": list(_draining(image, drain_s)),
        "environment": _environment(place, image, collection),
        "use_config_proxy": False,  # of docker's configuration on this machine: proxies' addresses hold passwords
        "ports": {f"{PORT}/tcp": (record.host, record.port)},
        "restart_policy": {"Name": "unless-stopped"},
        "init": True,  # somebody has to reap what a script starts and leaves behind
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "log_config": _LOG,
        "stop_signal": "SIGTERM",
        **_limits(record.resources),
        **_volumes(collection),
    }
    return settings | {"labels": identity(mark, place) | {SETTINGS: digest_of(settings)}}


def _environment(place: RevisionFolder, image: ImageFacts, collection: Collection | None) -> dict[str, str]:
    ours = {"SERVICE_NAME": place.service, **(collection.variables(_COLLECTED) if collection else {})}
    return {name: value for name, value in ours.items() if name not in image.variables}


def _volumes(collection: Collection | None) -> dict[str, Any]:
    if collection is None:
        return {}
    inside = f"{_COLLECTED}/{collection.folder.name}"
    return {"volumes": {str(collection.folder): {"bind": inside, "mode": "rw"}}}


def memory_key(resources: Resources) -> str:
    """Which key of the deployment config the limit comes from."""
    return "memoryInGBLimit" if resources.memory_limit_bytes else "memoryInGB"


def _limits(resources: Resources) -> dict[str, int]:
    """A quota, not `nano_cpus`: the engine refuses more of those than it has cores, and a limit beyond them is kept
    anyway. No swap beyond the memory: a model that is swapped out answers too late for anybody."""
    limits: dict[str, int] = {}
    if memory := resources.memory_ceiling_bytes:
        limits |= {"mem_limit": memory, "memswap_limit": memory}
    if resources.memory_bytes and resources.memory_limit_bytes:
        limits["mem_reservation"] = resources.memory_bytes
    if cpu := resources.cpu_limit or resources.cpu:
        limits |= {"cpu_period": _CPU_PERIOD_US, "cpu_quota": round(cpu * _CPU_PERIOD_US)}
    if resources.cpu and resources.cpu_limit:
        limits["cpu_shares"] = round(resources.cpu * 1024)
    return limits


def _draining(image: ImageFacts, drain_s: int) -> Sequence[str]:
    """The scoring server has to drain for as long as we wait for it; another program's command is its own."""
    if not image.serves or "--drain_s" in image.command:
        return image.command
    return (*image.command, "--drain_s", str(drain_s))
