"""The example request that a revision shows in its own swagger: all that is known to ask without golden rows.

v1's scripts declare it with inference-schema's decorators (contract section 6); one without them has an empty one,
which says nothing.
"""

import json
from collections.abc import Mapping, Sequence

from shipway.domain.golden import GoldenRow, Question, SampleRequest
from shipway.domain.verdict import CheckResult, Phase
from shipway.verification.answers import read_answer
from shipway.verification.connection import Connection
from shipway.verification.evidence import one_line
from shipway.verification.samples import MINIMUM_SAMPLE, Reply

LOAD_S = 60.0
"""For the load of a sample to each endpoint: nobody has said how fast the service should be."""

_SWAGGER_S = 10.0
_PLACES = (("definitions", "ServiceInput"), ("components", "schemas", "ServiceInput"))
"""Where Swagger 2 and OpenAPI 3 have the body of /score."""

NOTHING_TO_ASK = "no request was made: no sample in its swagger, no golden rows (verification/golden, --golden)"
NOT_TO_BE_ASKED = "no request was made: no golden rows, and the sample is left out (verification/sample)"


def questions_for(url: str, rows: Sequence[GoldenRow], *, sample: bool) -> tuple[Question, ...]:
    """What a revision is to be asked: the golden rows, else its own sample unless that is not wanted, else nothing."""
    if rows or not sample:
        return tuple(rows)
    found = read_sample(url)
    return () if found is None else (found,)


def read_sample(url: str) -> SampleRequest | None:
    """None where its swagger shows none, or cannot be had. Safe to repeat."""
    with Connection(url, timeout_s=_SWAGGER_S) as connection:
        reply = connection.get("/swagger.json")
    try:
        return sample_of(json.loads(reply.body)) if reply.ok else None
    except ValueError:
        return None


def sample_of(document: object) -> SampleRequest | None:
    """Pure."""
    for place in _PLACES:
        schema = document
        for key in place:
            schema = schema.get(key) if isinstance(schema, Mapping) else None
        if isinstance(schema, Mapping) and schema.get("example"):
            return SampleRequest(request=json.dumps(schema["example"], ensure_ascii=False))
    return None


def judge_sample(reply: Reply, champion: Reply | None = None) -> CheckResult:
    """Only that it is answered: whether the answer is right, nobody has said. An answer that tells of an error passes,
    and is shown, unless the champion has a better one: v1's scripts answer so for a sample that is a mere example."""
    if reply.ok:
        message = f"the sample of its swagger was answered with status 200 in {reply.latency_ms:.0f} ms"
        if (error := error_told(reply)) is None:
            return CheckResult(name="sample", phase=Phase.PASSED, message=message)
        is_worse = champion is not None and champion.ok and error_told(champion) is None
        message += f", and the answer tells of an error: {error}" + ("; the champion's does not" if is_worse else "")
        return CheckResult(name="sample", phase=Phase.FAILED if is_worse else Phase.PASSED, message=message)
    message = (
        f"the sample of its swagger was not answered with status 200: {reply.describe()}; if it cannot "
        "be, give golden rows (verification/golden, --golden), or leave it out with verification/sample: false"
    )
    return CheckResult(name="sample", phase=Phase.FAILED, message=message)


def error_told(reply: Reply) -> str | None:
    """What v1's scripts answer with status 200 when their run() has caught something: {"error": ...}. Pure."""
    try:
        answer = read_answer(reply.body)
    except ValueError:
        return None
    error = answer.get("error") if isinstance(answer, Mapping) else None
    return one_line(error) if isinstance(error, str) and error else None


def too_slow_for_load(reply: Reply) -> str | None:
    """Why a revision is not put under load with its sample; None when there is time for it."""
    if reply.latency_ms * MINIMUM_SAMPLE <= LOAD_S * 1000:
        return None
    return (
        f"no load: one request takes {reply.latency_ms / 1000:.1f} s, and {MINIMUM_SAMPLE} would take more than the "
        f"{LOAD_S:.0f} s that there are"
    )
