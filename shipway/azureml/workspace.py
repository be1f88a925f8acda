"""v1's workspace: a Shipway workspace, found by the three names that Azure's had, or because it is near."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from shipway.azureml import _places
from shipway.azureml._places import Known, Names
from shipway.azureml._telling import remark
from shipway.azureml.exceptions import UserErrorException, WorkspaceException, raised_as
from shipway.machine.state import MachineState, machine_state
from shipway.store import workspace as store
from shipway.store.finding import WORKSPACE_FOLDER

if TYPE_CHECKING:
    from shipway.azureml.environment import Environment
    from shipway.azureml.experiment import Experiment
    from shipway.azureml.model import Model
    from shipway.azureml.webservice import Webservice

_NO_SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
_OUR_GROUP = "shipway"
"""What a workspace without v1's names has in their place: scripts print them."""


class Workspace:
    """Where models, services and environments are kept. Two of one URL are equal."""

    def __init__(
        self, subscription_id: str, resource_group: str, workspace_name: str, auth: object = None, **_: Any
    ) -> None:
        """`auth` and what else Azure wanted are taken and not needed.

        Raises WorkspaceException, with what to type, when these names mean no workspace here and none is near.
        """
        del auth
        with raised_as(WorkspaceException):
            known = _known_as(Names(
                subscription_id=str(subscription_id or ""),
                resource_group=str(resource_group or ""),
                workspace_name=str(workspace_name or ""),
            ))  # fmt: skip
            self._open(known)

    def _open(self, known: Known) -> None:
        self._known = known
        self._store = store.open_workspace(known.url)

    @classmethod
    def _of(cls, known: Known) -> Self:
        workspace = cls.__new__(cls)
        with raised_as(WorkspaceException):
            workspace._open(known)
        return workspace

    @classmethod
    def from_config(
        cls, path: str | Path | None = None, auth: object = None, _logger: object = None, _file_name: str | None = None
    ) -> Self:
        """By v1's `config.json`, looked for in the folder and above as v1 did; without one, the workspace that is near.

        `path` is a folder to begin at, or the file. Raises WorkspaceException or UserErrorException, saying what to
        type.
        """
        del auth, _logger
        start = Path(path).expanduser() if path is not None else Path.cwd()
        if path is not None and not start.exists():
            raise UserErrorException(f"{path}: no such file or folder; a workspace's config.json is looked for there")
        with raised_as(WorkspaceException):
            file = start if start.is_file() else _config_below(start.resolve(), _file_name)
            if file is not None:
                return cls._of(_known_as(_places.names_in(file)))
            return cls._of(_nearest(start.resolve()))

    @classmethod
    def get(
        cls,
        name: str,
        auth: object = None,
        subscription_id: str | None = None,
        resource_group: str | None = None,
        **_: Any,
    ) -> Self:
        """By its name, where one name is enough to tell it."""
        del auth
        with raised_as(WorkspaceException):
            found = _places.known_workspaces(name=name, resource_group=resource_group, subscription_id=subscription_id)
            if len(found) == 1:
                return cls._of(found[0])
            if len(found) > 1:
                groups = ", ".join(known.names.resource_group for known in found)
                raise WorkspaceException(f"workspace {name} is in several resource groups: {groups}; say which")
        return cls(subscription_id or "", resource_group or "", name)

    @classmethod
    def create(
        cls,
        name: str,
        auth: object = None,
        subscription_id: str | None = None,
        resource_group: str | None = None,
        location: str | None = None,
        exist_ok: bool = False,
        **_: Any,
    ) -> Self:
        """Gives the names to SHIPWAY_WORKSPACE or the workspace that is near, else to a new one in `.shipway` here.

        Raises WorkspaceException when the names have a workspace already, unless `exist_ok`.
        """
        del auth
        names = Names(
            subscription_id=subscription_id or "", resource_group=resource_group or "", workspace_name=str(name)
        )
        with raised_as(WorkspaceException):
            known = _places.find_known(names)
            if known is not None and not exist_ok:
                raise WorkspaceException(
                    f"workspace {name} exists already, in {known.url}; pass exist_ok=True, or get it with "
                    "Workspace.get() or Workspace.from_config()"
                )
            if known is None:
                known = Known(names=names, url=_places.workspace_here(Path.cwd()), location=location or "")
                _places.remember(known)
                remark(f"workspace {name} is {known.url}")
        return cls._of(known)

    @staticmethod
    def list(
        subscription_id: str | None = None, auth: object = None, resource_group: str | None = None
    ) -> "dict[str, list[Workspace]]":
        """Those that have been given names on this machine, by name."""
        del auth
        found: dict[str, list[Workspace]] = {}
        with raised_as(WorkspaceException):
            known_ones = _places.known_workspaces(resource_group=resource_group, subscription_id=subscription_id)
        for known in known_ones:
            try:
                workspace = Workspace._of(known)
            except WorkspaceException as error:
                remark(f"workspace {known.names.workspace_name}: {error.message}")
                continue
            found.setdefault(known.names.workspace_name, []).append(workspace)
        return found

    def write_config(self, path: str | Path | None = None, file_name: str | None = None) -> None:
        """To `.azureml` below `path`, by default below the current folder, so that `from_config` finds it again."""
        with raised_as(WorkspaceException):
            _places.remember(self._known)
            folder = Path(path).expanduser() if path is not None else Path.cwd()
            _places.write_config(self._known.names, folder, file_name=file_name)

    @property
    def name(self) -> str:
        return self._known.names.workspace_name

    @property
    def resource_group(self) -> str:
        return self._known.names.resource_group

    @property
    def subscription_id(self) -> str:
        return self._known.names.subscription_id

    @property
    def location(self) -> str:
        """The region that it was created for; else `local`, or what kind of bucket it is in."""
        return self._known.location or self._known.url.partition(":")[0].replace("file", "local")

    @property
    def sku(self) -> str:
        return "shipway"

    @property
    def tags(self) -> dict[str, str]:
        return {}

    def get_details(self) -> dict[str, Any]:
        """v1's keys as far as they mean something, and where the workspace is."""
        names = self._known.names
        scope = (
            f"/subscriptions/{names.subscription_id}/resourceGroups/{names.resource_group}"
            f"/providers/Microsoft.MachineLearningServices/workspaces/{names.workspace_name}"
        )
        return {
            "id": scope,
            "name": names.workspace_name,
            "location": self.location,
            "type": "Microsoft.MachineLearningServices/workspaces",
            "sku": self.sku,
            "workspaceid": self._known.url,
            "url": self._known.url,
        }

    @property
    def models(self) -> "dict[str, Model]":
        """The newest version of each, by name."""
        from shipway.azureml.model import Model

        return {model.name: model for model in Model.list(self, latest=True)}

    @property
    def webservices(self) -> "dict[str, Webservice]":
        from shipway.azureml.webservice import Webservice

        return {service.name: service for service in Webservice.list(self)}

    @property
    def environments(self) -> "dict[str, Environment]":
        from shipway.azureml.environment import Environment

        return Environment.list(self)

    @property
    def experiments(self) -> "dict[str, Experiment]":
        from shipway.azureml.experiment import Experiment

        return {experiment.name: experiment for experiment in Experiment.list(self)}

    @property
    def compute_targets(self) -> dict[str, Any]:
        """None: clusters are no part of a workspace yet."""
        return {}

    @property
    def images(self) -> dict[str, Any]:
        """None: an image belongs to the machine that built it."""
        return {}

    def get_mlflow_tracking_uri(self) -> str:
        """Where runs are looked up: MLFLOW_TRACKING_URI."""
        from shipway.azureml.experiment import tracking_uri

        return tracking_uri()

    def delete(self, delete_dependent_resources: bool = False, no_wait: bool = False) -> None:
        """Takes the names away; what is in the workspace stays, for a script must not be able to lose all of it."""
        del delete_dependent_resources, no_wait
        with raised_as(WorkspaceException):
            _places.forget(self._known.names)
        remark(f"workspace {self.name} has no name any more; what was in it stays in {self._known.url}")

    def __getattr__(self, name: str) -> Any:
        """What Azure's workspace had and this has not."""
        if name.startswith("_") or name not in _NOT_HERE:
            raise AttributeError(f"'Workspace' object has no attribute {name!r}")
        raise UserErrorException(f"Workspace.{name} is not there: {_NOT_HERE[name]}")

    @cached_property
    def _state(self) -> MachineState:
        return machine_state(self._store.url)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Workspace) and other._store.url == self._store.url

    def __hash__(self) -> int:
        return hash(self._store.url)

    def __repr__(self) -> str:
        names = self._known.names
        return (
            f"Workspace.create(name={names.workspace_name!r}, subscription_id={names.subscription_id!r}, "
            f"resource_group={names.resource_group!r})"
        )


