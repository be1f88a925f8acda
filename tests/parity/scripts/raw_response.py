"""Answers with the AMLResponse that the query describes (R-6 to R-10, H-45)."""

from azureml.contrib.services.aml_request import rawhttp
from azureml.contrib.services.aml_response import AMLResponse


def init():
    pass


def changed(response):
    response.headers["X-Later"] = "set after"
    response.status_code = 202
    response.mimetype = "text/csv"
    return response


NAMES = {"AMLResponse": AMLResponse, "changed": changed}


@rawhttp
def run(request):
    expression = request.args.get("expression") or request.get_data(as_text=True)
    return eval(expression, dict(NAMES, request=request))
