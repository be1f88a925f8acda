"""The models that an asset is to be deployed with, against what its script asks for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shipway.asset.finding import Area, Finding, Severity
from shipway.asset.question import Question
from shipway.asset.script_faults import model_names
from shipway.asset.tree import Tree
from shipway.errors import RegistryError
from shipway.registry.models import Registry


@dataclass(frozen=True, kw_only=True)
class Named:
    """A model that was named: `name` is what the script would know it by, `day` that of the run which made it."""

    finding: Finding
    name: str
    day: str | None = None


def look_up(question: Question) -> tuple[Named, ...]:
    """An id is looked for first, then a path (contract M-12). Raises StoreError when the workspace cannot be read."""
    return tuple(_look_up(given, question) for given in question.models)


def day_of_runs(models: Sequence[Named]) -> str | None:
    """The last day on which one of them was trained, where that is known."""
    return max((model.day for model in models if model.day), default=None)


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
    as_path = Named(finding=_finding(Severity.OK, f"{given} would be registered first"), name=path.name[:30])
    if question.workspace is None:
        message = f"{given} cannot be looked up without a workspace: make one with `shipway init`, or name one"
        return as_path if path.exists() else Named(finding=_finding(Severity.NOTE, message), name=name)
    try:
        version = Registry(question.workspace).resolve(given)
    except RegistryError as error:
        return as_path if path.exists() else Named(finding=_finding(Severity.FAULT, str(error)), name=name)
    ended = version.run.ended_at if version.run is not None else None
    return Named(
        finding=_finding(Severity.OK, f"{version.id}, {version.tree.size_bytes:,} bytes"),
        name=version.name,
        day=ended.date().isoformat() if ended is not None else None,
    )


def _finding(severity: Severity, message: str) -> Finding:
    return Finding(area=Area.MODELS, severity=severity, message=message)
