"""A request as a WSGI environment, the way gunicorn gave it to v1's framework."""

import io
import sys
from typing import Any, Dict, Tuple

from shipway_serving.contract.messages import Request

_PORTS = {"http": "80", "https": "443"}


def environ_of(request: Request) -> Dict[str, Any]:
    """The environment for ``request``; each call makes one with a body of its own to read."""
    host, port = _host_and_port(request.headers.get("host", ""))
    environ: Dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": request.path.encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": request.query,
        "RAW_URI": request.target or _target(request),
        "SERVER_NAME": host or "localhost",
        "SERVER_PORT": port or _PORTS[request.scheme],
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_SOFTWARE": "shipway-serving",
        "REMOTE_ADDR": request.client,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": request.scheme,
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        if name in ("content-type", "content-length"):
            environ[name.upper().replace("-", "_")] = value
        elif "_" not in name:
            environ["HTTP_" + name.upper().replace("-", "_")] = value
    return environ


def _host_and_port(host: str) -> Tuple[str, str]:
    """The two halves of a Host header, the second often empty; colons stand in IPv6 addresses too."""
    name, colon, port = host.rpartition(":")
    if colon and port.isdigit() and (":" not in name or name.endswith("]")):
        return name, port
    return host, ""


def _target(request: Request) -> str:
    return request.path + ("?" + request.query if request.query else "")
