"""Which key of v1's two configs each flag of `az ml` stands for, and how its value is read. Pure.

Names are those of the azure-cli-ml extension (contract section 17.1; the public reference of `az ml model deploy`),
keys those of contract sections 9 and 11.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass


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
