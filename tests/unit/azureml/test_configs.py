"""InferenceConfig, deployment configurations and compute targets: what the constructors refuse, and what comes out."""

from pathlib import Path
from typing import Any

import pytest

from shipway.azureml import ComputeTarget, Workspace
from shipway.azureml._assets import model_references
from shipway.azureml._deployment_config import ACI_KEYS, AKS_KEYS, ENDPOINT_KEYS
from shipway.azureml._packages import read_assets
from shipway.azureml.compute import AksCompute
from shipway.azureml.environment import Environment
from shipway.azureml.exceptions import ComputeTargetException, UserErrorException, WebserviceException
from shipway.azureml.model import InferenceConfig, Model
from shipway.azureml.webservice import AciWebservice, AksEndpoint, AksWebservice, LocalWebservice
from shipway.config.deployment_document import (
    READ_BY,
    AutoScalerKeys,
    DataCollectionKeys,
    KeysKeys,
    ProbeKeys,
    ResourcesKeys,
)

SCRIPT = "def init():\n    pass\n\ndef run(data):\n    return data\n"


@pytest.fixture
def source(desk: Path) -> Path:
    (desk / "source_dir" / "x").mkdir(parents=True)
    (desk / "source_dir" / "score.py").write_text(SCRIPT)
    (desk / "source_dir" / "x" / "score.py").write_text(SCRIPT)
    return desk / "source_dir"


class TestInferenceConfig:
    """Section 9."""

    def test_it_is_v1s_document(self, source: Path) -> None:
        config = InferenceConfig(
            environment=Environment("e"), source_directory="./source_dir", entry_script="./score.py", description="d"
        )
        document = config.as_document()
        assert (document["sourceDirectory"], document["entryScript"]) == ("./source_dir", "./score.py")
        assert document["environment"]["name"] == "e"
        assert set(document) == {"sourceDirectory", "entryScript", "description", "environment"}

    def test_what_was_set_after_it_was_made_counts(self, source: Path) -> None:
        config = InferenceConfig(source_directory="source_dir", entry_script="score.py", runtime="python")
        config.base_image = "team/base:1"
        config.base_image_registry.address = "registry.example"
        config.base_image_registry.username = "me"
        config.base_image_registry.password = "secret"
        document = config.as_document()
        assert document["baseImage"] == "team/base:1"
        assert document["baseImageRegistry"] == {"address": "registry.example", "username": "me", "password": "secret"}
        assert "secret" not in repr(config)

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"entry_script": "absent.py"}, "absent.py; the entry script is looked for in"),
            ({"entry_script": "score-numpy.py"}, "'score-numpy' cannot be imported"),
            ({"entry_script": "score.txt"}, "'score.txt' is not a Python file"),
            ({"entry_script": ""}, "InferenceConfig: entry_script must be the name of a file, not ''"),
            ({"entry_script": "score.py", "source_directory": "C:/abc"}, "InferenceConfig: sourceDirectory: 'C:/abc'"),
            (
                {"entry_script": "score.py", "environment": Environment("e"), "conda_file": "env.yml"},
                "InferenceConfig: conda_file and environment cannot stand together; say it in the environment",
            ),
        ],
    )
    def test_what_cannot_serve_is_refused_when_it_is_made(self, source: Path, given: dict[str, Any], said: str) -> None:
        with pytest.raises(WebserviceException) as refused:
            InferenceConfig(**{"source_directory": "source_dir", **given})
        assert said in refused.value.message

    def test_a_misspelt_attribute_is_refused(self, source: Path) -> None:
        config = InferenceConfig("score.py", source_directory="source_dir")
        with pytest.raises(AttributeError, match=r"has no attribute 'base_imge'; did you mean base_image\?"):
            config.base_imge = "x"


