"""v1's Run: one that has been, on an MLflow tracking server, for what it left; or none, for a script outside of any."""

import itertools
import os
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shipway.azureml._filters import texts
from shipway.azureml._telling import remark, show
from shipway.azureml.exceptions import (
    ExperimentExecutionException,
    ModelPathNotFoundException,
    RunEnvironmentException,
    UserErrorException,
    WebserviceException,
    raised_as,
)
from shipway.azureml.resource_configuration import ResourceConfiguration
from shipway.errors import RunPathNotFound
from shipway.registry import runs
from shipway.registry.mlflow_tracking import Run as TrackedRun
from shipway.registry.mlflow_tracking import Tracking
from shipway.registry.models import Registry
from shipway.registry.run_files import RunFiles, files_at

if TYPE_CHECKING:
    from shipway.azureml.experiment import Experiment
    from shipway.azureml.model import Model
    from shipway.azureml.workspace import Workspace

_STATES = {"FINISHED": "Completed", "FAILED": "Failed", "KILLED": "Canceled", "RUNNING": "Running"}
"""MLflow's words to v1's."""

_PRIMARY_METRIC = ("primary_metric", "azureml.primary_metric")
"""Where a run's tags or parameters name the metric that its iterations are compared by."""

_MOST_RUNS = 1000


