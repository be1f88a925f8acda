"""What all compute targets share."""

import re
from typing import TYPE_CHECKING, Any, NoReturn

from shipway.azureml.exceptions import ComputeTargetException

if TYPE_CHECKING:
    from shipway.azureml.workspace import Workspace

_NAME = re.compile(r"[a-zA-Z](?=.{1,15}$)[-a-zA-Z0-9]*")
"""v1's rule: 2 to 16 letters, digits and '-', beginning with a letter."""

NOT_THERE = "there is no AKS target of Shipway's yet; the targets are those of `shipway target list`"


class ComputeTarget:
    """By its name. Whether there is one is not asked: it is named, and who deploys to it is told what it would get."""

    def __new__(cls, workspace: "Workspace", name: str) -> "ComputeTarget":
        del workspace, name
        if cls is not ComputeTarget:
            return super().__new__(cls)
        from shipway.azureml.compute.aks import AksCompute

        return super().__new__(AksCompute)

    def __init__(self, workspace: "Workspace", name: str) -> None:
        if not _NAME.fullmatch(name):
            raise ComputeTargetException(
                f"compute target name {name!r} is not allowed: use 2 to 16 letters, digits and '-', beginning with a "
                "letter"
            )
        self.workspace = workspace
        self.name = name
        self.type = ""
        self.provisioning_state = "Unknown"
        self.provisioning_errors: Any = None

    @staticmethod
    def create(workspace: "Workspace", name: str, provisioning_configuration: Any) -> "ComputeTarget":
        """Raises ComputeTargetException: for what is wrong with the configuration, else with what would be made."""
        ComputeTarget(workspace, name)
        provisioning_configuration.validate_configuration()
        _refuse(f"cluster {name} was not created ({provisioning_configuration.plan()})")

    @staticmethod
    def attach(workspace: "Workspace", name: str, attach_configuration: Any) -> "ComputeTarget":
        """Raises ComputeTargetException, as `create`."""
        ComputeTarget(workspace, name)
        attach_configuration.validate_configuration()
        _refuse(f"cluster {name} was not attached ({attach_configuration.plan()})")

    @staticmethod
    def list(workspace: "Workspace") -> "_Targets":
        del workspace
        return []

    def wait_for_completion(self, show_output: bool = False, **_: Any) -> None:
        del show_output
        _refuse(f"cluster {self.name} does not exist")

    def refresh_state(self) -> None:
        """There is nobody to ask."""

    def get_status(self) -> str:
        return self.provisioning_state

    def delete(self) -> None:
        _refuse(f"cluster {self.name} does not exist")

    detach = delete

    def serialize(self) -> dict[str, Any]:
        return {"name": self.name, "type": self.type, "provisioningState": self.provisioning_state}

    def __repr__(self) -> str:
        return f"{type(self).__name__}(workspace={self.workspace!r}, name={self.name})"


def _refuse(what: str) -> NoReturn:
    raise ComputeTargetException(f"{what}: {NOT_THERE}")


_Targets = list[ComputeTarget]
"""`list` is a method above."""
