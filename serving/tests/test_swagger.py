"""``/swagger.json``: generated from the author's own ``inference_schema``, overridden by files, by profile."""

import json
from types import SimpleNamespace
from typing import Any, Optional

import numpy
import pytest
from inference_schema.parameter_types.numpy_parameter_type import NumpyParameterType
from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
from inference_schema.schema_decorators import input_schema, output_schema

from shipway_serving.contract.messages import JSON
from shipway_serving.schema.documents import Documents
from shipway_serving.schema.openapi import ServiceIdentity, document, legacy_document
from shipway_serving.schema.registered import UNDECORATED, Schemas, schemas_by, schemas_of


def plain(data: Any) -> Any:
    return data


@input_schema("rows", NumpyParameterType(numpy.array([[1.5, 2.0]])))
@output_schema(StandardPythonParameterType({"label": "cat"}))
def with_numpy(request_headers: Any, rows: Any, note: str = "") -> Any:
    return rows


@input_schema("mixed", StandardPythonParameterType([1, "a"]))
def with_mixed_list(mixed: Any) -> Any:
    return mixed


@output_schema(StandardPythonParameterType([1]))
def with_output_only(data: Any) -> Any:
    return data


@input_schema("rows", NumpyParameterType(numpy.array([float("nan")])))
def with_nan(rows: Any) -> Any:
    return rows


def documents(run: Any, folder: Any, *, legacy: bool = False) -> Documents:
    return Documents(schemas_of(run), ServiceIdentity(), str(folder), legacy=legacy)


def asked(run: Any, folder: Any, version: Optional[str] = None, *, legacy: bool = False) -> Any:
    """The status and the JSON of one answer."""
    answer = documents(run, folder, legacy=legacy).answer(version)
    assert answer.content_type == JSON
    assert answer.headers == (("x-ms-run-function-failed", "False"),)
    return answer.status, json.loads(answer.body.decode("ascii"))


def test_an_undecorated_script_has_documents_of_every_version(tmp_path: Any) -> None:
    """Open object schemas with an empty example (H-90, H-92)."""
    formats = {None: "2.0", "2": "2.0", "2.0": "2.0", "3": "3.0.3", "3.0": "3.0.3", "3.1": "3.1.0"}
    for version, form in formats.items():
        status, made = asked(plain, tmp_path, version)
        assert (status, made.get("swagger") or made.get("openapi")) == (200, form)
        schemas = made.get("definitions") or made["components"]["schemas"]
        assert schemas["ServiceInput"] == schemas["ServiceOutput"] == {"type": "object", "example": {}}


def test_the_samples_of_the_decorators_are_published(tmp_path: Any) -> None:
    """Every parameter is listed, ``request_headers`` too, with an empty sample when it has none (H-95, H-96)."""
    schemas = asked(with_numpy, tmp_path)[1]["definitions"]
    assert list(schemas["ServiceInput"]["properties"]) == ["request_headers", "rows", "note"]
    assert schemas["ServiceInput"]["properties"]["rows"]["items"]["items"] == {"type": "number", "format": "double"}
    assert schemas["ServiceInput"]["example"] == {"request_headers": "", "rows": [[1.5, 2.0]], "note": ""}
    assert schemas["ServiceOutput"]["example"] == {"label": "cat"}
    assert schemas["ServiceOutput"]["required"] == ["label"]
    only = asked(with_output_only, tmp_path, "3")[1]["components"]["schemas"]
    assert only["ServiceInput"] == {"type": "object"}
    assert only["ServiceOutput"]["items"] == {"type": "integer", "format": "int64"}


def test_a_version_that_the_sample_does_not_allow_is_refused_and_so_is_an_unknown_one(tmp_path: Any) -> None:
    """With the versions that there are (H-91)."""
    unsupported = "Swagger version [2] is not supported for the scoring script. Supported swagger versions: [3, 3.1]."
    assert asked(with_mixed_list, tmp_path) == (404, {"message": unsupported})
    assert asked(with_mixed_list, tmp_path, "3.1")[0] == 200
    for version in ("4", "", "2.00"):
        invalid = f"Swagger version [{version}] is not valid. Supported versions: [2, 3, 3.1]."
        assert asked(plain, tmp_path, version) == (404, {"message": invalid})


def test_files_at_the_app_root_override_what_is_generated(tmp_path: Any) -> None:
    """Each version has its own, Swagger 2 has two, and an empty object counts as no file (H-93)."""
    (tmp_path / "sub").mkdir()
    for name in ("swagger2.json", "swagger3.json", "sub/swagger3.1.json"):
        (tmp_path / name).write_text(json.dumps({"from": name}))
    assert asked(plain, tmp_path) == (200, {"from": "swagger2.json"})
    assert asked(with_mixed_list, tmp_path, "3.0") == (200, {"from": "swagger3.json"})
    assert asked(plain, tmp_path, "3.1")[1]["openapi"] == "3.1.0"
    (tmp_path / "swagger.json").write_text("{}")
    assert asked(plain, tmp_path, "2") == (200, {"from": "swagger2.json"})
    (tmp_path / "swagger.json").write_text("[1]")
    assert asked(with_numpy, tmp_path, "2") == (200, [1])


