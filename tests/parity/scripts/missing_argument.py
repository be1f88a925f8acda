"""A second parameter without a default, which nothing fills (E-7)."""


def init():
    pass


def run(data, other):
    return [data, other]
