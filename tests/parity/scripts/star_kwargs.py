"""A run with **kwargs (E-6)."""


def init():
    pass


def run(data, **kwargs):
    return [data, sorted(kwargs)]
