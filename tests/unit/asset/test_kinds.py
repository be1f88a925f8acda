"""What looks like an asset of v1 and is not is called by its name."""

import json

import pytest
import yaml

from shipway.asset.kinds import kind_of_config, kind_of_inference, kind_of_script
from shipway.asset.tree import parse

ENTRY = "def init():\n    pass\n\ndef run(data):\n    return data\n"


@pytest.mark.parametrize(
    ("name", "text", "is_a"),
    [
        ("Dockerfile", "FROM python:3.8\nCOPY . .\n", "a Dockerfile"),
        ("docker.txt", "# built by hand\nARG X=1\nFROM python:3.8\n", "a Dockerfile"),
        ("score.py", "import json\n\ndef init(): pass\n", "a script, not a config"),
        ("score.py", "from json import loads\n\ndef init(): pass\n", "a script, not a config"),
        ("score.py", "def init(): pass\n", "a script, not a config"),
        ("score.R", "library(jsonlite)\n", "a script, not a config"),
        (
            "endpoint.yml",
            "$schema: https://azuremlschemas.example/latest/managedOnlineDeployment.schema.json\nname: blue\n",
            "a file of Azure ML v2",
        ),
        ("blue.yml", "name: blue\nendpoint_name: mine\nmodel: {path: m}\n", "a file of Azure ML v2"),
        ("blue.yml", "name: blue\ncode_configuration: {code: src, scoring_script: s.py}\n", "a file of Azure ML v2"),
        ("s.yaml", "apiVersion: machinelearning.seldon.io/v1\nkind: SeldonDeployment\n", "a SeldonDeployment"),
        ("k.yaml", "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\n", "an InferenceService of KServe"),
        (
            "k.yaml",
            "apiVersion: serving.kubeflow.org/v1alpha2\nkind: InferenceService\n",
            "an InferenceService of KServe",
        ),
        ("d.yaml", "apiVersion: apps/v1\nkind: Deployment\n", "a Kubernetes manifest"),
        ("MLproject", "name: x\nentry_points: {main: {command: python train.py}}\n", "an MLproject file"),
        ("MLmodel", "flavors: {python_function: {loader_module: mlflow.sklearn}}\n", "the MLmodel file"),
        ("e.json", '{"EndpointConfigName": "x", "ProductionVariants": []}', "a request to SageMaker"),
        ("v.json", '{"ProductionVariants": []}', "a request to SageMaker"),
        ("n.json", '{"EndpointConfigName": "x", "EndpointName": "y"}', "a request to SageMaker"),
        ("m.json", '{"ModelName": "x", "PrimaryContainer": {"Image": "y"}}', "a request to SageMaker"),
        ("p.json", '{"ModelPackageName": "x"}', "a request to SageMaker"),
        ("template.yaml", "AWSTemplateFormatVersion: '2010-09-09'\nResources: {}\n", "a CloudFormation template"),
        ("sam.yaml", "Transform: AWS::Serverless-2016-10-31\nResources: {}\n", "a CloudFormation template"),
        ("bentofile.yaml", "service: service:svc\ninclude: ['*.py']\n", "a bentofile of BentoML"),
        ("bentofile.yaml", "service: s:S\nmodels: [a:latest]\ninclude: ['*.py']\n", "a bentofile of BentoML"),
        (
            "serverless.yml",
            "service: a\nprovider: {name: aws}\nfunctions: {score: {handler: score.run}}\n",
            "a file of the Serverless Framework",
        ),
        ("cog.yaml", "build: {python_version: '3.8'}\npredict: predict.py:P\n", "a cog.yaml"),
        ("docker-compose.yml", "services: {web: {image: x}}\n", "a Compose file"),
        ("azure-pipelines.yml", "trigger: [main]\nsteps: []\n", "a pipeline of a CI service"),
        ("trigger.yml", "trigger: [main]\n", "a pipeline of a CI service"),
        ("ci.yml", "on: [push]\njobs: {build: {}}\n", "a pipeline of a CI service"),
        ("stages.yml", "stages: [build]\n", "a pipeline of a CI service"),
        ("steps.yml", "steps: []\n", "a pipeline of a CI service"),
        (
            "deployment.template.json",
            '{"modulesContent": {"$edgeAgent": {"properties.desired": {"modules": {}}}}}',
            "a deployment of IoT Edge modules",
        ),
        ("amlmodule.json", '{"amlModuleName": "scorer"}', "a deployment of IoT Edge modules"),
        (
            "config.json",
            '{"subscription_id": "1", "resource_group": "r", "workspace_name": "w"}',
            "the config.json of a workspace",
        ),
        ("train.runconfig", "script: train.py\ntarget: cluster\nframework: Python\n", "a run configuration"),
        ("release.yaml", "service: s\nmodels: []\ninference: {entryScript: score.py}\n", "a release file of Shipway"),
        ("onnx.yaml", "service: s\nmodels: [m:1]\n", "a release file of Shipway"),
        (
            "azureml_environment.json",
            '{"name": "e", "python": {}, "docker": {}}',
            "an environment (azureml_environment.json)",
        ),
        ("myenv.yml", "name: e\ndependencies: [python=3.6.2]\n", "a conda file"),
    ],
)
def test_files_of_other_tools_are_called_what_they_are(name: str, text: str, is_a: str) -> None:
    try:
        value = json.loads(text) if text.startswith("{") else yaml.safe_load(text)
    except yaml.YAMLError:
        value = None
    kind = kind_of_config(name, text, value)
    assert kind is not None
    assert kind.is_a.startswith(is_a)
    assert kind.line == f"this is {kind.is_a}: {kind.remedy}"


