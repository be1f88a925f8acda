"""What models and services may be called: Azure ML v1's rules, so that a name that was good there is good here.

Source: azureml-core's validation of service and model names.
"""

import re
from dataclasses import dataclass
from typing import Self

_SERVICE = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_MODEL = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9\-._]{0,254}")
_RELEASE = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9\-._]{0,99}")
_REGISTRY = re.compile(r"[a-zA-Z0-9.\-]+(:[0-9]+)?(/[a-z0-9]+([._\-]+[a-z0-9]+)*)*")


def service_name_fault(name: str) -> str | None:
    """What is wrong with a service's name, with the remedy; None when it is good."""
    if 3 <= len(name) <= 32 and _SERVICE.fullmatch(name):
        return None
    return (
        f"service name {name!r} is not allowed: use 3 to 32 lower-case letters, digits and '-', "
        "beginning with a letter and not ending with '-'"
    )


def model_name_fault(name: str) -> str | None:
    """What is wrong with a model's name, with the remedy; None when it is good."""
    if _MODEL.fullmatch(name):
        return None
    return (
        f"model name {name!r} is not allowed: use 1 to 255 letters, digits, '-', '.' and '_', "
        "beginning with a letter or a digit"
    )


def release_id_fault(release_id: str) -> str | None:
    """What is wrong with a release's id, with the remedy; None when it is good. It names records and files."""
    if _RELEASE.fullmatch(release_id):
        return None
    return (
        f"release id {release_id!r} is not allowed: use 1 to 100 letters, digits, '-', '.' and '_', "
        "beginning with a letter or a digit"
    )


def registry_fault(address: str) -> str | None:
    """What is wrong with a registry's address, with the remedy; None when it is good."""
    if "://" not in address and "@" not in address and _REGISTRY.fullmatch(address):
        return None
    shown = address.rpartition("@")[2]  # what stands before may be a password
    return (
        f"registry {shown!r} is not allowed: write host[:port]/path in lower case, such as registry.example/team, "
        "without a scheme, a tag or a password"
    )


@dataclass(frozen=True, kw_only=True, order=True)
class ModelRef:
    """One model version, written `name:version`."""

    name: str
    version: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError, saying what was expected, for anything but `name:version` with a version of at least 1."""
        name, colon, version = text.rpartition(":")
        if not colon or model_name_fault(name) or not version.isdecimal() or int(version) < 1:
            raise ValueError(f"{text!r} is not a model id: expected name:version, such as digits:3")
        return cls(name=name, version=int(version))

    def __str__(self) -> str:
        return f"{self.name}:{self.version}"
