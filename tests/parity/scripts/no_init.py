"""No init (E-1)."""


def run(data):
    return data
