"""The flags of `az ml` that deploy, update, package, profile and check share, and the key of v1's configs for each.

Names are those of the azure-cli-ml extension (contract section 17.1; the public reference of `az ml model deploy`).
Texts of 2019 write the two-letter ones with one dash: both are understood, one is shown. What a flag says is laid over
the file that goes with it, and wins (G-7); what is wrong with it is said of the flag.
"""

import argparse
from argparse import Namespace
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from shipway.errors import ConfigError

if TYPE_CHECKING:
    from shipway.cli.context import Context
    from shipway.cli.parser import Parser
    from shipway.config.documents import Document, Loaded
    from shipway.domain.environment import InferenceConfig

Group: TypeAlias = "argparse.ArgumentParser | argparse._ArgumentGroup"


@dataclass(frozen=True, kw_only=True)
class Flag:
    """A flag that stands for the key at `keys` of a config. A `secret` one is never shown again."""

    names: tuple[str, ...]
    keys: tuple[str, ...]
    read: Callable[[str], object] = str
    help: str = ""
    secret: bool = False

    @property
    def name(self) -> str:
        """The long one, for messages."""
        return max(self.names, key=len)

    @property
    def dest(self) -> str:
        return self.name.removeprefix("--").replace("-", "_")


def truth(text: str) -> bool:
    """What stands after `--ae` and its like: `True`, as people type it. The flag alone means true."""
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if text.lower() not in words:
        raise argparse.ArgumentTypeError(f"expected true or false, not {text!r}")
    return words[text.lower()]


def whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a whole number, not {text!r}") from None


def number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a number, not {text!r}") from None


def _flag(names: str, keys: str, read: Callable[[str], object] = str, help: str = "", *, secret: bool = False) -> Flag:  # noqa: A002 - argparse's word
    return Flag(names=tuple(names.split()), keys=tuple(keys.split("/")), read=read, help=help, secret=secret)


_RESOURCES = "containerResourceRequirements"
_PROBE = "livenessProbeRequirements"

_METAVARS: dict[Callable[[str], object], str] = {str: "TEXT", truth: "BOOL", whole: "N", number: "X"}

SCRIPT_FLAGS = (
    _flag("--es --entry-script", "entryScript", help="the script with init() and run(), relative to --sd if given"),
    _flag("--sd --source-directory", "sourceDirectory", help="the folder that travels with the script"),
    _flag("--cf --conda-file", "condaFile", help="the conda file of the environment"),
)
IMAGE_FLAGS = (
    _flag("--rt --runtime", "runtime", help="python, python-slim or spark-py"),
    _flag("--ds --extra-docker-file-steps", "extraDockerfileSteps", help="a file with further Docker steps"),
    _flag("--eg --enable-gpu", "enableGpu", truth, help="an image with GPU support"),
    _flag("--cv --cuda-version", "cudaVersion", help="9.0, 9.1 or 10.0"),
    _flag("--bi --base-image", "baseImage", help="the image below the environment"),
    _flag("--ir --base-image-registry", "baseImageRegistry", help="where that image is pulled from"),
)
INFERENCE_FLAGS = SCRIPT_FLAGS + IMAGE_FLAGS

