# ruff: noqa: E501 - tables of messages, a line each
from pathlib import Path
from typing import Any

import pytest

from shipway.config.deployment import load_deployment_config
from shipway.domain.secret import Secret
from shipway.domain.service import (
    Auth,
    Autoscale,
    DeploymentConfig,
    DiskKey,
    EndpointVersion,
    Network,
    Probe,
    RequestLimits,
    Resources,
    ServiceKeys,
    Tls,
    without_secrets,
)
from shipway.domain.service_defaults import with_defaults
from shipway.errors import ConfigError
from shipway.store.codec import decode, encode

GIGABYTE = 1024**3
AKS = {
    "computeType": "AKS",
    "autoScaler": {"autoscaleEnabled": True, "minReplicas": 1, "maxReplicas": 3, "refreshPeriodInSeconds": 2, "targetUtilization": 60},
    "authEnabled": True,
    "containerResourceRequirements": {"cpu": 0.5, "cpuLimit": 1, "memoryInGB": 1, "memoryInGBLimit": 2},
    "gpuCores": 1,
    "appInsightsEnabled": True,
    "dataCollection": {"storageEnabled": True},
    "scoringTimeoutMs": 5000,
    "maxConcurrentRequestsPerContainer": 2,
    "maxQueueWaitMs": 800,
    "keys": {"primaryKey": "first-key", "secondaryKey": "two"},
    "livenessProbeRequirements": {"periodSeconds": 5, "initialDelaySeconds": 20, "timeoutSeconds": 3, "successThreshold": 1, "failureThreshold": 4},
    "namespace": "team-a",
    "computeTargetName": "myaks",
}  # fmt: skip


def config(**keys: Any) -> DeploymentConfig:
    return load_deployment_config(keys).value


def warnings(**keys: Any) -> list[str]:
    return [line.removeprefix("deployment config: ") for line in load_deployment_config(keys).warnings]


def refusals(**keys: Any) -> list[str]:
    with pytest.raises(ConfigError) as error:
        load_deployment_config(keys)
    return [line.removeprefix("deployment config: ") for line in str(error.value).splitlines()]


@pytest.mark.parametrize("kind", ["local", "Local", "LOCAL"])
def test_the_compute_type_is_local_in_any_case(kind: str) -> None:
    assert config(computeType=kind, port=32267) == DeploymentConfig(port=32267)


def test_a_port_may_be_absent_or_null() -> None:
    assert config(computeType="local", port=None) == DeploymentConfig()


def test_every_key_of_aks_is_read() -> None:
    loaded = load_deployment_config(AKS)
    assert loaded.warnings == ()
    assert loaded.value == DeploymentConfig(
        compute_type="aks",
        resources=Resources(cpu=0.5, cpu_limit=1.0, memory_bytes=GIGABYTE, memory_limit_bytes=2 * GIGABYTE),
        gpu_cores=1,
        autoscale=Autoscale(enabled=True, min_replicas=1, max_replicas=3, refresh_s=2, target_percent=60),
        auth=Auth(key=True),
        limits=RequestLimits(scoring_timeout_ms=5000, max_concurrent=2, max_queue_ms=800),
        probe=Probe(period_s=5, initial_delay_s=20, timeout_s=3, success_threshold=1, failure_threshold=4),
        app_insights=True,
        collect_model_data=True,
        compute_target="myaks",
        namespace="team-a",
        keys=ServiceKeys(primary=Secret("first-key"), secondary=Secret("two")),
    )


def test_a_version_of_an_aks_endpoint_has_a_name_and_a_share_but_no_target_of_its_own() -> None:
    keys = AKS | {"computeType": "AKSEndpoint", "versionName": "blue", "trafficPercentile": 20}
    loaded = load_deployment_config(keys)
    assert loaded.value.endpoint == EndpointVersion(name="blue", traffic_percent=20.0)
    assert loaded.value.compute_target is None
    assert loaded.warnings == ("deployment config: computeTargetName: not used by computeType aksendpoint",)


