"""Only the output is described: run is undecorated for its input (H-20, H-90)."""

from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
from inference_schema.schema_decorators import output_schema


def init():
    pass


@output_schema(StandardPythonParameterType({"label": "cat"}))
def run(data):
    return {"data": data}
