"""A NumPy sample (6.2), the commonest schema of all."""

import numpy as np
from inference_schema.parameter_types.numpy_parameter_type import NumpyParameterType
from inference_schema.schema_decorators import input_schema, output_schema


def init():
    pass


@input_schema("data", NumpyParameterType(np.array([[1, 2.5], [3, 4]])))
@output_schema(NumpyParameterType(np.array([3.5])))
def run(data):
    return {"sums": data.sum(axis=1).tolist(), "dtype": str(data.dtype), "shape": list(data.shape)}
