"""Writes the OpenAPI 3.1 document of the service from the table of routes, with examples and roles."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from pydantic_core import to_json

from serving.http.access import ROLE_SCOPES
from serving.http.messages.common import ErrorResponse
from serving.http.routes import Route

_REF = "#/components/schemas/{model}"
_ERRORS = {
    "400": "malformed: not JSON, a field missing, unknown or of the wrong kind",
    "401": "no key, or one that is unknown, expired or revoked",
    "403": "the key's role may not do this",
    "404": "an id is not known",
    "405": "wrong method",
    "408": "the body did not arrive in time",
    "409": "somebody else changed it since you read it; details hold both versions",
    "413": "the body is too large",
    "422": "understood but impossible",
    "429": "too many requests at once; see Retry-After",
    "503": "no answers yet, or overloaded; see Retry-After",
}
TAGS = {
    "demand": "Forecasts, what-if, overrides, sales history",
    "stock": "Order suggestions, decisions, orders, stock of all stores",
    "people": "Recommendations, audiences, events, merchandising rules",
    "campaigns": "Campaigns and triggers: draft, preview, approval, people, effect",
    "guides": "Guides: daily lists, what came of them, credit",
    "goods": "Substitutes and complements, calendar of promotions",
    "jobs": "Loading, features, training and publishing: started, watched, cancelled",
    "service": "Overview, search, profiles, health",
    "extensions": "Routes of other packages",
}
_RETRY_AFTER = {"Retry-After": {"description": "seconds", "schema": {"type": "integer"}}}
_HEADERS: dict[str, dict[str, Any]] = {
    "405": {"Allow": {"description": "methods that it answers", "schema": {"type": "string"}}},
    "429": _RETRY_AFTER,
    "503": _RETRY_AFTER,
}
_PLAIN = {
    "/livez": ("Whether the process lives", "text/plain"),
    "/readyz": ("Whether at least one tenant has answers", "text/plain"),
    "/metrics": ("Metrics in Prometheus' text format", "text/plain"),
    "/docs.json": ("This description", "application/json"),
    "/ui/": ("The page", "text/html"),
}


def openapi(routes: Sequence[Route]) -> dict[str, Any]:
    """The OpenAPI document of `routes` and of the fixed addresses, as JSON values."""
    models: list[type[BaseModel]] = [model for route in routes for model in (route.request, route.response)]
    models.append(ErrorResponse)
    names, definitions = models_json_schema([(model, "validation") for model in models], ref_template=_REF)
    paths: dict[str, Any] = {route.path: {"post": _operation(route, names)} for route in routes}
    errors = _errors(names[ErrorResponse, "validation"])
    for path, (summary, kind) in _PLAIN.items():
        paths[path] = {"get": _plain_operation(path, summary, kind, errors)}
    tags = {operation["tags"][0] for methods in paths.values() for operation in methods.values()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Retail brain", "version": "1", "description": "People, goods and places of a retailer."},
        "tags": [{"name": tag, "description": TAGS.get(tag, tag)} for tag in sorted(tags, key=[*TAGS, *tags].index)],
        "paths": paths,
        "security": [{"key": []}],
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "schemas": {name: _optional(schema) for name, schema in definitions["$defs"].items()},
        },
    }


def _optional(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with defaults in words: generators take a field that has a `default` for one that is always there."""
    fields = {name: dict(field) for name, field in schema.get("properties", {}).items()}
    for field in fields.values():
        default = field.pop("default", None)
        if default not in (None, [], {}):
            said = to_json(default).decode()
            field["description"] = (
                f"{field['description']}; {said} unless given" if "description" in field else f"{said} unless given"
            )
    return schema | ({"properties": fields} if fields else {})


def _operation(route: Route, names: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    roles = [role for role, scopes in ROLE_SCOPES.items() if scopes & set(route.scopes)]
    examples = route.request.model_json_schema().get("examples", [])
    return {
        "operationId": route.path.strip("/").replace("/", "_"),
        "tags": [route.tag],
        "summary": route.summary,
        "description": f"For the roles {', '.join(roles)}.",
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": names[route.request, "validation"],
                    "examples": {f"example {place}": {"value": value} for place, value in enumerate(examples, start=1)},
                }
            },
        },
        "responses": {
            "200": {
                "description": (route.response.__doc__ or "").strip(),
                "content": {
                    "application/x-ndjson" if route.streams else "application/json": {
                        "schema": names[route.response, "validation"]
                    }
                },
            }
        }
        | _errors(names[ErrorResponse, "validation"]),
    }


def _plain_operation(path: str, summary: str, kind: str, errors: dict[str, Any]) -> dict[str, Any]:
    """An address without a key; `/readyz` answers 503 while the service is not ready."""
    content = {kind: {"schema": {"type": "object" if kind.endswith("json") else "string"}}}
    statuses = ("405", "503") if path == "/readyz" else ("405",)
    return {
        "operationId": path.strip("/").replace(".", "_"),
        "tags": ["service"],
        "summary": summary,
        "security": [],
        "responses": {"200": {"description": "OK", "content": content}}
        | {status: errors[status] for status in statuses},
    }


def _errors(schema: dict[str, Any]) -> dict[str, Any]:
    """Responses of the statuses that every route may answer with."""
    return {
        status: {"description": text, "content": {"application/json": {"schema": schema}}}
        | ({"headers": _HEADERS[status]} if status in _HEADERS else {})
        for status, text in _ERRORS.items()
    }
