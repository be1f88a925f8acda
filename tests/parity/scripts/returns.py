"""Returns what the body, a Python expression, evaluates to (H-40 to H-50)."""

import collections
import datetime
import decimal
import enum
import uuid

try:
    import numpy as np
    import pandas as pd
except ImportError:  # the quick round has neither
    np = pd = None


class Colour(enum.IntEnum):
    RED = 1


Point = collections.namedtuple("Point", "x y")

NAMES = dict(
    np=np, pd=pd, datetime=datetime, decimal=decimal, uuid=uuid, Colour=Colour, Point=Point, collections=collections
)


def init():
    pass


def run(expression):
    return eval(expression, dict(NAMES))
