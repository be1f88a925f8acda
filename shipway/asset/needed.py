"""What a release asks of an asset before it builds: packages that Azure brought along, and what is missing for sure.

Both read the script on Shipway's own Python, or on the asset's where it is given, and run none of it.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from shipway.asset.azureml_packages import packages_of_azure, with_packages
from shipway.asset.finding import Area, Finding, Severity
from shipway.asset.imports import Imports, imports_of, provided
from shipway.asset.missing import Installed, leaves_packages_unknown, missing_imports
from shipway.asset.script_faults import Script, changes_for_names, script_findings
from shipway.asset.tree import Tree, read_entry
from shipway.config.profile import PROFILE
from shipway.domain.environment import Environment, InferenceConfig, PinChange
from shipway.image.packages.as_of import names_in
from shipway.image.packages.lock import Lock, PythonThere, packages_in, pins_of
from shipway.image.packages.mending import Proposal
from shipway.image.packages.mending.pins import pins_asked

__all__ = [
    "azureml_requirements",
    "installed_by",
    "mending_of_script",
    "script_with",
    "shortcomings",
    "syntax_findings",
    "with_packages",
]


def azureml_requirements(inference: InferenceConfig, python: Path | None = None) -> tuple[PinChange, ...]:
    """Requirements to add before the environment is resolved, each with its reason; none for most assets.

    Raises MachineError when the script cannot be read by that Python.
    """
    return packages_of_azure(inference.environment, imports_of(inference, python), provided())


def shortcomings(inference: InferenceConfig, lock: Lock, there: PythonThere) -> tuple[Finding, ...]:
    """What the script imports and the lock lacks, and what of the script does not go with the lock: faults where it
    will not run for sure, differences where it may not matter. `there` is the Python that it will run on. Raises as
    `azureml_requirements`."""
    imports = imports_of(inference, there.interpreter)
    found = [*syntax_findings(imports, is_judge=there.interpreter is not None)]
    found += missing_imports(imports, installed_by(inference, lock, there.version), provided())
    if (script := _script_of(inference, lock, there)) is not None:
        found += script_findings(script)
    return tuple(one for one in found if one.severity in {Severity.FAULT, Severity.DIFFERENCE})


def mending_of_script(inference: InferenceConfig, lock: Lock, there: PythonThere) -> Proposal | None:
    """The pins that are known to bring back the names which the script imports and the lock has no more. Tries
    nothing; None where nothing is known, or nothing is wrong."""
    script = _script_of(inference, lock, there)
    changes = changes_for_names(script, pins_asked(inference.environment.requirements)) if script else ()
    return Proposal(changes=changes) if changes else None


def script_with(tree: Tree, file: str, environment: Environment, packages: Sequence[str], there: PythonThere) -> Script:
    """An entry script and what it will run with; `packages` are `name==version`. Pure."""
    return Script(
        file=file,
        tree=tree,
        python=there.version,
        versions=dict(package.split("==", 1) for package in packages),
        is_legacy=environment.variables.get(PROFILE) == "legacy",
        left_open=frozenset(() if environment.as_of else names_in(environment.requirements)[1]),
        in_container=there.platform is not None,
    )


def _script_of(inference: InferenceConfig, lock: Lock, there: PythonThere) -> Script | None:
    """None where there is none, or none that Shipway's own Python can read."""
    if inference.entry_script is None:
        return None
    entry = read_entry(Path(inference.source_directory or "/", inference.entry_script))
    if entry.tree is None:
        return None
    file = inference.entry_script if inference.source_directory else entry.path.name
    return script_with(entry.tree, file, inference.environment, packages_in(lock.text), there)


def syntax_findings(imports: Imports, *, is_judge: bool) -> Iterator[Finding]:
    """That the script cannot be parsed. Only its own Python is the judge of that."""
    if (fault := imports.syntax) is None:
        return
    severity = Severity.FAULT if is_judge else Severity.DIFFERENCE
    message = f"does not parse on Python {imports.python}: {fault.message}"
    if not is_judge:
        message += "; the asset's own Python decides"
    yield Finding(area=Area.SCRIPT, severity=severity, message=message, place=f"{fault.file}:{fault.line}")


def installed_by(inference: InferenceConfig, lock: Lock, python_version: str) -> Installed:
    """What will be there once the lock is installed."""
    return Installed(
        python=python_version,
        versions={pin.name: pin.version for pin in pins_of(lock.text)},
        more=lock.on_top or leaves_packages_unknown(inference.environment),
    )
