"""Model data collection (section 18): whether it is on, where rows go, and whose request it is.

Rows are formed in ``data_collection_rows`` and written in ``data_collection_files``; scripts reach all this through
``azureml.monitoring``.
"""

import importlib
import importlib.util
import os
import re
import time
from typing import Any, Dict, List, NamedTuple, Optional

from shipway_serving.telemetry.data_collection_rows import CORRELATION_COLUMNS

NO_REQUEST = "00000000-0000-0000-0000-000000000000"
"""What the original wrote outside of a request; ours in a batch of them, too."""

SWITCHES = ("AML_MODEL_DC_STORAGE_ENABLED", "AML_MDC_STORAGE_ENABLED")

ROOT = "SHIPWAY_DATA_COLLECTION_DIR"
"""The folder that a target mounts for collected rows; without it they go below the app root."""

MINUTES_OF_A_DAY = 1440
"""``$aml_dc_boundary``: there is a file a day."""

_of_this_task: Any = None
"""Runs that are awaited side by side each have their own request; Python 3.6 has no variables for that."""
if importlib.util.find_spec("contextvars"):
    _of_this_task = importlib.import_module("contextvars").ContextVar("shipway_request_id")

_latest = [NO_REQUEST]


def set_current_request_id(request_id: str) -> None:
    """Say whose ``run`` is about to begin in this thread or task; to be called by the scorer before each one.

    An empty id stands for many requests at once, none of which can be told from the others.
    """
    request_id = request_id or NO_REQUEST
    _latest[0] = request_id
    if _of_this_task is not None:
        _of_this_task.set(request_id)


def current_request_id() -> str:
    """The request that this code works for; in a thread that the script has started, the one that began last."""
    if _of_this_task is None:
        return _latest[0]
    return _of_this_task.get(_latest[0])


class Switch(NamedTuple):
    """What the environment says."""

    stores: bool
    """Rows are written to files."""
    prints: bool
    """Rows are printed."""
    root: str


def switch_of(environment: Dict[str, str]) -> Switch:
    """The switch that ``environment`` sets."""
    return Switch(
        stores=any(environment.get(name, "").lower() == "true" for name in SWITCHES),
        prints=environment.get("AML_MODEL_DC_DEBUG", "").lower() == "true",
        root=environment.get(ROOT) or environment.get("AML_APP_ROOT") or os.curdir,
    )


class Place(NamedTuple):
    """What one collector's rows are filed under (O-4); each part is the name of one folder."""

    subscription: str
    group: str
    workspace: str
    service: str
    model: str
    version: str
    designation: str
    collection: str
    """Counts for the designations ``signals`` and ``general`` only."""

    def file_of(self, now: float) -> str:
        """The path below the root for rows of ``now``, with a folder for each UTC day."""
        stem = self.collection if self.designation in ("signals", "general") else self.designation
        day = time.strftime("%Y/%m/%d", time.gmtime(now))
        return "/".join(("modeldata",) + tuple(self[:7]) + (day, stem + ".csv"))

    def correlations(self, now: float, request_id: str, correlation_id: str) -> Dict[str, Any]:
        """What ties the rows of one call to its request, under the original's names."""
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1000000):06d}"
        workspace = "/".join((self.subscription, self.group, self.workspace))
        values = (correlation_id, moment, MINUTES_OF_A_DAY, workspace, self.service, self.model, self.version)
        return dict(zip(CORRELATION_COLUMNS, values + (request_id,)))


class Named(NamedTuple):
    """What a script said when it made a collector; ``default`` lets the platform fill it in."""

    model: str
    designation: str
    workspace: str
    service: str
    version: str
    collection: str


def place_of(named: Named, environment: Dict[str, str], model_versions: List[str]) -> Place:
    """The place for ``named``; ``model_versions`` are the versions of that model that lie in the container."""
    if named.workspace == "default/default/default":
        parts = [
            environment.get("AZUREML_ARM_SUBSCRIPTION", ""),
            environment.get("AZUREML_ARM_RESOURCEGROUP", ""),
            environment.get("WORKSPACE_NAME") or environment.get("AZUREML_ARM_WORKSPACE_NAME", ""),
        ]
    else:
        parts = (named.workspace.split("/") + ["", ""])[:3]
    subscription, group, workspace = [_folder_name(part.lower()) for part in parts]
    service = environment.get("SERVICE_NAME", "") if named.service == "default" else named.service
    version = max([int(name) for name in model_versions if name.isdigit()] or [0])
    return Place(
        subscription,
        group,
        workspace,
        service=_folder_name(service),
        model=_folder_name(named.model),
        version=_folder_name(str(version or "") if named.version == "default" else named.version),
        designation="general" if named.designation == "default" else _folder_name(named.designation),
        collection=_folder_name(named.collection),
    )


def model_versions(environment: Dict[str, str], model: str) -> List[str]:
    """The names of the version folders of ``model`` in this container (C-8)."""
    folder = os.path.join(environment.get("AML_APP_ROOT", ""), "azureml-models", model)
    return os.listdir(folder) if os.path.isdir(folder) else []


def _folder_name(text: Optional[str]) -> str:
    """``text`` as the name of one folder; ``default`` where there is nothing to name it by."""
    name = re.sub(r"[^\w.@ -]", "_", text or "")
    return "default" if not name.strip(". ") else name
