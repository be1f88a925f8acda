"""The served OpenAPI document against the server: no request that fits it, or just misses it, is the server's failure.

Schemathesis makes the requests; it is in the lock of Python 3.11 and newer alone.
"""

from typing import Any, Iterator, List

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from server_process import Server

schemathesis = pytest.importorskip("schemathesis")

NEGATIVE = schemathesis.GenerationMode.NEGATIVE

TOLERANT = """
from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
from inference_schema.schema_decorators import input_schema, output_schema

def init():
    pass

@input_schema("options", StandardPythonParameterType({"threshold": 0.5, "names": ["a"]}))
@input_schema("data", StandardPythonParameterType([[1.0, 2.0]]))
@output_schema(StandardPythonParameterType({"kinds": ["list"]}))
def run(data, options):
    return {"kinds": [type(data).__name__, type(options).__name__]}
"""

SERVERS_FAILURE = 599
"""Stands for every 5xx but one: an argument of the wrong type is the business of ``inference_schema``, whose exception
is a failure of ``run``."""

REQUESTS = 60
"""For each operation."""


@pytest.fixture(scope="module")
def tolerant(tmp_path_factory: Any) -> Iterator[Server]:
    """A server whose script takes whatever comes."""
    running = Server(tmp_path_factory.mktemp("tolerant"), script=TOLERANT)
    try:
        yield running.healthy()
    finally:
        running.kill()


@pytest.mark.parametrize("version", ["3", "3.1"])
@pytest.mark.parametrize("mode", ["POSITIVE", "NEGATIVE"])
def test_no_request_made_from_the_document_is_a_failure_of_the_servers(
    tolerant: Server, version: str, mode: str
) -> None:
    """``not_a_server_error`` for every operation, with bodies that fit and bodies that do not."""
    schema = schemathesis.openapi.from_url(f"http://127.0.0.1:{tolerant.port}/swagger.json?version={version}")
    operations = [found.ok() for found in schema.get_all_operations()]
    assert {operation.label for operation in operations} >= {"POST /score", "GET /"}
    for operation in operations:
        statuses = asked(operation, schemathesis.GenerationMode[mode])
        assert SERVERS_FAILURE not in statuses
        assert 200 in statuses or mode == "NEGATIVE"
    assert len(tolerant.worker_pids()) == 1


def asked(operation: Any, mode: Any) -> List[int]:
    """The statuses of many requests."""
    statuses: List[int] = []
    try:
        strategy = operation.as_strategy(generation_mode=mode)
    except Exception as error:
        # Nothing about a GET without parameters can be wrong.
        assert mode is NEGATIVE, error
        return statuses

    @settings(
        max_examples=REQUESTS,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def ask_all(case: Any) -> None:
        answer = case.call()
        failed = answer.status_code >= 500 and not is_runs_failure(answer, fits=mode is not NEGATIVE)
        statuses.append(SERVERS_FAILURE if failed else answer.status_code)

    ask_all()
    return statuses


def is_runs_failure(answer: Any, *, fits: bool) -> bool:
    """Whether an answer of 500 is ``run``'s, as it may be to a request that does not fit the document."""
    return not fits and answer.status_code == 500 and answer.headers["x-ms-run-function-failed"] == ["True"]
