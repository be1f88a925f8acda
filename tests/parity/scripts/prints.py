"""Prints, logs and starts children, none of which reaches the client (P-5)."""

import logging
import subprocess
import sys


def init():
    print("printed in init")


def run(data):
    print("printed in run", data)
    sys.stderr.write("on stderr\n")
    logging.getLogger("mine").warning("logged")
    subprocess.call(["echo", "from a child"])
    return "done"
