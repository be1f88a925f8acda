"""A run with *args (E-6)."""


def init():
    pass


def run(data, *args):
    return data
