"""What a handle of a service shows: as of its last look, and `state` as it is now."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from shipway.azureml._standing import LocalState, Standing, look, state_of
from shipway.azureml.exceptions import WebserviceException, raised_as
from shipway.domain.canonical import rfc3339
from shipway.release.details import details_of

if TYPE_CHECKING:
    from shipway.azureml._deploying import Begun
    from shipway.azureml.model import Model
    from shipway.azureml.workspace import Workspace

_KINDS = {"process": "Local", "docker": "Local"}
"""v1's words for Shipway's targets; of any other the word is its own, in capitals."""


class Shown:
    """A service by its name; `_begun` is the release that this handle itself began, if it did."""

    workspace: "Workspace"
    name: str
    _begun: "Begun | None"
    _seen: Standing

    @property
    def state(self) -> str:
        """As it is now."""
        self._seen = self._look()
        return self._state.value

    @property
    def scoring_uri(self) -> str | None:
        """None before anything answers there."""
        return self._seen.service.scoring_uri if self._seen.service and self._seen.champion else None

    @property
    def swagger_uri(self) -> str | None:
        """The scoring URI with its last part replaced."""
        uri = self.scoring_uri
        return f"{uri.rpartition('/')[0]}/swagger.json" if uri else None

    @property
    def compute_type(self) -> str:
        kind = self._seen.service.kind if self._seen.service else "process"
        return _KINDS.get(kind, kind.upper())

    @property
    def description(self) -> str | None:
        return self._details.description or None

    @property
    def tags(self) -> dict[str, str]:
        return dict(self._details.tags)

    @property
    def properties(self) -> dict[str, str]:
        return dict(self._details.properties)

    @property
    def created_time(self) -> datetime | None:
        """When the first of its releases ended, since it was deleted last."""
        first = self._seen.this_life[0].at if self._seen.this_life else None
        return first or (self._seen.report.requested_at if self._seen.report else None)

    @property
    def updated_time(self) -> datetime | None:
        return self._seen.champion.at if self._seen.champion else None

    @property
    def image_digest(self) -> str | None:
        return self._seen.champion.image_digest if self._seen.champion else None

    @property
    def image_id(self) -> None:
        """An image is known by its digest."""
        return

    @property
    def models(self) -> "list[Model]":
        """The versions in service; one that was deleted by force is left out."""
        from shipway.azureml.exceptions import ModelNotFoundException
        from shipway.azureml.model import Model

        found = []
        for model_id in sorted(self._model_ids):
            try:
                found.append(Model(self.workspace, id=model_id))
            except ModelNotFoundException:
                continue
        return found

    @property
    def error(self) -> str | None:
        """Why the last release did not end well, or why the service has failed; None when neither is so."""
        report = self._seen.report
        if report is None and self._begun is not None:
            return self._begun.why_dead()
        if report is not None and report.phase.ended and report.phase.value != "promoted":
            return report.reason
        if report is not None and not report.phase.ended and self._state is LocalState.FAILED:
            return f"release {report.release_id} is {report.standing}; `shipway release resume` goes on with it"
        service = self._seen.service
        return service.status.message if service and self._state is LocalState.FAILED else None

    @property
    def auth_enabled(self) -> bool:
        """Local services have no keys (K-3)."""
        return False

    token_auth_enabled = auth_enabled
    app_insights_enabled = auth_enabled
    ssl_enabled = auth_enabled

    def serialize(self) -> dict[str, Any]:
        """v1's keys (13.2)."""
        self._seen = self._look()
        return {
            "name": self.name,
            "description": self.description,
            "tags": self.tags,
            "properties": self.properties,
            "state": self._state.value,
            "createdTime": _text(self.created_time),
            "updatedTime": _text(self.updated_time),
            "error": self.error,
            "computeType": self.compute_type,
            "workspaceName": self.workspace.name,
            "imageId": None,
            "imageDigest": self.image_digest,
            "scoringUri": self.scoring_uri,
            "swaggerUri": self.swagger_uri,
            "imageDetails": None,
            "createdBy": None,
            "models": sorted(self._model_ids),
        }

    @property
    def _state(self) -> LocalState:
        is_dead = self._begun is not None and self._begun.why_dead() is not None
        return state_of(self._seen, begun_here=self._begun is not None, is_dead=is_dead)

    @property
    def _details(self) -> Any:
        with raised_as(WebserviceException):
            return details_of(self.workspace._store, self.name)

    @property
    def _model_ids(self) -> frozenset[str]:
        """In service; of one that has not come up, those that it was to serve."""
        champion, report = self._seen.champion, self._seen.report
        return frozenset(champion.models if champion else report.models if report else ())

    def _look(self) -> Standing:
        with raised_as(WebserviceException):
            return look(self.workspace, self.name, self._begun.release_id if self._begun else None)

    def __repr__(self) -> str:
        uri = self.scoring_uri
        return f"{type(self).__name__}(workspace={self.workspace!r}, name={self.name}, scoring_uri={uri})"


def _text(moment: datetime | None) -> str | None:
    return rfc3339(moment) if moment else None