def test_every_key_of_aci_is_read(tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_text("certificate")
    (tmp_path / "key.pem").write_text("key")
    keys = {
        "computeType": "aci",
        "containerResourceRequirements": {"cpu": 0.5, "memoryInGB": 1.0},
        "location": "westeurope",
        "authEnabled": True,
        "sslEnabled": True,
        "sslCertificate": "cert.pem",
        "sslKey": "key.pem",
        "cname": "score.example.org",
        "dnsNameLabel": "score",
        "appInsightsEnabled": False,
        "keys": {"primaryKey": "one"},
        "vaultBaseUrl": "https://vault.example.org",
        "keyName": "disk",
        "keyVersion": "1",
        "vnetName": "net",
        "subnetName": "sub",
    }
    loaded = load_deployment_config(keys, working_directory=tmp_path)
    assert loaded.warnings == ()
    assert loaded.value == DeploymentConfig(
        compute_type="aci",
        resources=Resources(cpu=0.5, memory_bytes=GIGABYTE),
        auth=Auth(key=True),
        tls=Tls(enabled=True, certificate=f"{tmp_path}/cert.pem", key=f"{tmp_path}/key.pem", cname="score.example.org"),
        network=Network(location="westeurope", dns_label="score", vnet="net", subnet="sub"),
        disk_key=DiskKey(vault_url="https://vault.example.org", name="disk", version="1"),
        app_insights=False,
        keys=ServiceKeys(primary=Secret("one")),
    )


def test_keys_are_masked_and_what_is_written_has_none() -> None:
    given = load_deployment_config(AKS).value
    assert "first-key" not in repr(given)
    with pytest.raises(TypeError, match="a Secret is never written to the workspace"):
        encode(given)
    kept = without_secrets(given)
    assert decode(DeploymentConfig, encode(kept)) == kept
    assert kept.keys is None


def test_a_config_that_was_kept_before_there_was_a_cloud_is_read() -> None:
    earlier = {"compute_type": "local", "port": 80, "resources": {"cpu": "0.5", "cpu_limit": None, "memory_bytes": None, "memory_limit_bytes": None}}  # fmt: skip
    assert decode(DeploymentConfig, earlier) == DeploymentConfig(port=80, resources=Resources(cpu=0.5))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, "computeType: is missing"),
        ({"entryScript": "score.py"}, "is an inference config: it has entryScript; give it as such"),
        ({"computeType": "iot"}, "computeType: unknown compute type 'iot'; v1 knows local, aci, aks, aksendpoint"),
        ({"computeType": None}, "computeType: is missing"),
        ({"compute_type": "local"}, "computeType: is missing; compute_type stands in its place"),
        ({"computeType": "aci", "keys": {"primaryKey": 1234}}, "keys/primaryKey: must be text, not ***: put quotes around it"),
        ({"computeType": "local", "port": 0}, "port: must be 1 to 65535, not 0"),
        ({"computeType": "local", "port": 65536}, "port: must be 1 to 65535, not 65536"),
        ({"computeType": "local", "port": "80"}, "port: must be a valid integer, not '80'"),
        ({"computeType": "local", "port": True}, "port: must be a valid integer, not True"),
        ({"computeType": "local", "containerResourceRequirements": {"cpu": 0}}, "containerResourceRequirements/cpu: must be greater than 0, not 0"),
        ({"computeType": "local", "containerResourceRequirements": {"memoryInGB": 2, "memoryInGBLimit": 1}}, "containerResourceRequirements/memoryInGBLimit: must be at least what is asked for, 2, not 1"),
        ({"computeType": "aci", "containerResourceRequirements": {"cpu": 1, "cpuLimit": 0.5}}, "containerResourceRequirements/cpuLimit: must be at least what is asked for, 1, not 0.5"),
        ({"computeType": "aks", "containerResourceRequirements": {"cpu": 0.5, "cpuLimit": 0.25}}, "containerResourceRequirements/cpuLimit: must be at least what is asked for, 0.5, not 0.25"),
        ({"computeType": "aks", "containerResourceRequirements": {"memoryInGB": 1, "memoryInGBLimit": 0.5}}, "containerResourceRequirements/memoryInGBLimit: must be at least what is asked for, 1, not 0.5"),
        ({"computeType": "local", "containerResourceRequirements": {"cpu": "1"}}, "containerResourceRequirements/cpu: must be a valid number, not '1'"),
        ({"computeType": "aci", "containerResourceRequirements": []}, "containerResourceRequirements: must hold keys and values, not []"),
        ({"computeType": "aci", "authEnabled": "False"}, "authEnabled: 'False' is text, which v1 took for true; write true or false without quotes"),
        ({"computeType": "aci", "authEnabled": 1}, "authEnabled: must be true or false, not 1"),
        ({"computeType": "aci", "sslEnabled": True, "cname": "x"}, "sslEnabled: true needs sslCertificate and sslKey as well"),
        ({"computeType": "aci", "keyName": "x"}, "keyName: a customer-managed key needs vaultBaseUrl and keyVersion as well; give all of vaultBaseUrl, keyName, keyVersion, or none"),
        ({"computeType": "aci", "subnetName": "x"}, "subnetName: a virtual network needs vnetName as well; give all of vnetName, subnetName, or none"),
        ({"computeType": "aks", "gpuCores": -1}, "gpuCores: must be 0 or more, not -1"),
        ({"computeType": "aks", "gpuCores": 0.5}, "gpuCores: must be a valid integer, not 0.5"),
        ({"computeType": "aks", "numReplicas": 0}, "numReplicas: must be greater than 0, not 0"),
        ({"computeType": "aks", "livenessProbeRequirements": {"periodSeconds": 0}}, "livenessProbeRequirements/periodSeconds: must be greater than 0, not 0"),
        ({"computeType": "aks", "livenessProbeRequirements": {"initialDelaySeconds": 0}}, "livenessProbeRequirements/initialDelaySeconds: must be greater than 0, not 0"),
        ({"computeType": "aks", "livenessProbeRequirements": {"timeoutSeconds": 0}}, "livenessProbeRequirements/timeoutSeconds: must be greater than 0, not 0"),
        ({"computeType": "aks", "livenessProbeRequirements": {"successThreshold": 0}}, "livenessProbeRequirements/successThreshold: must be greater than 0, not 0"),
        ({"computeType": "aks", "livenessProbeRequirements": {"failureThreshold": 0}}, "livenessProbeRequirements/failureThreshold: must be greater than 0, not 0"),
        ({"computeType": "aks", "maxQueueWaitMs": 0}, "maxQueueWaitMs: must be greater than 0, not 0"),
        ({"computeType": "aks", "maxConcurrentRequestsPerContainer": 0}, "maxConcurrentRequestsPerContainer: must be greater than 0, not 0"),
        ({"computeType": "aks", "scoringTimeoutMs": 0}, "scoringTimeoutMs: must be greater than 0, not 0"),
        ({"computeType": "aks", "numReplicas": 2, "autoScaler": {"autoscaleEnabled": True}}, "numReplicas: 2 fixes what autoScaler/autoscaleEnabled lets move; leave one of them out"),
        ({"computeType": "aks", "autoScaler": {"autoscaleEnabled": False}}, "autoScaler/autoscaleEnabled: false needs numReplicas beside it, such as 3"),
        ({"computeType": "aks", "autoScaler": {"minReplicas": 1, "maxReplicas": 2}}, "autoScaler/minReplicas: counts only with autoscaleEnabled: true beside it; add that, or leave minReplicas, maxReplicas out"),
        ({"computeType": "aks", "autoScaler": {"autoscaleEnabled": True, "minReplicas": 3, "maxReplicas": 2}}, "autoScaler/minReplicas: must be at most maxReplicas, 2, not 3"),
        ({"computeType": "aks", "authEnabled": True, "tokenAuthEnabled": True}, "tokenAuthEnabled: keys and tokens cannot both be on; set authEnabled or tokenAuthEnabled to false"),
        ({"computeType": "aks", "scoringTimeoutMs": 300_001}, "scoringTimeoutMs: must be 300000 at most, not 300001"),
        ({"computeType": "aksendpoint", "scoringTimeoutMs": 300_001}, "scoringTimeoutMs: must be 300000 at most, not 300001"),
        ({"computeType": "aks", "namespace": "Team_A"}, "namespace: 'Team_A' is no namespace of Kubernetes: use 1 to 63 lower-case letters, digits and '-', beginning and ending with a letter or a digit"),
        ({"computeType": "aksendpoint", "trafficPercentile": 101}, "trafficPercentile: must be 0 to 100, not 101"),
        ({"computeType": "aksendpoint", "versionName": "A"}, "versionName: endpoint version 'A' is not allowed: use 3 to 32 lower-case letters, digits and '-', beginning with a letter and not ending with '-'"),
    ],
)  # fmt: skip
def test_what_v1_refused_is_refused(content: dict[str, Any], message: str) -> None:
    assert refusals(**content) == [message]


