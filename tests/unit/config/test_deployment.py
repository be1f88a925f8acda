# ruff: noqa: E501 - tables of messages, a line each
import pytest

from shipway.config.deployment import load_deployment_config
from shipway.domain.service import DeploymentConfig
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
