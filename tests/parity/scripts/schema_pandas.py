"""A pandas sample (6.2, S-20, S-21)."""

import pandas as pd
from inference_schema.parameter_types.pandas_parameter_type import PandasParameterType
from inference_schema.schema_decorators import input_schema, output_schema


def init():
    pass


@output_schema(PandasParameterType(pd.DataFrame({"y": [1.0]})))
@input_schema(
    "data", PandasParameterType(pd.DataFrame({"a": [1, 2], "b": [0.5, 1.5], "c": ["x", "y"], "d": [True, False]}))
)
def run(data):
    return {"columns": list(data.columns), "dtypes": [str(t) for t in data.dtypes], "rows": data.values.tolist()}