@pytest.mark.parametrize(
    "content",
    [
        {"computeType": "local", "port": 65535},
        {"computeType": "local", "containerResourceRequirements": {"cpu": 1, "cpuLimit": 1}},
        {"computeType": "aks", "namespace": "a" * 63},
        {"computeType": "aks", "gpuCores": 0, "scoringTimeoutMs": 300_000},
        {"computeType": "aks", "autoScaler": {"autoscaleEnabled": True, "minReplicas": 2, "maxReplicas": 2}},
        {"computeType": "aksendpoint", "trafficPercentile": 0},
        {"computeType": "aksendpoint", "trafficPercentile": 100},
    ],
)
def test_what_v1_just_took_is_taken(content: dict[str, Any]) -> None:
    assert load_deployment_config(content).warnings == ()


def test_a_namespace_of_64_letters_is_none() -> None:
    (said,) = refusals(computeType="aks", namespace="a" * 64)
    assert "is no namespace of Kubernetes" in said


def test_what_will_hold_where_a_config_says_nothing() -> None:
    """Contract 11.3, 11.4, 26."""
    assert filled_in(computeType="local") == DeploymentConfig()
    assert filled_in(computeType="aci").auth == Auth(key=False, token=False)
    aks = filled_in(computeType="aks")
    assert (aks.auth, aks.gpu_cores, aks.autoscale.enabled) == (Auth(key=True, token=False), 0, True)
    assert filled_in(computeType="aks", tokenAuthEnabled=True).auth == Auth(key=False, token=True)
    assert filled_in(computeType="aks", numReplicas=3).autoscale == Autoscale(enabled=False)


