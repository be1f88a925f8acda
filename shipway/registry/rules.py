"""What may be registered, and what a reference to a model may look like. Pure; every fault says what to do."""

import difflib
import math
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypedDict

from shipway.domain.model import FRAMEWORKS, ResourceConfiguration, RunFacts
from shipway.domain.names import ModelRef, model_name_fault
from shipway.errors import ModelNotFound, RegistryError

_ALIAS = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9\-._]{0,63}")


class Details(TypedDict, total=False):
    """What may be said about a model when it is registered.

    `framework` is one of FRAMEWORKS, by default Custom. `release_id` is the release that registers it: the same release
    registering the same files under the same name again gets the version that it has. `run` is the training run that
    the files come from.
    """

    tags: Mapping[str, str]
    properties: Mapping[str, str]
    description: str
    framework: str | None
    framework_version: str
    release_id: str | None
    run: RunFacts | None
    resources: ResourceConfiguration | None


def check_registration(name: str, details: Details) -> None:
    """Raises RegistryError for what v1 would refuse (contract M-6, M-7), before anything is kept."""
    fault = model_name_fault(name)
    if fault:
        raise RegistryError(fault)
    check_text("tag", name, details.get("tags", {}))
    check_text("property", name, details.get("properties", {}))
    _check_framework(details.get("framework"), details.get("framework_version", ""))
    check_resources(name, details.get("resources"))


def check_text(kind: str, owner: str, pairs: Mapping[str, str]) -> None:
    """Tags and properties are text by text. Raises RegistryError naming the first that is not."""
    for key, value in pairs.items():
        if not isinstance(key, str) or not key.strip():
            raise RegistryError(f"model {owner}: {kind} {key!r} is not allowed: a {kind} needs a name that is text")
        if not isinstance(value, str):
            raise RegistryError(f"model {owner}: {kind} {key!r} has the value {value!r}, which is not text; quote it")


def check_resources(owner: str, resources: ResourceConfiguration | None) -> None:
    """Raises RegistryError for a size that no service can have (contract G-20)."""
    if resources is None:
        return
    for what, value, least in (
        ("CPU cores", resources.cpu_cores, "more than 0"),
        ("GB of memory", resources.memory_gb, "more than 0"),
        ("GPUs", resources.gpu_cores, "0 or more"),
    ):
        if value is not None and (value < 0 or (value == 0 and least == "more than 0") or not math.isfinite(value)):
            raise RegistryError(f"model {owner}: {value} {what} cannot be had; give {least}")


def check_alias(alias: str) -> None:
    if not _ALIAS.fullmatch(alias):
        raise RegistryError(
            f"alias {alias!r} is not allowed: use 1 to 64 letters, digits, '-', '.' and '_', "
            "beginning with a letter or a digit"
        )


def _check_framework(framework: str | None, version: str) -> None:
    if framework is None:
        if version:
            raise RegistryError(
                f"framework version {version!r} needs a framework beside it, one of {', '.join(FRAMEWORKS)}"
            )
    elif framework not in FRAMEWORKS:
        raise RegistryError(
            f"framework {framework!r} is not known{did_you_mean(framework, FRAMEWORKS)}; "
            f"use one of {', '.join(FRAMEWORKS)}"
        )


@dataclass(frozen=True, kw_only=True)
class Reference:
    """`name`, `name:version` or `name@alias`. With neither version nor alias it means the newest version."""

    name: str
    version: int | None = None
    alias: str | None = None


def parse_reference(text: str | ModelRef) -> Reference:
    """Raises ModelNotFound for what cannot name a model: v1 callers then try the text as a path."""
    if isinstance(text, ModelRef):
        return Reference(name=text.name, version=text.version)
    name, at, alias = text.partition("@")
    if at and not model_name_fault(name) and _ALIAS.fullmatch(alias):
        return Reference(name=name, alias=alias)
    if not model_name_fault(text):
        return Reference(name=text)
    try:
        ref = ModelRef.parse(text)
    except ValueError:
        raise ModelNotFound(f"ModelNotFound: {text!r} names no model; write name, name:version or name@alias") from None
    return Reference(name=ref.name, version=ref.version)


def keep_children(child_paths: Sequence[str]) -> Callable[[str], bool]:
    """What to skip of a folder so that only these files and folders below it stay (contract M-3)."""
    kept = {PurePosixPath(child) for child in child_paths}
    above = {folder for child in kept for folder in child.parents}

    def skip(path: str) -> bool:
        here = PurePosixPath(path)
        return here not in above and kept.isdisjoint((here, *here.parents))

    return skip


def check_children(folder: Path, child_paths: Sequence[str]) -> None:
    """Raises RegistryError naming the first that is not a path of something below the folder."""
    if not folder.is_dir():
        raise RegistryError(f"model path {folder} is no folder, so it has no child paths; leave child_paths out")
    if isinstance(child_paths, str) or not child_paths:
        raise RegistryError(f"child_paths {child_paths!r} names nothing; give a list of paths below {folder}")
    for child in child_paths:
        if not isinstance(child, str) or not child.strip():
            raise RegistryError(f"child path {child!r} names nothing; give one below {folder}, such as model.pkl")
        pure = PurePosixPath(child)
        if pure.is_absolute() or ".." in pure.parts:
            raise RegistryError(f"child path {child!r} leads outside {folder}; give it relative to that folder")
        if not os.path.exists(folder / pure):  # noqa: PTH110 - Path.exists raises for a name that is too long
            raise RegistryError(f"child path {child!r} is not in {folder}; there is {_names(folder)}")


def _names(folder: Path) -> str:
    names = sorted(path.name for path in folder.iterdir())
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return (", ".join(names[:10]) or "nothing") + more


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint to put behind a word that is not known; empty when nothing is near."""
    by_lower = {name.lower(): name for name in known}
    near = difflib.get_close_matches(word.lower(), by_lower, n=1)
    return f" (did you mean {by_lower[near[0]]}?)" if near else ""
