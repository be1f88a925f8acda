"""A run without parameters (E-4)."""


def init():
    pass


def run():
    return "never"
