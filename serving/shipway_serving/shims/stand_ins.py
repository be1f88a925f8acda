"""Names that can be imported and mentioned, and whose use raises an error that says what to do.

Scripts that only score import deployment code by habit; that must not stop them. A call that would have reached Azure
cannot work here, and says so where it happens.
"""

from typing import Any, Dict, Tuple

REMEDIES = {
    "azureml.core": "add azureml-core to the environment, or keep this call out of the scoring script",
    "azureml.train.automl": "add azureml-train-automl-client to the environment",
    "azureml.assets": "its package is not published any more; the model lies in AZUREML_MODEL_DIR",
}
"""What to do, by the leading part of the module's name."""


class AzureMLNotInstalled(ImportError):
    """Something was used that only a package that is not installed can do."""

    def __init__(self, used: str, module: str) -> None:
        self._made_of = (used, module)
        remedy = next(text for part, text in REMEDIES.items() if (module + ".").startswith(part + "."))
        what = f"{used} was called, but the real {module} is not installed, only a stand-in that can be imported"
        super().__init__(f"{what}: {remedy}", name=module)

    def __reduce__(self) -> Any:
        """For scripts that use processes: an exception that cannot be unpickled blocks a pool for ever."""
        return type(self), self._made_of


class Unusable:
    """Some attribute of a stand-in, at any depth: only its call raises."""

    def __init__(self, name: str, module: str) -> None:
        self._name = name
        self._module = module

    def __getattr__(self, name: str) -> "Unusable":
        public = _public(name)  # First: a copy that is being made has no ``_name`` yet.
        return Unusable(self._name + "." + public, self._module)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Raise ``AzureMLNotInstalled``."""
        raise AzureMLNotInstalled(self._name + "()", self._module)

    def __repr__(self) -> str:
        return f"<{self._name}, not installed>"


class StandIn(type):
    """The type of classes that can be named, subclassed and used in annotations, but neither made nor asked."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        """Raise ``AzureMLNotInstalled``."""
        raise AzureMLNotInstalled(cls._path() + "()", cls.__module__)

    def __getattr__(cls, name: str) -> Unusable:
        return Unusable(cls._path() + "." + _public(name), cls.__module__)

    def _path(cls) -> str:
        return cls.__module__ + "." + cls.__qualname__


_made: Dict[Tuple[str, str], Any] = {}


def stand_in(module: str, name: str) -> Any:
    """The stand-in for ``name`` of ``module``: a class for a class's name, else a function; always the same one."""
    if (module, name) not in _made:
        is_class = name[:1].isupper()
        made = StandIn(name, (), {"__module__": module}) if is_class else Unusable(module + "." + name, module)
        _made[module, name] = made
    return _made[module, name]


def _public(name: str) -> str:
    """``name``; raises ``AttributeError`` for the names by which libraries look at what an object can do."""
    if name.startswith("_"):
        raise AttributeError(name)
    return name
