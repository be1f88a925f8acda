"""The paths of Open Inference v2 and of SageMaker: which there are, and what is answered without calling ``run``."""

import json
from typing import Any, Optional

import pytest

from shipway_serving import __version__
from shipway_serving.contract.messages import Request, Response
from shipway_serving.protocols.answers import NO_TENSORS, Protocols
from shipway_serving.protocols.model_identity import ModelIdentity, model_identity
from shipway_serving.protocols.routes import Act, Found, route_of

CHURN = ModelIdentity("churn", "3")

INFER = "/v2/models/churn/infer"


# Which path, which model.


@pytest.mark.parametrize(
    "path, found",
    [
        ("/v2", (Act.SERVER, "", "")),
        ("/v2/", (Act.SERVER, "", "")),
        ("/v2/health/live", (Act.LIVE, "", "")),
        ("/v2/health/ready", (Act.READY, "", "")),
        ("/v2/models/m", (Act.MODEL, "m", "")),
        ("/v2/models/m/ready", (Act.MODEL_READY, "m", "")),
        ("/v2/models/m/infer", (Act.INFER, "m", "")),
        ("/v2/models/m/versions/7", (Act.MODEL, "m", "7")),
        ("/v2/models/m/versions/7/ready", (Act.MODEL_READY, "m", "7")),
        ("/v2/models/m/versions/7/infer", (Act.INFER, "m", "7")),
        ("/v2/models/infer/infer", (Act.INFER, "infer", "")),
        ("/ping", (Act.PING, "", "")),
        ("/invocations", (Act.INVOCATIONS, "", "")),
    ],
)
def test_the_paths_of_the_protocols_are_known(path: str, found: Any) -> None:
    """With the model and the version that they name."""
    route = route_of(path)
    assert route is not None
    assert (route.act, route.model, route.version) == found


@pytest.mark.parametrize(
    "path",
    [
        "/score",
        "/v2/models",
        "/v2/models/",
        "/v2/models//infer",
        "/v2/models/m/",
        "/v2/models/m/versions",
        "/v2/models/m/versions/",
        "/v2/models/m/versions//infer",
        "/v2/models/m/other",
        "/v2/models/m/infer/",
        "/v2/health",
        "/v22",
        "/ping/",
    ],
)
def test_no_other_path_is(path: str) -> None:
    """They stay v1's 404."""
    assert route_of(path) is None
    assert Protocols(CHURN).beyond(ask("GET", path), ready=True) is None


@pytest.mark.parametrize(
    "model_dir, identity",
    [
        ("azureml-models/churn/3", CHURN),
        ("/var/azureml-app/azureml-models/churn/3/", CHURN),
        ("azureml-models/", ModelIdentity("model", "")),
        (None, ModelIdentity("model", "")),
        ("/3", ModelIdentity("model", "")),
        ("azureml-models/folder", ModelIdentity("model", "")),
    ],
)
def test_the_model_is_called_as_it_was_registered(model_dir: Optional[str], identity: ModelIdentity) -> None:
    """From the last two parts of ``AZUREML_MODEL_DIR``."""
    assert model_identity(model_dir) == identity


def test_a_version_that_is_not_named_is_any() -> None:
    """And the wrong one is not this model's."""
    asked = [("churn", ""), ("churn", "3"), ("churn", "4"), ("Churn", "")]
    assert [CHURN.is_meant_by(*one) for one in asked] == [True, True, False, False]
    assert Found(Act.MODEL).methods == ("GET", "HEAD")


# Answers at once.


def ask(method: str, path: str) -> Request:
    return Request(method, path, "", {}, b"")


def at_once(protocols: Protocols, path: str, method: str = "GET", *, ready: bool = True) -> Response:
    answer = protocols.beyond(ask(method, path), ready=ready)
    assert isinstance(answer, Response)
    return answer


def answered(protocols: Protocols, path: str, method: str = "GET", *, ready: bool = True) -> Any:
    """Status and JSON, or status and None for an empty body."""
    answer = at_once(protocols, path, method, ready=ready)
    return answer.status, json.loads(answer.body.decode("utf-8")) if answer.body else None


@pytest.mark.parametrize(
    "path, ready_body, body",
    [
        ("/v2/health/ready", {"ready": True}, {"ready": False}),
        ("/v2/models/churn/ready", {"name": "churn", "ready": True}, {"name": "churn", "ready": False}),
        ("/ping", None, None),
    ],
)
def test_probes_say_whether_requests_can_be_scored(path: str, ready_body: Any, body: Any) -> None:
    """200 or 503."""
    protocols = Protocols(CHURN)
    assert answered(protocols, path) == (200, ready_body)
    assert answered(protocols, path, ready=False) == (503, body)


def test_live_and_the_server_s_metadata_need_no_model() -> None:
    """From the moment that the server listens."""
    protocols = Protocols(CHURN)
    assert answered(protocols, "/v2/health/live", ready=False) == (200, {"live": True})
    server = {"name": "shipway-serving", "version": __version__, "extensions": ["binary_tensor_data"]}
    assert answered(protocols, "/v2", ready=False) == (200, server)


def test_a_wrong_method_is_told_the_right_ones() -> None:
    """405 with ``Allow``."""
    protocols = Protocols(CHURN)
    assert answered(protocols, INFER) == (405, {"error": "The method GET is not allowed here, only: POST."})
    assert at_once(protocols, "/ping", "POST").headers == (
        ("x-ms-run-function-failed", "False"),
        ("Allow", "GET, HEAD"),
    )


def test_another_model_is_not_found_and_a_model_is_not_ready_during_init() -> None:
    """404 and 503, with what there is."""
    protocols = Protocols(CHURN)
    here = "here; this service serves 'churn' version '3'."
    assert answered(protocols, "/v2/models/x") == (404, {"error": f"There is no model 'x' {here}"})
    status, body = answered(protocols, "/v2/models/churn/versions/4/infer", "POST")
    assert (status, body) == (404, {"error": f"There is no model 'churn' version '4' {here}"})
    assert answered(protocols, "/v2/models/x/ready", ready=False)[0] == 404
    assert answered(protocols, INFER, "POST", ready=False) == (503, {"error": "Model 'churn' is not ready."})


def test_sagemaker_s_scoring_is_score_under_another_name() -> None:
    """Headers, body and query are the client's; before ``init`` is done it waits as there."""
    sent = Request(
        "POST", "/invocations", "a=1", {"x-amzn-sagemaker-custom-attributes": "t"}, b"body", "/invocations?a=1"
    )
    scored = Request("POST", "/score", "a=1", {"x-amzn-sagemaker-custom-attributes": "t"}, b"body")
    assert Protocols(CHURN).beyond(sent, ready=False) == scored


def test_a_script_without_arrays_is_told_what_inference_needs() -> None:
    """Its metadata name no tensors."""
    protocols = Protocols(CHURN)
    protocols.loaded(None)
    assert answered(protocols, INFER, "POST") == (400, {"error": NO_TENSORS})
    nothing = {"name": "churn", "versions": ["3"], "platform": "python", "inputs": [], "outputs": []}
    assert answered(protocols, "/v2/models/churn") == (200, nothing)
