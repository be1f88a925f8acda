"""Ends the process while it is imported (E-3)."""

import sys

sys.exit(0)
