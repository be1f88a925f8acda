"""Runs and experiments as an MLflow tracking server tells them, of MLflow 2 and 3. Reads only.

"artifact" is MLflow's word for the files of a run, and stands here only where its interface does.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from shipway.domain.model import RunFacts
from shipway.registry.mlflow_http import Connection

API = "api/2.0/mlflow"
"""MLflow 3 speaks it, too: 2.0 is the version of the interface."""
_PAGE = 100
_MOST_EXPERIMENTS = 1000

FINISHED = "FINISHED"
_PARENT = "mlflow.parentRunId"


@dataclass(frozen=True, kw_only=True)
class LoggedModel:
    """MLflow 3 keeps what `log_model(name=...)` logs beside the run's files, in a place of its own."""

    name: str
    location: str


@dataclass(frozen=True, kw_only=True)
class Run:
    """`location` is the URI below which its files lie; `metrics` have the last value of each, NaN included."""

    run_id: str
    experiment_id: str
    experiment: str
    server: str
    status: str
    location: str
    started_at: datetime | None = None
    ended_at: datetime | None = None
    name: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    model_ids: tuple[str, ...] = ()
    is_deleted: bool = False

    @property
    def is_finished(self) -> bool:
        return self.status == FINISHED

    @property
    def parent_id(self) -> str | None:
        """The run that started it: a sweep's, or AutoML's."""
        return self.tags.get(_PARENT)

    def facts(self, path: str) -> RunFacts:
        """What a model version keeps of it."""
        return RunFacts(
            run_id=self.run_id, experiment=self.experiment, ended_at=self.ended_at, path=path, server=self.server
        )


class Tracking:
    """What we ask of a tracking server. Raises what Connection raises."""

    def __init__(self, connection: Connection, *, page_size: int = _PAGE) -> None:
        self.connection = connection
        self._page_size = page_size
        self._experiments: dict[str, str] = {}

    @property
    def where(self) -> str:
        return self.connection.where

    def run(self, run_id: str) -> Run | None:
        """None when there is no such run."""
        answer = self.connection.ask(f"{API}/runs/get", {"run_id": run_id})
        with self.connection.understood():
            return self._run(answer["run"]) if answer and "run" in answer else None

    def experiment_id(self, name: str) -> str | None:
        """None when there is no such experiment."""
        answer = self.connection.ask(f"{API}/experiments/get-by-name", {"experiment_name": name})
        if not answer or "experiment" not in answer:
            return None
        with self.connection.understood():
            found = str(answer["experiment"]["experiment_id"])
        self._experiments[found] = name
        return found

    def experiments(self) -> tuple[str, ...]:
        """Names of those that were not deleted, the newest thousand."""
        answer = self.connection.ask(f"{API}/experiments/search", document={"max_results": _MOST_EXPERIMENTS}) or {}
        with self.connection.understood():
            return tuple(str(one["name"]) for one in answer.get("experiments", ()))

    def runs(self, experiment_id: str, *, condition: str = "", order: str = "start_time DESC") -> Iterator[Run]:
        """Page by page, as they are asked for. `condition` and `order` are in MLflow's own small language."""
        asked = {
            "experiment_ids": [experiment_id],
            "filter": condition,
            "order_by": [order],
            "max_results": self._page_size,
            "run_view_type": "ACTIVE_ONLY",
        }
        while True:
            answer = self.connection.ask(f"{API}/runs/search", document=asked) or {}
            with self.connection.understood():
                page = [self._run(found) for found in answer.get("runs", ())]
            yield from page
            token = answer.get("next_page_token")
            if not token:
                return
            asked["page_token"] = token

    def logged_model(self, model_id: str) -> LoggedModel | None:
        """None when there is no such model, or the server does not know of them."""
        answer = self.connection.ask(f"{API}/logged-models/{model_id}")
        with self.connection.understood():
            info = ((answer or {}).get("model") or {}).get("info")
            return LoggedModel(name=str(info["name"]), location=str(info["artifact_uri"])) if info else None

    def _experiment_name(self, experiment_id: str) -> str:
        if experiment_id not in self._experiments:
            answer = self.connection.ask(f"{API}/experiments/get", {"experiment_id": experiment_id}) or {}
            self._experiments[experiment_id] = str((answer.get("experiment") or {}).get("name", experiment_id))
        return self._experiments[experiment_id]

    def _run(self, document: Mapping[str, Any]) -> Run:
        info, data = document["info"], document.get("data") or {}
        experiment_id = str(info["experiment_id"])
        outputs = (document.get("outputs") or {}).get("model_outputs") or ()
        return Run(
            run_id=str(info.get("run_id") or info["run_uuid"]),
            experiment_id=experiment_id,
            experiment=self._experiment_name(experiment_id),
            server=self.where,
            status=str(info.get("status", "")),
            location=str(info.get("artifact_uri", "")),
            started_at=_time(info.get("start_time")),
            ended_at=_time(info.get("end_time")),
            name=str(info.get("run_name", "")),
            metrics={one["key"]: float(one.get("value", 0)) for one in data.get("metrics", ())},
            tags=_texts(data.get("tags", ())),
            parameters=_texts(data.get("params", ())),
            model_ids=tuple(str(one["model_id"]) for one in outputs),
            is_deleted=info.get("lifecycle_stage") == "deleted",
        )


def _texts(pairs: Any) -> dict[str, str]:
    return {one["key"]: str(one.get("value", "")) for one in pairs}


def _time(milliseconds: Any) -> datetime | None:
    """MLflow counts milliseconds since 1970, in JSON as a number or, by some servers, as text; 0 is none."""
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC) if milliseconds and int(milliseconds) > 0 else None
