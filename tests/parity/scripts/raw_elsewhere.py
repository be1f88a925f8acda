"""Decorates a function that is not run: in v1 that made run raw all the same (R-1)."""

from azureml.contrib.services.aml_request import rawhttp


@rawhttp
def other(request):
    return request


def init():
    pass


def run(data):
    return type(data).__name__
