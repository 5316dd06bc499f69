"""Writes the OpenAPI 3.1 document of the service from the table of routes, with examples and roles."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

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
    "413": "the body is too large",
    "422": "understood but impossible",
    "429": "too many requests at once; see Retry-After",
    "503": "no answers yet, or overloaded; see Retry-After",
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
    for path, (summary, kind) in _PLAIN.items():
        content = {kind: {"schema": {"type": "object" if kind.endswith("json") else "string"}}}
        paths[path] = {
            "get": {"summary": summary, "security": [], "responses": {"200": {"description": "OK", "content": content}}}
        }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Retail brain", "version": "1", "description": "People, goods and places of a retailer."},
        "paths": paths,
        "security": [{"key": []}],
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "schemas": definitions["$defs"],
        },
    }


def _operation(route: Route, names: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    roles = [role for role, scopes in ROLE_SCOPES.items() if scopes & set(route.scopes)]
    examples = route.request.model_json_schema().get("examples", [])
    errors = {
        status: {
            "description": text,
            "content": {"application/json": {"schema": names[ErrorResponse, "validation"]}},
        }
        for status, text in _ERRORS.items()
    }
    return {
        "operationId": route.path.strip("/").replace("/", "_"),
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
                "content": {"application/json": {"schema": names[route.response, "validation"]}},
            }
        }
        | errors,
    }
