"""What is answered on paths of other protocols, without calling ``run``; and how their scoring speaks with it.

Pure but for the state that ``loaded`` sets, once, from the thread that has run ``init``; safe to ask from any thread.
"""

from typing import Any, Dict, List, NamedTuple, Optional, Sequence

from shipway_serving import __version__
from shipway_serving.contract.messages import HTML, RUN_FAILED, Request, Response, json_response
from shipway_serving.protocols.datatypes import TensorSpec
from shipway_serving.protocols.dialect import Dialect
from shipway_serving.protocols.model_identity import ModelIdentity
from shipway_serving.protocols.routes import Act, Found, route_of
from shipway_serving.protocols.tensor_service import TensorService
from shipway_serving.protocols.v2_errors import error

SERVER_NAME = "shipway-serving"
EXTENSIONS = ("binary_tensor_data",)

RETRY_AFTER = ("Retry-After", "1")

NO_TENSORS = (
    "This service does not take tensors: its scoring script has to declare every parameter of run() with "
    "@input_schema and NumpyParameterType. POST to /score instead."
)

_FINE = (RUN_FAILED, "False")


class Handled(NamedTuple):
    """What becomes of a request on another protocol's path."""

    response: Optional[Response]
    """None: it has to be scored."""
    is_probe: bool = False
    """Asked every few seconds by a machine, so it stays out of the access log."""


SCORE = Handled(None)


class Protocols:
    """One worker's."""

    def __init__(self, model: ModelIdentity) -> None:
        self._model = model
        self._service: Optional[TensorService] = None
        self._dialect: Optional[Dialect] = None

    def loaded(self, service: Optional[TensorService]) -> None:
        """To be called once ``init`` has succeeded; ``service`` is None for a script that does not take tensors."""
        self._service = service
        if service is not None:
            # NumPy is there when there is such a service, and only then.
            from shipway_serving.protocols.open_inference import v2_dialect

            self._dialect = v2_dialect(service, self._model)

    def dialect_for(self, path: str) -> Optional[Dialect]:
        """How a request to score under ``path`` speaks with ``run``; None: in the script's own way, as on /score."""
        return self._dialect if path.startswith("/v2/") else None

    def handle(self, request: Request, *, live: bool, ready: bool) -> Optional[Handled]:
        """What becomes of ``request``; None when its path is of no protocol's."""
        found = route_of(request.path)
        if found is None:
            return None
        if request.method not in found.methods:
            allowed = ", ".join(found.methods)
            refusal = error(405, f"The method {request.method} is not allowed here, only: {allowed}.")
            return Handled(refusal._replace(headers=(*refusal.headers, ("Allow", allowed))))
        if found.act in _HEALTH:
            return Handled(self._health(found, live=live, ready=ready), is_probe=True)
        if found.act is Act.SERVER:
            value = {"name": SERVER_NAME, "version": __version__, "extensions": list(EXTENSIONS)}
            return Handled(json_response(200, value, _FINE))
        if found.act is Act.INVOCATIONS:
            return SCORE
        return self._of_model(found, ready=ready)

    def _health(self, found: Found, *, live: bool, ready: bool) -> Response:
        if found.act is Act.PING:
            return Response(200 if ready else 503, b"", HTML)
        if found.act is Act.LIVE:
            return json_response(200 if live else 503, {"live": live})
        if found.act is Act.READY:
            return json_response(200 if ready else 503, {"ready": ready})
        if not self._model.is_meant_by(found.model, found.version):
            return self._unknown(found)
        return json_response(200 if ready else 503, {"name": self._model.name, "ready": ready})

    def _of_model(self, found: Found, *, ready: bool) -> Handled:
        if not self._model.is_meant_by(found.model, found.version):
            return Handled(self._unknown(found))
        if not ready:
            refusal = error(503, f"Model {self._model.name!r} is not ready.")
            return Handled(refusal._replace(headers=(*refusal.headers, RETRY_AFTER)))
        if found.act is Act.MODEL:
            return Handled(json_response(200, self._metadata(), _FINE))
        return SCORE if self._service is not None else Handled(error(400, NO_TENSORS))

    def _unknown(self, found: Found) -> Response:
        asked = f"{found.model!r} version {found.version!r}" if found.version else repr(found.model)
        own = f"{self._model.name!r} version {self._model.version!r}" if self._model.version else repr(self._model.name)
        return error(404, f"There is no model {asked} here; this service serves {own}.")

    def _metadata(self) -> Dict[str, Any]:
        value: Dict[str, Any] = {"name": self._model.name}
        if self._model.version:
            value["versions"] = [self._model.version]
        if self._service is None:
            return dict(value, platform="python", inputs=[], outputs=[])
        inputs, outputs = _listed(self._service.inputs), _listed(self._service.outputs)
        return dict(value, platform=self._service.platform, inputs=inputs, outputs=outputs)


_HEALTH = (Act.LIVE, Act.READY, Act.MODEL_READY, Act.PING)


def _listed(specs: Sequence[TensorSpec]) -> List[Dict[str, Any]]:
    return [{"name": spec.name, "datatype": spec.datatype.v2, "shape": list(spec.v2_shape())} for spec in specs]
