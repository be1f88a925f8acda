"""What scripts import for raw requests: ``AMLRequest``, ``rawhttp`` and ``AMLResponse`` (section 5 of the v1 contract).

Importing this package imports werkzeug, so the server does it only for a script that already has.
"""

from shipway_serving.rawhttp.decorator import rawhttp
from shipway_serving.rawhttp.request import AMLRequest
from shipway_serving.rawhttp.response import AMLResponse

__all__ = ["AMLRequest", "AMLResponse", "rawhttp"]
