"""A list of mixed types: swagger 2 cannot say that (S-9, H-91)."""

from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
from inference_schema.schema_decorators import input_schema, output_schema


def init():
    pass


@input_schema("data", StandardPythonParameterType([1, "two", 3.0]))
@output_schema(StandardPythonParameterType({"ok": True}))
def run(data):
    return data
