"""`sys.exit` inside run (H-48)."""

import sys

STATE = []


def init():
    STATE.append("initialised")


def run(data):
    if data == "exit":
        sys.exit(7)
    STATE.append(data)
    return STATE
