"""What a script imports: quickly, without Prefect, and also where Shipway has nothing to offer."""

import importlib
import subprocess
import sys

import pytest

import shipway.azureml
from shipway.azureml._stand_ins import STAND_INS
from shipway.azureml.exceptions import UserErrorException

_LOADED = "import sys; {}; print(' '.join(sorted({{name.partition('.')[0] for name in sys.modules}})))"

SEEN_IN_SCRIPTS = """
from shipway.azureml import Workspace, Environment, Experiment, Run, Model, Webservice, Dataset, Datastore, Keyvault
from shipway.azureml import ComputeTarget, ContainerRegistry, Image, RunConfiguration, ScriptRunConfig, get_run
from shipway.azureml import VERSION, __version__
from shipway.azureml.authentication import InteractiveLoginAuthentication, ServicePrincipalAuthentication
from shipway.azureml.authentication import AzureCliAuthentication, MsiAuthentication
from shipway.azureml.compute import AksCompute, AmlCompute, ComputeInstance, ComputeTarget
from shipway.azureml.compute_target import ComputeTargetException
from shipway.azureml.conda_dependencies import CondaDependencies
from shipway.azureml.container_registry import ContainerRegistry
from shipway.azureml.dataset import Dataset
from shipway.azureml.datastore import Datastore
from shipway.azureml.environment import Environment, DEFAULT_CPU_IMAGE, DEFAULT_GPU_IMAGE, CondaDependencies
from shipway.azureml.environment import DockerSection, PythonSection
from shipway.azureml.exceptions import ComputeTargetException, ModelNotFoundException, ProjectSystemException
from shipway.azureml.exceptions import RunEnvironmentException, UserErrorException, WebserviceException
from shipway.azureml.experiment import Experiment
from shipway.azureml.image import ContainerImage, Image
from shipway.azureml.keyvault import Keyvault
from shipway.azureml.model import InferenceConfig, Model, ModelPackage, UserErrorException, WebserviceException
from shipway.azureml.profile import ModelProfile
from shipway.azureml.resource_configuration import ResourceConfiguration
from shipway.azureml.run import Run, get_run, _OfflineRun
from shipway.azureml.runconfig import CondaDependencies, DEFAULT_CPU_IMAGE, DockerConfiguration, MpiConfiguration
from shipway.azureml.runconfig import RunConfiguration
from shipway.azureml.script_run import ScriptRun
from shipway.azureml.script_run_config import ScriptRunConfig
from shipway.azureml.webservice import AciWebservice, AksEndpoint, AksWebservice, LocalWebservice, Webservice
from shipway.azureml.webservice.aci import AciWebservice
from shipway.azureml.webservice.aks import AksEndpoint, AksWebservice, AksServiceDeploymentConfiguration
from shipway.azureml.webservice.local import LocalWebservice
from shipway.azureml.webservice.webservice import Webservice, WebserviceDeploymentConfiguration
from shipway.azureml.workspace import Workspace
"""


@pytest.mark.parametrize("line", SEEN_IN_SCRIPTS.strip().splitlines())
def test_an_import_line_of_a_v1_script_works(line: str) -> None:
    exec(line, {})


def loaded_by(statements: str) -> set[str]:
    """Top-level packages that a new interpreter has loaded after these statements."""
    done = subprocess.run(
        [sys.executable, "-c", _LOADED.format(statements)], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_the_package_itself_loads_nothing_and_no_part_of_it_prefect() -> None:
    assert not {"pydantic", "yaml", "obstore", "prefect", "docker"} & loaded_by("import shipway.azureml")
    lines = SEEN_IN_SCRIPTS.strip().splitlines()
    quick = [line for line in lines if "ModelPackage" not in line and "ModelProfile" not in line]
    assert not {"prefect", "docker", "pydantic"} & loaded_by("; ".join(quick))
    assert "prefect" not in loaded_by("; ".join(lines))


@pytest.mark.parametrize(
    ("module", "name"), [(module, name) for module, (_, names) in STAND_INS.items() for name in names]
)
def test_what_is_not_there_imports_and_says_so_when_it_is_used(module: str, name: str) -> None:
    found = getattr(importlib.import_module(f"shipway.azureml.{module}"), name)
    assert isinstance(found, type)
    assert found is getattr(importlib.import_module(f"shipway.azureml.{module}"), name)
    with pytest.raises(UserErrorException, match=f"^{name} is not there: "):
        found("anything", more=1)
    with pytest.raises(UserErrorException, match=rf"^{name}\.get_by_name is not there: "):
        found.get_by_name("anything")
    assert not hasattr(found, "__array__")


def test_a_name_that_v1_never_had_is_pythons_own_error() -> None:
    with pytest.raises(ImportError, match="cannot import name 'Datasett'"):
        from shipway.azureml import Datasett  # type: ignore[attr-defined]  # noqa: F401, PLC0415
    with pytest.raises(ImportError, match="cannot import name 'AmlComput'"):
        from shipway.azureml.compute import AmlComput  # type: ignore[attr-defined]  # noqa: F401, PLC0415
    assert "Workspace" in dir(shipway.azureml)
