"""Answers with Flask's own response, and with Flask's idea of a tuple, which v1 did not share (H-43, H-45)."""

from flask import Response, make_response


def init():
    pass


def run(data):
    if data == "response":
        return Response("<p>teapot</p>", status=418, mimetype="text/html")
    if data == "cookie":
        response = make_response("biscuit")
        response.set_cookie("a", "1")
        response.set_cookie("b", "2")
        return response
    return "a text", 404
