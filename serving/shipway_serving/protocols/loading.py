"""From what is served to what the protocols can do with it. Imports NumPy and onnxruntime only where they are used."""

import sys
from typing import Any, Callable, Optional

from shipway_serving.contract.run_form import RunForm
from shipway_serving.protocols.tensor_service import TensorService


def tensor_service_of(run: Callable[..., Any], form: RunForm) -> Optional[TensorService]:
    """An entry script's ``run`` as a service of tensors, or None; reads only.

    Only a script that has imported the declaration of arrays can be one, and then NumPy is there already.
    """
    if not form.has_schema or "inference_schema.parameter_types.numpy_parameter_type" not in sys.modules:
        return None
    from shipway_serving.protocols.numpy_scripts import numpy_service

    return numpy_service(run, form)
