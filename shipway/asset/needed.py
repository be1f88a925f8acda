"""What a release asks of an asset before it builds: packages that Azure brought along, and what is missing for sure.

Both read the script on Shipway's own Python, or on the asset's where it is given, and run none of it.
"""

from collections.abc import Iterator
from pathlib import Path

from shipway.asset.azureml_packages import packages_of_azure, with_packages
from shipway.asset.finding import Area, Finding, Severity
from shipway.asset.imports import Imports, imports_of, provided
from shipway.asset.missing import Installed, leaves_packages_unknown, missing_imports
from shipway.domain.environment import InferenceConfig, PinChange
from shipway.image.packages.lock import Lock, pins_of

__all__ = ["azureml_requirements", "installed_by", "shortcomings", "syntax_findings", "with_packages"]


def azureml_requirements(inference: InferenceConfig, python: Path | None = None) -> tuple[PinChange, ...]:
    """Requirements to add before the environment is resolved, each with its reason; none for most assets.

    Raises MachineError when the script cannot be read by that Python.
    """
    return packages_of_azure(inference.environment, imports_of(inference, python), provided())


def shortcomings(
    inference: InferenceConfig, lock: Lock, python_version: str, python: Path | None = None
) -> tuple[Finding, ...]:
    """What the script imports and the lock lacks: faults where it is missing for sure, differences where it may not
    matter. `python_version` is the one that it will run on. Raises as `azureml_requirements`."""
    imports = imports_of(inference, python)
    broken = syntax_findings(imports, is_judge=python is not None)
    missing = missing_imports(imports, installed_by(inference, lock, python_version), provided())
    return tuple(one for one in (*broken, *missing) if one.severity in {Severity.FAULT, Severity.DIFFERENCE})


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
