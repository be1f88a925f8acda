"""Cross-origin headers (H-70 to H-73), as flask-cors made them for v1's server."""

import re
from typing import Any, Dict, List, Tuple

METHODS = ("GET", "POST")
"""Allowed to other origins (H-71)."""

_PATTERN_SIGNS = frozenset("*\\]?$^[]()")

Headers = Tuple[Tuple[str, str], ...]


class Cors:
    """The headers for one set of origins; made once. Without origins there are none."""

    def __init__(self, origins: Tuple[str, ...]) -> None:
        """Raises ``ValueError`` for an origin that looks like a pattern and is not a valid one."""
        self.is_on = bool(origins)
        self._any = "*" in origins
        self._literal = [origin for origin in origins if _PATTERN_SIGNS.isdisjoint(origin)]
        self._folded = {origin.lower() for origin in self._literal}
        self._patterns = [_pattern(origin) for origin in origins if not _PATTERN_SIGNS.isdisjoint(origin)]
        self._varies = len(origins) > 1 or bool(self._patterns)
        """The answer depends on who asks, and caches have to know."""

    def headers_for(self, method: str, headers: Dict[str, str]) -> Headers:
        """The response headers for a request with ``headers``, by lower-case name; none for an origin not allowed."""
        allowed = self._allowed(headers.get("origin", ""))
        found: List[Tuple[str, str]] = [("Access-Control-Allow-Origin", origin) for origin in allowed]
        if found and method == "OPTIONS" and headers.get("access-control-request-method", "").upper() in METHODS:
            asked = sorted(name.strip() for name in headers.get("access-control-request-headers", "").split(","))
            if any(asked):
                found.append(("Access-Control-Allow-Headers", ", ".join(asked)))
            found.append(("Access-Control-Allow-Methods", ", ".join(METHODS)))
        if found and self._varies and allowed != ["*"]:
            found.append(("Vary", "Origin"))
        return tuple(found)

    def _allowed(self, origin: str) -> List[str]:
        """The origin when it is allowed; without one in the request the first that is configured."""
        if origin:
            fits = origin.lower() in self._folded or any(pattern.match(origin) for pattern in self._patterns)
            return [origin] if fits else []
        return ["*"] if self._any else sorted(self._literal)[:1]


def _pattern(origin: str) -> Any:
    try:
        return re.compile(".*" if origin == "*" else origin, re.IGNORECASE)
    except re.error as error:
        problem = f"AML_CORS_ORIGINS: {origin!r} is no valid pattern: {error}"
        raise ValueError(problem + r"; patterns are regular expressions, such as https://.*\.example\.com") from None
