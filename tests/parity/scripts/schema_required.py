"""Two declared parameters without defaults, one with, and the headers (H-34 to H-36, E-5)."""

from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType as Sample
from inference_schema.schema_decorators import input_schema


def init():
    pass


@input_schema("first", Sample(1))
@input_schema("second", Sample("two"))
def run(first, second, third=3, request_headers=None):
    return [first, second, third, sorted(name for name in request_headers if name.startswith("X-"))]
