"""A model without code under dynamic batching, and under whatever clients may send."""

import json
import time
from collections import deque
from typing import Any, List

import onnx_files
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx_files import BOOL, FLOAT, FLOAT16, INT8, INT64, STRING

from shipway_serving.batching.batcher import Batcher
from shipway_serving.batching.plan import Limits
from shipway_serving.batching.scoring import Script
from shipway_serving.contract.messages import Refusal, Request
from shipway_serving.protocols.model_identity import ModelIdentity
from shipway_serving.protocols.onnx_model import OnnxService
from shipway_serving.protocols.open_inference import v2_dialect
from shipway_serving.server.dialect_scorer import DialectScorer
from shipway_serving.server.line import Job
from shipway_serving.server.overtime import Overtime

JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def service(tmp_path_factory: Any) -> OnnxService:
    made = OnnxService(onnx_files.written(tmp_path_factory.mktemp("model"), onnx_files.scaled(1)), threads=1)
    made.init()
    return made


@pytest.fixture(scope="module")
def every_type(tmp_path_factory: Any) -> OnnxService:
    kinds = {"f": FLOAT, "h": FLOAT16, "i": INT64, "t": INT8, "b": BOOL, "s": STRING}
    content = onnx_files.echo(*((name, kind, ["N"]) for name, kind in kinds.items()))
    made = OnnxService(onnx_files.written(tmp_path_factory.mktemp("types"), content), threads=1)
    made.init()
    return made


def job(body: Any, came_at: float = 0.0) -> Job:
    return Job(Request("POST", "/score", "", JSON, json.dumps(body).encode("ascii")), lambda response: None, came_at)


def scorer_of(service: OnnxService) -> DialectScorer:
    return DialectScorer(service, Overtime(60000), service.dialect)


def test_requests_that_wait_together_are_scored_in_one_call(service: OnnxService) -> None:
    """Each gets its own rows and its own outputs; one that does not fit gets its error and harms nobody."""
    calls: List[int] = []

    def run_batch(batch: Any) -> Any:
        calls.append(len(batch))
        return service.run_batch(batch)

    script = Script(service.form, service.run, run_batch)
    batcher = Batcher(scorer_of(service), script, Limits(64, 0.0), time.perf_counter)
    bodies: List[Any] = [{"inputs": {"x": [[float(n)]] * n}} for n in range(1, 5)]
    bodies[2:2] = [{"inputs": {"x": [["text"]]}}, {"inputs": {"x": [[9]]}, "outputs": ["total"]}]
    waiting = deque(job(body) for body in bodies)
    answers = {}
    while waiting:
        jobs = batcher.take(waiting, 1.0).jobs
        answers.update(
            zip((json.dumps(json.loads(one.request.body.decode("ascii"))) for one in jobs), batcher.score(jobs))
        )
    seen = [answers[json.dumps(body)] for body in bodies]
    assert calls == [4]
    assert [one.response.status for one in seen] == [200, 200, 400, 200, 200, 200]
    outputs = [json.loads(one.response.body.decode("ascii")).get("outputs") for one in seen]
    assert outputs[0] == {"y": [[2.0]], "total": [[1.0]]}
    assert outputs[3] == {"total": [[9.0]]}
    assert outputs[5] == {"y": [[8.0]] * 4, "total": [[4.0]] * 4}


def test_other_methods_are_answered_as_on_any_score(service: OnnxService) -> None:
    """OPTIONS and HEAD do not reach the model (H-4, H-5)."""
    scorer = scorer_of(service)
    for method, status in (("OPTIONS", 200), ("HEAD", 405)):
        assert scorer.score(Request(method, "/score", "", {}, b"")).response.status == status


def test_a_failure_of_the_runtime_is_the_server_s(service: OnnxService, caplog: Any) -> None:
    """500 with v1's words; the reason is in the log."""
    scored = scorer_of(service).score_arguments(Request("POST", "/score", "", JSON, b""), {"nonsense": 1})
    message = "An unexpected error occurred in scoring script. Check the logs for more info."
    assert (scored.response.status, json.loads(scored.response.body.decode("ascii"))) == (500, {"message": message})
    assert "KeyError" in caplog.text


# Whatever clients may send.

NUMBERS = st.one_of(st.integers(), st.floats(), st.booleans(), st.text(max_size=3), st.none())
VALUES = st.recursive(NUMBERS, lambda inner: st.lists(inner, max_size=3), max_leaves=6)
FIELDS = st.sampled_from(["floatData", "int32Data", "int64Data", "stringData", "rawData", "doubleData"])
TENSORS = st.fixed_dictionaries({"dims": VALUES, "dataType": st.sampled_from([1, 3, 7, 8, 9, 10, None])})
NAMES = st.sampled_from(["f", "h", "i", "t", "b", "s"])


@given(NAMES, st.one_of(VALUES, TENSORS), FIELDS, VALUES)
def test_no_body_is_more_than_refused(every_type: OnnxService, name: str, value: Any, field: str, data: Any) -> None:
    """Never a failure of the server: either the input fits or the error names it."""
    if isinstance(value, dict):
        value = dict(value, **{field: data})
    inputs = {"f": [1.0], "h": [1.0], "i": [1], "t": [1], "b": [True], "s": ["a"], name: value}
    try:
        arguments = every_type.arguments(job({"inputs": inputs}).request)
    except Refusal as refusal:
        assert refusal.status == 400
        assert refusal.message.startswith("Input ")
    else:
        assert every_type.dialect.answer(every_type.run(**arguments), 0.0).status == 200


DATATYPES = st.sampled_from(["FP32", "FP16", "INT64", "INT8", "BOOL", "BYTES", None])
PARAMETERS = st.fixed_dictionaries({"binary_data_size": st.one_of(st.integers(-1, 9), st.none(), st.text(max_size=1))})


SENT = st.fixed_dictionaries(
    {
        "name": NAMES,
        "datatype": DATATYPES,
        "shape": VALUES,
        "data": VALUES,
        "parameters": st.one_of(st.none(), PARAMETERS),
    }
)


@given(SENT, st.binary(max_size=9))
def test_no_inference_request_is_more_than_refused(every_type: OnnxService, sent: Any, binary: bytes) -> None:
    """The same for v2, in JSON and in binary."""
    dialect = v2_dialect(every_type.tensor_service(), ModelIdentity())
    good = {"f": ("FP32", [1.0]), "h": ("FP16", [1]), "i": ("INT64", [1]), "t": ("INT8", [1])}
    good.update(b=("BOOL", [True]), s=("BYTES", ["a"]))
    del good[sent["name"]]
    others = [{"name": name, "datatype": kind, "shape": [1], "data": one} for name, (kind, one) in good.items()]
    text = json.dumps({"inputs": others + [sent]}).encode("ascii")
    headers = {"inference-header-content-length": str(len(text))}
    try:
        arguments = dialect.arguments(Request("POST", "/v2/models/model/infer", "", headers, text + binary))
    except Refusal as refusal:
        assert (refusal.status, dialect.refused(refusal).status) == (400, 400)
    else:
        assert dialect.answer(dialect.run(**arguments), 0.0).status == 200
