"""``azureml.monitoring.ModelDataCollector`` (section 18): what it collects never fails a request."""

import logging
import os
import time
from typing import Any, Dict, List, Optional, Sequence

from shipway_serving.telemetry.data_collection import (
    Named,
    current_request_id,
    model_versions,
    place_of,
    switch_of,
)
from shipway_serving.telemetry.data_collection_files import CollectionWriter, Entry
from shipway_serving.telemetry.data_collection_rows import (
    CORRELATION_COLUMNS,
    Snapshot,
    columns_for,
    header_line,
    lines_of,
    snapshot_of,
    with_correlations,
)

_log = logging.getLogger("shipway_serving.data_collection")

_writer = CollectionWriter()


class ModelDataCollector:
    """Collects the rows of one model and designation: the constructors of 2018, 2019 and later are all taken."""

    __module__ = "azureml.monitoring"

    AML_DC_CORRELATION_HEADER = "$aml_dc_correlation_id"
    AML_DC_SCORING_TIMESTAMP_HEADER = "$aml_dc_scoring_timestamp"
    AML_DC_BOUNDARY_HEADER = "$aml_dc_boundary"
    AML_WORKSPACE_HEADER = "$aml_workspace"
    AML_SERVICE_NAME_HEADER = "$aml_service_name"
    AML_MODEL_NAME_HEADER = "$aml_model_name"
    AML_MODEL_VERSION_HEADER = "$aml_model_version"
    AML_REQUEST_ID_HEADER = "$aml_request_id"

    def __init__(  # noqa: PLR0917  (the original's order)
        self,
        model_name: str,
        designation: str = "default",
        feature_names: Optional[Sequence[Any]] = None,
        workspace: str = "default/default/default",
        webservice_name: str = "default",
        model_version: Any = "default",
        collection_name: str = "default",
        identifier: Optional[str] = None,
        **_: Any,
    ) -> None:
        """``identifier`` is what ``designation`` was called at first; it wins when both are given."""
        environment = dict(os.environ)
        self._switch = switch_of(environment)
        self._feature_names = list(feature_names) if feature_names is not None else None
        self._columns: List[str] = []
        self._has_warned = False
        named = Named(
            model=str(model_name),
            designation=str(identifier or designation or "default"),
            workspace=str(workspace or "default/default/default"),
            service=str(webservice_name or "default"),
            version=str(model_version or "default"),
            collection=str(collection_name or "default"),
        )
        self._place = place_of(named, environment, model_versions(environment, named.model))
        self._say_once()

    def collect(self, input_data: Any, user_correlation_id: str = "") -> Optional[Dict[str, Any]]:
        """Collect ``input_data``, a list, an array or a frame; returns at once.

        The correlations are returned for inputs, to be added to the predictions (``add_correlations``); None for other
        designations, for data of another type, and while collection is off.
        """
        if not (self._switch.stores or self._switch.prints):
            return None
        try:
            return self._collect(input_data, user_correlation_id)
        except TimeoutError:
            raise  # The scoring timeout may strike here, and is about the request and not about us.
        except Exception as error:
            self._warn_once(f"Data collection failed and the request went on: {type(error).__name__}: {error}")
            return None

    def add_correlations(self, input_data: Any, correlations: Optional[Dict[str, Any]]) -> Any:
        """``input_data`` with the columns that ``collect`` of the inputs has returned; unchanged without them."""
        return input_data if correlations is None else with_correlations(input_data, correlations)

    def _collect(self, data: Any, user_correlation_id: str) -> Optional[Dict[str, Any]]:
        snapshot = snapshot_of(data)
        if snapshot is None:
            self._warn_once(f"Data collection takes lists, arrays and data frames; got {type(data).__name__}")
            return None
        now = time.time()
        correlations = self._place.correlations(now, current_request_id(), _correlation_id(user_correlation_id))
        if not self._columns:  # Empty data at first say nothing of the width.
            self._columns = columns_for(snapshot, self._feature_names)
        if self._switch.prints:
            snapshot = snapshot._replace(rows=list(snapshot.rows))
            print(header_line(self._columns) + lines_of(snapshot, self._columns, correlations), end="")
        if self._switch.stores:
            self._store(snapshot, correlations, now)
        return correlations if self._place.designation == "inputs" else None

    def _store(self, snapshot: Snapshot, correlations: Dict[str, Any], now: float) -> None:
        def lines(columns: Sequence[str]) -> str:
            return lines_of(snapshot, columns, correlations)

        path = os.path.join(self._switch.root, self._place.file_of(now))
        _writer.put(Entry(path, self._columns, lines, snapshot.cells + len(CORRELATION_COLUMNS)))

    def _warn_once(self, message: str) -> None:
        if not self._has_warned:
            self._has_warned = True
            _log.warning("%s: %s. This is said once.", "/".join(self._place[4:7]), message)

    def _say_once(self) -> None:
        """What becomes of collected rows, in the log, once a process."""
        if _said:
            return
        _said.append(True)
        if self._switch.stores:
            _log.info("Data collection is on: rows go to %s", os.path.join(self._switch.root, "modeldata"))
        elif not self._switch.prints:
            _log.info("Data collection is off; AML_MODEL_DC_STORAGE_ENABLED=true turns it on")


_said: List[bool] = []


def _correlation_id(user_correlation_id: Any) -> str:
    """A random id, behind the user's own where there is one."""
    random = os.urandom(16).hex()
    unique = "-".join((random[:8], random[8:12], random[12:16], random[16:20], random[20:]))
    return f"{user_correlation_id}-{unique}" if user_correlation_id not in ("", None) else unique
