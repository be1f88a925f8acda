"""A script's imports against a lock: what is missing for sure, what nobody can tell, and what will be there."""

import pytest

from shipway.asset.finding import Severity
from shipway.asset.imports import Imports, Provided
from shipway.asset.missing import Installed, leaves_packages_unknown, missing_imports
from shipway.asset.standard_library import is_standard, went_with
from shipway.domain.environment import AuthorsBase, Environment
from tests.unit.asset.conftest import imported


def installed(*packages: str, python: str = "3.8.18", more: bool = False) -> Installed:
    versions = dict(package.split("==") for package in packages)
    return Installed(python=python, versions=versions, more=more)


def found(imports: Imports, there: Installed, offered: Provided) -> list[tuple[Severity, str]]:
    return [(finding.severity, finding.line) for finding in missing_imports(imports, there, offered)]


def test_what_the_lock_or_python_or_the_server_brings_is_not_missing(offered: Provided) -> None:
    modules = ("json", "os.path", "numpy.linalg", "cv2", "sklearn.ensemble", "my_own_thing", "PIL.Image")
    azure = ("azureml.core.model", "azureml.monitoring", "azureml.contrib.services.aml_request")
    there = installed("numpy==1", "opencv-python==4", "scikit-learn==1", "my-own-thing==1", "pillow==9")
    assert found(imported(*modules, *azure), there, offered) == []


def test_a_module_whose_packages_are_known_and_absent_is_missing_for_sure(offered: Provided) -> None:
    assert found(imported("json", "cv2", "pandas"), installed("numpy==1"), offered) == [
        (Severity.FAULT, "score.py:2: cv2 is not in the environment: add opencv-python-headless to it"),
        (Severity.FAULT, "score.py:3: pandas is not in the environment: add pandas to it"),
    ]


def test_a_module_of_which_no_package_is_known_is_left_to_the_import_test(offered: Provided) -> None:
    told = "score.py:1: cannot tell which package brings nowhere; the import test after the build decides"
    assert found(imported("nowhere"), installed(), offered) == [(Severity.NOTE, told)]


def test_each_missing_module_is_told_once_at_its_first_import(offered: Provided) -> None:
    assert [line for _, line in found(imported("pandas", "pandas", "pandas.io"), installed(), offered)] == [
        "score.py:1: pandas is not in the environment: add pandas to it",
        "score.py:3: pandas.io is not in the environment: add pandas to it",
    ]


@pytest.mark.parametrize(
    ("details", "severity", "tail"),
    [
        ({"optional": True}, Severity.NOTE, "; the script goes on without it"),
        ({"function": "init"}, Severity.FAULT, ""),
        ({"function": "run"}, Severity.FAULT, ""),
        ({"function": "explain"}, Severity.DIFFERENCE, "; it fails when explain is called"),
    ],
)
def test_how_bad_it_is_depends_on_where_the_import_stands(
    offered: Provided, details: dict[str, object], severity: Severity, tail: str
) -> None:
    message = f"score.py:1: pandas is not in the environment: add pandas to it{tail}"
    assert found(imported("pandas", **details), installed(), offered) == [(severity, message)]


def test_where_a_base_image_has_packages_of_its_own_nothing_is_certain(offered: Provided) -> None:
    ((severity, line),) = found(imported("pandas"), installed(more=True), offered)
    assert severity is Severity.NOTE
    assert line.startswith("score.py:1: cannot tell which package brings pandas")


@pytest.mark.parametrize(
    ("environment", "unknown"),
    [
        (Environment(name="e"), False),
        (Environment(name="e", user_managed=True), True),
        (Environment(name="e", conda_packages=("gdal",)), True),
        (Environment(name="e", base=AuthorsBase(dockerfile="FROM x")), True),
        (Environment(name="e", base=AuthorsBase(steps="RUN pip install x")), True),
        (Environment(name="e", base=AuthorsBase(image="x")), False),
    ],
)
def test_which_environments_have_packages_that_no_lock_tells_of(environment: Environment, unknown: bool) -> None:
    assert leaves_packages_unknown(environment) is unknown


def test_names_of_azure_ml_beyond_the_stand_ins_want_the_real_package(offered: Provided) -> None:
    more = imported("azureml.core", names=("Workspace", "LinkedService"))
    assert found(more, installed(), offered) == [
        (
            Severity.FAULT,
            "score.py:1: azureml.core: LinkedService has no stand-in here: add azureml-core to the environment",
        )
    ]
    assert found(more, installed("azureml-core==1.33.0"), offered) == []
    assert found(imported("azureml.core", names=("model", "Workspace", "*")), installed(), offered) == []
    runtime = imported("azureml.automl.runtime.shared")
    assert found(runtime, installed(), offered)[0][0] is Severity.FAULT
    assert found(runtime, installed("azureml-train-automl==1.33.0"), offered) == []


def test_a_module_that_python_has_lost_is_told_with_the_version(offered: Provided) -> None:
    assert found(imported("imp"), installed(python="3.12.1"), offered) == [
        (Severity.FAULT, "score.py:1: imp went with Python 3.12, and the asset runs on 3.12.1")
    ]
    assert found(imported("imp"), installed(python="3.11.7"), offered) == []


def test_a_module_that_python_did_not_have_yet_is_missing(offered: Provided) -> None:
    assert found(imported("dataclasses"), installed(python="3.7.16"), offered) == []
    assert found(imported("dataclasses"), installed(python="3.6.15"), offered) == [
        (Severity.FAULT, "score.py:1: dataclasses is not in the environment: add dataclasses to it")
    ]
    assert found(imported("dataclasses"), installed("dataclasses==0.8", python="3.6.15"), offered) == []


def test_a_module_beside_the_script_is_named_with_what_to_do(offered: Provided) -> None:
    assert found(imported("helper", beside="helper.py"), installed(), offered) == [
        (
            Severity.FAULT,
            (
                "score.py:1: helper: helper.py lies beside the script, but without sourceDirectory the script travels "
                "alone: name its folder"
            ),
        )
    ]
    assert found(imported("helper", beside="x/y/helper.py"), installed(), offered) == [
        (
            Severity.FAULT,
            (
                "score.py:1: helper: it lies in x/y/helper.py, and only the source directory itself is on the path: "
                "import x.y.helper"
            ),
        )
    ]


def test_a_relative_import_of_the_script_itself_fails(offered: Provided) -> None:
    assert found(imported(".helper"), installed(), offered) == [
        (Severity.FAULT, "score.py:1: a relative import works inside a package only, and the entry script is in none")
    ]
    assert found(imported(".helper", local=True), installed(), offered) == []


@pytest.mark.parametrize(
    ("module", "python", "standard"),
    [
        ("json", "3.6", True),
        ("xml.etree", "3.6.15", True),
        ("zoneinfo", "3.8", False),
        ("zoneinfo", "3.9", True),
        ("distutils.util", "3.11", True),
        ("distutils.util", "3.12", False),
        ("cgi", "3.13", False),
        ("numpy", "3.11", False),
    ],
)
def test_each_python_has_a_standard_library_of_its_own(module: str, python: str, standard: bool) -> None:
    assert is_standard(module, python) is standard


def test_the_version_that_took_a_module_away_is_known() -> None:
    assert went_with("imp", "3.12.1") == "3.12"
    assert went_with("imp", "3.11.1") is None
    assert went_with("numpy", "3.13") is None
