"""``AMLRequest``, ``AMLResponse`` and ``rawhttp`` under their three names (R-11)."""

from shipway_serving.rawhttp import AMLRequest, AMLResponse, rawhttp

__all__ = ["AMLRequest", "AMLResponse", "rawhttp"]
