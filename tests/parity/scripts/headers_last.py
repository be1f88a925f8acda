"""`request_headers` after the data (E-5)."""


def init():
    pass


def run(data, request_headers):
    return {"data": data, "upper": request_headers.get("X-Case"), "lower": request_headers.get("x-case")}
