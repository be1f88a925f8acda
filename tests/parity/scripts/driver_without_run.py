"""A driver whose script has no run (E-13)."""

import types

driver_module = types.ModuleType("service_driver")
driver_module.__file__ = __file__


def init():
    pass


def run(http_body, request_headers):
    return "outer"
