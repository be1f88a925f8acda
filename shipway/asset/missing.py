"""A script's imports against the packages that were resolved for it: what is missing is named before anything is built.

Not every package's modules are known. A module is missing for sure when it is known which packages bring it, and none
of them is there; of any other the import test after the build decides. Pure.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from shipway.asset.finding import Area, Finding, Severity
from shipway.asset.imports import Import, Imports, Provided
from shipway.asset.standard_library import is_standard, went_with
from shipway.config.conda_names import normal_name
from shipway.domain.environment import Environment


@dataclass(frozen=True, kw_only=True)
class Installed:
    """What will be there: `python` such as 3.6, `versions` of the packages by their normalised names.

    `more`: packages that no lock tells of will be there as well, from a base image or from conda.
    """

    python: str
    versions: Mapping[str, str | None]
    more: bool = False

    def brings(self, module: str, packages: Iterable[str]) -> bool:
        return any(normal_name(name) in self.versions for name in (*packages, module, module.partition(".")[0]))


def missing_imports(imports: Imports, installed: Installed, provided: Provided) -> Iterator[Finding]:
    """One finding for each module that is missing or may be, at its first import."""
    told: set[str] = set()
    for statement in imports.statements:
        if statement.local or statement.module in told:
            continue
        found = _judge(statement, imports, installed, provided)
        if found is not None:
            told.add(statement.module)
            yield found


def leaves_packages_unknown(environment: Environment) -> bool:
    """Whether packages will be there that no lock tells of."""
    base = environment.base
    return bool(environment.user_managed or environment.conda_packages or base.dockerfile or base.steps.strip())


def _judge(statement: Import, imports: Imports, installed: Installed, provided: Provided) -> Finding | None:
    """None for a module that will be there."""
    if statement.module.startswith("."):
        return _fault(statement, "a relative import works inside a package only, and the entry script is in none")
    if is_standard(statement.module, installed.python):
        return None
    if statement.top in {"azureml", "azureml_user", "azureml_inference_server_http"}:
        return _azureml(statement, installed, provided)
    packages = provided.packages_of(statement.module)
    if installed.brings(statement.module, packages):
        return None
    return _beside(statement, imports) if statement.beside else _absent(statement, packages, imports, installed)


def _absent(statement: Import, packages: tuple[str, ...], imports: Imports, installed: Installed) -> Finding | None:
    """Of a module that no package in sight brings."""
    module = statement.module
    if installed.more or (imports.unsure and not packages):
        return _unknown(statement)
    if went := went_with(module, installed.python):
        return _fault(statement, f"{module} went with Python {went}, and the asset runs on {installed.python}")
    return (
        _fault(statement, f"{module} is not in the environment: add {packages[0]} to it")
        if packages
        else _unknown(statement)
    )


def _azureml(statement: Import, installed: Installed, provided: Provided) -> Finding | None:
    """Stand-ins are there for what scripts import; for more of it the real package must be."""
    if is_offered(statement, provided):
        return None
    package = provided.azureml_package(statement.module)
    if package is None:
        return _unknown(statement)
    if any(name == "azureml-sdk" or name.startswith("azureml-train-automl") for name in installed.versions):
        return None
    names = re.findall(r"azureml-[\w-]+", package)
    if any(name in installed.versions for name in names):
        return None
    what = f"{statement.module}: {', '.join(unoffered_names(statement, provided)) or 'it'} has no stand-in here"
    return _fault(statement, f"{what}: add {package} to the environment")


def is_offered(statement: Import, provided: Provided) -> bool:
    """Whether the scoring server has all that a statement imports of Azure ML's packages."""
    if provided.is_ours_first(statement.module):
        return True
    return statement.module in provided.modules and not unoffered_names(statement, provided)


def unoffered_names(statement: Import, provided: Provided) -> tuple[str, ...]:
    """Of the names that a statement takes from a module with a stand-in, those that it has not."""
    offered = provided.modules.get(statement.module, frozenset())
    return tuple(
        name
        for name in statement.names
        if name != "*" and name not in offered and f"{statement.module}.{name}" not in provided.modules
    )


def _beside(statement: Import, imports: Imports) -> Finding:
    """The author's own module, which lies where v1 did not look for it (C-4, C-6)."""
    beside = statement.beside or ""
    if "/" in beside:
        dotted = beside.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        why = f"it lies in {beside}, and only the source directory itself is on the path: import {dotted}"
    else:
        why = f"{beside} lies beside the script, but without sourceDirectory the script travels alone: name its folder"
    if imports.unsure:
        return _finding(statement, Severity.NOTE, f"{statement.module}: {why}, unless the script finds it otherwise")
    return _fault(statement, f"{statement.module}: {why}")


def _fault(statement: Import, message: str) -> Finding:
    """In a function it fails when that is called: `init` and `run` always are, others may never be."""
    if statement.optional:
        return _finding(statement, Severity.NOTE, f"{message}; the script goes on without it")
    if statement.function in {"", "init", "run"}:
        return _finding(statement, Severity.FAULT, message)
    return _finding(statement, Severity.DIFFERENCE, f"{message}; it fails when {statement.function} is called")


def _unknown(statement: Import) -> Finding | None:
    if statement.optional:
        return None
    message = f"cannot tell which package brings {statement.module}; the import test after the build decides"
    return _finding(statement, Severity.NOTE, message)


def _finding(statement: Import, severity: Severity, message: str) -> Finding:
    return Finding(area=Area.IMPORTS, severity=severity, message=message, place=statement.place)
