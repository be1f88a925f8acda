"""What is answered on paths of other protocols, without calling ``run``; and how their scoring speaks with it.

Pure but for the state that ``loaded`` sets, once, from the thread that has run ``init``; safe to ask from any thread.
"""

from typing import Any, Dict, List, Optional, Sequence, Union

from shipway_serving import __version__
from shipway_serving.contract.messages import HTML, Request, Response, json_response
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

_PROBES = (Act.LIVE, Act.READY, Act.MODEL_READY, Act.PING)


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

    @property
    def dialect(self) -> Optional[Dialect]:
        """How requests to infer speak with ``run``; None before ``loaded`` and where there are no tensors."""
        return self._dialect

    def beyond(self, request: Request, *, ready: bool) -> Union[Response, Request, None]:
        """What becomes of a request off v1's paths: an answer, or a request to be scored, or nothing of ours."""
        found = route_of(request.path)
        if found is None:
            return None
        if request.method not in found.methods:
            allowed = ", ".join(found.methods)
            refusal = error(405, f"The method {request.method} is not allowed here, only: {allowed}.")
            return refusal._replace(headers=(*refusal.headers, ("Allow", allowed)))
        if found.act is Act.INVOCATIONS:
            return request._replace(path="/score", target="")
        if found.model and not self._model.is_meant_by(found.model, found.version):
            return self._unknown(found)
        if found.act is Act.INFER and self._dialect is not None:
            return request
        return self._at_once(found.act, ready=ready)

    def _at_once(self, act: Act, *, ready: bool) -> Response:
        if act in _PROBES:
            return self._probe(act, ready=ready)
        if act is Act.SERVER:
            return json_response(200, {"name": SERVER_NAME, "version": __version__, "extensions": list(EXTENSIONS)})
        if not ready:
            refusal = error(503, f"Model {self._model.name!r} is not ready.")
            return refusal._replace(headers=(*refusal.headers, RETRY_AFTER))
        return json_response(200, self._metadata()) if act is Act.MODEL else error(400, NO_TENSORS)

    def _probe(self, act: Act, *, ready: bool) -> Response:
        status = 200 if ready else 503
        if act is Act.PING:
            return Response(status, b"", HTML)
        if act is Act.MODEL_READY:
            return json_response(status, {"name": self._model.name, "ready": ready})
        return json_response(status, {"ready": ready}) if act is Act.READY else json_response(200, {"live": True})

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


def _listed(specs: Sequence[TensorSpec]) -> List[Dict[str, Any]]:
    return [{"name": spec.name, "datatype": spec.datatype.v2, "shape": list(spec.v2_shape())} for spec in specs]
