"""The newer import names (2.5, R-11)."""

from azureml_inference_server_http.api.aml_request import AMLRequest, rawhttp
from azureml_inference_server_http.api.aml_response import AMLResponse


def init():
    assert AMLRequest is not None


@rawhttp
def run(request):
    return AMLResponse({"sum": sum(request.json["data"])}, 200, json_str=True)
