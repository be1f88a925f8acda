"""What an environment or the legacy keys say of the image below it, as an `AuthorsBase` (contract 9.1, 10.1)."""

import re
from collections.abc import Iterator
from pathlib import Path

from shipway.config.documents import Document, KeyPath, read_text
from shipway.config.environment_keys import DockerKeys, RegistryKeys
from shipway.config.paths import named_file
from shipway.config.validation import shown
from shipway.domain.environment import AuthorsBase
from shipway.domain.secret import Secret

_SIZE = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>[bkmg]?)b?", re.IGNORECASE)
_UNITS = {"": 1, "b": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
_MOST_BYTES = 2**53
"""More than any machine has, and still counted to the byte."""
_USUAL_PLATFORM = "linux/amd64"
"""v1's default, written into every file: nobody asked for it."""


def read_base(docker: DockerKeys, document: Document, roots: tuple[Path, ...]) -> AuthorsBase:
    """`document` is the docker section. Raises ConfigError (I-7 among others)."""
    if docker.base_image and docker.base_dockerfile:
        raise document.fault(
            ("baseDockerfile",), "cannot stand beside baseImage; begin the Dockerfile with FROM and leave baseImage out"
        )
    if docker.build_context is not None:
        raise document.fault(
            ("buildContext",), "is not read; write the Dockerfile's text into baseDockerfile, without COPY or ADD"
        )
    login = read_registry(docker.base_image_registry, document, ("baseImageRegistry",))
    return AuthorsBase(
        image=docker.base_image or None,
        dockerfile=_dockerfile(docker.base_dockerfile, document, roots),
        registry=login.address,
        username=login.username,
        gpu=docker.gpu_support,
        platform=_platform(docker, document),
        shm_bytes=_shm_bytes(docker.shm_size, document),
    )


def base_password(docker: DockerKeys) -> Secret | None:
    """Of the private registry; `read_base` has looked at it."""
    password = docker.base_image_registry.password
    return Secret(password) if password else None


def read_registry(given: RegistryKeys, document: Document, at: KeyPath) -> RegistryKeys:
    """An address alone is a registry that asks for no login; a login is whole or a fault.

    Raises ConfigError, which never has the password in it.
    """
    missing = [name for name in ("address", "username", "password") if not getattr(given, name)]
    there = [name for name in ("address", "username", "password") if name not in missing]
    if there and missing and there != ["address"]:
        verb = "is" if len(missing) == 1 else "are"
        raise document.fault(
            at, f"{' and '.join(missing)} {verb} missing; a private registry needs address, username and password"
        )
    return RegistryKeys(address=given.address or None, username=given.username or None)


def docker_warnings(docker: DockerKeys, document: Document) -> Iterator[str]:
    """What counts in training alone is said when somebody set it; v1's own defaults are no such thing."""
    if docker.arguments:
        yield document.at(("arguments",), "not used: v1 gave them to training only")
    if docker.base_image_registry.registry_identity:
        yield document.at(
            ("baseImageRegistry", "registryIdentity"), "not used: give address, username and password, or log in"
        )


def _dockerfile(text: str | None, document: Document, roots: tuple[Path, ...]) -> str | None:
    """Text as v1's JSON has it, or the path that its SDK took."""
    if not text or not text.strip():
        return None
    if "\n" in text.strip() or re.match(r"\s*(#|ARG\s|FROM\s)", text, re.IGNORECASE):
        return text
    return read_text(named_file(text.strip(), document, ("baseDockerfile",), roots, "a Dockerfile that is no text"))


def _platform(docker: DockerKeys, document: Document) -> str | None:
    if docker.platform.os.lower() != "linux":
        raise document.fault(("platform", "os"), f"must be Linux, not {docker.platform.os!r}")
    platform = f"linux/{docker.platform.architecture.lower()}"
    return None if platform == _USUAL_PLATFORM else platform


def _shm_bytes(size: str | int | None, document: Document) -> int | None:
    if size is None or size == "":
        return None
    match = _SIZE.fullmatch(str(size).strip())
    count = float(match["number"]) * _UNITS[match["unit"].lower()] if match else 0
    if not 1 <= count <= _MOST_BYTES:
        raise document.fault(("shmSize",), f"must be a size such as 2g or 512m, not {shown(size)}")
    return round(count)
