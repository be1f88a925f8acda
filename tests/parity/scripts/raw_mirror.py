"""What a raw request shows of itself (R-2 to R-5, R-7). The query names the members to return."""

from azureml.contrib.services.aml_request import AMLRequest, rawhttp


def init():
    pass


def shown(request, member):
    if member == "data":
        return request.data.decode("latin-1")
    if member == "get_data":
        return request.get_data(False).decode("latin-1")
    if member == "get_text":
        return request.get_data(as_text=True)
    if member == "headers":
        return sorted([key, value] for key, value in request.headers.items())
    if member == "args":
        return request.args.to_dict(flat=False)
    if member == "form":
        return request.form.to_dict(flat=False)
    if member == "files":
        return [[f.name, f.filename, f.read().decode("latin-1")] for f in request.files.getlist("file")]
    if member == "stream":
        return request.files["file"].stream.read().decode("latin-1")
    if member == "isinstance":
        return isinstance(request, AMLRequest)
    if member == "has_key":
        return request.headers.has_key("Host")
    return getattr(request, member)


@rawhttp
def run(request):
    return {member: shown(request, member) for member in request.args.getlist("show")}
