"""What v1's SDK raised. Scripts catch these names, and look for words such as ModelNotFound in their text."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from shipway.errors import ModelNotFound, ShipwayError


class AzureMLException(Exception):
    """The root. `message` is the text in one piece."""

    def __init__(self, exception_message: str, inner_exception: BaseException | None = None, **_: Any) -> None:
        super().__init__(exception_message)
        self.message = exception_message
        self.inner_exception = inner_exception


class UserErrorException(AzureMLException):
    """What was asked for is wrong."""


class AuthenticationException(UserErrorException):
    """Raised by nothing here: no login is asked for."""


class WorkspaceException(AzureMLException):
    """No workspace, or none like that."""


class ProjectSystemException(WorkspaceException):
    """v1's word for a name of a workspace that names nothing."""


class WebserviceException(AzureMLException):
    """About a service, or a model."""

    def __init__(
        self, exception_message: str, status_code: int | None = None, logger: object = None, **more: Any
    ) -> None:
        super().__init__(exception_message, **more)
        self.status_code = status_code
        del logger


class ModelNotFoundException(WebserviceException):
    """No such model; the message contains ModelNotFound. v1 raised either class, so this is one of the other."""


class ModelPathNotFoundException(AzureMLException):
    """Nothing lies where a model should."""


class ComputeTargetException(AzureMLException):
    """About a compute target."""


class ExperimentExecutionException(AzureMLException):
    """A run could not be carried out."""


class RunEnvironmentException(AzureMLException):
    """Outside of a run."""


class RunConfigurationException(AzureMLException):
    """A run's configuration is wrong."""


class SnapshotException(AzureMLException):
    """Raised by nothing here."""


class TrainingException(AzureMLException):
    """Raised by nothing here."""


class ActivityFailedException(AzureMLException):
    """Raised by nothing here."""


class ServiceException(AzureMLException):
    """Raised by nothing here: there is no service of Azure ML to ask."""


@contextmanager
def raised_as(kind: type[AzureMLException]) -> Iterator[None]:
    """Shipway's own errors leave as v1's `kind`, text unchanged; a model that is not there as v1's exception for it."""
    try:
        yield
    except ModelNotFound as error:
        raise ModelNotFoundException(str(error), inner_exception=error) from None
    except ShipwayError as error:
        raise kind(str(error), inner_exception=error) from None
