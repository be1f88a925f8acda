"""Aborts with an error of the web framework, as some scripts do (H-47)."""

from werkzeug.exceptions import BadRequest, NotFound


def init():
    pass


def run(name):
    if name == "bad":
        raise BadRequest("the row is too short")
    if name == "absent":
        raise NotFound()
    return name