class Run:
    """A run of an experiment. It is only read: what trains does not run here."""

    def __init__(self, experiment: "Experiment", run_id: str, **_: Any) -> None:
        """Raises ExperimentExecutionException when the tracking server has none of this id."""
        with raised_as(ExperimentExecutionException), runs.open_tracking() as tracking:
            found = runs.find_run(tracking, run_id, experiment=experiment.name)
        self._take(experiment, found)

    @classmethod
    def _of(cls, experiment: "Experiment", found: TrackedRun) -> "Run":
        run = cls.__new__(cls)
        run._take(experiment, found)
        return run

    def _take(self, experiment: "Experiment", found: TrackedRun) -> None:
        self.experiment = experiment
        self.id = found.run_id
        self.model_id: str | None = None
        """Of the version that AutoML's form of `register_model` made."""
        self._tracked = found

    @staticmethod
    def get(workspace: "Workspace", run_id: str) -> "Run":
        """Raises ExperimentExecutionException when the tracking server has none of this id."""
        from shipway.azureml.experiment import Experiment

        with raised_as(ExperimentExecutionException), runs.open_tracking() as tracking:
            found = runs.find_run(tracking, run_id)
        return Run._of(Experiment(workspace, found.experiment), found)

    @classmethod
    def get_context(cls, allow_offline: bool = True, used_for_context_manager: bool = False, **_: Any) -> Any:
        """An offline run. Raises RunEnvironmentException when the caller will not have one."""
        del used_for_context_manager
        if not allow_offline:
            raise RunEnvironmentException(
                "Could not load a submitted run: Shipway runs no training, so there is none that this script is part of"
            )
        return _OfflineRun()

    @property
    def name(self) -> str:
        return self._tracked.name

    display_name = name

    @property
    def number(self) -> None:
        """MLflow counts no runs."""
        return

    @property
    def tags(self) -> dict[str, str]:
        return dict(self._tracked.tags)

    @property
    def properties(self) -> dict[str, str]:
        """MLflow's parameters."""
        return dict(self._tracked.parameters)

    @property
    def status(self) -> str:
        return _STATES.get(self._tracked.status, self._tracked.status)

    def get_status(self) -> str:
        self.refresh()
        return self.status

    def refresh(self) -> None:
        with raised_as(ExperimentExecutionException), runs.open_tracking() as tracking:
            self._tracked = runs.find_run(tracking, self.id)

    def get_details(self) -> dict[str, Any]:
        return {
            "runId": self.id,
            "status": self.status,
            "startTimeUtc": self._tracked.started_at,
            "endTimeUtc": self._tracked.ended_at,
            "properties": self.properties,
        }

    def get_metrics(self, name: str | None = None, **_: Any) -> dict[str, float]:
        """The last value of each."""
        found = dict(self._tracked.metrics)
        return found if name is None else {key: value for key, value in found.items() if key == name}

    def get_tags(self) -> dict[str, str]:
        return self.tags

    def get_properties(self) -> dict[str, str]:
        return self.properties

    def get_file_names(self) -> list[str]:
        with raised_as(ExperimentExecutionException), runs.open_tracking() as tracking:
            files = files_at(self._tracked.location, tracking.connection, os.environ, run_id=self.id)
            return sorted(_paths_below(files, ""))

    def download_file(self, name: str, output_file_path: str | Path | None = None, **_: Any) -> None:
        """To `output_file_path`, by default under its own name here. Raises UserErrorException."""
        to = Path(output_file_path) if output_file_path is not None else Path(name).name
        to = Path(to) / Path(name).name if Path(to).is_dir() else Path(to)
        with (
            raised_as(UserErrorException),
            runs.open_tracking() as tracking,
            runs.fetch_from_run(tracking, self._tracked, name) as fetched,
        ):
            _move(fetched.path, to)

    def get_children(self, **_: Any) -> list["Run"]:
        """Those that this one started, newest first."""
        with raised_as(ExperimentExecutionException), runs.open_tracking() as tracking:
            every = itertools.islice(runs.finished_runs(tracking, self.experiment.name), _MOST_RUNS)
            return [Run._of(self.experiment, found) for found in every if found.parent_id == self.id]

    def get_output(self, iteration: int | None = None, metric: str | None = None, **_: Any) -> tuple["Run", None]:
        """AutoML's best iteration. The fitted model itself is not loaded: that is for its own Python.

        Raises UserErrorException when nothing says by which metric, or no iteration has it.
        """
        del iteration
        with raised_as(UserErrorException), runs.open_tracking() as tracking:
            return Run._of(self.experiment, self._best(tracking, metric)), None

    def register_model(
        self,
        model_name: str | None = None,
        model_path: str | None = None,
        tags: Mapping[str, Any] | None = None,
        properties: Mapping[str, Any] | None = None,
        model_framework: str | None = None,
        model_framework_version: str | None = None,
        description: str | None = None,
        datasets: Sequence[Any] | None = None,
        sample_input_dataset: object = None,
        sample_output_dataset: object = None,
        resource_configuration: ResourceConfiguration | None = None,
        metric: str | None = None,
        **_: Any,
    ) -> "Model":
        """What the run left at `model_path`, by default at a path called `model_name`, as the next version.

        Without either it is AutoML's form: of the iterations the one with the best primary metric, whose id is the
        model's name; `model_id` is set. Raises ModelPathNotFoundException, naming what the run has instead, and
        WebserviceException.
        """
        if datasets or sample_input_dataset is not None or sample_output_dataset is not None:
            remark("datasets are not kept with a model: Shipway keeps models, not data")
        from shipway.azureml._registered_model import our_resources
        from shipway.azureml.model import Model

        with raised_as(WebserviceException), _path_not_found(), runs.open_tracking() as tracking:
            is_automl = model_path is None and model_name is None
            run = self._best(tracking, metric) if is_automl else self._tracked
            name = model_name or (_automl_name(run) if is_automl else Path(str(model_path)).name)
            path = model_path or ("outputs/model.pkl" if is_automl else str(model_name))
            show(f"Registering model {name}")
            with runs.fetch_from_run(tracking, run, path) as fetched:
                version = Registry(self.experiment.workspace._store).register_path(
                    fetched.path, name=name, now=datetime.now(UTC), run=run.facts(fetched.asset_path),
                    tags=texts(tags, "tags"), properties=texts(properties, "properties"),
                    description=description or "", resources=our_resources(resource_configuration),
                    framework=model_framework, framework_version=model_framework_version or "",
                )  # fmt: skip
        if is_automl:
            self.model_id = version.name
        return Model._of(self.experiment.workspace, version)

    def wait_for_completion(self, show_output: bool = False, **_: Any) -> dict[str, Any]:
        """Only looks: a run that still runs does so elsewhere."""
        del show_output
        self.refresh()
        return self.get_details()

    def __getattr__(self, name: str) -> Any:
        """What v1's run could do while it ran."""
        if name.startswith("_") or name not in _WRITES:
            raise AttributeError(f"'Run' object has no attribute {name!r}")
        raise UserErrorException(f"Run.{name}() is not there: Shipway reads runs; log to MLflow where the training is")

    def _best(self, tracking: Tracking, metric: str | None) -> TrackedRun:
        named = {**self._tracked.parameters, **self._tracked.tags}
        wanted = metric or next((named[key] for key in _PRIMARY_METRIC if key in named), None)
        if wanted is None:
            raise UserErrorException(
                f"run {self.id} does not say by which metric its iterations are compared; pass metric=, or model_path= "
                "to register what this run itself left"
            )
        return runs.best_run(tracking, self.experiment.name, wanted, parent=self.id)

    def __repr__(self) -> str:
        return f"Run(Experiment: {self.experiment.name}, Id: {self.id}, Status: {self.status})"


