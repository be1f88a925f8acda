"""Names of v1's that can be imported and mentioned, and whose use says what there is in their place."""

from collections.abc import Callable
from typing import Any

from shipway.azureml.exceptions import UserErrorException

_TRAINING = "Shipway brings models into service, and runs no training"
_DATA = "Shipway keeps models, not data; read the files where they lie"
_IMAGES = "images are built with the service that they are for; use InferenceConfig and Model.deploy, or Model.package"
_AZURE = "there is nothing of Azure's to connect to"

STAND_INS: dict[str, tuple[str, tuple[str, ...]]] = {
    "compute": (
        _TRAINING,
        (
            "AdlaCompute", "AmlCompute", "BatchCompute", "ComputeInstance", "DataFactoryCompute", "DatabricksCompute",
            "DsvmCompute", "HDInsightCompute", "KubernetesCompute", "KustoCompute", "RemoteCompute", "SynapseCompute",
        ),
    ),
    "dataset": (_DATA, ("Dataset",)),
    "datastore": (_DATA, ("Datastore",)),
    "image": (_IMAGES, ("ContainerImage", "Image")),
    "keyvault": ("Shipway keeps no secrets; take them from the environment", ("Keyvault",)),
    "linked_service": (_AZURE, ("LinkedService", "SynapseWorkspaceLinkedServiceConfiguration")),
    "private_endpoint": (_AZURE, ("PrivateEndPoint", "PrivateEndPointConfig")),
    "runconfig": (
        _TRAINING,
        (
            "DataReferenceConfiguration", "DataPath", "DockerConfiguration", "HdiConfiguration", "HistoryConfiguration",
            "MpiConfiguration", "PyTorchConfiguration", "RunConfiguration", "SparkConfiguration",
            "TensorflowConfiguration",
        ),
    ),
    "script_run": (_TRAINING, ("ScriptRun",)),
    "script_run_config": (_TRAINING, ("ScriptRunConfig",)),
}  # fmt: skip
"""By module: what to do instead, and the names."""


class _StandIn(type):
    """Of classes that can be named, subclassed and used in annotations, but neither made nor asked."""

    remedy: str

    def __call__(cls, *_: Any, **__: Any) -> Any:
        """Raises UserErrorException."""
        raise _missing(cls.__name__, cls.remedy)

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return _Unusable(f"{cls.__name__}.{name}", cls.remedy)


class _Unusable:
    """Some attribute of a stand-in, at any depth: only its call raises."""

    def __init__(self, name: str, remedy: str) -> None:
        self._name = name
        self._remedy = remedy

    def __getattr__(self, name: str) -> "_Unusable":
        if name.startswith("_"):
            raise AttributeError(name)
        return _Unusable(f"{self._name}.{name}", self._remedy)

    def __call__(self, *_: Any, **__: Any) -> Any:
        """Raises UserErrorException."""
        raise _missing(self._name, self._remedy)

    def __repr__(self) -> str:
        return f"<{self._name}, which is not there>"


_made: dict[tuple[str, str], type] = {}


def stand_ins(module: str) -> Callable[[str], Any]:
    """The `__getattr__` of a module: its stand-ins, always the same ones."""
    remedy, names = STAND_INS[module.rpartition(".")[2]]

    def find(name: str) -> Any:
        if name == "__all__":
            return list(names)
        if name not in names:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        if (module, name) not in _made:
            _made[module, name] = _StandIn(name, (), {"__module__": module, "remedy": remedy})
        return _made[module, name]

    return find


def _missing(used: str, remedy: str) -> UserErrorException:
    return UserErrorException(f"{used} is not there: {remedy}")
