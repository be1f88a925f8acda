"""The models that an asset is to be deployed with, against what its script asks for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shipway.asset.finding import Area, Finding, Severity
from shipway.asset.question import Question
from shipway.asset.script_faults import model_names
from shipway.asset.tree import Tree
from shipway.domain.model import RunFacts
from shipway.errors import RegistryError
from shipway.registry.models import Registry


@dataclass(frozen=True, kw_only=True)
class Named:
    """A model that was named: `name` is what the script would know it by, `run` the one that made it.

    `files` are None for one that could not be looked at.
    """

    finding: Finding
    name: str
    run: RunFacts | None = None
    files: tuple[str, ...] | None = None


def look_up(question: Question) -> tuple[Named, ...]:
    """An id is looked for first, then a path (contract M-12). Raises StoreError when the workspace cannot be read."""
    return tuple(_look_up(given, question) for given in question.models)


def without_code(models: Sequence[Named]) -> Finding:
    """Without an inference config one ONNX model is served by itself (contract Q-1). Pure."""
    if not models:
        message = "no inference config was named: give -ic FILE, or the script with --es"
        return Finding(area=Area.CONFIG, severity=Severity.FAULT, message=message)
    how = "give -ic FILE with a script, or one model that holds exactly one .onnx file"
    if len(models) > 1:
        message = f"no inference config was named, and {len(models)} models cannot be served without code: {how}"
        return Finding(area=Area.CONFIG, severity=Severity.FAULT, message=message)
    (model,) = models
    if model.files is None:
        message = f"without a script, {model.name} is served by itself if it holds exactly one .onnx file"
        return Finding(area=Area.CONFIG, severity=Severity.NOTE, message=message)
    if sum(name.lower().endswith(".onnx") for name in model.files) == 1:
        message = f"without a script: the scoring server serves {model.name} by itself"
        return Finding(area=Area.CONFIG, severity=Severity.OK, message=message)
    message = f"no inference config was named, and {model.name} is no ONNX model: {how}"
    return Finding(area=Area.CONFIG, severity=Severity.FAULT, message=message)


def asked_by_script(models: Sequence[Named], tree: Tree) -> Iterator[Finding]:
    """What the script asks for by a literal name, and will not find. Pure."""
    names = [model.name for model in models]
    for name, line in model_names(tree).items():
        if not names:
            yield _finding(Severity.NOTE, f"line {line} of the script asks for model {name!r}: name it with -m")
        elif name not in names:
            message = f"line {line} of the script asks for model {name!r}, which is none of {', '.join(names)}"
            yield _finding(Severity.DIFFERENCE, message)


def _look_up(given: str, question: Question) -> Named:
    path = question.working_directory / given
    name = given.partition(":")[0].partition("@")[0]
    as_path = Named(
        finding=_finding(Severity.OK, f"{given} would be registered first"),
        name=path.name[:30],
        files=tuple(one.name for one in (path.rglob("*") if path.is_dir() else [path])),
    )
    if question.workspace is None:
        message = f"{given} cannot be looked up without a workspace: make one with `shipway init`, or name one"
        return as_path if path.exists() else Named(finding=_finding(Severity.NOTE, message), name=name)
    try:
        version = Registry(question.workspace).resolve(given)
    except RegistryError as error:
        return as_path if path.exists() else Named(finding=_finding(Severity.FAULT, str(error)), name=name)
    return Named(
        finding=_finding(Severity.OK, f"{version.id}, {version.tree.size_bytes:,} bytes"),
        name=version.name,
        files=tuple(file.path for file in version.tree.files) if version.tree.is_folder else (version.tree.name,),
        run=version.run,
    )


def _finding(severity: Severity, message: str) -> Finding:
    return Finding(area=Area.MODELS, severity=severity, message=message)