_WRITES = frozenset({
    "add_properties", "cancel", "child_run", "complete", "create_children", "fail", "flush", "log",
    "log_accuracy_table", "log_confusion_matrix", "log_image", "log_list", "log_predictions", "log_residuals",
    "log_row", "log_table", "remove_tags", "set_tags", "start", "submit_child", "tag", "upload_file", "upload_files",
    "upload_folder",
})  # fmt: skip


class _OfflineRun:
    """What `Run.get_context()` gives outside of a run: it prints what it is told to log, as v1 did."""

    def __init__(self) -> None:
        self.id = f"OfflineRun_{uuid.uuid4()}"

    def log(self, name: str, value: Any, *_: Any, **__: Any) -> None:
        show(f"Attempted to log scalar metric {name}:\n{value}")

    def log_list(self, name: str, value: Any, *_: Any, **__: Any) -> None:
        show(f"Attempted to log list metric {name}:\n{value}")

    def log_row(self, name: str, *_: Any, **values: Any) -> None:
        show(f"Attempted to log row metric {name}:\n{values}")

    def log_table(self, name: str, value: Any, *_: Any, **__: Any) -> None:
        show(f"Attempted to log table metric {name}:\n{value}")

    def tag(self, key: str, value: Any = None) -> None:
        show(f"Attempted to add tag {key} with value {value}")

    def _recorded_nowhere(self, *_: Any, **__: Any) -> None:
        """There is no run to record it in."""

    log_image = log_accuracy_table = log_confusion_matrix = log_predictions = log_residuals = _recorded_nowhere
    set_tags = add_properties = upload_file = upload_files = upload_folder = _recorded_nowhere
    complete = fail = cancel = flush = _recorded_nowhere


@contextmanager
def _path_not_found() -> Iterator[None]:
    """v1 had an exception of its own for a path of a run where no model lies."""
    try:
        yield
    except RunPathNotFound as error:
        raise ModelPathNotFoundException(str(error), inner_exception=error) from None


def get_run(experiment: "Experiment", run_id: str, **_: Any) -> Run:
    return Run(experiment, run_id)


def _paths_below(files: RunFiles, folder: str) -> Iterator[str]:
    for found in files.children(folder):
        if found.is_folder:
            yield from _paths_below(files, found.path)
        else:
            yield found.path


def _automl_name(run: TrackedRun) -> str:
    """v1 made one of the run's id, without what a model's name cannot have."""
    return "".join(letter for letter in run.run_id if letter.isalnum())


def _move(path: Path, to: Path) -> None:
    try:
        to.absolute().parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(path.read_bytes())
    except OSError as error:
        raise UserErrorException(f"{to}: cannot be written: {error.strerror}") from error