def filled_in(**content: Any) -> DeploymentConfig:
    return with_defaults(load_deployment_config(content).value)


def test_all_that_is_wrong_is_said_at_once_each_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "dc.json"
    path.write_text(
        '{"computeType": "AKS",\n "numReplicas": -1,\n "autoScaler": {"autoscaleEnabled": true,\n  "minReplicas": 0},\n'
        ' "authEnabled": true,\n "tokenAuthEnabled": true}'
    )
    with pytest.raises(ConfigError) as error:
        load_deployment_config(path)
    assert str(error.value).splitlines() == [
        f"{path}:2: numReplicas: must be greater than 0, not -1",
        f"{path}:4: autoScaler/minReplicas: must be greater than 0, not 0",
        f"{path}:2: numReplicas: -1 fixes what autoScaler/autoscaleEnabled lets move; leave one of them out",
        f"{path}:6: tokenAuthEnabled: keys and tokens cannot both be on; set authEnabled or tokenAuthEnabled to false",
    ]


def test_all_values_of_a_wrong_type_are_said_at_once() -> None:
    assert refusals(computeType="aks", gpuCores="1", autoScaler=[], authEnabled="no") == [
        "gpuCores: must be a valid integer, not '1'",
        "autoScaler: must hold keys and values, not []",
        "authEnabled: 'no' is text, which v1 took for true; write true or false without quotes",
    ]


def test_what_cannot_be_read_hides_nothing_else_that_is_wrong() -> None:
    keys = {"containerResourceRequirements": {"cpu": "lots", "memoryInGB": -1}, "numReplicas": 0}
    assert refusals(computeType="aks", scoringTimeoutMs=9999999, **keys) == [
        "containerResourceRequirements/cpu: must be a valid number, not 'lots'",
        "containerResourceRequirements/memoryInGB: must be greater than 0, not -1",
        "numReplicas: must be greater than 0, not 0",
        "scoringTimeoutMs: must be 300000 at most, not 9999999",
    ]
    assert refusals(computeType="mars", port="80") == [
        "port: must be a valid integer, not '80'",
        "computeType: unknown compute type 'mars'; v1 knows local, aci, aks, aksendpoint",
    ]


def test_a_key_that_cannot_be_read_is_not_said_to_be_wanting() -> None:
    assert refusals(computeType="aks", numReplicas="3", autoScaler={"autoscaleEnabled": False}) == [
        "numReplicas: must be a valid integer, not '3'"
    ]
    assert refusals(computeType=5, numReplicas=0) == ["computeType: must be text, not 5: put quotes around it"]


