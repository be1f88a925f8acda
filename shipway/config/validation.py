"""Documents into pydantic models, with complaints in Shipway's words: file, line, key, what is wrong, what to do."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, TypeVar, cast, get_args

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

from shipway.config.documents import Document, KeyPath, nearest, unknown_key
from shipway.errors import ConfigError

M = TypeVar("M", bound=BaseModel)

_HIDDEN = frozenset({"baseImageRegistry", "environmentVariables", "keys", "password", "primaryKey", "secondaryKey"})
"""Keys whose values no message shows, whatever is wrong with them."""


class V1Model(BaseModel):
    """v1's files: camel-case keys, no coercion (contract G-4), unknown keys kept so that they can be warned about."""

    model_config = ConfigDict(alias_generator=to_camel, extra="allow", strict=True, frozen=True)


class ShipwayModel(BaseModel):
    """Shipway's own files: unknown keys are refused, and the words under a field are its description in the schema."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


def validate(model: type[M], document: Document) -> M:
    """Raises ConfigError for the first thing that is wrong, and says how many more there are."""
    if not isinstance(document.value, Mapping):
        raise document.fault((), f"must hold keys and values, not {shown(document.value)}")
    try:
        return model.model_validate(document.value)
    except ValidationError as error:
        raise _explain(error.errors(), model, document) from None


def validate_all(model: type[M], document: Document) -> tuple[M | None, dict[KeyPath, str]]:
    """What is right of it, and a line for each key that is not: more may be found wrong with the rest. None when
    nothing can be read without what is wrong. Raises ConfigError for what holds no keys."""
    if not isinstance(document.value, Mapping):
        return validate(model, document), {}
    try:
        return model.model_validate(document.value), {}
    except ValidationError as error:
        lines: dict[KeyPath, str] = {}
        for one in error.errors():
            keys = _existing_keys(one["loc"], document.value, one["type"])
            lines.setdefault(keys, document.at(keys, _words(one, keys, model)))
    try:
        return model.model_validate(_without(document.value, lines)), lines
    except ValidationError:
        return None, lines


def _without(value: Any, paths: Collection[KeyPath]) -> Any:
    """Without what stands at these paths."""
    if not isinstance(value, Mapping):
        return value
    below = {key: [path[1:] for path in paths if path[:1] == (key,)] for key in value}
    return {key: _without(value[key], below[key]) for key in value if () not in below[key]}


def without_nulls(value: object) -> object:
    """v1 takes null everywhere as "not given" (contract I-2)."""
    match value:
        case Mapping():
            return {str(key): without_nulls(item) for key, item in value.items() if item is not None}
        case list():
            return [without_nulls(item) for item in value]
        case _:
            return value


def unknown_key_warnings(model: BaseModel, document: Document) -> Iterator[str]:
    """A line for each key of a v1 document that nobody reads. v1 dropped them without a word."""
    for path, key, known in unknown_keys(model):
        yield document.at((*path, key), f"ignored: {unknown_key(key, known)}")


def unknown_keys(model: BaseModel, path: KeyPath = ()) -> Iterator[tuple[KeyPath, str, list[str]]]:
    """Where each stands, its name, and which keys are known there."""
    known = _keys_of(type(model))
    for key in model.model_extra or {}:
        yield path, key, known
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from unknown_keys(value, (*path, field.alias or name))


def _explain(errors: list[ErrorDetails], model: type[BaseModel], document: Document) -> ConfigError:
    """An unknown key comes first: it is often why another one is missing."""
    first = next((error for error in errors if error["type"] == "extra_forbidden"), errors[0])
    keys = _existing_keys(first["loc"], document.value, first["type"])
    more = {_existing_keys(e["loc"], document.value, e["type"]) for e in errors} - {keys}
    tail = f" (and {len(more)} more)" if more else ""
    return document.fault(keys, _words(first, keys, model) + tail)


def _words(error: ErrorDetails, keys: KeyPath, model: type[BaseModel]) -> str:  # noqa: PLR0911 - a table
    seen = "***" if _HIDDEN.intersection(map(str, keys)) else shown(error["input"])
    match error["type"]:
        case "missing":
            return f"is missing{_meant_by_it(error, keys, model)}"
        case "too_short" | "string_too_short":
            return "must not be empty"
        case "extra_forbidden":
            return unknown_key(str(keys[-1]), _keys_of(_model_at(model, keys[:-1])))
        case "value_error":
            return str(error["ctx"]["error"])
        case "bool_type":
            return f"must be true or false, not {seen}"
        case "model_type" | "dict_type" | "model_attributes_type":
            return f"must hold keys and values, not {seen}"
        case "string_type" | "invalid_key" if not isinstance(error["input"], list | dict | None):
            return f"must be text, not {seen}: put quotes around it"
        case _:
            return f"{error['msg'].replace('Input should be', 'must be')}, not {seen}"


def _meant_by_it(error: ErrorDetails, keys: KeyPath, model: type[BaseModel]) -> str:
    """v1's users also write the SDK's names, such as entry_script."""
    known = _keys_of(_model_at(model, keys[:-1]))
    there = [key for key in error["input"] if isinstance(key, str) and key not in known]
    meant = nearest(str(keys[-1]), there) if isinstance(error["input"], Mapping) else None
    return f"; {meant} stands in its place" if meant else ""


def _existing_keys(loc: KeyPath, value: object, kind: str) -> KeyPath:
    """Pydantic also names members of unions: keep what stands in the document, and a key that is missing there."""
    keys: list[str | int] = []
    for part in loc:
        if (isinstance(value, Mapping) and part in value) or (isinstance(value, list) and isinstance(part, int)):
            value = cast("Any", value)[part]
        elif kind != "missing" or part != loc[-1]:
            continue
        keys.append(part)
    return tuple(keys)


def _keys_of(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_at(model: type[BaseModel], keys: KeyPath) -> type[BaseModel]:
    """The model that reads what stands at `keys`."""
    for key in keys:
        if isinstance(key, int):
            continue
        field = next(f for name, f in model.model_fields.items() if (f.alias or name) == key)
        model = next(_models_in(field.annotation), model)
    return model


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)


def shown(value: object) -> str:
    """A value short enough for one line, in the words of the file; what has keys may have a password below one."""
    if isinstance(value, Mapping):
        return "keys and values"
    if isinstance(value, list) and any(isinstance(one, Mapping | list) for one in value):
        return "a list"
    text = "null" if value is None else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