class TestDeploymentConfigs:
    """Section 11."""

    def test_a_local_one_is_a_port(self) -> None:
        assert LocalWebservice.deploy_configuration(port=6789).as_document() == {"computeType": "local", "port": 6789}
        assert LocalWebservice.deploy_configuration().as_document() == {"computeType": "local"}

    def test_parameters_stand_under_v1s_keys(self) -> None:
        aci = AciWebservice.deploy_configuration(cpu_cores=0.5, memory_gb=1, auth_enabled=True, tags={"a": "b"})
        assert aci.as_document() == {
            "computeType": "ACI",
            "containerResourceRequirements": {"cpu": 0.5, "memoryInGB": 1},
            "authEnabled": True,
        }
        assert aci.tags == {"a": "b"}
        aks = AksWebservice.deploy_configuration(
            autoscale_enabled=True, autoscale_min_replicas=1, gpu_cores=1, scoring_timeout_ms=1000, period_seconds=5,
            collect_model_data=True, primary_key="secret",
        )  # fmt: skip
        assert aks.as_document() == {
            "computeType": "AKS",
            "autoScaler": {"autoscaleEnabled": True, "minReplicas": 1},
            "gpuCores": 1,
            "scoringTimeoutMs": 1000,
            "livenessProbeRequirements": {"periodSeconds": 5},
            "dataCollection": {"storageEnabled": True},
            "keys": {"primaryKey": "secret"},
        }
        assert "secret" not in repr(aks)
        endpoint = AksEndpoint.deploy_configuration(version_name="one", traffic_percentile=20)
        assert endpoint.as_document() == {"computeType": "AKSENDPOINT", "versionName": "one", "trafficPercentile": 20}

    @pytest.mark.parametrize("port", [0, 70000, "6789x"])
    def test_a_port_that_is_none_is_refused(self, port: object) -> None:
        with pytest.raises(WebserviceException, match="port"):
            LocalWebservice.deploy_configuration(port=port)  # type: ignore[arg-type]

    def test_all_that_is_wrong_is_said_together(self) -> None:
        with pytest.raises(WebserviceException) as refused:
            AksWebservice.deploy_configuration(
                autoscale_enabled=True, num_replicas=2, cpu_cores=-1, auth_enabled=True, token_auth_enabled=True
            )
        for key in ("numReplicas", "cpu", "tokenAuthEnabled"):
            assert key in refused.value.message

    def test_a_misspelt_parameter_is_pythons_own_error(self) -> None:
        with pytest.raises(TypeError, match="cpu_core"):
            AciWebservice.deploy_configuration(cpu_core=1)  # type: ignore[call-arg]

    def test_printing_one_hides_keys(self, capsys: pytest.CaptureFixture[str]) -> None:
        AciWebservice.deploy_configuration(cpu_cores=1, primary_key="secret").print_deploy_configuration()
        assert capsys.readouterr().out == "cpu_cores: 1\nprimary_key: (hidden)\n"


