"""``AMLResponse``: the response that a raw ``run`` makes (R-8 to R-10)."""

import json
from typing import Any, Dict, Optional

from werkzeug.wrappers import Response

from shipway_serving.contract.messages import JSON, RUN_FAILED


class AMLResponse(Response):
    """werkzeug's response, which scripts go on changing after they have made it, with v1's way of making one."""

    default_mimetype = "text/html"
    """As Flask's; werkzeug's own is plain text."""

    def __init__(
        self,
        message: Any,
        status_code: Any,
        response_headers: Optional[Dict[str, str]] = None,
        json_str: bool = False,
        run_function_failed: Any = False,
    ) -> None:
        """``message`` as it is, or as JSON with ``json_str``; None is an empty object.

        Commas in the value of a header make several headers of it. A content type is replaced only under exactly the
        name ``Content-Type``, and added in any other case, as ever.
        """
        headers = response_headers or {}
        if message is None or json_str:
            text = json.dumps({} if message is None else message)
            super().__init__(text, status=status_code, mimetype=JSON)
        else:
            super().__init__(message, status=status_code)
            if "Content-Type" in headers:
                self.headers.remove("Content-Type")
        self.headers[RUN_FAILED] = str(run_function_failed)
        for name, value in headers.items():
            for part in value.split(","):
                self.headers.add(name, part.strip())
