"""Things that look like assets of Azure ML v1 and are not, called by their name, with what to do. Pure.

They lie in the same repositories as real assets, under the same names of files.
"""

import ast
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from shipway.asset.tree import Tree

Keys: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What something is instead, and what to do about it."""

    is_a: str
    remedy: str

    @property
    def line(self) -> str:
        return f"this is {self.is_a}: {self.remedy}"


_SCRIPT_AND_CONFIG = "write an entry script with init() and run(), and an inference config that names it"
_USE_ITS_SCRIPT = "give Shipway the model and the scoring script that it names, with an inference config of v1"

_PARALLEL = Kind(
    is_a="a batch script (ParallelRunStep): its run() takes a mini-batch of files or rows, not a request",
    remedy="an online service needs a script whose run() takes one request",
)
_JOB = Kind(
    is_a="a job or training script, not an entry script: it defines neither init() nor run()", remedy=_SCRIPT_AND_CONFIG
)
_FPGA = Kind(
    is_a="a service for FPGAs (azureml.accel, AccelContainerImage): it has no entry script and does not speak JSON",
    remedy="serve the TensorFlow or ONNX model itself, such as with `shipway model deploy` of a registered ONNX model",
)
_R = Kind(
    is_a="an entry script in R, which Azure ran by a server of its own",
    remedy="Shipway serves Python: call R from a Python script (rpy2, or Rscript as a subprocess), or use ONNX",
)
_SCORER_OF_2018 = Kind(
    is_a="a script of the Azure ML Workbench of 2018, which makes its schema in a main()",
    remedy="describe the inputs of run() with inference-schema's decorators",
)


def kind_of_config(name: str, text: str, value: object) -> Kind | None:
    """What a file that was given as a config is instead; None when it may be one. `value` is it as JSON or YAML."""
    if name == "Dockerfile" or re.match(r"\s*(#[^\n]*\n\s*)*(ARG[^\n]*\n\s*)*FROM\s+\S+", text):
        return Kind(
            is_a="a Dockerfile", remedy="name it in the environment (docker.baseDockerfile) of an inference config"
        )
    if re.match(r"\s*(import |from \S+ import |def |library\()", text):
        return Kind(is_a="a script, not a config", remedy="name it as entryScript in an inference config, or with --es")
    if not isinstance(value, Mapping):
        return None
    return next((kind for is_one, kind in _CONFIGS if is_one(value)), None)


def kind_of_script(name: str, text: str, tree: Tree | None) -> Kind | None:
    """What a script is instead of an entry script; None when it may be one. `tree` is None for what is no Python."""
    looks_like_r = tree is None and re.search(r"^\s*library\(|<-\s*function\(", text, re.MULTILINE)
    if _is_r(name) or looks_like_r:
        return _R
    return None if tree is None else next((kind for is_one, kind in _SCRIPTS if is_one(tree)), None)


def kind_of_inference(value: object) -> Kind | None:
    """Of an inference config that names something else than a Python script."""
    if not isinstance(value, Mapping):
        return None
    script = value.get("entryScript")
    if isinstance(script, str) and _is_r(script):
        return _R
    environment = value.get("environment")
    if isinstance(environment, Mapping) and environment.get("r") and not environment.get("python"):
        return _R
    return None


def _is_r(name: str) -> bool:
    return name.lower().endswith((".r", ".rmd"))


def _takes_a_batch(tree: Tree) -> bool:
    run = tree.functions.get("run")
    named = run is not None and bool(run.args.args) and run.args.args[0].arg in {"mini_batch", "minibatch"}
    return named or "azureml_user.parallel_run" in _imported(tree)


def _is_for_fpga(tree: Tree) -> bool:
    return any(name.startswith("azureml.accel") for name in _imported(tree))


def _is_of_2018(tree: Tree) -> bool:
    return "azureml.api.schema.dataTypes" in _imported(tree) and "init" not in tree.functions


def _is_a_job(tree: Tree) -> bool:
    return not {"init", "run"} & _bound(tree) and not _has_star(tree)


_SCRIPTS: tuple[tuple[Callable[[Tree], bool], Kind], ...] = (
    (_is_for_fpga, _FPGA),
    (_takes_a_batch, _PARALLEL),
    (_is_of_2018, _SCORER_OF_2018),
    (_is_a_job, _JOB),
)


def _azureml_v2(keys: Keys) -> bool:
    schema = str(keys.get("$schema", ""))
    return "azuremlschemas" in schema or "endpoint_name" in keys or "code_configuration" in keys


def _api(keys: Keys) -> str:
    return str(keys.get("apiVersion", ""))


def _conda(keys: Keys) -> bool:
    return "dependencies" in keys and not {"entryScript", "computeType"} & keys.keys()


_CONFIGS: tuple[tuple[Callable[[Keys], bool], Kind], ...] = (
    (
        _azureml_v2,
        Kind(is_a="a file of Azure ML v2 (a managed endpoint, a job or an environment)", remedy=_USE_ITS_SCRIPT),
    ),
    (lambda keys: "seldon.io" in _api(keys), Kind(is_a="a SeldonDeployment", remedy=_USE_ITS_SCRIPT)),
    (
        lambda keys: _api(keys).startswith(("serving.kserve.io", "serving.kubeflow.org")),
        Kind(is_a="an InferenceService of KServe", remedy=_USE_ITS_SCRIPT),
    ),
    (
        lambda keys: "apiVersion" in keys and "kind" in keys,
        Kind(is_a="a Kubernetes manifest", remedy=_USE_ITS_SCRIPT),
    ),
    (
        lambda keys: "entry_points" in keys,
        Kind(is_a="an MLproject file of MLflow, which describes training", remedy=_SCRIPT_AND_CONFIG),
    ),
    (
        lambda keys: "flavors" in keys,
        Kind(
            is_a="the MLmodel file of a model of MLflow", remedy=f"register its folder as a model; {_SCRIPT_AND_CONFIG}"
        ),
    ),
    (
        lambda keys: bool(
            {"ProductionVariants", "PrimaryContainer", "EndpointConfigName", "ModelPackageName"} & keys.keys()
        ),
        Kind(is_a="a request to SageMaker", remedy=_USE_ITS_SCRIPT),
    ),
    (
        lambda keys: "Transform" in keys or "AWSTemplateFormatVersion" in keys,
        Kind(is_a="a CloudFormation template", remedy=_USE_ITS_SCRIPT),
    ),
    (
        lambda keys: "service" in keys and "include" in keys,
        Kind(is_a="a bentofile of BentoML", remedy=_SCRIPT_AND_CONFIG),
    ),
    (
        lambda keys: "service" in keys and "provider" in keys,
        Kind(is_a="a file of the Serverless Framework, which deploys functions", remedy=_SCRIPT_AND_CONFIG),
    ),
    (lambda keys: "predict" in keys and "build" in keys, Kind(is_a="a cog.yaml", remedy=_SCRIPT_AND_CONFIG)),
    (
        lambda keys: "services" in keys and "entryScript" not in keys,
        Kind(is_a="a Compose file", remedy=_SCRIPT_AND_CONFIG),
    ),
    (
        lambda keys: bool({"jobs", "stages", "steps", "trigger"} & keys.keys()),
        Kind(is_a="a pipeline of a CI service", remedy="name the configs that it deploys with"),
    ),
    (
        lambda keys: "amlModuleName" in keys or "modulesContent" in keys,
        Kind(
            is_a="a deployment of IoT Edge modules", remedy="its module's script needs an inference config of its own"
        ),
    ),
    (
        lambda keys: "subscription_id" in keys and "workspace_name" in keys,
        Kind(is_a="the config.json of a workspace", remedy="name an inference config instead, with entryScript in it"),
    ),
    (
        lambda keys: "script" in keys and "target" in keys,
        Kind(is_a="a run configuration, which describes a training run", remedy=_SCRIPT_AND_CONFIG),
    ),
    (
        lambda keys: "service" in keys and bool({"models", "inference"} & keys.keys()),
        Kind(is_a="a release file of Shipway", remedy="give it to `shipway release`, with --dry-run to see its plan"),
    ),
    (
        lambda keys: "python" in keys and "docker" in keys and "entryScript" not in keys,
        Kind(
            is_a="an environment (azureml_environment.json)",
            remedy="give its folder with --ed, and the script with --es",
        ),
    ),
    (_conda, Kind(is_a="a conda file", remedy="name it as condaFile in an inference config, or with --cf")),
)


def _imported(tree: Tree) -> set[str]:
    found = set()
    for node in tree.nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def _bound(tree: Tree) -> set[str]:
    names = set()
    for node in tree.nodes:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                names.add(node.name)
            case ast.Name(ctx=ast.Store()):
                names.add(node.id)
            case ast.ImportFrom():
                names |= {alias.asname or alias.name for alias in node.names}
            case _:
                pass
    return names


def _has_star(tree: Tree) -> bool:
    return any(isinstance(n, ast.ImportFrom) and any(a.name == "*" for a in n.names) for n in tree.nodes)
