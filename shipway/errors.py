"""Every error that Shipway raises on purpose.

A message says what happened, to which name, the value seen, and what to do next; the command line
prints it as one line.
A bad verdict is never an exception: an exception means that we could not do our job.

    ShipwayError
    +-- ConfigError              a file or a flag is wrong; the message begins with its path
    +-- MachineError             this machine lacks something (a port, an interpreter, Envoy, disk)
    |   +-- PortInUse
    +-- StoreError               the workspace
    |   +-- RecordExists         create-if-absent was lost to another writer
    |   +-- RecordMissing
    |   +-- StoreCorrupt         bytes do not match their digest, or a hash chain is broken
    |   +-- StoreFull
    |   +-- StoreUnavailable     (Transient)
    +-- LeaseHeld                somebody else works on this service
    +-- FenceLost                somebody took this service over; stop at once
    +-- RegistryError
    |   +-- ModelNotFound
    |   +-- ModelInUse
    +-- BuildError
    |   +-- Unresolvable         no set of packages satisfies an environment
    |   +-- ImportsFail          the environment is built, and the script's own imports fail in it
    +-- TargetError
    |   +-- ServiceConflict      the name is taken by somebody else's service
    |   +-- ServiceNotFound
    |   +-- TargetUnavailable    (Transient)
    |   |   +-- EngineUnavailable  no container engine answers
    |   +-- GatewayError
    +-- VerificationError        could not measure
    +-- ReleaseError
        +-- ReleaseNotFound
        +-- ReleaseEnded         the release is over, or on its way back: no further step may act
"""


class ShipwayError(Exception):
    """Root of the tree."""


class Transient(Exception):
    """Mixin: the same call may succeed later. `retry_after_s` is the server's own wish in seconds, if any."""

    retry_after_s: float | None = None


class ConfigError(ShipwayError):
    """A file or a flag is wrong."""


class MachineError(ShipwayError):
    """This machine lacks something."""


class PortInUse(MachineError):
    """Another process listens on a port that we need."""


class StoreError(ShipwayError):
    """The workspace could not be read or written."""


class RecordExists(StoreError):
    """A record of this key exists already."""


class RecordMissing(StoreError):
    """There is no record of this key."""


class StoreCorrupt(StoreError):
    """Bytes do not match their digest, or a hash chain is broken."""


class StoreFull(StoreError):
    """There is no room left."""


class StoreUnavailable(StoreError, Transient):
    """The store does not answer."""


class LeaseHeld(ShipwayError):
    """Somebody else holds the lease."""


class FenceLost(ShipwayError):
    """A higher fence exists: whoever holds the lower one must stop."""


class RegistryError(ShipwayError):
    """The registry refuses."""


class ModelNotFound(RegistryError):
    """No such model or version; the message contains `ModelNotFound`, which v1 callers test for."""


class RunPathNotFound(RegistryError):
    """Nothing lies at that path of a run."""


class ModelInUse(RegistryError):
    """A service uses this model version."""


class BuildError(ShipwayError):
    """The image could not be built."""


class Unresolvable(BuildError):
    """No set of packages satisfies an environment."""


class ImportsFail(BuildError):
    """An environment is built, and the script's own imports fail in it."""


class TargetError(ShipwayError):
    """The target refuses or fails."""


class ServiceConflict(TargetError):
    """The name belongs to somebody else's service."""


class ServiceNotFound(TargetError):
    """No such service; the message contains `WebserviceNotFound`, which v1 callers test for."""


class TargetUnavailable(TargetError, Transient):
    """The target does not answer."""


class EngineUnavailable(TargetUnavailable):
    """No container engine answers."""


class GatewayError(TargetError):
    """The gateway could not be started, configured or read."""


class VerificationError(ShipwayError):
    """A check could not be carried out."""


class ReleaseError(ShipwayError):
    """A release cannot go on."""


class ReleaseNotFound(ReleaseError):
    """No release of this id."""


class ReleaseEnded(ReleaseError):
    """The release is over or on its way back."""
