"""v1's config files with flags of the command line laid over them. Only reads; what it makes goes to the loaders."""

from argparse import Namespace
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shipway.cli.v1_keys import DEPLOYMENT_FLAGS, INFERENCE_FLAGS, Flag
from shipway.config.documents import Document, KeyPath, Loaded, read_document
from shipway.errors import ConfigError

if TYPE_CHECKING:
    from shipway.cli.context import Context
    from shipway.config.environment import Declared
    from shipway.domain.environment import InferenceConfig


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One of v1's two config files. `mark` is the key that only it has, and that it always has."""

    name: str
    option: str
    mark: str
    flags: tuple[Flag, ...]


INFERENCE = Kind(name="inference config", option="--ic", mark="entryScript", flags=INFERENCE_FLAGS)
DEPLOYMENT = Kind(name="deployment config", option="--dc", mark="computeType", flags=DEPLOYMENT_FLAGS)

_OTHERS = (
    (INFERENCE.mark, "an inference config", f"give it after {INFERENCE.option}"),
    (DEPLOYMENT.mark, "a deployment config", f"give it after {DEPLOYMENT.option}"),
    ("dependencies", "a conda file", "give it after --cf"),
    ("python", "an environment", "give its folder after --ed"),
)
"""Other files of v1's, by a key that only they have, with the flag that takes each. The rest is told as by `check`."""

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
    if path.suffix == ".py":
        raise _not_this(kind, str(path), "a script", "give it after --es")
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


def in_named_environment(
    loaded: Loaded[Document | None], args: Namespace, context: "Context"
) -> "Loaded[Document | InferenceConfig | None]":
    """The document as it is when no environment is named beside it (I-5). Raises as `inference_of` says."""
    name, version, folder = args.environment_name, args.environment_version, args.environment_directory
    if name is None and version is None and folder is None:
        return Loaded(loaded.value, loaded.warnings)
    if name is not None and folder is not None:
        raise ConfigError(
            f"--environment-name {name} and --environment-directory {folder} are two environments: give one"
        )
    if name is None and folder is None:
        raise ConfigError(f"--environment-version {version}: of which environment? give --environment-name as well")
    option = f"--environment-name {name}" if folder is None else f"--environment-directory {folder}"
    if loaded.value is None:
        raise ConfigError(f"{option}: is an environment without a script; give --entry-script, or --ic FILE")
    from shipway.config.inference import load_inference_config

    environment = _named_environment(name, version, folder, context)
    config = load_inference_config(loaded.value, working_directory=context.folder, environment=environment.value)
    told = (*loaded.warnings, *_replaced(loaded.value, option), *environment.warnings, *config.warnings)
    return Loaded(config.value, told)


def _named_environment(
    name: str | None, version: str | None, folder: Path | None, context: "Context"
) -> "Loaded[Declared]":
    from shipway.config.environment import Declared, load_environment_folder
    from shipway.registry.environments import Environments

    if folder is not None:
        return load_environment_folder(folder)
    assert name is not None
    return Loaded(Declared(environment=Environments(context.workspace()).get(name, version).environment))


def _replaced(document: Document, option: str) -> Iterator[str]:
    given = document.value if isinstance(document.value, Mapping) else {}
    for key in ("environment", "condaFile"):
        if given.get(key) is not None:
            yield f"{option} wins over {key} in {document.source}"


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
    """What to tell when the file says something else than the flag (contract G-7); None when it does not.

    A group of keys is not shown: that of a registry has its password in it.
    """
    found: Any = value
    for key in keys:
        if not isinstance(found, Mapping):
            return None
        found = found.get(key, found.get(_SAME_KEY.get(key, key)))
    if found is None or found == said:
        return None
    if flag.secret or isinstance(found, Mapping):
        return f"{flag.name} wins over {'/'.join(keys)}"
    return f"{flag.name} {said} wins over {'/'.join(keys)} {found}"


def _refuse_the_other_kind(kind: Kind, document: Document) -> None:
    """Raises ConfigError for a file that is plainly something else, with what takes it."""
    value = document.value
    if not isinstance(value, Mapping) or kind.mark in value:
        return
    for mark, name, remedy in _OTHERS:
        if mark in value:
            raise _not_this(kind, document.source, f"{name} (it has {mark})", remedy)
    from shipway.asset.kinds import kind_of_config

    other = kind_of_config(Path(document.source).name, document.text, value)
    if other is not None:
        raise _not_this(kind, document.source, other.is_a, other.remedy)


def _not_this(kind: Kind, source: str, what: str, remedy: str) -> ConfigError:
    return ConfigError(f"{source}: is {what}, given as the {kind.name}; {remedy}")
