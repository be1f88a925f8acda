"""v1's two configs read as far as they go: what is wrong with one thing hides nothing of the next."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from shipway.asset.finding import Area, Finding, Severity
from shipway.asset.kinds import Kind, kind_of_config, kind_of_inference
from shipway.asset.question import Question
from shipway.config.deployment import load_deployment_config
from shipway.config.documents import Document, parse_document, read_text
from shipway.config.inference import load_environment_of, load_inference_config
from shipway.domain.environment import UNNAMED, Environment, InferenceConfig
from shipway.domain.service import DeploymentConfig
from shipway.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Configs:
    """`inference` may hold only what could be read: `whole` says whether all of it could. `script` is the entry script
    on this machine, whether or not it is fit to be one. Without `environment_read` nothing is known of Python and
    packages: the author's are not those of an empty one."""

    findings: tuple[Finding, ...]
    inference: InferenceConfig | None = None
    whole: bool = False
    environment_read: bool = True
    script: Path | None = None
    deployment: DeploymentConfig | None = None


def read_configs(question: Question) -> Configs:
    """Only reads. Never raises for what is wrong with a config."""
    inference = _inference(question)
    deployment, findings = _deployment(question)
    return replace(inference, deployment=deployment, findings=(*inference.findings, *findings))


def conda_files(question: Question, inference: InferenceConfig | None) -> tuple[Path, ...]:
    """The files that an asset's day is told by, besides its script."""
    named = (question.inference_file, question.deployment_file)
    value = question.inference.value if isinstance(question.inference, Document) else None
    root = Path(inference.source_directory or question.working_directory) if inference else question.working_directory
    return (*(path for path in named if path is not None and path.is_file()), *named_conda_files(value, root))


def named_conda_files(value: object, root: Path) -> tuple[Path, ...]:
    """Those that an inference config names and that are there, below the folder that its paths are relative to."""
    names = _named_conda_files(value) if isinstance(value, Mapping) else ()
    return tuple(path for path in (root / name for name in names) if path.is_file())


def _inference(question: Question) -> Configs:
    match question.inference:
        case None:
            return Configs(findings=())
        case ConfigError() as error:
            kind = _kind_of_file(question.inference_file)
            return Configs(findings=(_as(kind, question.inference_file),) if kind else _faults(error))
        case InferenceConfig() as config:
            return Configs(findings=(), inference=config, whole=True, script=_script_of(config))
        case document:
            return _of_document(document, question)


def _of_document(document: Document, question: Question) -> Configs:
    kind = kind_of_inference(document.value)
    if kind is None and not _names_a_script(document):
        kind = kind_of_config(Path(document.source).name, document.text, document.value)
    if kind is not None:
        return Configs(findings=(_as(kind, Path(document.source)),))
    try:
        loaded = load_inference_config(document, working_directory=question.working_directory)
    except ConfigError as error:
        return _as_far_as_it_goes(document, question, error)
    findings = tuple(_note(warning) for warning in loaded.warnings)
    return Configs(findings=findings, inference=loaded.value, whole=True, script=_script_of(loaded.value))


def _as_far_as_it_goes(document: Document, question: Question, error: ConfigError) -> Configs:
    """The script, and the environment where that can be read without it."""
    findings = list(_faults(error))
    environment, is_read = Environment(name=UNNAMED), True
    try:
        loaded = load_environment_of(document, working_directory=question.working_directory)
    except ConfigError as another:
        is_read = False
        findings += () if str(another) == str(error) else _faults(another)
    else:
        environment = loaded.value
        findings += [_note(warning) for warning in loaded.warnings]
    folder, script = _script_in(document, question.working_directory)
    entry_script = str(script.relative_to(folder) if folder else script) if script else None
    config = InferenceConfig(
        entry_script=entry_script, source_directory=str(folder) if folder else None, environment=environment
    )
    return Configs(findings=tuple(findings), inference=config, environment_read=is_read, script=script)


def _named_conda_files(value: Mapping[object, object]) -> Iterator[str]:
    environment = value.get("environment")
    python = environment.get("python") if isinstance(environment, Mapping) else None
    inner = python.get("condaDependenciesFile") if isinstance(python, Mapping) else None
    yield from (name for name in (inner, value.get("condaFile")) if isinstance(name, str) and name)


def _script_in(document: Document, here: Path) -> tuple[Path | None, Path | None]:
    """The source directory and the script, as far as they are there."""
    value = document.value
    if not isinstance(value, Mapping):
        return None, None
    source, name = value.get("sourceDirectory"), value.get("entryScript")
    folder = (here / source.replace("\\", "/")).resolve() if isinstance(source, str) else None
    folder = folder if folder is not None and folder.is_dir() else None
    script = (folder or here) / name.replace("\\", "/") if isinstance(name, str) else None
    return folder, script if script is not None and script.is_file() else None


def _names_a_script(document: Document) -> bool:
    return isinstance(document.value, Mapping) and isinstance(document.value.get("entryScript"), str)


def _script_of(config: InferenceConfig) -> Path | None:
    return Path(config.source_directory or "/") / config.entry_script if config.entry_script else None


def _deployment(question: Question) -> tuple[DeploymentConfig | None, tuple[Finding, ...]]:
    match question.deployment:
        case None:
            return None, ()
        case ConfigError() as error:
            kind = _kind_of_file(question.deployment_file)
            return None, (_as(kind, question.deployment_file),) if kind else _faults(error)
        case document:
            value = document.value
            if isinstance(value, Mapping) and "computeType" not in value:
                kind = kind_of_config(Path(document.source).name, document.text, value)
                if kind is not None:
                    return None, (_as(kind, Path(document.source)),)
            try:
                loaded = load_deployment_config(document)
            except ConfigError as error:
                return None, _faults(error)
            return loaded.value, tuple(_note(warning) for warning in loaded.warnings)


def _kind_of_file(path: Path | None) -> Kind | None:
    """What a file is that could not be read as a config, such as a Dockerfile."""
    if path is None:
        return None
    try:
        text = read_text(path)
        value = parse_document(text, str(path)).value
    except ConfigError:
        value = None
    try:
        return kind_of_config(path.name, read_text(path), value)
    except ConfigError:
        return None


def _as(kind: Kind, path: Path | None) -> Finding:
    return Finding(area=Area.KIND, severity=Severity.FAULT, message=kind.line, place=str(path or ""))


def _faults(error: ConfigError) -> tuple[Finding, ...]:
    """A line for each."""
    return tuple(
        Finding(area=Area.CONFIG, severity=Severity.FAULT, message=line) for line in str(error).splitlines() if line
    )


def _note(message: str) -> Finding:
    return Finding(area=Area.CONFIG, severity=Severity.NOTE, message=message)
