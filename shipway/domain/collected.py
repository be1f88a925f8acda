"""Names of what scripts collect (contract section 18)."""

MODELDATA = "modeldata"
"""v1's container for collected rows (O-4): the first part of their keys in a workspace."""

COLLECTED = "collected"
"""The folder of a machine's state where rows wait for a workspace that is in a bucket."""
