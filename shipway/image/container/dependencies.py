"""An author's packages for an image: resolved on this machine for the Python and platform of the base.

Nothing runs inside the image: no index need be reachable from there, and no credentials come near it.
"""

from dataclasses import dataclass, replace

from shipway.domain.environment import Environment
from shipway.domain.image import ImageConfig
from shipway.domain.secret import Secret
from shipway.engine.connection import connect
from shipway.image.container.base import BaseImage, find_base
from shipway.image.container.base_python import platform_of
from shipway.image.locked import Locked
from shipway.image.packages.kept import kept_lock
from shipway.image.packages.lock import PythonThere
from shipway.image.serving import serving_requirements
from shipway.machine.state import MachineState
from shipway.store.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class LockedInBase(Locked):
    """In an image there is always one below."""

    base: BaseImage


def lock_on(base: BaseImage, environment: Environment, workspace: Workspace, state: MachineState) -> LockedInBase:
    """The lock for the Python of a base image. Safe to repeat: resolved once. Raises what `kept_lock` raises."""
    platform = platform_of(base.python.machine, base.python.libc, base=base.name)
    there = PythonThere(version=base.python.version, platform=platform)
    lock = kept_lock(environment, there, serving_requirements(), workspace, state)
    lock = replace(lock, on_top=lock.on_top or base.packages_stay)
    return LockedInBase(python=there, lock=lock, base=base, told=(*base.told, *lock.told))


def lock_by_engine(
    environment: Environment,
    config: ImageConfig,
    workspace: Workspace,
    state: MachineState,
    *,
    login: Secret | None = None,
) -> LockedInBase:
    """The same on the base that `find_base` finds. Raises what that raises, and EngineUnavailable."""
    engine = connect()
    try:
        base = find_base(engine, environment, config, state, login=login)
    finally:
        engine.close()
    return lock_on(base, environment, workspace, state)
