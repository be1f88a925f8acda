"""What a container image says about itself: configuration and labels, as bytes that depend on the inputs alone. Pure.

Format: OCI image configuration, https://github.com/opencontainers/image-spec/blob/v1.0/config.md, with Docker's
HEALTHCHECK (durations in nanoseconds).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shipway.domain.canonical import Plain, canonical_json, digest_of, sha256_hex
from shipway.domain.image import ImageSpec
from shipway.domain.secret import Secret
from shipway.image.container.app_layers import USER, code_files
from shipway.image.container.base import BaseImage
from shipway.image.container.venv_layer import OWN, PYTHON, SERVING, VENV
from shipway.image.render import Bundle
from shipway.image.serving import OWN_PACKAGES_VARIABLE

PORT = 5001
"""v1's (contract C-11)."""

BUNDLE_LABEL = "shipway.bundle"
LOCK_LABEL = "shipway.lock"
CONFIG_LABEL = "shipway.config"
MODELS_LABEL = "shipway.models"
_OCI = "org.opencontainers.image."

_CREATED = "1980-01-01T00:00:00Z"
"""The time of all files in the layers: a real one would give the same inputs another digest."""

_SECOND = 1_000_000_000
_ASK_HEALTH = (
    f"import socket; s = socket.create_connection(('127.0.0.1', {PORT}), 3); s.sendall(b'GET / HTTP/1.0\\r\\n\\r\\n'); "
    "raise SystemExit(s.recv(64).split()[1:2] != [b'200'])"
)
"""Without urllib, and Python without its site: 15 ms of a core in place of 150, every few seconds for ever."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where an image's inputs come from, as far as somebody knows. `commit` is that of the release's folder,
    `base_login` the password for the base's registry."""

    commit: str | None = None
    base_login: Secret | None = None


NOWHERE = Origin()


def image_labels(
    spec: ImageSpec, base: BaseImage, bundle: Bundle, *, lock_digest: str, origin: Origin
) -> dict[str, str]:
    """OCI's names where it has one. Those of the base that speak of the base's own making are left out."""
    inherited = base.settings.get("Labels") or {}
    models: dict[str, Plain] = {model.id: model.digest for model in spec.models}
    ours = {
        f"{_OCI}title": title_of(spec),
        f"{_OCI}base.name": base.name,
        f"{_OCI}base.digest": base.digest,
        MODELS_LABEL: canonical_json(models).decode(),
        CONFIG_LABEL: config_digest(bundle),
        BUNDLE_LABEL: bundle.digest,
        LOCK_LABEL: lock_digest,
    }
    if origin.commit:
        ours[f"{_OCI}revision"] = origin.commit
    return {**{name: value for name, value in inherited.items() if not name.startswith(_OCI)}, **ours}


def title_of(spec: ImageSpec) -> str:
    named = ", ".join(model.name for model in spec.models)
    return named or (spec.code.tree.name if spec.code else "image")


def config_digest(bundle: Bundle) -> str:
    """Of all that decides how models are served, without the models."""
    document = bundle.document()
    code: list[Plain] = [[file.path, file.digest, file.executable] for file in code_files(bundle.files)]
    return digest_of({**document, "files": code, "variables": _without_models(bundle.variables)})


def image_variables(base: Mapping[str, Any], variables: Mapping[str, str], *, apart: bool = False) -> list[str]:
    """The author's win over the base's; where Python and the server lie comes first on either path. `apart`: the
    server's own packages lie in a folder of their own."""
    inherited = dict(entry.partition("=")[::2] for entry in base.get("Env") or ())
    found = {**inherited, **variables}
    found["PATH"] = ":".join(filter(None, [f"/{VENV}/bin", found.get("PATH", "/usr/local/bin:/usr/bin:/bin")]))
    found["PYTHONPATH"] = ":".join(filter(None, [f"/{SERVING}", variables.get("PYTHONPATH")]))
    found["VIRTUAL_ENV"] = f"/{VENV}"
    if apart:
        found[OWN_PACKAGES_VARIABLE] = f"/{OWN}"
    return [f"{name}={value}" for name, value in sorted(found.items())]


def image_settings(
    base: BaseImage,
    bundle: Bundle,
    labels: Mapping[str, str],
    layers: Sequence[tuple[str, str]],
    *,
    root: str,
) -> bytes:
    """The configuration, whose SHA-256 is the image's id. `layers` are name and digest of ours, lowest first.

    The base's own entry point does not run: the command is the image's, whole.
    """
    document = {
        "architecture": base.architecture,
        "os": base.os,
        "created": _CREATED,
        "config": {
            "User": str(USER),
            "WorkingDir": f"/{root}",
            "Env": image_variables(base.settings, bundle.variables, apart=bool(bundle.apart)),
            "Entrypoint": None,
            "Cmd": [PYTHON, f"/{SERVING}"],
            "ExposedPorts": {f"{PORT}/tcp": {}, **(base.settings.get("ExposedPorts") or {})},
            "Volumes": base.settings.get("Volumes"),
            "Labels": dict(labels),
            "Healthcheck": _health(),
        },
        "rootfs": {"type": "layers", "diff_ids": [*base.layers, *(digest for _, digest in layers)]},
        "history": _history(base, [name for name, _ in layers]),
    }
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def image_id(settings: bytes) -> str:
    return f"sha256:{sha256_hex(settings)}"


def _health() -> dict[str, Any]:
    return {
        "Test": ["CMD", PYTHON, "-I", "-S", "-c", _ASK_HEALTH],
        "Interval": 5 * _SECOND,
        "Timeout": 5 * _SECOND,
        "StartPeriod": 300 * _SECOND,
        "StartInterval": _SECOND,
        "Retries": 3,
    }


def _history(base: BaseImage, names: Sequence[str]) -> list[dict[str, Any]]:
    """One entry a layer, as `docker history` wants it."""
    below = [{"created": _CREATED, "created_by": f"base image {base.name}"} for _ in base.layers]
    ours = [{"created": _CREATED, "created_by": f"shipway: {name}"} for name in names]
    return [*below, *ours, {"created": _CREATED, "created_by": "shipway: configuration", "empty_layer": True}]


def _without_models(variables: Mapping[str, str]) -> dict[str, Plain]:
    return {name: value for name, value in variables.items() if name != "AZUREML_MODEL_DIR"}
