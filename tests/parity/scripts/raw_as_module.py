"""The two spellings that only a real azureml.contrib.services answers beside Microsoft's newer servers (R-11)."""

import azureml.contrib.services.aml_request as by_name
from azureml.contrib.services import aml_response


def init():
    pass


@by_name.rawhttp
def run(request):
    return aml_response.AMLResponse(request.method, 200)
