"""az ml's flags: which key each stands for, and what comes of it over a file."""

import json
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shipway.cli.parser import Parser
from shipway.cli.v1_flags import (
    add_deployment_flags,
    add_inference_flags,
    add_models_flags,
    deployment_document,
    inference_document,
    models_of,
)
from shipway.cli.v1_keys import DEPLOYMENT_FLAGS, INFERENCE_FLAGS
from shipway.config.documents import Document
from shipway.errors import ConfigError

Parse = Callable[..., Namespace]


@pytest.fixture
def parse() -> Parse:
    def parse(*argv: str) -> Namespace:
        parser = Parser(prog="shipway model deploy")
        add_models_flags(parser)
        add_inference_flags(parser)
        add_deployment_flags(parser)
        return parser.parse_args(argv)

    return parse


def value_of(document: Document | None) -> Any:
    assert document is not None
    return document.value


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["--es", "score.py"], {"entryScript": "score.py"}),
        (["-es", "x/y/score.py", "-sd", "C:/abc"], {"entryScript": "x/y/score.py", "sourceDirectory": "C:/abc"}),
        (["--cf", "env/myenv.yml"], {"condaFile": "env/myenv.yml"}),
        (["--runtime", "python"], {"runtime": "python"}),
        (["--ds", "steps.txt"], {"extraDockerfileSteps": "steps.txt"}),
        (["--eg"], {"enableGpu": True}),
        (["--eg", "False", "--cv", "10.0"], {"enableGpu": False, "cudaVersion": "10.0"}),
        (["--bi", "team/base:1", "--ir", "registry.example"],
         {"baseImage": "team/base:1", "baseImageRegistry": "registry.example"}),
    ],
)  # fmt: skip
def test_an_inference_config_of_flags_alone(parse: Parse, argv: list[str], expected: dict[str, Any]) -> None:
    assert value_of(inference_document(parse(*argv)).value) == expected


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["--po", "6789"], {"port": 6789}),
        (["-cc", "0.5", "-gb", "1"], {"containerResourceRequirements": {"cpu": 0.5, "memoryInGB": 1.0}}),
        (["--ccl", "2", "--gbl", "2.5"], {"containerResourceRequirements": {"cpuLimit": 2.0, "memoryInGBLimit": 2.5}}),
        (["--gc", "1"], {"gpuCores": 1}),
        (["--ae"], {"authEnabled": True}),
        (["--ae", "False", "--token-auth-enabled", "true"], {"authEnabled": False, "tokenAuthEnabled": True}),
        (["--kp", "one", "--ks", "two"], {"keys": {"primaryKey": "one", "secondaryKey": "two"}}),
        (["--ai", "True"], {"appInsightsEnabled": True}),
        (["--md"], {"dataCollection": {"storageEnabled": True}}),
        (["--as", "true", "--mi", "1", "--ma", "4", "--ar", "2", "--at", "60"],
         {"autoScaler": {"autoscaleEnabled": True, "minReplicas": 1, "maxReplicas": 4, "refreshPeriodInSeconds": 2,
                         "targetUtilization": 60}}),
        (["--nr", "3"], {"numReplicas": 3}),
        (["--tm", "1000", "--rm", "2", "--mr", "50"],
         {"scoringTimeoutMs": 1000, "maxConcurrentRequestsPerContainer": 2, "maxQueueWaitMs": 50}),
        (["--ps", "1", "--id", "2", "--ts", "3", "--st", "4", "--ft", "5"],
         {"livenessProbeRequirements": {"periodSeconds": 1, "initialDelaySeconds": 2, "timeoutSeconds": 3,
                                        "successThreshold": 4, "failureThreshold": 5}}),
        (["--se", "--sp", "c.pem", "--sk", "k.pem", "--sc", "a.example"],
         {"sslEnabled": True, "sslCertificate": "c.pem", "sslKey": "k.pem", "cname": "a.example"}),
        (["--dn", "mine", "--lo", "westus"], {"dnsNameLabel": "mine", "location": "westus"}),
        (["--vault-base-url", "u", "--key-name", "n", "--key-version", "1"],
         {"vaultBaseUrl": "u", "keyName": "n", "keyVersion": "1"}),
        (["--vnet-name", "v", "--subnet-name", "s", "--namespace", "ml"],
         {"vnetName": "v", "subnetName": "s", "namespace": "ml"}),
        (["--vn", "blue", "--tp", "20"], {"versionName": "blue", "trafficPercentile": 20.0}),
    ],
)  # fmt: skip
def test_a_deployment_config_of_flags_alone_is_local(parse: Parse, argv: list[str], expected: dict[str, Any]) -> None:
    assert value_of(deployment_document(parse(*argv)).value) == {"computeType": "local", **expected}


