"""Fails in init (E-3)."""


def init():
    raise RuntimeError("no model here")


def run(data):
    return data
