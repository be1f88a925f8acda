"""Imports a module of the author's with a name that Microsoft's server has too (C-24)."""

import config


def init():
    pass


def run(data):
    return getattr(config, "ANSWER", "not mine")
