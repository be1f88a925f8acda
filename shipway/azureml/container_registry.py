"""Where a private base image comes from."""

from typing import Any

from shipway.azureml._section import Section


class RegistryIdentity(Section):
    """An identity of Azure's: kept, and of no use here."""

    def __init__(self) -> None:
        self.resource_id: str | None = None
        self.client_id: str | None = None
        self._seal()


class ContainerRegistry(Section):
    """All three are needed for a login (9.1); the address alone for a registry that asks for none.

    The password is in no `repr`, and is never written to a workspace.
    """

    def __init__(self) -> None:
        self.address: str | None = None
        self.username: str | None = None
        self.password: str | None = None
        self.registry_identity: RegistryIdentity | None = None
        self._seal()

    def as_document(self) -> dict[str, Any] | None:
        """v1's `baseImageRegistry`; None when nothing is said."""
        if not self.address:
            return None
        return {"address": self.address, "username": self.username, "password": self.password}

    @classmethod
    def from_document(cls, document: Any) -> "ContainerRegistry":
        """`document` is an object, or the address alone."""
        registry = cls()
        if isinstance(document, str):
            registry.address = document
        elif isinstance(document, dict):
            for key in ("address", "username", "password"):
                setattr(registry, key, document.get(key))
        return registry

    def __repr__(self) -> str:
        return f"ContainerRegistry(address={self.address!r}, username={self.username!r})"
