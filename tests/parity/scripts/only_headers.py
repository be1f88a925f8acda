"""A run that takes the headers and nothing else (E-5)."""


def init():
    pass


def run(request_headers):
    return "never"
