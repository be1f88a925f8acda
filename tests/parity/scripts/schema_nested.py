"""The shape that Power BI asks for: Inputs, GlobalParameters, Results (S-6, S-7, S-10)."""

import numpy as np
import pandas as pd
from inference_schema.parameter_types.numpy_parameter_type import NumpyParameterType
from inference_schema.parameter_types.pandas_parameter_type import PandasParameterType
from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
from inference_schema.schema_decorators import input_schema, output_schema

inputs = StandardPythonParameterType(
    {
        "table": PandasParameterType(pd.DataFrame({"a": [1], "b": [2.0]})),
        "array": NumpyParameterType(np.array([1.0, 2.0])),
        "plain": "anything",
    }
)


def init():
    pass


@input_schema("Inputs", inputs)
@input_schema("GlobalParameters", StandardPythonParameterType(1.0))
@output_schema(StandardPythonParameterType({"Results": StandardPythonParameterType(["ok"])}))
def run(Inputs, GlobalParameters):
    return {"Results": {name: type(value).__name__ for name, value in Inputs.items()}, "global": GlobalParameters}
