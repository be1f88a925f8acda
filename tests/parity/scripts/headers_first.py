"""`request_headers` before the data (E-5)."""


def init():
    pass


def run(request_headers, data):
    return {"data": data, "headers": request_headers, "type": type(request_headers).__name__}
