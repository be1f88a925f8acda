"""Ends the process in init (E-3)."""

import sys


def init():
    sys.exit(0)


def run(data):
    return data
