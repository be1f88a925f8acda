"""v1's Experiment: a name on an MLflow tracking server, under which runs are found."""

import itertools
import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from shipway.azureml.exceptions import ExperimentExecutionException, UserErrorException, raised_as
from shipway.registry import runs

if TYPE_CHECKING:
    from shipway.azureml.run import Run
    from shipway.azureml.workspace import Workspace

_MOST_RUNS = 1000


class Experiment:
    """Nothing is asked before a run is."""

    def __init__(self, workspace: "Workspace", name: str, **_: Any) -> None:
        if not isinstance(name, str) or not name:
            raise UserErrorException(f"an experiment's name is text, not {name!r}")
        self.workspace = workspace
        self.name = name

    @property
    def id(self) -> str | None:
        with raised_as(ExperimentExecutionException), runs.open_tracking() as tracking:
            return tracking.experiment_id(self.name)

    @property
    def workspace_object(self) -> "Workspace":
        return self.workspace

    @staticmethod
    def list(workspace: "Workspace", experiment_name: str | None = None, **_: Any) -> "_Experiments":
        """Those of the tracking server."""
        with raised_as(ExperimentExecutionException), runs.open_tracking() as tracking:
            names = tracking.experiments()
        return [Experiment(workspace, name) for name in names if experiment_name in (None, name)]

    def get_runs(
        self,
        type: str | None = None,
        tags: str | Mapping[str, str] | None = None,
        properties: Any = None,
        include_children: bool = False,
    ) -> "Iterator[Run]":
        """The finished ones, newest first; those that another run started only with `include_children`."""
        del type, properties
        from shipway.azureml.run import Run

        with raised_as(ExperimentExecutionException), runs.open_tracking() as tracking:
            found = list(itertools.islice(runs.finished_runs(tracking, self.name), _MOST_RUNS))
        wanted = {tags: None} if isinstance(tags, str) else dict(tags or {})
        for run in found:
            if (include_children or run.parent_id is None) and all(
                key in run.tags and value in (None, run.tags[key]) for key, value in wanted.items()
            ):
                yield Run._of(self, run)

    def submit(self, *_: Any, **__: Any) -> "Run":
        """Raises UserErrorException: nothing is trained here."""
        _refuse_training("submit")

    def start_logging(self, *_: Any, **__: Any) -> "Run":
        """As `submit`."""
        _refuse_training("start_logging")

    def __repr__(self) -> str:
        return f"Experiment(Name: {self.name}, Workspace: {self.workspace.name})"


def _refuse_training(verb: str) -> NoReturn:
    raise UserErrorException(
        f"Experiment.{verb}() is not there: Shipway brings models into service, and runs no training; train where "
        "you like, and register what came out with Model.register() or run.register_model()"
    )


_Experiments = list[Experiment]
"""`list` is a method above."""


def tracking_uri() -> str:
    """Raises UserErrorException when there is none."""
    found = os.environ.get("MLFLOW_TRACKING_URI")
    if not found:
        raise UserErrorException("MLFLOW_TRACKING_URI is not set; set it to the tracking server that has your runs")
    return found
