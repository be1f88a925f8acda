"""Fails while it is imported (E-3)."""

raise ValueError("the import fails")
