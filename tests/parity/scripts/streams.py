"""An AMLResponse whose message is a generator is streamed; a bare generator is not (H-82)."""

from azureml.contrib.services.aml_request import rawhttp
from azureml.contrib.services.aml_response import AMLResponse


def init():
    pass


def parts(texts):
    for text in texts:
        yield text


@rawhttp
def run(request):
    what = request.args.get("what")
    if what == "text":
        return AMLResponse(parts(["one,", "zwei für ", "three"]), 200)
    if what == "bytes":
        return AMLResponse(parts([b"\x00", b"", b"\xff" * 70000]), 200, {"Content-Type": "application/octet-stream"})
    if what == "list":
        return AMLResponse(["a", "b"], 200)
    if what == "nothing":
        return AMLResponse(parts([]), 200)
    if what == "events":
        return AMLResponse(parts(["data: 1\n\n", "data: 2\n\n"]), 201, {"Content-Type": "text/event-stream"})
    return parts(["bare"])
