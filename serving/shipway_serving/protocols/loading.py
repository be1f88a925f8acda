"""From what is served to what the protocols can do with it. Imports NumPy and onnxruntime only where they are used."""

import sys
from typing import Any, Optional

from shipway_serving.protocols.tensor_service import TensorService


def onnx_service(model_path: str, threads: int = 0) -> Any:
    """The model at ``model_path`` in place of an entry script: has ``init``, ``run``, ``form`` and ``awaiter``, too.

    ``threads`` compute one result together; 0 is as many as onnxruntime thinks. Raises ``ImportError`` without it.
    """
    from shipway_serving.protocols.onnx_model import OnnxService

    return OnnxService(model_path, threads)


def tensor_service_of(script: Any) -> Optional[TensorService]:
    """What is served (an ``EntryScript`` or an ``onnx_service``) as a service of tensors, or None; after ``init``.

    Of scripts only one that has imported the declaration of arrays can be one, and then NumPy is there already.
    """
    own = getattr(script, "tensor_service", None)
    if own is not None:
        service: TensorService = own()
        return service
    if not script.form.has_schema or "inference_schema.parameter_types.numpy_parameter_type" not in sys.modules:
        return None
    from shipway_serving.protocols.numpy_scripts import numpy_service

    return numpy_service(script.run, script.form)
