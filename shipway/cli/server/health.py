"""Whether a Prefect API answers."""

import http.client
from urllib.parse import urlsplit


def is_healthy(url: str, *, timeout_s: float = 5.0) -> bool:
    """One GET of `<url>/health`; straight to the host, whatever proxy the environment names."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout_s)
    try:
        connection.request("GET", f"{parts.path}/health")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
