"""The exceptions of azureml-core: scripts catch them, and answer with their text."""

import json
from typing import Any, Optional


class AzureMLException(Exception):
    """The root of Azure ML's exceptions."""

    __module__ = "azureml._common.exceptions"

    def __init__(self, exception_message: str, inner_exception: Any = None, **kwargs: Any) -> None:
        super().__init__(exception_message)
        self.message = exception_message
        self.inner_exception = inner_exception

    def __str__(self) -> str:
        """As azureml-core 1.48 writes it: this text is what clients of such scripts have seen."""
        response = json.dumps({"error": {"message": self.message}}, indent=4)
        lines = [f"{type(self).__name__}:", f"\tMessage: {self.message}", f"\tInnerException {self.inner_exception}"]
        return "\n".join(lines + ["\tErrorResponse ", response])

    __repr__ = __str__


class UserErrorException(AzureMLException):
    """The caller's fault."""

    __module__ = "azureml.exceptions"


class AuthenticationException(UserErrorException):
    """Not signed in."""

    __module__ = "azureml.exceptions"


class WebserviceException(AzureMLException):
    """About a web service, or a model's path."""

    __module__ = "azureml.exceptions"

    def __init__(
        self, exception_message: str, status_code: Optional[int] = None, logger: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(exception_message, **kwargs)
        self.status_code = status_code


class ModelNotFoundException(AzureMLException):
    """No such model."""

    __module__ = "azureml.exceptions"


OUTSIDE_OF_A_RUN = (
    "Could not load a submitted run, if outside of an execution context, use experiment.start_logging to initialize an "
    "azureml.core.Run."
)


class RunEnvironmentException(AzureMLException):
    """Outside of a run."""

    __module__ = "azureml.exceptions"

    def __init__(self, exception_message: str = OUTSIDE_OF_A_RUN, **kwargs: Any) -> None:
        super().__init__(exception_message, **kwargs)


def _named(name: str) -> Any:
    """One more exception, which is raised by nothing here."""
    return type(name, (AzureMLException,), {"__module__": "azureml.exceptions", "__doc__": "Raised by nothing here."})


ActivityFailedException = _named("ActivityFailedException")
ComputeTargetException = _named("ComputeTargetException")
ExperimentExecutionException = _named("ExperimentExecutionException")
ModelPathNotFoundException = _named("ModelPathNotFoundException")
ProjectSystemException = _named("ProjectSystemException")
RunConfigurationException = _named("RunConfigurationException")
SnapshotException = _named("SnapshotException")
TrainingException = _named("TrainingException")
WorkspaceException = _named("WorkspaceException")
