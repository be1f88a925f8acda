"""The data arrives in a parameter that takes it by keyword only (E-6)."""


def init():
    pass


def run(*, data):
    return data
