"""The shortest script there is: the body comes back as it went in (H-20 to H-25)."""


def init():
    pass


def run(data):
    return data