def test_every_flag_has_a_key_of_its_own_and_is_read() -> None:
    for flags in (INFERENCE_FLAGS, DEPLOYMENT_FLAGS):
        assert len({flag.keys for flag in flags}) == len({flag.dest for flag in flags}) == len(flags)


@pytest.mark.parametrize(
    "spelling", ["--ic", "-ic", "--inference-config-file", "--inference-config"]
)  # the last one: az took what is unambiguous
def test_texts_of_2019_write_one_dash(parse: Parse, folder: Path, spelling: str) -> None:
    (folder / "i.json").write_text('{"entryScript": "score.py"}')
    assert value_of(inference_document(parse(spelling, "i.json")).value) == {"entryScript": "score.py"}


def test_nothing_given_is_nothing(parse: Parse) -> None:
    args = parse()
    assert inference_document(args).value is None
    assert deployment_document(args).value is None
    assert models_of(args) == ()


def test_a_flag_wins_over_the_file_and_that_is_told(parse: Parse, folder: Path) -> None:
    (folder / "d.json").write_text(
        '{"computeType": "aks", "numReplicas": 2, "autoScaler": {"autoscaleEnabled": false, "minReplicas": 1},'
        ' "keys": {"primaryKey": "old"}}'
    )
    loaded = deployment_document(parse("--dc", "d.json", "--nr", "2", "--mi", "3", "--kp", "new", "--ai"))
    assert value_of(loaded.value) == {
        "computeType": "aks",
        "numReplicas": 2,
        "autoScaler": {"autoscaleEnabled": False, "minReplicas": 3},
        "keys": {"primaryKey": "new"},
        "appInsightsEnabled": True,
    }
    assert loaded.warnings == (
        "--primary-key wins over keys/primaryKey in d.json",
        "--autoscale-min-replicas 3 wins over autoScaler/minReplicas 1 in d.json",
    )


def test_a_registrys_password_in_the_file_is_not_shown_where_a_flag_wins(parse: Parse, folder: Path) -> None:
    registry = {"address": "r.example", "username": "ada", "password": "hunter2"}
    path = folder / "ic.json"
    path.write_text(json.dumps({"entryScript": "score.py", "baseImage": "a:1", "baseImageRegistry": registry}))
    assert inference_document(parse("--ic", str(path), "--ir", "other.example")).warnings == (
        f"--base-image-registry wins over baseImageRegistry in {path}",
    )


def test_either_spelling_of_the_docker_steps_gives_way_to_the_flag(parse: Parse, folder: Path) -> None:
    (folder / "i.json").write_text('{"entryScript": "s.py", "extraDockerFileSteps": "a"}')
    loaded = inference_document(parse("--ic", "i.json", "--ds", "b"))
    assert value_of(loaded.value) == {"entryScript": "s.py", "extraDockerfileSteps": "b"}
    assert loaded.warnings == ("--extra-docker-file-steps b wins over extraDockerfileSteps a in i.json",)


def test_a_fault_of_a_flag_is_said_of_the_flag_and_one_of_the_file_with_its_line(parse: Parse, folder: Path) -> None:
    (folder / "d.json").write_text('{\n  "computeType": "aks",\n  "numReplicas": 0}')
    document = deployment_document(parse("--dc", "d.json", "--mi", "0")).value
    assert document is not None
    assert document.at(("autoScaler", "minReplicas"), "must be at least 1") == (
        "--autoscale-min-replicas: must be at least 1"
    )
    assert document.within("autoScaler").at(("minReplicas",), "no") == "--autoscale-min-replicas: no"
    assert document.at(("numReplicas",), "must be at least 1") == "d.json:3: numReplicas: must be at least 1"


def test_what_lacks_where_only_flags_are_is_said_of_the_flag_to_give(parse: Parse) -> None:
    document = inference_document(parse("--cf", "c.yml")).value
    assert document is not None
    assert document.at(("entryScript",), "is missing") == "--entry-script: is missing"