_DATA = "Shipway keeps models, not data; read the files where they lie"

_NOT_HERE = {
    "datasets": _DATA,
    "datastores": _DATA,
    "get_default_datastore": _DATA,
    "set_default_datastore": _DATA,
    "get_default_keyvault": "Shipway keeps no secrets; take them from the environment",
    "get_default_compute_target": "Shipway runs no training",
    "linked_services": "there is nothing of Azure to link",
    "private_endpoints": "there is nothing of Azure to connect",
    "get_run": "ask for it by Run.get(workspace, run_id), with MLFLOW_TRACKING_URI set",
    "list_keys": "there is nothing of Azure to list keys of",
    "sync_keys": "there is nothing of Azure whose keys could be old",
    "update": "a workspace has no settings",
}
"""What v1 had besides, and what there is in its place."""


def _known_as(names: Names) -> Known:
    """What the names mean here, else the workspace that is near, which is said. Raises WorkspaceException."""
    known = _places.find_known(names)
    if known is not None:
        return known
    url = _places.nearest_workspace(Path.cwd())
    if url is None:
        raise WorkspaceException(
            f"workspace {names.workspace_name!r} of resource group {names.resource_group!r} names no workspace here; "
            f"make one with `shipway init`, or say which one it is with `shipway workspace attach {names.flags} URL`"
        )
    remark(
        f"workspace {names.workspace_name} is {url}, which is near; `shipway workspace attach {names.flags}` keeps that"
    )
    return Known(names=names, url=url)


def _nearest(folder: Path) -> Known:
    """A workspace without v1's names. Raises WorkspaceException."""
    url = _places.nearest_workspace(folder)
    if url is None:
        raise WorkspaceException(
            f"no workspace: neither {folder} nor a folder above it holds {_places.CONFIG_FOLDER}/config.json, "
            f"config.json or {WORKSPACE_FOLDER}; make one with `shipway init`, or name one with SHIPWAY_WORKSPACE"
        )
    place = url.removesuffix(f"/{WORKSPACE_FOLDER}").rstrip("/")
    names = Names(
        subscription_id=_NO_SUBSCRIPTION, resource_group=_OUR_GROUP, workspace_name=place.rpartition("/")[2] or place
    )
    return Known(names=names, url=url)


def _config_below(folder: Path, file_name: str | None) -> Path | None:
    if file_name is None:
        return _places.config_file(folder)
    named = (place / sub / file_name for place in (folder, *folder.parents) for sub in (".azureml", "aml_config", "."))
    return next((path for path in named if path.is_file()), None)
