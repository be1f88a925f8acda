import re

import pytest

from shipway.domain.names import ModelRef
from shipway.errors import ModelNotFound, RegistryError
from shipway.registry.rules import Details, Reference, check_alias, check_registration, did_you_mean, parse_reference


@pytest.mark.parametrize(
    ("name", "details", "expected"),
    [
        (
            "my model",
            {},
            (
                "model name 'my model' is not allowed: use 1 to 255 letters, digits, '-', '.' and '_', "
                "beginning with a letter or a digit"
            ),
        ),
        ("m", {"tags": {"acc": 0.9}}, "model m: tag 'acc' has the value 0.9, which is not text; quote it"),
        ("m", {"tags": {"": "x"}}, "model m: tag '' is not allowed: a tag needs a name that is text"),
        ("m", {"properties": {"a": None}}, "model m: property 'a' has the value None, which is not text; quote it"),
        (
            "m",
            {"framework": "sklearn"},
            (
                "framework 'sklearn' is not known (did you mean ScikitLearn?); "
                "use one of Custom, TensorFlow, ScikitLearn, Onnx, PyTorch, Multi, TfKeras"
            ),
        ),
        (
            "m",
            {"framework_version": "1.5"},
            (
                "framework version '1.5' needs a framework beside it, one of "
                "Custom, TensorFlow, ScikitLearn, Onnx, PyTorch, Multi, TfKeras"
            ),
        ),
    ],
)
def test_what_v1_would_refuse_is_refused(name: str, details: Details, expected: str) -> None:
    with pytest.raises(RegistryError, match=f"^{re.escape(expected)}$"):
        check_registration(name, details)


@pytest.mark.parametrize(
    "details",
    [
        {},
        {"framework": "Onnx", "framework_version": "1.17"},
        {"framework": None},
        {"framework": "TfKeras"},
        {"tags": {"a": ""}, "properties": {"b": "ü"}},
    ],
)
def test_what_v1_takes_is_taken(details: Details) -> None:
    check_registration("a.model_1-x", details)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("digits", Reference(name="digits")),
        ("digits:12", Reference(name="digits", version=12)),
        ("digits@champion", Reference(name="digits", alias="champion")),
        (ModelRef(name="digits", version=3), Reference(name="digits", version=3)),
    ],
)
def test_a_reference_has_three_forms(text: str | ModelRef, expected: Reference) -> None:
    assert parse_reference(text) == expected


@pytest.mark.parametrize(
    "text", ["", "./model.onnx", "digits:0", "digits:x", "digits:", "a/b:1", "@x", "digits@", "a:1@b"]
)
def test_what_names_no_model_is_not_found(text: str) -> None:
    expected = f"ModelNotFound: {text!r} names no model; write name, name:version or name@alias"
    with pytest.raises(ModelNotFound, match=f"^{re.escape(expected)}$"):
        parse_reference(text)


@pytest.mark.parametrize("alias", ["", "a/b", ".x", "a" * 65])
def test_an_alias_that_cannot_be_written_is_refused(alias: str) -> None:
    with pytest.raises(RegistryError, match=rf"^alias {re.escape(repr(alias))} is not allowed: use 1 to 64 letters"):
        check_alias(alias)


def test_a_hint_is_given_only_for_what_is_near() -> None:
    assert did_you_mean("Digitz", ["digits", "iris"]) == " (did you mean digits?)"
    assert did_you_mean("churn", ["digits", "iris"]) == ""
