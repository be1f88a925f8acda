"""Catches everything and returns its text: a 200 (E-11)."""

import json


def init():
    pass


def run(data):
    try:
        return sum(json.loads(data)["data"])
    except Exception as error:
        return str(error)
