"""A module with a driver_module in it: the outer init, the inner run (E-13)."""

import types

driver_module = types.ModuleType("service_driver")
driver_module.__file__ = __file__
exec(
    "def init():\n    raise RuntimeError('the inner init')\n\ndef run(data):\n    return ['inner', data]",
    vars(driver_module),
)


def init():
    pass


def run(http_body, request_headers):
    return "outer"
