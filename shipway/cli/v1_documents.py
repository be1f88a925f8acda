"""v1's config files with flags of the command line laid over them. Only reads; what it makes goes to the loaders."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shipway.cli.v1_flags import DEPLOYMENT_FLAGS, INFERENCE_FLAGS, Flag
from shipway.config.documents import Document, KeyPath, Loaded, read_document
from shipway.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One of v1's two config files. `mark` is the key that only it has, and that it always has."""

    name: str
    option: str
    mark: str
    flags: tuple[Flag, ...]


INFERENCE = Kind(name="inference config", option="--ic", mark="entryScript", flags=INFERENCE_FLAGS)
DEPLOYMENT = Kind(name="deployment config", option="--dc", mark="computeType", flags=DEPLOYMENT_FLAGS)

_SAME_KEY = {"extraDockerfileSteps": "extraDockerFileSteps"}
"""Both spellings occur in files (contract section 26)."""


@dataclass(frozen=True, kw_only=True)
class WithFlags(Document):
    """A document of which some keys came from flags: what is wrong with those is said of the flag."""

    flags: Mapping[KeyPath, str] = field(default_factory=dict)

    def at(self, keys: KeyPath, message: str) -> str:
        path = (*self.prefix, *keys)
        for length in range(len(path), 0, -1):
            if flag := self.flags.get(path[:length]):
                below = "/".join(map(str, path[length:]))
                return f"{flag}: {below}: {message}" if below else f"{flag}: {message}"
        return super().at(keys, message)


def laid_over(
    kind: Kind, path: Path | None, given: Mapping[tuple[str, ...], tuple[Flag, object]]
) -> Loaded[Document | None]:
    """The file with what flags say in its place. None when there is neither file nor flag.

    Raises ConfigError for a file that cannot be read or is the other of v1's two configs.
    """
    if path is None:
        return Loaded(_from_flags(kind, given) if given else None)
    document = read_document(path)
    _refuse_the_other_kind(kind, document)
    if not given or not isinstance(document.value, Mapping):
        return Loaded(document)
    value: Any = document.value
    told = []
    for keys, (flag, said) in given.items():
        if word := _won(value, keys, flag, said):
            told.append(f"{word} in {path}")
        value = _with(value, keys, said, document)
    flags: dict[KeyPath, str] = {keys: flag.name for keys, (flag, _) in given.items()}
    overlaid = WithFlags(source=document.source, value=value, text=document.text, flags=flags)
    return Loaded(overlaid, tuple(told))


def _from_flags(kind: Kind, given: Mapping[tuple[str, ...], tuple[Flag, object]]) -> Document:
    value: dict[str, Any] = {}
    source = f"{kind.name} of the command line"
    document = Document(source=source, value=value)
    for keys, (_, said) in given.items():
        value = _with(value, keys, said, document)
    return WithFlags(source=source, value=value, flags={flag.keys: flag.name for flag in kind.flags})


def _with(value: Mapping[str, Any], keys: tuple[str, ...], said: object, document: Document) -> dict[str, Any]:
    """A copy in which the key at `keys` has what the flag said."""
    key, *rest = keys
    kept = {name: inner for name, inner in value.items() if name != _SAME_KEY.get(key)}
    if not rest:
        return {**kept, key: said}
    inner = value.get(key)
    if inner is not None and not isinstance(inner, Mapping):
        raise document.fault((key,), f"must hold keys and values, not {inner!r}")
    return {**kept, key: _with(inner or {}, tuple(rest), said, document)}


def _won(value: Mapping[str, Any], keys: tuple[str, ...], flag: Flag, said: object) -> str | None:
    """What to tell when the file says something else than the flag (contract G-7); None when it does not."""
    found: Any = value
    for key in keys:
        if not isinstance(found, Mapping):
            return None
        found = found.get(key, found.get(_SAME_KEY.get(key, key)))
    if found is None or found == said:
        return None
    if flag.secret:
        return f"{flag.name} wins over {'/'.join(keys)}"
    return f"{flag.name} {said} wins over {'/'.join(keys)} {found}"


def _refuse_the_other_kind(kind: Kind, document: Document) -> None:
    other = DEPLOYMENT if kind is INFERENCE else INFERENCE
    value = document.value
    if isinstance(value, Mapping) and other.mark in value and kind.mark not in value:
        raise ConfigError(
            f"{document.source}: is {_an(other.name)} (it has {other.mark}), given as the {kind.name}; "
            f"give it after {other.option}"
        )


def _an(name: str) -> str:
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"
