"""v1's `Model.profile` (contract 21.2): how fast an image answers within limits, and what it needs."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shipway.azureml._inference_config import InferenceConfig
from shipway.azureml._packages import read_assets
from shipway.azureml._telling import progress, remark, show
from shipway.azureml.exceptions import UserErrorException, WebserviceException, raised_as
from shipway.release.packaging import package_image
from shipway.verification.profile import (
    LEAST,
    MOST_CPU,
    MOST_MEMORY_GB,
    ProfilePlan,
    ProfileResult,
    check_asked,
)
from shipway.verification.profile_rows import read_rows
from shipway.verification.profile_run import Profiled, run_profile

if TYPE_CHECKING:
    from shipway.azureml.workspace import Workspace

MIN_PROFILE_CPU = MIN_PROFILE_MEMORY = LEAST
MAX_PROFILE_CPU = MOST_CPU
MAX_PROFILE_MEMORY = MOST_MEMORY_GB


class ModelProfile:
    """A profile that was made."""

    def __init__(self, workspace: "Workspace", name: str, result: ProfileResult | None = None) -> None:
        """Raises WebserviceException for one of before: only its figures last, and only where they were written."""
        if result is None:
            raise WebserviceException(
                f"profile {name} is not kept: `Model.profile` gives its result at once; keep get_details()"
            )
        self.workspace = workspace
        self.name = name
        self._document = result.document()
        self.state: str = self._document["state"]
        self.error: str | None = self._document["error"]
        self.description = result.description
        self.recommended_cpu = self._document["recommendedCpu"]
        self.recommended_memory_in_gb = self._document["recommendedMemoryInGB"]

    def wait_for_completion(self, show_output: bool = False) -> None:
        """It is complete. Raises WebserviceException when it did not succeed; its partial figures stay."""
        if show_output:
            show(f"Profiling {self.state}")
        if self.error:
            raise WebserviceException(f"profile {self.name} failed: {self.error}")

    def get_details(self) -> dict[str, Any]:
        """v1's fields (21.2) that were measured."""
        return {key: value for key, value in self._document.items() if value is not None}

    def serialize(self) -> dict[str, Any]:
        return dict(self._document)


def profile(
    workspace: "Workspace",
    profile_name: str,
    models: Sequence[Any],
    inference_config: InferenceConfig,
    input_dataset: Any,
    *,
    cpu: float | None,
    memory_in_gb: float | None,
    description: str | None,
) -> ModelProfile:
    """Rows and limits are looked at first: an image takes longer. Raises WebserviceException."""
    plan = ProfilePlan()
    plan = replace(
        plan, cpu=plan.cpu if cpu is None else cpu, memory_gb=plan.memory_gb if memory_in_gb is None else memory_in_gb
    )
    with raised_as(WebserviceException):
        check_asked(profile_name, plan)
        asked = Profiled(name=profile_name, rows=_rows(input_dataset), plan=plan, description=description or "")
        read = read_assets(workspace, models, inference_config)
        with progress():
            made = package_image(read, workspace._store, workspace._state)
            for line in made.told:
                remark(line)
            result = run_profile(asked, made.image, workspace._state)
    return ModelProfile(workspace, profile_name, result)


def _rows(given: Any) -> tuple[str, ...]:
    """Bodies: a list of texts, the path of a file, or anything that gives a DataFrame of one column, as v1's tabular
    datasets do. Raises UserErrorException."""
    if isinstance(given, str | Path):
        return read_rows(Path(given))
    if hasattr(given, "to_pandas_dataframe"):
        given = given.to_pandas_dataframe()
    if hasattr(given, "columns"):
        if len(given.columns) != 1:
            raise UserErrorException(f"input_dataset has {len(given.columns)} columns; a profile takes one, of bodies")
        given = given[given.columns[0]].tolist()
    rows = tuple(given) if isinstance(given, Sequence) else ()
    if not rows or not all(isinstance(row, str) for row in rows):
        raise UserErrorException(
            "input_dataset must be bodies: a list of texts, the path of a file with one a line, or a table with one "
            f"column of text; not {type(given).__name__}"
        )
    return rows
