"""What a release asks of an asset before it builds: packages that Azure brought along, and what is missing for sure.

Both read the script on Shipway's own Python, or on the asset's where it is given, and run none of it.
"""

from pathlib import Path

from shipway.asset.azureml_packages import packages_of_azure, with_packages
from shipway.asset.finding import Finding, Severity
from shipway.asset.imports import imports_of, provided
from shipway.asset.missing import Installed, leaves_packages_unknown, missing_imports
from shipway.domain.environment import InferenceConfig, PinChange
from shipway.image.packages.lock import Lock, pins_of

__all__ = ["azureml_requirements", "installed_by", "shortcomings", "with_packages"]


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
    installed = installed_by(inference, lock, python_version)
    found = missing_imports(imports_of(inference, python), installed, provided())
    return tuple(finding for finding in found if finding.severity in {Severity.FAULT, Severity.DIFFERENCE})


def installed_by(inference: InferenceConfig, lock: Lock, python_version: str) -> Installed:
    """What will be there once the lock is installed."""
    return Installed(
        python=python_version,
        versions={pin.name: pin.version for pin in pins_of(lock.text)},
        more=lock.on_top or leaves_packages_unknown(inference.environment),
    )