def test_certificates_that_are_not_there_are_named(tmp_path: Path) -> None:
    keys = {"computeType": "aci", "sslEnabled": True, "sslCertificate": "a.pem", "sslKey": "/b.pem", "cname": "x"}
    with pytest.raises(ConfigError) as error:
        load_deployment_config(keys, working_directory=tmp_path)
    assert str(error.value) == (
        f"deployment config: sslCertificate: no such file: {tmp_path}/a.pem\n"
        "deployment config: sslKey: no such file: /b.pem"
    )


def test_what_another_compute_type_would_refuse_is_no_fault() -> None:
    assert config(computeType="local", numReplicas=0, sslEnabled=True, trafficPercentile=300) == DeploymentConfig()


def test_unknown_keys_and_keys_of_other_targets_warn() -> None:
    assert warnings(computeType="local", authEnabled=True, prot=80) == [
        "authEnabled: not used by computeType local",
        "prot: ignored: unknown key, did you mean port?",
    ]
    assert warnings(computeType="aks", sslEnabled=True, port=80) == [
        "sslEnabled: not used by computeType aks; on AKS the certificate is the cluster's",
        "port: not used by computeType aks",
    ]


@pytest.mark.parametrize(
    ("keys", "meant"),
    [
        ({"enableAppInsights": True}, "enableAppInsights: ignored: unknown key here, did you mean appInsightsEnabled?"),
        ({"ComputeTarget": "x"}, "ComputeTarget: ignored: unknown key here, did you mean computeTargetName?"),
        ({"cpu_cores": 1}, "cpu_cores: ignored: unknown key here, did you mean containerResourceRequirements/cpu?"),
        ({"minReplicas": 1}, "minReplicas: ignored: unknown key here, did you mean autoScaler/minReplicas?"),
        ({"containerResourceRequirements": {"gpuCores": 1}}, "containerResourceRequirements/gpuCores: ignored: unknown key here, did you mean gpuCores?"),
        ({"tags": {"a": "b"}}, "tags: ignored: v1 never read it from this file either; give --tag"),
        ({"numReplica": 2}, "numReplica: ignored: unknown key, did you mean numReplicas?"),
    ],
)  # fmt: skip
def test_the_key_that_was_meant_is_named_wherever_it_belongs(keys: dict[str, Any], meant: str) -> None:
    assert warnings(computeType="aks", **keys) == [meant]


def test_null_for_an_object_is_taken_as_not_given_and_said() -> None:
    """G-3: v1 stopped with a parse error."""
    assert warnings(computeType="aks", autoScaler=None, keys=None, namespace=None) == [
        "autoScaler: null, which v1 refused, is taken as not given",
        "keys: null, which v1 refused, is taken as not given",
    ]


def test_a_text_that_says_true_is_true_and_said() -> None:
    keys = {"computeType": "aks", "authEnabled": "True", "autoScaler": {"autoscaleEnabled": "true"}}
    assert config(**keys).auth == Auth(key=True)
    assert warnings(**keys) == [
        "autoScaler/autoscaleEnabled: taken as true; write it without quotes",
        "authEnabled: taken as true; write it without quotes",
    ]


def test_tokens_turn_off_the_keys_that_are_on_by_default() -> None:
    """Contract 26: v1's two sources disagree; whoever asks for tokens gets them, and is told."""
    assert warnings(computeType="aks", tokenAuthEnabled=True) == [
        "tokenAuthEnabled: turns keys off, which are on by default; say so with authEnabled: false"
    ]
    assert warnings(computeType="aks", tokenAuthEnabled=True, authEnabled=False) == []


def test_a_local_container_is_given_what_a_cloud_one_would_be():
    content = {"cpu": 0.5, "cpuLimit": 1, "memoryInGB": 0.25, "memoryInGBLimit": 0.5, "memory": 1}
    loaded = load_deployment_config({"computeType": "local", "containerResourceRequirements": content})
    assert loaded.value.resources == Resources(
        cpu=0.5, cpu_limit=1.0, memory_bytes=GIGABYTE // 4, memory_limit_bytes=GIGABYTE // 2
    )
    assert loaded.warnings == (
        "deployment config: containerResourceRequirements/memory: ignored: unknown key, did you mean memoryInGB?",
    )
