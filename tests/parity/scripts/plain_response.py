"""An undecorated run that answers with a response of its own (H-45, H-73)."""

from azureml.contrib.services.aml_response import AMLResponse


def init():
    pass


def run(data):
    if data == "cors":
        return AMLResponse(["allowed"], 200, {"Access-Control-Allow-Origin": "*"}, json_str=True)
    return AMLResponse("status " + data, int(data))