DEPLOYMENT_FLAGS = (
    _flag("--cp --compute-type", "computeType", help="local, ACI, AKS or AKSENDPOINT"),
    _flag("--po --port", "port", whole, help="of a local service, on 127.0.0.1"),
    _flag("--cc --cpu-cores", f"{_RESOURCES}/cpu", number, help="cores that are asked for"),
    _flag("--ccl --cpu-cores-limit", f"{_RESOURCES}/cpuLimit", number, help="cores at most"),
    _flag("--gb --memory-gb", f"{_RESOURCES}/memoryInGB", number, help="memory that is asked for"),
    _flag("--gbl --memory-gb-limit", f"{_RESOURCES}/memoryInGBLimit", number, help="memory at most"),
    _flag("--gc --gpu-cores", "gpuCores", whole),
    _flag("--ae --auth-enabled", "authEnabled", truth, help="key auth; v1's default: ACI no, AKS yes"),
    _flag("--token-auth-enabled", "tokenAuthEnabled", truth),
    _flag("--kp --primary-key", "keys/primaryKey", secret=True),
    _flag("--ks --secondary-key", "keys/secondaryKey", secret=True),
    _flag("--ai --enable-app-insights", "appInsightsEnabled", truth),
    _flag("--md --collect-model-data", "dataCollection/storageEnabled", truth),
    _flag("--as --autoscale-enabled", "autoScaler/autoscaleEnabled", truth),
    _flag("--mi --autoscale-min-replicas", "autoScaler/minReplicas", whole),
    _flag("--ma --autoscale-max-replicas", "autoScaler/maxReplicas", whole),
    _flag("--ar --autoscale-refresh-seconds", "autoScaler/refreshPeriodInSeconds", whole),
    _flag("--at --autoscale-target-utilization", "autoScaler/targetUtilization", whole, help="percent"),
    _flag("--nr --num-replicas", "numReplicas", whole),
    _flag("--tm --scoring-timeout-ms", "scoringTimeoutMs", whole),
    _flag("--rm --replica-max-concurrent-requests", "maxConcurrentRequestsPerContainer", whole),
    _flag("--mr --max-request-wait-time", "maxQueueWaitMs", whole, help="milliseconds"),
    _flag("--ps --period-seconds", f"{_PROBE}/periodSeconds", whole),
    _flag("--id --initial-delay-seconds", f"{_PROBE}/initialDelaySeconds", whole),
    _flag("--ts --timeout-seconds", f"{_PROBE}/timeoutSeconds", whole),
    _flag("--st --success-threshold", f"{_PROBE}/successThreshold", whole),
    _flag("--ft --failure-threshold", f"{_PROBE}/failureThreshold", whole),
    _flag("--namespace", "namespace", help="of Kubernetes"),
    _flag("--se --ssl-enabled", "sslEnabled", truth),
    _flag("--sp --ssl-cert-pem-file", "sslCertificate"),
    _flag("--sk --ssl-key-pem-file", "sslKey"),
    _flag("--sc --ssl-cname", "cname"),
    _flag("--dn --dns-name-label", "dnsNameLabel"),
    _flag("--lo --location", "location", help="the region of ACI"),
    _flag("--vault-base-url", "vaultBaseUrl"),
    _flag("--key-name", "keyName"),
    _flag("--key-version", "keyVersion"),
    _flag("--vnet-name", "vnetName"),
    _flag("--subnet-name", "subnetName"),
    _flag("--vn --version-name", "versionName", help="of an endpoint"),
    _flag("--tp --traffic-percentile", "trafficPercentile", number, help="of an endpoint's version"),
)

TARGET = "--ct --compute-target --target"


def add_option(parser: "Group", *names: str, also: tuple[str, ...] = (), **settings: Any) -> None:
    """An option whose value stands under its longest name. It also goes by its short names with one dash, as texts of
    2019 have them (`-ic` for `--ic`), and by those of `also`, of which the help says nothing."""
    dest = max(names, key=len).lstrip("-").replace("-", "_")
    parser.add_argument(*names, dest=dest, **settings)
    hidden = [*also, *(name[1:] for name in names if name.startswith("--") and len(name) <= len("--ccl"))]
    if hidden:
        parser.add_argument(*hidden, **{**settings, "dest": dest, "help": argparse.SUPPRESS, "required": False})


def add_models_flags(parser: "Parser") -> None:
    """`-m` and `-f`, of which each may be repeated."""
    models = parser.add_argument_group("models")
    add_option(
        models,
        "-m",
        "--model",
        action="append",
        default=[],
        metavar="ID",
        help="a registered model, NAME:VERSION, or a path that is registered first; repeatable",
    )
    add_option(
        models,
        "-f",
        "--model-metadata-file",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="what `model register -t FILE` wrote; repeatable",
    )


def add_inference_flags(parser: "Parser", flags: Collection[Flag] = INFERENCE_FLAGS) -> None:
    """`--ic` and all that may be said instead of it or over it."""
    group = parser.add_argument_group("inference config")
    add_option(
        group,
        "--ic",
        "--inference-config-file",
        also=("--inference-config",),
        type=Path,
        metavar="FILE",
        help="JSON or YAML",
    )
    _add_flags(group, flags)
    add_option(group, "-e", "--environment-name", metavar="NAME", help="a registered environment")
    add_option(group, "--ev", "--environment-version", metavar="N", help="of that environment; default: the newest")
    add_option(
        group,
        "--ed",
        "--environment-directory",
        type=Path,
        metavar="DIR",
        help="an environment's folder, as `environment scaffold` makes it",
    )


