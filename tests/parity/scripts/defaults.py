"""Parameters with defaults, one of them by keyword only, keep them in an undecorated run (E-7)."""


def init():
    pass


def run(data, factor=2, *, note="as declared"):
    return [data, factor, note]
