"""Python samples, one parameter each, stacked (S-1, 6.2)."""

import datetime

from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType as Sample
from inference_schema.schema_decorators import input_schema, output_schema


def init():
    pass


@input_schema("whole", Sample(1))
@input_schema("real", Sample(1.5))
@input_schema("text", Sample("a"))
@input_schema("truth", Sample(True))
@input_schema("items", Sample([1, 2]))
@input_schema("when", Sample(datetime.datetime(2020, 1, 2)))
@input_schema("raw", Sample(b"bytes"))
@output_schema(Sample("text"))
def run(whole=1, real=1.5, text="a", truth=True, items=(), when=None, raw=None):
    return [whole, real, text, truth, list(items), str(when), str(raw)]