@pytest.mark.parametrize(
    "value", [{"entryScript": "score.py"}, {"computeType": "local"}, {"service": "a"}, {}, [], "text", None]
)
def test_what_may_be_a_config_is_none_of_them(value: object) -> None:
    assert kind_of_config("inferenceconfig.json", json.dumps(value), value) is None


@pytest.mark.parametrize(
    ("text", "is_a"),
    [
        ("import argparse\nif __name__ == '__main__':\n    main()\n", "a job or training script"),
        ("print('hello')\n", "a job or training script"),
        ("def init():\n    pass\n\ndef run(mini_batch):\n    return []\n", "a batch script (ParallelRunStep)"),
        (f"from azureml_user.parallel_run import EntryScript\n{ENTRY}", "a batch script (ParallelRunStep)"),
        ("from azureml.accel import AccelContainerImage\n", "a service for FPGAs"),
        (
            "from azureml.api.schema.dataTypes import DataTypes\ndef run(x): pass\ndef main(): pass\n",
            "a script of the Azure ML Workbench",
        ),
    ],
)
def test_scripts_that_are_no_entry_scripts_are_called_what_they_are(text: str, is_a: str) -> None:
    kind = kind_of_script("score.py", text, parse(text))
    assert kind is not None
    assert kind.is_a.startswith(is_a)


@pytest.mark.parametrize(
    "text",
    [
        ENTRY,
        "from other import init, run\n",
        "from other import *\n",
        "init = make()\nrun = lambda data: data\n",
        f"{ENTRY}\nif __name__ == '__main__':\n    init()\n",
    ],
)
def test_entry_scripts_are_none_of_them(text: str) -> None:
    assert kind_of_script("score.py", text, parse(text)) is None


def test_an_entry_script_in_r_is_told_by_its_name_and_by_its_text() -> None:
    text = "library(jsonlite)\n\ninit <- function() {\n}\n"
    for name in ("score.R", "score.py"):
        kind = kind_of_script(name, text, None)
        assert kind is not None
        assert kind.is_a == "an entry script in R, which Azure ran by a server of its own"
    for value in ({"entryScript": "score.R"}, {"entryScript": "score.py", "environment": {"r": {"rVersion": "3.6"}}}):
        kind = kind_of_inference(value)
        assert kind is not None
        assert "R" in kind.is_a
    assert kind_of_inference({"entryScript": "score.py", "environment": {"python": {}, "r": None}}) is None
