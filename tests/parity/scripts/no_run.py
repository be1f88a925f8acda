"""No run (E-1)."""


def init():
    pass
