"""Runs past the scoring timeout when the body asks for it, and may catch that (H-49)."""

import time


def init():
    pass


def run(what):
    if what == "slow":
        time.sleep(5)
    if what == "caught":
        try:
            time.sleep(5)
        except Exception as error:
            return [base.__name__ for base in type(error).__mro__ if base.__module__ == "builtins"][-1]
    if what == "pauses":
        time.sleep(0.05)
    return what
