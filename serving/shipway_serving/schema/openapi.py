"""The OpenAPI document of a service: pure, one value made from the schemas of ``run`` and the service's identity.

Every text in it is part of what v1's clients received (H-94), so none is worded anew.
"""

from typing import Any, Dict, List, NamedTuple, Optional

from shipway_serving.schema.registered import Schemas

_Json = Dict[str, Any]

_SERVED = "The service processed the input correctly and provided a result prediction, if applicable."
_FAILED = "The service failed to execute due to an error."
_UP = "If service is up and running, this response will be returned with the content 'Healthy'"
_INPUT = "The input payload for executing the real-time machine learning service."


class ServiceIdentity(NamedTuple):
    """How the service calls itself."""

    name: str = "ML service"
    """``SERVICE_NAME``."""
    version: str = "1.0"
    """``SERVICE_VERSION``."""
    path_prefix: str = ""
    """``SERVICE_PATH_PREFIX``: stands in documents, never in routes."""


def document(version: str, schemas: Schemas, service: ServiceIdentity) -> _Json:
    """The document of ``version`` (2, 3 or 3.1) as ``modern`` made it."""
    prefix = "/" + service.path_prefix.strip("/") if service.path_prefix else ""
    if version == "2":
        paths = _paths_2(prefix)
        paths[prefix + "/swagger.json"] = {"get": _swagger_operation_2()}
        return _document_2(schemas, service, paths, {"message": {"type": "string"}})
    return _document_3("3.1.0" if version == "3.1" else "3.0.3", schemas, service, prefix)


def legacy_document(schemas: Schemas, service: ServiceIdentity) -> _Json:
    """The only document that ``legacy`` made: Swagger 2 without its own path, errors with a status code in them."""
    prefix = service.path_prefix
    if prefix and not prefix.startswith("/"):
        prefix = "/" + prefix
    error = {"status_code": {"type": "integer", "format": "int32"}, "message": {"type": "string"}}
    return _document_2(schemas, service, _paths_2(prefix.rstrip("/")), error)


def _info(service: ServiceIdentity) -> _Json:
    description = f"API specification for the Azure Machine Learning service {service.name}"
    return {"title": service.name, "description": description, "version": service.version}


def _bearer() -> _Json:
    return {"type": "apiKey", "name": "Authorization", "in": "header", "description": "For example: Bearer abc123"}


def _definitions(schemas: Schemas, error: _Json) -> _Json:
    return {
        "ServiceInput": schemas.given,
        "ServiceOutput": schemas.returned,
        "ErrorResponse": {"type": "object", "properties": error},
    }


def _operation(name: str, description: str, responses: _Json, **more: Any) -> _Json:
    return dict({"operationId": name, "description": description}, **more, responses=responses)


_HEALTH = ("ServiceHealthCheck", "Simple health check endpoint to ensure the service is up at any given point.")
_SCORE = ("RunMLService", "Run web service's model and get the prediction output")
_SWAGGER = ("GetSwaggerSpec", "Get the Swagger specification.")


# Swagger 2.


def _document_2(schemas: Schemas, service: ServiceIdentity, paths: _Json, error: _Json) -> _Json:
    return {
        "swagger": "2.0",
        "info": _info(service),
        "schemes": ["https"],
        "consumes": ["application/json"],
        "produces": ["application/json"],
        "securityDefinitions": {"Bearer": _bearer()},
        "paths": paths,
        "definitions": _definitions(schemas, error),
    }


def _paths_2(prefix: str) -> _Json:
    health = _responses_2(_UP, {"type": "string"}, {"application/json": "Healthy"})
    body = {
        "name": "serviceInputPayload",
        "in": "body",
        "description": _INPUT,
        "schema": {"$ref": "#/definitions/ServiceInput"},
    }
    score = _operation(
        *_SCORE, _responses_2(_SERVED, {"$ref": "#/definitions/ServiceOutput"}), security=_SECURITY, parameters=[body]
    )
    return {prefix + "/": {"get": _operation(*_HEALTH, health)}, prefix + "/score": {"post": score}}


def _swagger_operation_2() -> _Json:
    parameters = [{"name": "version", "in": "query", "required": False, "type": "integer", "enum": [2, 3]}]
    responses = _responses_2("The Swagger specification.", {"type": "string"})
    return _operation(*_SWAGGER, responses, parameters=parameters)


def _responses_2(description: str, schema: _Json, examples: Optional[_Json] = None) -> _Json:
    served: _Json = {"description": description, "schema": schema}
    if examples:
        served["examples"] = examples
    return {"200": served, "default": {"description": _FAILED, "schema": {"$ref": "#/definitions/ErrorResponse"}}}


_SECURITY: List[_Json] = [{"Bearer": []}]


# OpenAPI 3.


def _document_3(openapi: str, schemas: Schemas, service: ServiceIdentity, prefix: str) -> _Json:
    error = {"message": {"type": "string"}}
    return {
        "openapi": openapi,
        "info": _info(service),
        "security": _SECURITY,
        "paths": _paths_3(prefix),
        "components": {"schemas": _definitions(schemas, error), "securitySchemes": {"Bearer": _bearer()}},
    }


def _paths_3(prefix: str) -> _Json:
    health = _responses_3(_UP, "text/plain", {"type": "string", "example": "Healthy"})
    score = _responses_3(_SERVED, "application/json", {"$ref": "#/components/schemas/ServiceOutput"})
    schema = {"$ref": "#/components/schemas/ServiceInput"}
    body = {"description": _INPUT, "content": {"application/json": {"schema": schema}}}
    version = {"name": "version", "in": "query", "required": False, "schema": {"type": "integer", "enum": [2, 3]}}
    swagger = _responses_3("The Swagger specification.", "text/plain", {"type": "string"})
    return {
        prefix + "/": {"get": _operation(*_HEALTH, health)},
        prefix + "/score": {"post": _operation(*_SCORE, score, security=_SECURITY, requestBody=body)},
        prefix + "/swagger.json": {"get": _operation(*_SWAGGER, swagger, parameters=[version])},
    }


def _responses_3(description: str, media_type: str, schema: _Json) -> _Json:
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorResponse"}}}
    return {
        "200": {"description": description, "content": {media_type: {"schema": schema}}},
        "default": {"description": _FAILED, "content": error},
    }
