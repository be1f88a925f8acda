"""The scoring server that runs inside Shipway's images: it serves Azure ML v1 entry scripts unchanged.

Importing this package has no effect and imports nothing, because it happens while the user's folder may still stand
first on ``sys.path`` (see ``__main__``).
"""

__version__ = "0.1.0"
