"""v1's Webservice: a handle of a service by its name. What it shows is as of the last look; every verb looks again."""

import contextlib
import getpass
import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NoReturn

from shipway.azureml._asking import ask
from shipway.azureml._deployment_config import WebserviceDeploymentConfiguration
from shipway.azureml._filters import has, pairs, texts
from shipway.azureml._standing import NOT_BEGUN, LocalState, names_of
from shipway.azureml._telling import show
from shipway.azureml._waiting import failure_of, wait_for_release
from shipway.azureml.exceptions import WebserviceException, raised_as
from shipway.azureml.webservice._shown import Shown
from shipway.domain.names import service_name_fault
from shipway.errors import ServiceNotFound
from shipway.release.details import Change, changed, details_of, forget_details, forget_failure, keep_details
from shipway.release.inputs import forget_unbegun
from shipway.release.ledger import ledger_of
from shipway.release.log import log_path
from shipway.release.operations import Operator, retire

if TYPE_CHECKING:
    from pathlib import Path

    from shipway.azureml._deploying import Begun
    from shipway.azureml.workspace import Workspace

__all__ = ["Webservice", "WebserviceDeploymentConfiguration", "WebserviceException"]

_STOPPED = LocalState.FAILED, LocalState.DELETED, LocalState.UNKNOWN


