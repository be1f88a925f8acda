"""Cross-origin headers, as flask-cors made them for Microsoft's server (seen there)."""

from typing import Any, Dict, List, Tuple

import pytest
from server_process import ECHO

from shipway_serving.contract.cors import Cors

A, B = "https://a.example", "https://b.example"
ORIGIN = "Access-Control-Allow-Origin"
METHODS = ("Access-Control-Allow-Methods", "GET, POST")
VARY = ("Vary", "Origin")
PREFLIGHT = {"access-control-request-method": "POST"}


def headers_for(origins: Tuple[str, ...], method: str = "GET", **headers: str) -> List[Tuple[str, str]]:
    return list(Cors(origins).headers_for(method, {name.replace("_", "-"): value for name, value in headers.items()}))


def test_without_origins_it_is_off() -> None:
    """H-70."""
    assert not Cors(()).is_on and headers_for((), origin=A) == []


def test_an_allowed_origin_is_echoed_and_another_is_not() -> None:
    """H-72; in any case of letters."""
    assert headers_for((A, B), origin=B) == [(ORIGIN, B), VARY]
    assert headers_for((A, B), origin="HTTPS://A.EXAMPLE") == [(ORIGIN, "HTTPS://A.EXAMPLE"), VARY]
    assert headers_for((A, B), origin="https://c.example") == []


def test_a_single_origin_does_not_vary_and_is_sent_to_those_without_one() -> None:
    """H-72; of several the first in the alphabet."""
    assert headers_for((A,)) == [(ORIGIN, A)]
    assert headers_for((A,), origin=A) == [(ORIGIN, A)]
    assert headers_for((B, A)) == [(ORIGIN, A), VARY]


def test_a_star_allows_everyone() -> None:
    """It is echoed all the same, unless there is nothing to echo."""
    assert headers_for(("*",)) == [(ORIGIN, "*")]
    assert headers_for(("*",), origin=B) == [(ORIGIN, B), VARY]


def test_an_origin_may_be_a_pattern() -> None:
    """As the original took it: a regular expression."""
    pattern = r"https://.*\.example"
    assert headers_for((pattern,), origin=B) == [(ORIGIN, B), VARY]
    assert headers_for((pattern,), origin="https://a.other") == []
    assert headers_for((pattern,)) == []
    with pytest.raises(ValueError, match=r"AML_CORS_ORIGINS: '\(' is no valid pattern"):
        Cors(("(",))


def test_a_preflight_request_learns_the_methods_and_its_own_headers() -> None:
    """H-71; for a method that is not allowed it learns nothing."""
    asked: Dict[str, str] = {"access_control_request_method": "POST", "access_control_request_headers": "x-b, a"}
    allowed = [(ORIGIN, A), ("Access-Control-Allow-Headers", "a, x-b"), METHODS]
    assert headers_for((A,), "OPTIONS", origin=A, **asked) == allowed
    assert headers_for((A,), "OPTIONS", origin=A, access_control_request_method="PUT") == [(ORIGIN, A)]
    assert headers_for((A,), "OPTIONS", origin=A) == [(ORIGIN, A)]
    assert headers_for((A,), "POST", origin=A, **asked) == [(ORIGIN, A)]


def test_v1s_routes_have_the_headers_and_nothing_else_has(serve: Any) -> None:
    """H-71: refusals by the server included, 404 and 405 not."""
    server = serve(script=ECHO, environment={"AML_CORS_ORIGINS": f"{A}, {B}"}).healthy()
    origin = {"Origin": B}
    preflight = dict(origin, **{"Access-Control-Request-Method": "POST"})
    allowed = [
        server.request("GET", "/", headers=origin),
        server.request("POST", "/score", b"x", origin),
        server.request("OPTIONS", "/score", headers=preflight),
        server.request("GET", "/swagger.json", headers=origin),
        server.request("GET", "/", headers=dict(origin, **{"x-request-id": "i" * 101})),
    ]
    assert [answer.headers.get("access-control-allow-origin") for answer in allowed] == [B] * 5
    assert [answer.status for answer in allowed] == [200, 200, 200, 200, 431]
    assert allowed[2].headers["access-control-allow-methods"] == "GET, POST"
    others = [server.request("GET", "/none", headers=origin), server.request("PUT", "/score", headers=origin)]
    assert ["access-control-allow-origin" in answer.headers for answer in others] == [False, False]