def test_override_files_are_read_once_and_a_broken_one_is_passed_over(tmp_path: Any, caplog: Any) -> None:
    """A document is not worth a service that does not start; the log says which file it is."""
    (tmp_path / "swagger.json").write_text("{broken")
    (tmp_path / "swagger3.json").mkdir()
    made = documents(plain, tmp_path)
    (tmp_path / "swagger.json").write_text('{"late": true}')
    assert json.loads(made.answer("2").body.decode("ascii"))["swagger"] == "2.0"
    assert made.answer("3").status == 200
    assert f"{tmp_path}/swagger.json is passed over: it cannot be read as JSON: Expecting" in caplog.text


def test_legacy_has_one_document_or_none(tmp_path: Any) -> None:
    """Made from decorators, else read from ``swagger.json``, else not found; the version is not looked at (H-92)."""
    assert asked(plain, tmp_path, legacy=True) == (404, "Swagger not found")
    (tmp_path / "swagger2.json").write_text('{"not": "looked for"}')
    assert asked(plain, tmp_path, legacy=True) == (404, "Swagger not found")
    (tmp_path / "swagger.json").write_text('{"mine": 1}')
    assert asked(plain, tmp_path, "3", legacy=True) == (200, {"mine": 1})
    status, made = asked(with_numpy, tmp_path, "nonsense", legacy=True)
    assert (status, made["swagger"], sorted(made["paths"])) == (200, "2.0", ["/", "/score"])
    assert sorted(made["definitions"]["ErrorResponse"]["properties"]) == ["message", "status_code"]


@pytest.mark.parametrize(
    "prefix, modern, legacy",
    [
        ("", "", ""),
        ("api/v1/x", "/api/v1/x", "/api/v1/x"),
        ("//a/", "/a", "//a"),
        ("/", "/", ""),
    ],
)
def test_the_identity_of_the_service_is_in_the_document(prefix: str, modern: str, legacy: str) -> None:
    """Odd prefixes come out as they did in each profile (H-94)."""
    service = ServiceIdentity('my "service"', "7", prefix)
    for version in ("2", "3", "3.1"):
        made = document(version, UNDECORATED, service)
        assert made["info"]["title"] == 'my "service"'
        assert made["info"]["description"] == 'API specification for the Azure Machine Learning service my "service"'
        assert made["info"]["version"] == "7"
        assert sorted(made["paths"]) == sorted(modern + path for path in ("/", "/score", "/swagger.json"))
    assert sorted(legacy_document(UNDECORATED, service)["paths"]) == sorted((legacy + "/", legacy + "/score"))


@pytest.mark.parametrize("version", ["2", "3", "3.1"])
def test_every_reference_in_a_document_leads_somewhere(version: str) -> None:
    """Tools that generate clients fail on a dangling one."""
    made = document(version, UNDECORATED, ServiceIdentity())
    for reference in references(made):
        place: Any = made
        for step in reference.lstrip("#/").split("/"):
            place = place[step]
        assert place["type"] == "object"


def references(value: Any) -> "list[str]":
    if isinstance(value, dict):
        own = [value["$ref"]] if "$ref" in value else []
        return own + [found for part in value.values() for found in references(part)]
    return [found for part in value for found in references(part)] if isinstance(value, list) else []


def test_a_sample_that_json_lacks_is_a_literal_or_a_failure_of_the_request(tmp_path: Any) -> None:
    """NaN is written as such (H-44); what cannot be written fails each request and not the start (H-46)."""
    body = documents(with_nan, tmp_path).answer("2").body
    assert b'"example": {"rows": [NaN]}' in body
    unwritable = Documents(Schemas({"example": b"bytes"}, {}), ServiceIdentity(), str(tmp_path))
    message = "An unexpected internal error occurred. Check the logs for more info."
    answer = unwritable.answer("3")
    assert (answer.status, json.loads(answer.body.decode("ascii"))) == (500, {"message": message})


def test_the_first_releases_of_inference_schema_allow_swagger_2_alone() -> None:
    """1.0.2 and 1.3 have no ``get_supported_versions`` (S-9)."""
    first = SimpleNamespace(
        is_schema_decorated=lambda run: True,
        get_input_schema=lambda run: {"in": 1},
        get_output_schema=lambda run: {"out": 1},
    )
    assert schemas_by(first, plain) == Schemas({"in": 1}, {"out": 1}, ("2",))


def test_a_run_that_the_package_cannot_look_into_counts_as_undecorated() -> None:
    """The first releases ask whatever ``run`` encloses for its own closure, and integers have none."""

    def fail(run: Any) -> bool:
        raise AttributeError("'int' object has no attribute '__closure__'")

    assert schemas_by(SimpleNamespace(is_schema_decorated=fail), plain) is UNDECORATED