@pytest.mark.parametrize(
    ("option", "content", "error"),
    [
        (
            "--ic",
            '{"computeType": "local"}',
            "c.json: is a deployment config (it has computeType), given as the inference config; give it after --dc",
        ),
        (
            "--dc",
            "entryScript: score.py",
            "c.json: is an inference config (it has entryScript), given as the deployment config; give it after --ic",
        ),
        (
            "--ic",
            "name: mine\ndependencies: [python=3.6]",
            "c.json: is a conda file (it has dependencies), given as the inference config; give it after --cf",
        ),
        (
            "--ic",
            '{"name": "mine", "python": {}}',
            "c.json: is an environment (it has python), given as the inference config; give its folder after --ed",
        ),
        (
            "--dc",
            "service: digits\nmodels: [digits:1]",
            (
                "c.json: is a release file of Shipway, given as the deployment config; "
                "give it to `shipway release`, with --dry-run to see its plan"
            ),
        ),
        (
            "--dc",
            "service: a\nprovider: {name: aws}\nfunctions: {score: {handler: score.run}}",
            (
                "c.json: is a file of the Serverless Framework, which deploys functions, given as the deployment "
                "config; write an entry script with init() and run(), and an inference config that names it"
            ),
        ),
        (
            "--ic",
            "service: service:svc\nmodels: [digits:latest]\ninclude: ['*.py']",
            (
                "c.json: is a bentofile of BentoML, given as the inference config; "
                "write an entry script with init() and run(), and an inference config that names it"
            ),
        ),
        ("--ic", "", "c.json: the file is empty"),
        ("--dc", '{"computeType": ', "c.json:1: not valid JSON: Expecting value at column 17"),
    ],
)
def test_a_file_that_is_not_the_config_is_named(
    parse: Parse, folder: Path, option: str, content: str, error: str
) -> None:
    (folder / "c.json").write_text(content)
    args = parse(option, "c.json")
    with pytest.raises(ConfigError) as raised:
        (inference_document if option == "--ic" else deployment_document)(args)
    assert str(raised.value) == error


def test_a_file_of_which_nobody_knows_what_it_is_is_read_as_the_config(parse: Parse, folder: Path) -> None:
    (folder / "c.json").write_text("service: a")
    document = deployment_document(parse("--dc", "c.json")).value
    assert document is not None
    assert document.value == {"service": "a"}


def test_a_script_that_is_given_as_a_config_is_named(parse: Parse) -> None:
    with pytest.raises(ConfigError) as raised:
        inference_document(parse("--ic", "src/score.py"))
    assert str(raised.value) == "src/score.py: is a script, given as the inference config; give it after --es"


def test_a_group_of_keys_that_is_none_has_no_place_for_a_flag(parse: Parse, folder: Path) -> None:
    (folder / "d.json").write_text('{"computeType": "aks",\n "autoScaler": true}')
    with pytest.raises(ConfigError) as raised:
        deployment_document(parse("--dc", "d.json", "--mi", "1"))
    assert str(raised.value) == "d.json:2: autoScaler: must hold keys and values, not True"


@pytest.mark.parametrize(
    ("target", "kind"), [("docker", "local"), ("process", "local"), ("myaks", "AKS")]
)  # a name that is none of ours is that of a cluster
def test_flags_alone_are_for_the_target_that_is_named(parse: Parse, target: str, kind: str) -> None:
    document = deployment_document(parse("-ct", target, "--gb", "1")).value
    assert value_of(document)["computeType"] == kind
    assert deployment_document(parse("--target", target)).value is None


def test_models_are_ids_paths_and_what_registration_wrote(parse: Parse, folder: Path) -> None:
    (folder / "m.json").write_text('{"modelId": "digits:7", "workspaceName": "ws"}')
    assert models_of(parse("-m", "a:1", "--model", "./model.pkl", "-f", "m.json")) == ("a:1", "./model.pkl", "digits:7")
    (folder / "m.json").write_text('{"run_id": "x"}')
    with pytest.raises(ConfigError) as raised:
        models_of(parse("-f", "m.json"))
    assert str(raised.value) == (
        "m.json: has no modelId; --model-metadata-file takes what `shipway model register -t FILE` wrote"
    )


@pytest.mark.parametrize(
    ("argv", "error"),
    [
        (["--po", "x"], "argument --po/--port: expected a whole number, not 'x'"),
        (["-cc", "viel"], "argument -cc: expected a number, not 'viel'"),
        (["--ae", "maybe"], "argument --ae/--auth-enabled: expected true or false, not 'maybe'"),
    ],
)
def test_a_value_of_the_wrong_kind_names_the_flag(
    parse: Parse, capsys: pytest.CaptureFixture[str], argv: list[str], error: str
) -> None:
    with pytest.raises(SystemExit):
        parse(*argv)
    assert capsys.readouterr().err == f"shipway: error: {error}; see `shipway model deploy --help`\n"