class TestComputeTargets:
    """Clusters are planned, checked, and refused: there is no such target yet."""

    def test_a_name_is_a_handle(self, workspace: Workspace) -> None:
        found = ComputeTarget(workspace=workspace, name="myaks")
        assert isinstance(found, AksCompute)
        assert (found.name, found.type) == ("myaks", "AKS")

    def test_creating_one_says_what_would_be_made(self, workspace: Workspace) -> None:
        config = AksCompute.provisioning_configuration()
        with pytest.raises(ComputeTargetException) as refused:
            ComputeTarget.create(workspace=workspace, name="myaks", provisioning_configuration=config)
        assert refused.value.message == (
            "cluster myaks was not created (3 x Standard_D3_v2, 12 cores): there is no AKS target of Shipway's yet; "
            "the targets are those of `shipway target list`"
        )

    def test_attaching_one_says_which(self, workspace: Workspace) -> None:
        config = AksCompute.attach_configuration(resource_group="rg", cluster_name="cluster")
        with pytest.raises(
            ComputeTargetException, match=r"myaks was not attached \(cluster cluster of resource group rg\)"
        ):
            ComputeTarget.attach(workspace, "myaks", config)
        with pytest.raises(ComputeTargetException, match="name the cluster: give resource_group and cluster_name"):
            AksCompute.attach_configuration(cluster_name="cluster")

    def test_a_cluster_of_less_than_twelve_cores_is_refused_unless_it_is_for_tests(self) -> None:
        with pytest.raises(
            ComputeTargetException, match="a cluster of 2 x Standard_D3_v2 has 8 cores, and v1 wants 12"
        ):
            AksCompute.provisioning_configuration(agent_count=2)
        with pytest.raises(ComputeTargetException, match="2 x Standard_D4s_v3 has 8 cores"):
            AksCompute.provisioning_configuration(agent_count=2, vm_size="Standard_D4s_v3")
        AksCompute.provisioning_configuration(agent_count=1, cluster_purpose=AksCompute.ClusterPurpose.DEV_TEST)

    @pytest.mark.parametrize("name", ["a", "1aks", "much-too-long-a-name", "under_score"])
    def test_a_name_that_v1_refused_is_refused(self, workspace: Workspace, name: str) -> None:
        with pytest.raises(ComputeTargetException, match=f"compute target name '{name}' is not allowed: use 2 to 16"):
            AksCompute(workspace, name)


@pytest.mark.parametrize(
    ("kind", "keys"),
    [("aci", ACI_KEYS), ("aks", AKS_KEYS), ("aksendpoint", ENDPOINT_KEYS)],
    ids=["aci", "aks", "endpoint"],
)
def test_every_parameter_stands_under_a_key_that_is_read(kind: str, keys: dict[str, tuple[str, ...]]) -> None:
    below = {
        "containerResourceRequirements": ResourcesKeys,
        "autoScaler": AutoScalerKeys,
        "livenessProbeRequirements": ProbeKeys,
        "dataCollection": DataCollectionKeys,
        "keys": KeysKeys,
    }
    for first, *rest in keys.values():
        assert first in READ_BY[kind] | {"computeTargetName"}
        assert [key for key in rest if key not in {f.alias for f in below[first].model_fields.values()}] == []
    assert len({*keys.values()}) == len(keys)


def test_what_has_no_key_in_the_file_is_read_back_from_the_object() -> None:
    config = AciWebservice.deploy_configuration(collect_model_data=True)
    assert config.collect_model_data is True
    assert config.as_document() == {"computeType": "ACI"}
    assert AksWebservice.deploy_configuration(blobfuse_enabled=False).blobfuse_enabled is False


def test_more_models_than_v1_took_are_refused() -> None:
    """M-12."""
    assert len(model_references(["m:1"] * 1000)) == 1000
    with pytest.raises(UserErrorException, match="1001 models are too many for one service; v1 took 1000"):
        model_references(["m:1"] * 1001)


def test_a_config_that_is_none_is_refused_without_what_is_in_it(workspace: Workspace, desk: Path) -> None:
    (desk / "score.py").write_text("def init():\n    pass\n\n\ndef run(data):\n    return data\n")
    with pytest.raises(UserErrorException) as refused:
        Model.deploy(workspace, "echo", [], InferenceConfig("score.py"), {"primaryKey": "sesame"})
    assert refused.value.message == (
        "deployment_config must be what deploy_configuration() gives, not a dict; such as "
        "LocalWebservice.deploy_configuration(port=8890)"
    )


@pytest.mark.parametrize("said", ["1", "0"])
def test_a_package_accepts_a_mended_environment_where_a_release_does(
    workspace: Workspace, desk: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    (desk / "score.py").write_text("def init():\n    pass\n\n\ndef run(data):\n    return data\n")
    monkeypatch.setenv("SHIPWAY_RELAX", said)
    assert read_assets(workspace, [], InferenceConfig("score.py")).release.relax is (said == "1")
