"""v1's inference config: which script serves, from which folder, in which environment (contract section 9)."""

import difflib
import keyword
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator

from shipway.config.documents import Document, KeyPath, Loaded, as_document
from shipway.config.entry_script import check_entry_script
from shipway.config.environment import Declared, load_environment, load_named_environment
from shipway.config.legacy_environment import LegacyKeys, legacy_environment, unused_legacy_keys
from shipway.config.paths import windows_fault
from shipway.config.pip_lines import package_name
from shipway.config.validation import shown, unknown_key_warnings, validate, without_nulls
from shipway.domain.environment import Environment, InferenceConfig


def _place_or_object(value: object) -> object:
    if value is not None and not isinstance(value, str | Mapping):
        raise ValueError(f"must be an environment, or the path of its file or folder, not {shown(value)}")
    return value


class _EnvironmentPart(LegacyKeys):
    source_directory: str | None = None
    environment: Annotated[str | dict[str, Any] | None, BeforeValidator(_place_or_object)] = None


class InferenceDocument(_EnvironmentPart):
    """The keys of an inference config."""

    entry_script: str
    description: str | None = None
    schema_file: Any = None


_NEAR = 0.75
"""How like a script's name another must be to be meant: scores.py and score.py are, other.py and score.py not."""
_CARRIERS = ("azureml-defaults", "azureml-inference-server-http", "azureml-contrib-services")


def load_inference_config(
    source: Path | Mapping[str, Any] | Document,
    *,
    working_directory: Path,
    environment: Declared | Environment | None = None,
) -> Loaded[InferenceConfig]:
    """Relative paths as v1 had them (A-1), so from `working_directory`, not from the file's folder.

    An `environment` that was given separately (I-5) stands for the file's. Raises ConfigError for what is missing or
    malformed, and for an entry script that v1 would refuse; a script that is not there is refused here, not when it is
    run (I-8).
    """
    document = as_document(source, "inference config")
    plain = replace(document, value=without_nulls(document.value))
    _refuse_another_config(plain)
    raw = validate(InferenceDocument, plain)
    try:
        folder = _source_directory(raw, document, working_directory)
        root = folder or working_directory.absolute()
        script, entry_script = _entry_script(raw, document, root, only_script=folder is None)
        declared = _environment(raw, document, (root, working_directory.absolute()), environment)
    except OSError as error:
        raise document.fault((), f"cannot be read: {error.strerror}: {error.filename}") from error
    found = declared.value.environment
    config = InferenceConfig(
        entry_script=entry_script,
        source_directory=str(folder) if folder else None,
        environment=found,
        base_login=declared.value.login,
    )
    warnings = (
        *document.remarks,
        *unknown_key_warnings(raw, document),
        *_unused(raw, document, given=environment is not None),
    )
    script_warnings = check_entry_script(script, python=found.python)
    return Loaded(config, (*warnings, *declared.warnings, *_carrier_missing(found, document), *script_warnings))


def load_environment_of(source: Path | Mapping[str, Any] | Document, *, working_directory: Path) -> Loaded[Environment]:
    """Of an inference config whose script may be at fault, or not there at all.

    Raises ConfigError for what is wrong with the environment alone.
    """
    document = as_document(source, "inference config")
    raw = validate(_EnvironmentPart, replace(document, value=without_nulls(document.value)))
    here = working_directory.absolute()
    folder = here / (raw.source_directory or "").replace("\\", "/")
    try:
        loaded = _environment(raw, document, (folder.resolve() if folder.is_dir() else here, here), None)
    except OSError as error:
        raise document.fault((), f"cannot be read: {error.strerror}: {error.filename}") from error
    return Loaded(loaded.value.environment, loaded.warnings)


def _refuse_another_config(document: Document) -> None:
    content = document.value
    if isinstance(content, Mapping) and "entryScript" not in content and "computeType" in content:
        raise document.fault((), "is a deployment config: it has computeType; give it as such")


def _source_directory(raw: InferenceDocument, document: Document, working_directory: Path) -> Path | None:
    """Real path: the folder travels under the name it really has (C-3)."""
    text = raw.source_directory
    if not text:
        return None
    at: KeyPath = ("sourceDirectory",)
    for spelling in (text, text.replace("\\", "/")):
        folder = Path(os.path.realpath(working_directory / spelling))
        if folder.is_dir():
            return folder
    if fault := windows_fault(text, "folder"):
        raise document.fault(at, fault)
    folder = Path(os.path.realpath(working_directory / text))
    raise document.fault(at, f"no such folder: {folder} ({text!r} is relative to {working_directory})")


def _entry_script(raw: InferenceDocument, document: Document, root: Path, *, only_script: bool) -> tuple[Path, str]:
    """The script's path on this machine, and as the domain has it: the author's own text kept, `./` and all (C-3).

    A lone script keeps the name that it is given, also when that is a link: v1 copied it under that name (C-4).
    """
    at: KeyPath = ("entryScript",)
    text = raw.entry_script
    if not (root / text).is_file():
        text = text.replace("\\", "/")
    path = root / text
    if fault := _entry_name_fault(path):
        raise document.fault(at, fault)
    if not path.is_file():
        raise document.fault(at, _no_script(raw.entry_script, path, root))
    if only_script:
        return path, str(path.parent.resolve() / path.name)
    if not path.resolve().is_relative_to(root):
        raise document.fault(
            at, f"{text!r} lies outside the source directory {root}; move it in, or leave sourceDirectory out"
        )
    return path, path.resolve().relative_to(root).as_posix() if Path(text).is_absolute() else text


def _no_script(text: str, path: Path, root: Path) -> str:
    if fault := windows_fault(text, "file"):
        return fault
    near = difflib.get_close_matches(path.name, [script.name for script in path.parent.glob("*.py")], 1, _NEAR)
    return f"no such file: {path}; the entry script is looked for in {root}" + (
        f"; is {near[0]} meant?" if near else ""
    )


def _entry_name_fault(path: Path) -> str | None:
    """E-9: v1 imports the script by name."""
    if path.suffix != ".py":
        return f"{path.name!r} is not a Python file; the entry script's name ends with .py"
    if not path.stem.isidentifier() or keyword.iskeyword(path.stem):
        return f"{path.stem!r} cannot be imported: use letters, digits and '_' only, such as score.py"
    return None


def _environment(
    raw: _EnvironmentPart, document: Document, roots: tuple[Path, ...], given: Declared | Environment | None
) -> Loaded[Declared]:
    """The one given separately, else the environment, else the legacy keys (9.1, I-5)."""
    match given, raw.environment:
        case Declared(), _:
            return Loaded(given)
        case Environment(), _:
            return Loaded(Declared(environment=given))
        case _, None | "":
            return legacy_environment(raw, document, roots)
        case _, str() as name:
            return load_named_environment(name, document, ("environment",), roots)
        case _:
            return load_environment(document.within("environment"), roots=roots)


def _unused(raw: InferenceDocument, document: Document, *, given: bool) -> Iterator[str]:
    content = document.value
    assert isinstance(content, Mapping)
    if given and raw.environment:
        yield document.at(("environment",), "not used: another environment was given beside this file")
    if given or raw.environment:
        why = "not used: environment says it all, as in v1"
        yield from (document.at(path, words) for path, words in unused_legacy_keys(content, why))


def _carrier_missing(environment: Environment, document: Document) -> Iterator[str]:
    """I-6: v1 warned, and the container died for want of a server."""
    if environment.requirements and not any(package_name(line) in _CARRIERS for line in environment.served):
        words = "azureml-defaults is not listed, and nothing is missing: the scoring server is Shipway's own"
        yield document.at((), words)
