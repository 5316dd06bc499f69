"""Whole numbers of requests may be written 3.0, as JSON schema says of `integer`: on every route, in every part."""

import json
from collections.abc import Iterator
from typing import Annotated, Any, get_args

import pytest
from pydantic import BaseModel, TypeAdapter

from serving.http.routes import ROUTES


def parts(model: type[BaseModel], seen: set[type[BaseModel]]) -> Iterator[type[BaseModel]]:
    """A request and every model within it."""
    if model in seen:
        return
    seen.add(model)
    yield model
    for field in model.model_fields.values():
        yield from (part for one in models_in(field.annotation) for part in parts(one, seen))


def models_in(kind: Any) -> Iterator[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
    for inner in get_args(kind):
        yield from models_in(inner)


def whole_numbers() -> list[Any]:
    """Each field of a request that is a whole number, with one that it takes."""
    seen: set[type[BaseModel]] = set()
    found = []
    for model in (part for route in ROUTES for part in parts(route.request, seen)):
        for name, field in model.model_fields.items():
            adapter: TypeAdapter[Any] = TypeAdapter(Annotated[field.annotation, *field.metadata, ""])
            schema = adapter.json_schema()
            for one in (schema, *schema.get("anyOf", ())):
                if one.get("type") == "integer":
                    found.append(pytest.param(adapter, one.get("minimum", 1), id=f"{model.__name__}.{name}"))
                elif one.get("items", {}).get("type") == "integer":
                    listed = [one["items"].get("minimum", 1)]
                    found.append(pytest.param(adapter, listed, id=f"{model.__name__}.{name}"))
    return found


@pytest.mark.parametrize(("adapter", "value"), whole_numbers())
def test_whole_number_with_a_point_is_taken(adapter: TypeAdapter[Any], value: int | list[int]) -> None:
    # SQLite holds no number beyond 2^63, PostgreSQL's integers none beyond 2^31: one without a limit would be a 500
    kinds = adapter.json_schema()
    kinds = [one.get("items", one) for one in (kinds, *kinds.get("anyOf", ()))]
    assert all("maximum" in one for one in kinds if one.get("type") == "integer")
    with_point = [float(one) for one in value] if isinstance(value, list) else float(value)
    assert adapter.validate_json(json.dumps(with_point)) == adapter.validate_json(json.dumps(value))
