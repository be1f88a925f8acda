"""Fails with the exception that the body names (H-47)."""

import json


class Own(Exception):
    def __str__(self):
        return "my own\nerror"


class Unspeakable(Exception):
    def __str__(self):
        raise RuntimeError("no text")


def deep(n):
    return deep(n + 1)


def init():
    pass


def run(name):
    if name == "value":
        raise ValueError("a value is wrong: <b>42</b>")
    if name == "empty":
        raise ValueError()
    if name == "key":
        return {}["absent"]
    if name == "own":
        raise Own()
    if name == "unspeakable":
        raise Unspeakable()
    if name == "json":
        return json.loads("{")
    if name == "deep":
        return deep(0)
    if name == "timeout":
        raise TimeoutError("the database is slow")
    if name == "stop":
        raise StopIteration(3)
    if name == "not-ascii":
        raise ValueError("größer als ∞")
    return name