class Webservice(Shown):
    """By its name: `Webservice(workspace, name)` is of the kind that the service is of.

    `Webservice(...)` of a name that there is not raises WebserviceException whose message contains WebserviceNotFound.
    """

    def __new__(cls, *_: Any, **__: Any) -> "Webservice":
        if cls is not Webservice:
            return super().__new__(cls)
        from shipway.azureml.webservice.local import LocalWebservice

        return super().__new__(LocalWebservice)  # the only kind that there can be yet

    def __init__(self, workspace: "Workspace", name: str, must_exist: bool = True) -> None:
        self.workspace = workspace
        self.name = name
        self._begun = None
        if service_name_fault(name):  # no such name can have been deployed
            self._raise_not_found()
        self._seen = self._look()
        if must_exist and self._seen.is_nothing:
            self._raise_not_found()

    @classmethod
    def _of(cls, workspace: "Workspace", begun: "Begun") -> "Webservice":
        """The handle of who began its release."""
        service = cls(workspace, begun.service, must_exist=False)
        service._begun = begun
        service._seen = service._look()
        return service

    @staticmethod
    def list(
        workspace: "Workspace",
        compute_type: str | None = None,
        image_name: str | None = None,
        image_id: str | None = None,
        model_name: str | None = None,
        model_id: str | None = None,
        tags: Sequence[Any] | None = None,
        properties: Sequence[Any] | None = None,
        image_digest: str | None = None,
    ) -> "_Webservices":
        """Sorted by name. Images have no names here: who asks for one finds nothing."""
        if image_name or image_id:
            return []
        found = [Webservice(workspace, name, must_exist=False) for name in names_of(workspace)]
        return [
            service
            for service in found
            if (compute_type is None or service.compute_type.lower() == compute_type.lower())
            and (model_id is None or model_id in service._model_ids)
            and (model_name is None or model_name in {one.rpartition(":")[0] for one in service._model_ids})
            and (image_digest is None or image_digest == service.image_digest)
            and has(service.tags, pairs(tags, "tags"))
            and has(service.properties, pairs(properties, "properties"))
        ]

    @staticmethod
    def deploy_from_model(*_: Any, **__: Any) -> NoReturn:
        """The way of 2018 and 2019, with an image configuration. Raises NotImplementedError."""
        raise NotImplementedError(
            "image configurations came before InferenceConfig: write InferenceConfig(source_directory=, entry_script=, "
            "environment=) and pass it to Model.deploy()"
        )

    deploy = deploy_from_image = deploy_local_from_model = deploy_from_model

    def update_deployment_state(self, must_exist: bool = False) -> None:
        """Looks again."""
        self._seen = self._look()
        if must_exist and self._seen.is_nothing:
            self._raise_not_found()

    def wait_for_deployment(self, show_output: bool = False, timeout_sec: float | None = None) -> None:
        """Until its release has ended. Prints each step, if asked, and where it answers.

        Raises WebserviceException when that was not a promotion: with the state, the reason, the verdict and where more
        is to be read. After `timeout_sec` it raises, too; nothing is stopped then.
        """
        self._require("wait_for_deployment", LocalState.DEPLOYING, LocalState.RUNNING, LocalState.FAILED)
        report, begun = self._seen.report, self._begun
        release_id = begun.release_id if begun else report.release_id if report else None
        if release_id is not None:
            with raised_as(WebserviceException):
                report = wait_for_release(
                    self.workspace,
                    release_id,
                    show_output=show_output,
                    timeout_s=timeout_sec,
                    has_died=begun.why_dead if begun else lambda: None,
                    is_at_work=begun.is_at_work if begun else lambda: False,
                )
        self._seen = self._look()
        if report is not None and report.phase.value != "promoted":
            raise failure_of(self.workspace, report, self._state.value)
        if self._state is LocalState.FAILED:
            raise WebserviceException(f"service {self.name} is failed: {self.error}; `.get_logs()` has its log")
        if show_output:
            show(f"{self.compute_type} webservice is running at {self.scoring_uri}")

    def run(self, input_data: object = None, *, input: object = None) -> Any:
        """Posts bytes, text, or a value as JSON, and gives back the answer's JSON. v1 had both names for it.

        Raises WebserviceException for any answer but 200, with code, headers and content.
        """
        body = input if input_data is None else input_data
        if body is None:
            raise WebserviceException(
                f"service {self.name}: run() needs what to send, such as json.dumps({{'data': []}})"
            )
        self._require("run", LocalState.DEPLOYING, LocalState.RUNNING)
        uri = self.scoring_uri
        if uri is None:
            raise WebserviceException(f"service {self.name} answers nowhere yet; call wait_for_deployment() first")
        return ask(self.name, uri, body)

    def get_logs(self, num_lines: int = 5000, init: bool = False) -> str:
        """Its last lines; of a release that did not end well those of the release, for what it started is gone.

        `init` was of a container of its own; here the one log has all.
        """
        del init
        self._seen = self._look()
        if self._seen.is_nothing and self._begun is None:
            self._raise_not_found()
        lines = list(self._release_lines()) if self._state in _STOPPED or self._is_deploying_first else []
        with raised_as(WebserviceException):
            if self._seen.target is not None and self._seen.service is not None:
                lines += list(self._seen.target.logs(self.name, tail=num_lines))
        return "\n".join(lines[-num_lines:]) + "\n" if lines else ""

    def get_keys(self) -> tuple[str, str]:
        self._has_no_keys("get_keys")

    def regen_key(self, key: str, set_key: str | None = None) -> None:
        del key, set_key
        self._has_no_keys("regen_key")

    def get_token(self) -> tuple[str, datetime]:
        self._has_no_keys("get_token")

    def get_access_token(self) -> Any:
        self._has_no_keys("get_access_token")

    def update(self, *args: Any, **changes: Any) -> None:
        """Local services alone can be: see LocalWebservice.update."""
        del args, changes
        raise NotImplementedError(f"{type(self).__name__}.update(): there is no such target of Shipway's yet")

    def delete(self) -> None:
        """Takes the service away, its models stay; one that never came up is forgotten. Nothing there is nothing.

        Raises WebserviceException while a release of it is under way.
        """
        self._seen = self._look()
        self._refuse_while_deploying()
        with raised_as(WebserviceException):
            operator = Operator(
                workspace=self.workspace._store,
                operation_id=f"retire-{secrets.token_hex(4)}",
                approver=getpass.getuser(),
                reason="deleted by a script",
            )
            if self._seen.has_something_to_delete:
                with contextlib.suppress(ServiceNotFound):
                    retire(operator, self.name)
            if (report := self._seen.report) is not None and report.standing == NOT_BEGUN:
                forget_unbegun(self.workspace._store, report.release_id, now=datetime.now(UTC))
            if (failed := self._seen.failed_release) is not None:
                forget_failure(self.workspace._store, self.name, failed)
            forget_details(self.workspace._store, self.name)
        self._begun = None
        self._seen = self._look()

    def add_tags(self, tags: Mapping[str, Any]) -> None:
        """Replaces those of the same key."""
        self._change(Change(add_tags=texts(tags, "tags")))

    def remove_tags(self, tags: Collection[str] | str) -> None:
        """What is not there is nothing."""
        self._change(Change(remove_tags=(tags,) if isinstance(tags, str) else tuple(tags)))

    def add_properties(self, properties: Mapping[str, Any]) -> None:
        """Raises WebserviceException for one that exists: properties never change (U-5)."""
        self._change(Change(add_properties=texts(properties, "properties")))

    @property
    def _is_deploying_first(self) -> bool:
        return self._state is LocalState.DEPLOYING and self._seen.champion is None

    def _change(self, change: Change) -> None:
        """Of one that there is: what is said of a name without a service would be said of the next one."""
        self._seen = self._look()
        if self._seen.is_nothing or self._state is LocalState.DELETED:
            self._raise_not_found()
        store = self.workspace._store
        with raised_as(WebserviceException):
            keep_details(store, self.name, changed(details_of(store, self.name), change, service=self.name))

    def _require(self, verb: str, *states: LocalState) -> None:
        """v1's words for a verb in the wrong state (L-1)."""
        self._seen = self._look()
        if self._state not in states:
            why = f" {self.error}" if self._state is LocalState.FAILED and self.error else ""
            raise WebserviceException(f"Cannot call {verb}() when service is {self._state.value}.{why}")

    def _refuse_while_deploying(self) -> None:
        """One that has not begun yet holds no lease that would turn anybody away, and would come up afterwards."""
        report = self._seen.report
        if report is not None and report.standing == NOT_BEGUN and self._state is LocalState.DEPLOYING:
            self._raise_deploying(report.release_id)

    def _refuse_before_it_is_up(self) -> None:
        """There is nothing to change yet, and a release is under way already (U-7)."""
        if self._is_deploying_first and (report := self._seen.report) is not None:
            self._raise_deploying(report.release_id)

    def _raise_deploying(self, release_id: str) -> NoReturn:
        raise WebserviceException(
            f"service {self.name} is still being deployed by release {release_id}: call wait_for_deployment() first, "
            f"or undo it with `shipway release abort {release_id}`",
            status_code=409,
        )

    def _release_lines(self) -> Sequence[str]:
        report = self._seen.report
        if report is None and self._begun is not None:  # refused before it began: all there is to say of it
            return [why] if (why := self._begun.why_dead()) else []
        last = report.release_id if report else (self._seen.entries[-1].release_id if self._seen.entries else None)
        if last is None:
            return []
        path: Path = log_path(self.workspace._state, last)
        return path.read_text(errors="replace").splitlines() if path.is_file() else []

    def _has_no_keys(self, verb: str) -> NoReturn:
        raise NotImplementedError(
            f"{type(self).__name__}.{verb}(): a local service has neither keys nor tokens, as in v1; whoever reaches "
            "its port may call it, and only this machine does"
        )

    def _raise_not_found(self) -> NoReturn:
        known = ", ".join(names_of(self.workspace)) or "none"
        entries = () if service_name_fault(self.name) else ledger_of(self.workspace._store, self.name).entries()
        last = entries[-1] if entries else None
        after = f"; its last release, {last.release_id}, was {last.event.value}: {last.reason}" if last else ""
        raise WebserviceException(
            f"WebserviceNotFound: Webservice with name {self.name} not found in workspace {self.workspace.name}; "
            f"services: {known}{after.replace('_', ' ')}"
        )


_Webservices = list[Webservice]
"""`list` is a method above."""