def add_deployment_flags(parser: "Parser", *, with_target: bool = True) -> None:
    """`--dc` and all that may be said instead of it or over it. An update stays where its service is."""
    group = parser.add_argument_group("deployment config")
    add_option(
        group,
        "--dc",
        "--deploy-config-file",
        also=("--deploy-config", "--deployment-config"),
        type=Path,
        metavar="FILE",
        help="JSON or YAML",
    )
    if with_target:
        add_option(
            group, *TARGET.split(), metavar="NAME", help="one of `shipway target list`, or v1's name of an AKS cluster"
        )
    _add_flags(group, [flag for flag in DEPLOYMENT_FLAGS if with_target or flag.keys != ("computeType",)])


def _add_flags(group: "Group", flags: Collection[Flag]) -> None:
    for flag in flags:
        settings: dict[str, Any] = {"type": flag.read, "metavar": _METAVARS[flag.read]}
        if flag.read is truth:
            settings |= {"nargs": "?", "const": True}
        add_option(group, *flag.names, help=flag.help or f"{'/'.join(flag.keys)} of the config", **settings)


def models_of(args: Namespace) -> tuple[str, ...]:
    """What `-m` and `-f` name, in this order. Raises ConfigError for a metadata file that names no model (M-13)."""
    return (*args.model, *(_model_id(path) for path in args.model_metadata_file))


def inference_document(args: Namespace) -> "Loaded[Document | None]":
    """The inference config as file and flags have it, for `load_inference_config`; None when there is neither.

    Its warnings say which flag won over the file. Raises ConfigError for a file that cannot be read, or that is no
    inference config. The environment that `-e` or `--ed` names is none of it.
    """
    from shipway.cli.v1_documents import INFERENCE, laid_over

    return laid_over(INFERENCE, args.inference_config_file, _given(args, INFERENCE_FLAGS))


def inference_of(args: Namespace, context: "Context") -> "Loaded[Document | InferenceConfig | None]":
    """`inference_document`; where `-e` or `--ed` names an environment, the inference config is read in that one.

    Raises ConfigError for an environment that there is not, that has no script beside it, or that is named twice; and
    as `load_inference_config` does.
    """
    from shipway.cli.v1_documents import in_named_environment

    return in_named_environment(inference_document(args), args, context)


def deployment_document(args: Namespace) -> "Loaded[Document | None]":
    """As `inference_document`, for `load_deployment_config`. Flags alone are of a local service, or of AKS where the
    target is none of Shipway's: then it is the name of a cluster."""
    from shipway.cli.v1_documents import DEPLOYMENT, laid_over

    given = _given(args, DEPLOYMENT_FLAGS)
    if given and args.deploy_config_file is None:
        target = getattr(args, "compute_target", None)
        kind = "local" if target is None or target in _targets() else "AKS"
        given.setdefault(("computeType",), (_COMPUTE_TYPE, kind))
    return laid_over(DEPLOYMENT, args.deploy_config_file, given)


def _targets() -> Collection[str]:
    from shipway.targets.base import known_kinds

    return known_kinds()


_COMPUTE_TYPE = DEPLOYMENT_FLAGS[0]


def _given(args: Namespace, flags: Collection[Flag]) -> dict[tuple[str, ...], tuple[Flag, object]]:
    """By key: the flags that were typed, with what they say."""
    values = [(flag, getattr(args, flag.dest, None)) for flag in flags]
    return {flag.keys: (flag, value) for flag, value in values if value is not None}


def _model_id(path: Path) -> str:
    from shipway.config.documents import read_document

    document = read_document(path)
    content = document.value
    found = content.get("modelId") if isinstance(content, dict) else None
    if not isinstance(found, str):
        raise ConfigError(
            f"{path}: has no modelId; --model-metadata-file takes what `shipway model register -t FILE` wrote"
        )
    return found
