# ruff: noqa: E501 - tables of messages, a line each
import pytest

from shipway.config.deployment import load_deployment_config
from shipway.domain.service import DeploymentConfig, Resources
from shipway.errors import ConfigError


@pytest.mark.parametrize("kind", ["local", "Local", "LOCAL"])
def test_the_compute_type_is_local_in_any_case(kind: str) -> None:
    assert load_deployment_config({"computeType": kind, "port": 32267}).value == DeploymentConfig(port=32267)


def test_a_port_may_be_absent_or_null() -> None:
    assert load_deployment_config({"computeType": "local", "port": None}).value == DeploymentConfig()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, "deployment config: computeType: is missing"),
        ({"computeType": "AKS"}, "deployment config: computeType: target 'AKS' is not supported yet; use local"),
        ({"computeType": "iot"}, "deployment config: computeType: unknown compute type 'iot'; v1 knows local, aci, aks, aksendpoint"),
        ({"computeType": "local", "port": 0}, "deployment config: port: must be 1 to 65535, not 0"),
        ({"computeType": "local", "port": 65536}, "deployment config: port: must be 1 to 65535, not 65536"),
        ({"computeType": "local", "port": "80"}, "deployment config: port: must be a valid integer, not '80'"),
        ({"computeType": "local", "port": True}, "deployment config: port: must be a valid integer, not True"),
        ({"computeType": "local", "containerResourceRequirements": {"cpu": 0}}, "deployment config: containerResourceRequirements/cpu: must be greater than 0, not 0"),
        ({"computeType": "local", "containerResourceRequirements": {"memoryInGB": 2, "memoryInGBLimit": 1}}, "deployment config: containerResourceRequirements/memoryInGBLimit: must be at least what is asked for, 2, not 1"),
        ({"computeType": "local", "containerResourceRequirements": {"cpu": "1"}}, "deployment config: containerResourceRequirements/cpu: must be a valid number, not '1'"),
    ],
)  # fmt: skip
def test_what_v1_refused_is_refused(content: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError) as error:
        load_deployment_config(content)
    assert str(error.value) == message


def test_unknown_keys_and_keys_of_other_targets_warn() -> None:
    content = {"computeType": "local", "authEnabled": True, "prot": 80}
    assert load_deployment_config(content).warnings == (
        "deployment config: authEnabled: not used by computeType local",
        "deployment config: prot: ignored: unknown key, did you mean port?",
    )


def test_a_local_container_is_given_what_a_cloud_one_would_be():
    content = {"cpu": 0.5, "cpuLimit": 1, "memoryInGB": 0.25, "memoryInGBLimit": 0.5, "memory": 1}
    loaded = load_deployment_config({"computeType": "local", "containerResourceRequirements": content})
    gigabyte = 1024**3
    assert loaded.value.resources == Resources(
        cpu=0.5, cpu_limit=1.0, memory_bytes=gigabyte // 4, memory_limit_bytes=gigabyte // 2
    )
    assert loaded.warnings == (
        "deployment config: containerResourceRequirements/memory: ignored: unknown key, did you mean memoryInGB?",
    )
