"""Packages that a script needs and its author never had to name, for Azure's environment brought them. Pure.

azureml-defaults is not installed here: our server stands for what it carried. What else came along with it, and what a
script takes of `azureml.*` beyond the stand-ins, is added by name, and told.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from shipway.asset.imports import Import, Imports, Provided
from shipway.asset.missing import is_offered, unoffered_names
from shipway.asset.standard_library import is_standard
from shipway.config.conda_names import normal_name
from shipway.config.pip_lines import package_name
from shipway.domain.environment import Environment, PinChange

_PIN = re.compile(r"azureml[-_.][\w.-]+(?:\[[^\]]*\])?\s*[=~]=\s*(?P<version>\d+\.\d+(?:\.\d+)?)", re.IGNORECASE)

_CARRIED = frozenset({
    "adal", "azure-core", "azure-identity", "certifi", "click", "cloudpickle", "cryptography", "docker", "flask",
    "idna", "isodate", "itsdangerous", "jinja2", "jmespath", "jsonpickle", "markupsafe", "msal", "msrest", "numpy",
    "pathspec", "pyjwt", "pyopenssl", "python-dateutil", "pytz", "requests", "six", "urllib3", "werkzeug",
})  # fmt: skip
"""What every release of azureml-defaults brought, by azureml-core and Microsoft's server. Seen by resolving 1.3.0 for
Python 3.6, 1.42.0 for 3.8, and azureml-core 1.60.0 for 3.10."""

_CARRIED_AT_FIRST = frozenset({"applicationinsights", "dill", "liac-arff", "pandas"})
"""By azureml-model-management-sdk, a part of it until 1.34 (contract section 8; 1.3.0 still resolves to it)."""

_CARRIED_LATER = frozenset({"inference-schema", "psutil", "pyarrow", "pyyaml", "tabulate", "wrapt"})
"""By azureml-inference-server-http, from 1.35 on, and by azureml-core of that time."""

_LAST_OF_FIRST = (1, 34)

_COMES_WITH = {
    "numpy": frozenset({
        "catboost", "gensim", "h5py", "keras", "lightgbm", "matplotlib", "onnx", "onnxruntime", "opencv-python",
        "opencv-python-headless", "pandas", "scikit-image", "scikit-learn", "scipy", "shap", "spacy", "statsmodels",
        "tensorflow", "torchvision", "xgboost",
    }),
    "python-dateutil": frozenset({"matplotlib", "pandas"}),
    "pandas": frozenset({"dask", "fbprophet", "mlflow", "seaborn", "statsmodels"}),
}  # fmt: skip
"""What the packages of an author bring along anyway, and have since v1's time: that needs no addition."""


def packages_of_azure(environment: Environment, imports: Imports, provided: Provided) -> tuple[PinChange, ...]:
    """What to add to the requirements, each with the reason; nothing that they hold already."""
    declared = _declared(environment)
    if environment.user_managed or any(name.startswith(("azureml-sdk", "azureml-train-automl")) for name in declared):
        return ()
    found: dict[str, PinChange] = {}
    for statement in imports.statements:
        if statement.local or statement.optional:
            continue
        for name, change in _wanted(statement, environment, provided, imports.python):
            if normal_name(name) not in declared:
                found.setdefault(name, change)
    return tuple(found.values())


def azureml_pin(environment: Environment) -> str | None:
    """The release of Azure ML's packages that the author pinned, such as 1.33.0: all of them are released together."""
    lines = (*environment.served, *environment.requirements)
    pins = (match["version"] for line in lines if (match := _PIN.match(line)))
    return next(pins, None)


def with_packages(environment: Environment, changes: Iterable[PinChange]) -> Environment:
    """The environment with the additions in it, which it remembers."""
    changes = tuple(changes)
    return replace(
        environment,
        requirements=(*environment.requirements, *(change.after for change in changes)),
        changes=(*environment.changes, *changes),
    )


def _wanted(
    statement: Import, environment: Environment, provided: Provided, python: str
) -> Iterator[tuple[str, PinChange]]:
    declared = _declared(environment)
    if statement.top == "azureml":
        yield from _real(statement, environment, provided)
    elif not is_standard(statement.module, python):
        for name in provided.packages_of(statement.module)[:1]:
            if normal_name(name) in _carried(environment) and not declared & _COMES_WITH.get(name, frozenset()):
                carrier = environment.served[0]
                reason = f"{statement.place} imports {statement.module}, which came with {carrier} on Azure"
                yield name, PinChange(before="", after=name, reason=reason)


def _declared(environment: Environment) -> set[str]:
    return {package_name(line) for line in environment.requirements}


def _real(statement: Import, environment: Environment, provided: Provided) -> Iterator[tuple[str, PinChange]]:
    if is_offered(statement, provided):
        return
    package = provided.azureml_package(statement.module)
    if package is None or " " in package:  # one of several: the author must say which
        return
    names = ", ".join(unoffered_names(statement, provided))
    what = f"{names} of {statement.module}" if names and statement.module in provided.modules else statement.module
    pin = azureml_pin(environment)
    line = f"{package}~={_three(pin)}" if pin else package
    reason = f"{statement.place} imports {what}, for which there is no stand-in: the real package is taken"
    yield package, PinChange(before="", after=line, reason=reason)


def _three(version: str) -> str:
    """Microsoft's own packages ask for each other so: 1.33 and its fixes."""
    return version if version.count(".") == 2 else f"{version}.0"


def _carried(environment: Environment) -> frozenset[str]:
    """Empty unless the author names azureml-defaults, which brought them."""
    if not any(package_name(line) == "azureml-defaults" for line in environment.served):
        return frozenset()
    pin = azureml_pin(environment)
    is_old = pin is not None and tuple(map(int, pin.split(".")[:2])) <= _LAST_OF_FIRST
    return _CARRIED | (_CARRIED_AT_FIRST if is_old else _CARRIED_LATER)
