"""The raw script of most walk-throughs: POST scores, all else is refused by the script itself (R-7)."""

from azureml.contrib.services.aml_request import AMLRequest, rawhttp
from azureml.contrib.services.aml_response import AMLResponse


def init():
    print("This is init()")


@rawhttp
def run(request):
    if request.method == "POST":
        return AMLResponse(request.get_data(False), 200)
    return AMLResponse("bad request", 500)


def annotated(request: AMLRequest) -> AMLResponse:
    return AMLResponse(None, 200)
