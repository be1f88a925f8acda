"""The models that an asset is to be deployed with, against what its script asks for."""

import ast
from collections.abc import Iterator

from shipway.asset.finding import Area, Finding, Severity
from shipway.asset.question import Question
from shipway.asset.script_faults import model_names
from shipway.domain.model import ModelVersion
from shipway.errors import RegistryError
from shipway.registry.models import Registry


def model_findings(question: Question, tree: ast.Module | None) -> Iterator[Finding]:
    """Raises StoreError when the workspace cannot be read."""
    names = []
    for given in question.models:
        finding, name = _look_up(given, question)
        names.append(name)
        yield finding
    asked = model_names(tree) if tree is not None else {}
    for name, line in asked.items():
        if names and name not in names:
            message = f"line {line} of the script asks for model {name!r}, which is none of {', '.join(names)}"
            yield _finding(Severity.DIFFERENCE, message)
        elif not names:
            yield _finding(Severity.NOTE, f"line {line} of the script asks for model {name!r}: name it with -m")


def _look_up(given: str, question: Question) -> tuple[Finding, str]:
    """What there is to say of a model, and the name that the script would know it by (contract M-12)."""
    path = question.working_directory / given
    name = given.partition(":")[0].partition("@")[0]
    if question.workspace is None:
        if path.exists():
            return _finding(Severity.OK, f"{given} would be registered as {path.name[:30]}"), path.name[:30]
        message = f"{given} cannot be looked up without a workspace: make one with `shipway init`, or name one"
        return _finding(Severity.NOTE, message), name
    try:
        version: ModelVersion = Registry(question.workspace).resolve(given)
    except RegistryError as error:
        if path.exists():
            return _finding(Severity.OK, f"{given} would be registered as {path.name[:30]}"), path.name[:30]
        return _finding(Severity.FAULT, str(error)), name
    return _finding(Severity.OK, f"{version.id}, {version.tree.size_bytes:,} bytes"), version.name


def _finding(severity: Severity, message: str) -> Finding:
    return Finding(area=Area.MODELS, severity=severity, message=message)
