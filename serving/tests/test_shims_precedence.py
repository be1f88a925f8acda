"""Which of two packages of one name a script gets: the real one or ours, whatever form the real one is installed in."""

from pathlib import Path
from typing import Any, Dict, List

import pytest
from shim_process import run, write

PKGUTIL = "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n"

NSPKG_PTH = (
    "import sys, types, os;p = os.path.join(sys._getframe(1).f_locals['sitedir'], *('azureml',));"
    "importlib = __import__('importlib.util');__import__('importlib.machinery');"
    "m = sys.modules.setdefault('azureml', importlib.util.module_from_spec("
    "importlib.machinery.PathFinder.find_spec('azureml', [os.path.dirname(p)])));"
    "mp = (m or []) and m.__dict__.setdefault('__path__',[]);(p not in mp) and mp.append(p)\n"
)
"""What pip wrote beside a package that declares its namespace with pkg_resources."""

FORMS: Dict[str, Dict[str, str]] = {
    "native namespace": {},
    "pkgutil": {"azureml/__init__.py": PKGUTIL, "azureml/contrib/__init__.py": PKGUTIL},
    "pkg_resources": {"azureml-nspkg.pth": NSPKG_PTH, "azureml/some_module.py": ""},
    "regular": {"azureml/__init__.py": "", "azureml/contrib/__init__.py": ""},
}
"""How a distribution makes ``azureml`` a package; all four have been published."""


def real(folder: Path, form: str, *modules: str) -> Path:
    """A folder of packages with ``modules``, each of which has ``OWNER = 'real'``."""
    files = dict(FORMS[form])
    for module in modules:
        files[module.replace(".", "/") + "/__init__.py"] = "OWNER = 'real'\n"
    return write(folder, files)


OWNERS = """
import importlib
def owner(name):
    try:
        module = importlib.import_module(name)
    except ImportError:
        return "nobody"
    return getattr(module, "OWNER", "ours")
answer([owner(name) for name in {names!r}])
"""


def owners(tmp_path: Path, sites: List[Path], *names: str) -> Any:
    return run(tmp_path, OWNERS.format(names=names), sites)


@pytest.mark.parametrize("form", sorted(FORMS))
def test_the_real_core_is_never_mixed_with_ours(form: str, tmp_path: Path) -> None:
    """``azureml.core.webservice`` is missing from the real one here, and stays missing."""
    site = real(tmp_path / "site", form, "azureml.core", "azureml.core.model")
    names = ["azureml.core", "azureml.core.model", "azureml.core.webservice", "azureml.telemetry"]
    assert owners(tmp_path, [site], *names) == ["real", "real", "nobody", "ours"]


@pytest.mark.parametrize("form", sorted(FORMS))
def test_a_part_of_azureml_works_beside_ours(form: str, tmp_path: Path) -> None:
    """Only azureml-telemetry and a part of AutoML are installed."""
    site = real(tmp_path / "site", form, "azureml.telemetry", "azureml.automl.runtime")
    names = ["azureml.telemetry", "azureml.core.model", "azureml.automl.runtime", "azureml.automl.core.shared"]
    assert owners(tmp_path, [site], *names) == ["real", "ours", "real", "ours"]


@pytest.mark.parametrize("form", sorted(FORMS))
def test_monitoring_and_raw_requests_are_ours_whatever_is_installed(form: str, tmp_path: Path) -> None:
    """The published azureml-monitoring cannot work; a real ``rawhttp`` would set a switch that nobody reads."""
    pytest.importorskip("werkzeug")
    names = ["azureml.monitoring", "azureml.datacollector", "azureml_inference_server_http", "azureml.contrib.services"]
    site = real(tmp_path / "site", form, *names)
    names += [name + part for name in names[2:] for part in ("", ".aml_request")]
    names = [name.replace("http.aml", "http.api.aml") for name in names]
    assert set(owners(tmp_path, [site], *names)) == {"ours"}


@pytest.mark.parametrize("form", ["native namespace", "pkgutil"])
def test_two_distributions_share_azureml_as_without_us(form: str, tmp_path: Path) -> None:
    """Each lies in a folder of its own."""
    sites = [real(tmp_path / "a", form, "azureml.core"), real(tmp_path / "b", form, "azureml.mine")]
    assert owners(tmp_path, sites, "azureml.core", "azureml.mine", "azureml.exceptions") == ["real", "real", "ours"]


@pytest.mark.parametrize("form", sorted(FORMS))
def test_the_real_contrib_keeps_its_other_packages(form: str, tmp_path: Path) -> None:
    """``azureml.contrib`` belongs to many distributions."""
    pytest.importorskip("werkzeug")
    site = real(tmp_path / "site", form, "azureml.contrib.fairness")
    names = ["azureml.contrib.fairness", "azureml.contrib.services.aml_request", "azureml.contrib.brainwave"]
    assert owners(tmp_path, [site], *names) == ["real", "ours", "nobody"]


SPELLINGS = """
from {parent}.aml_request import AMLRequest, rawhttp
import {parent}.aml_response as response
from {parent} import aml_request, aml_response
import {parent}
import shipway_serving.rawhttp as raw
answer([
    AMLRequest is raw.AMLRequest,
    rawhttp is raw.rawhttp,
    response.AMLResponse is raw.AMLResponse,
    aml_request.rawhttp is raw.rawhttp,
    aml_response is response,
    {parent}.aml_request.AMLRequest is raw.AMLRequest,
])
"""


@pytest.mark.parametrize("parent", ["azureml.contrib.services", "azureml_inference_server_http.api"])
@pytest.mark.parametrize("form", [None, *sorted(FORMS)])
def test_every_spelling_of_raw_requests_is_the_servers(form: Any, parent: str, tmp_path: Path) -> None:
    """R-11."""
    pytest.importorskip("werkzeug")
    sites = [real(tmp_path / "site", form, parent)] if form else []
    assert run(tmp_path, SPELLINGS.format(parent=parent), sites) == [True] * 6


def test_the_parallel_run_of_a_platform_wins(tmp_path: Path) -> None:
    """Batch puts its own there."""
    site = write(tmp_path / "site", {"azureml_user/parallel_run.py": "OWNER = 'real'"})
    assert owners(tmp_path, [site], "azureml_user.parallel_run") == ["real"]


def test_modules_beside_the_script_are_left_alone(tmp_path: Path) -> None:
    """The script's folders come to ``sys.path`` after the finder was installed."""
    folder = write(tmp_path / "app", {"azureml_tools.py": "OWNER = 'mine'", "azureml/mine.py": "OWNER = 'mine'"})
    code = f"sys.path.append({str(folder)!r})\n" + OWNERS
    names = ["azureml_tools", "azureml.mine", "azureml.core"]
    assert run(tmp_path, code.format(names=names)) == ["mine", "mine", "ours"]
