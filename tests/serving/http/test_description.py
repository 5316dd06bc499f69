"""/docs.json says what the service does: examples that exist, rules between fields, subjects, methods."""

import inspect
import itertools
import re
from datetime import date
from pathlib import Path
from typing import Any, get_args

import polars as pl
import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, ValidationError
from pydantic_core import to_json

from retail_brain.decisions.campaigns.definition import CampaignDefinition
from retail_brain.decisions.offer_rule_definition import Rule
from retail_brain.decisions.triggers.definition import TriggerDefinition
from serving.http.messages.bulk_messages import BulkDecisionsRequest
from serving.http.messages.campaign_messages import CampaignActRequest
from serving.http.messages.campaign_receipt_messages import ContactReceiptIn
from serving.http.messages.demand_messages import OverrideIn
from serving.http.messages.goods_receipt_messages import ReceiptIn
from serving.http.messages.insight_messages import QuarantineRequest
from serving.http.messages.listing_messages import ConditionIn, ListingFileRequest, ListingRequest
from serving.http.messages.lookup_messages import ProfileRequest
from serving.http.messages.model_test_messages import ModelTestRequest
from serving.http.messages.people_messages import AudienceRequest, RecommendRequest
from serving.http.messages.segment_messages import SegmentsRequest
from serving.http.messages.stock_messages import DecisionIn, DecisionsRequest
from serving.http.openapi import TAGS, openapi
from serving.http.routes import ROUTES

SAMPLE = Path(__file__).resolve().parents[3] / "data" / "sample"
SERIES = {"store_id": "S01", "product_id": "P001"}


def column(table: str, name: str) -> set[Any]:
    return set(pl.read_parquet(SAMPLE / f"{table}.parquet", columns=[name])[name].to_list())


@pytest.fixture(scope="module")
def sample() -> dict[str, set[Any]]:
    """Ids of the sample chain by the name of the field that may hold them."""
    stores, products = column("stores", "store_id"), column("products", "product_id")
    return {
        "store_id": stores,
        "stores": stores,
        "product_id": products,
        "product_ids": products,
        "basket": products,
        "customer_id": column("customers", "customer_id"),
        # "greens" is the one that the example of /campaign saves: ids of the sample's own are taken
        "campaign_id": column("campaigns", "campaign_id") | {"greens"},
        "id_value": column("identities", "id_value"),
        "region": column("stores", "region"),
        "values": products | column("products", "category"),
        "as_of": {max(instant.date() for instant in column("transactions", "sold_at")).isoformat()},
    }


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi(ROUTES)


def named(value: Any, field: str = "") -> list[tuple[str, Any]]:
    """Every text of an example with the field that holds it."""
    if isinstance(value, dict):
        return [pair for name, inner in value.items() for pair in named(inner, name)]
    if isinstance(value, list):
        return [pair for inner in value for pair in named(inner, field)]
    return [(field, value)]


def examples(route: Any) -> list[dict[str, Any]]:
    return [dict(one) for one in route.request.model_json_schema()["examples"]]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
def test_examples_name_ids_of_the_sample_chain(route: Any, sample: dict[str, set[Any]]) -> None:
    for field, value in named(examples(route)):
        assert field not in sample or value in sample[field], f"{route.path}: {field} {value!r} is not in data/sample"


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
def test_examples_fit_the_schema_that_stands_beside_them(route: Any, document: dict[str, Any]) -> None:
    schema = document["paths"][route.path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    whole = schema | {"components": document["components"]}
    for example in examples(route):
        Draft202012Validator(whole).validate(example)
        route.request.model_validate_json(to_json(example))


SMS = {"channel": "sms", "text": "a", "text_zh": "b"}
RULED: list[tuple[type[BaseModel], dict[str, list[Any]]]] = [
    (ProfileRequest, {"customer_id": [None, "C"], "product_id": [None, "P"], "store_id": [None, "S"]}),
    (RecommendRequest, {"customer_id": [None, "C"], "id_type": [None, "card"], "id_value": [None, "1"]}),
    (
        AudienceRequest,
        {
            "product_ids": [None, ["P"]],
            "campaign_id": [None, "K"],
            "leftovers": [True, False],
            "left_over_product_ids": [None, ["P"]],
            "store_id": [None, "S"],
        },
    ),
    (
        DecisionIn,
        {
            "action": ["approve", "change", "reject"],
            "order_quantity": [None, 0, 3.5],
            "reason": [None, "", "  ", "\x1d\x0c", "fair"],
            "confirm_exception": [True, False],
        },
    ),
    (
        DecisionsRequest,
        {"decisions": [[], [SERIES | {"as_of": "2026-02-28", "action": "approve"}]], "withdraw": [[], ["d"]]},
    ),
    (
        ReceiptIn,
        {name: [None, value] for name, value in {"suggestion_id": "s", **SERIES, "as_of": "2026-02-28"}.items()},
    ),
    (
        OverrideIn,
        {"store_id": [None, "S"], "product_id": [None, "P"], "kind": ["factor", "units"], "value": [0, 0.001, 1, 500]},
    ),
    (
        Rule,
        {
            "action": ["pin", "boost", "bury", "exclude", "cap", "diversify", "allow"],
            "attribute": ["brand", "adult"],
            "values": [[], ["a"]],
            "factor": [2, 3],
            "limit": [2, 3],
        },
    ),
    (
        TriggerDefinition,
        {
            "kind": ["bag_add", "birthday", "stage_change", "price_drop"],
            "stages": [[], ["lost"]],
            "days_before": [2, 3],
            "least_drop": [0.1, 0.2],
            "product_ids": [[], ["P"]],
            "category": [None, "tea"],
            "slots": [[SMS], [SMS, SMS | {"channel": "email"}], [SMS, SMS | {"text": "b"}]],
        },
    ),
]
RULED += [
    (ConditionIn, {"any_of": [None, ["a"]], "none_of": [None, [None]], "at_least": [None, 0], "at_most": [None, "9"]}),
    *(
        (model, {"table": ["orders", "suggestions"], "since": [None, "2026-02-01"]})
        for model in (ListingRequest, ListingFileRequest)
    ),
    (
        QuarantineRequest,
        {
            "action": [None, "list", "show", "retry"],
            "table": [None, "transactions"],
            "rows": [None, [{"quarantine_id": "1"}]],
        },
    ),
    (
        SegmentsRequest,
        {"action": ["list", "count", "save", "members"], "name": [None, "n"], "expression": [None, "spend > 1"]},
    ),
]
LINE = SERIES | {"seen_quantity": 4}
RULED += [
    (
        BulkDecisionsRequest,
        {
            "action": [None, "approve", "change", "reject"],
            "batch_id": [None, "b20260301a"],
            "withdraw_batch": [None, "b20260301a"],
            "lines": [[], [LINE], [LINE | {"order_quantity": 8}]],
            "view": [None, {"show": "orders", "seen_lines": 1, "seen_units": 4}],
            "percent": [None, 10],
            "quantity": [None, 8],
            "packs": [None, "up"],
            "reason": [None, "fair"],
        },
    )
]
RULED += [
    (ModelTestRequest, {"act": ["list", "begin", "measure", "promote", "drop"], "name": [None, "seasons"]}),
    (CampaignActRequest, {"act": ["preview", "approve", "stop"], "reason": [None, "", "  ", "\x1d\x0c", "sold out"]}),
    (
        ContactReceiptIn,
        {
            "attribution_id": [None, "c1"],
            "campaign_id": [None, "k"],
            "customer_id": [None, "C"],
            "channel": [None, "sms"],
        },
    ),
    (
        CampaignDefinition,
        {
            "product_ids": [[], ["P"]],
            "category": [None, "tea"],
            "launched_since": [None, "2026-01-01"],
            "left_over": [False, True],
            "customer_ids": [[], ["C"]],
            "segment": [None, "regulars"],
            "slots": [[SMS], [SMS, SMS | {"channel": "email"}], [SMS, SMS | {"text": "b"}]],
        },
    ),
]
OF_THE_CALENDAR = {"starts_on", "ends_on", "first_hour", "last_hour"}
"""JSON schema cannot compare their values; what does not hang together is `impossible` (422) and not malformed."""
REST = {
    CampaignActRequest: {"campaign_id": "k", "version": 1},
    CampaignDefinition: {"name": "n", "starts_on": "2026-03-02", "ends_on": "2026-03-09"},
    ContactReceiptIn: {"receipt_id": "r", "kind": "opened", "at": "2026-03-01T10:00:00Z"},
    BulkDecisionsRequest: {"as_of": "2026-02-28"},
    ConditionIn: {"column": "store_id"},
    ListingFileRequest: {"format": "csv"},
    TriggerDefinition: {"name": "t"},
    DecisionIn: SERIES | {"as_of": "2026-02-28"},
    ReceiptIn: {"receipt_id": "r", "units": 1, "received_on": "2026-03-01"},
    OverrideIn: {"ends_on": "2026-04-01", "reason": "fair"},
}


@pytest.mark.parametrize(("model", "fields"), RULED, ids=lambda part: getattr(part, "__name__", ""))
def test_a_rule_between_fields_stands_in_the_schema(model: type[BaseModel], fields: dict[str, list[Any]]) -> None:
    """Every combination, with and without the fields that say nothing: the schema allows what the service reads."""
    validator = Draft202012Validator(model.model_json_schema())
    outcomes = set()
    for values in itertools.product(*fields.values()):
        whole = REST.get(model, {}) | dict(zip(fields, values, strict=True))
        for body in (whole, {name: value for name, value in whole.items() if value not in (None, False, [])}):
            is_read = accepted(model, body)
            assert validator.is_valid(body) == is_read, body
            outcomes.add(is_read)
    assert outcomes == {True, False}


def models_in(kind: Any) -> set[type[BaseModel]]:
    """Models of requests that a type names, with those of their fields."""
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        return {model for inner in get_args(kind) for model in models_in(inner)}
    return {kind}.union(*(models_in(field.annotation) for field in kind.model_fields.values()))


def test_a_model_that_compares_its_fields_states_a_rule() -> None:
    silent = [
        model.__name__
        for model in set().union(*(models_in(route.request) for route in ROUTES))
        if any(one.info.mode == "after" for one in model.__pydantic_decorators__.model_validators.values())
        and "allOf" not in model.model_json_schema()
    ]
    assert silent == []


def accepted(model: type[BaseModel], body: dict[str, Any]) -> bool:
    try:
        model.model_validate_json(to_json(body))
    except ValidationError:
        return False
    return True


def constraints(schema: Any) -> list[str]:
    """Names of the limits in a field's schema."""
    if isinstance(schema, dict):
        return [*schema, *(name for inner in schema.values() for name in constraints(inner))]
    return [name for inner in schema for name in constraints(inner)] if isinstance(schema, list) else []


def test_limits_of_strict_fields_stand_in_the_schema() -> None:
    """pydantic leaves out a limit that is put on `X | None` where X has a validator; it belongs on X."""
    document = openapi(ROUTES)["components"]["schemas"]
    for route in ROUTES:
        for name, field in document[route.request.__name__]["properties"].items():
            found = constraints(field)
            if "integer" in str(field) and "propertyNames" not in found:
                assert "minimum" in found, f"{route.path} {name}"
            if name in {"product_ids", "basket", "exclude", "exclude_store_ids", "lines", "orders_today"}:
                assert {"maxItems", "propertyNames"} & set(found), f"{route.path} {name}"


def test_days_outside_the_calendar_of_the_service_do_not_fit_the_schema() -> None:
    schema = ReceiptIn.model_json_schema()["properties"]["received_on"]
    for day, is_read in {"1970-01-01": True, "2999-12-31": True, "1969-12-31": False, "3000-01-01": False}.items():
        assert Draft202012Validator(schema).is_valid(day) == is_read
        assert accepted(ReceiptIn, {"receipt_id": "r", "units": 1, "suggestion_id": "s", "received_on": day}) == is_read
    assert date.fromisoformat("2999-12-31")


def test_every_operation_has_one_subject_that_is_explained(client: Any) -> None:
    document = client.http.get("/docs.json").json()
    explained = {tag["name"]: tag["description"] for tag in document["tags"]}
    used = {tuple(one["tags"]) for methods in document["paths"].values() for one in methods.values()}
    assert used == {(tag,) for tag in explained}
    assert set(explained) == set(TAGS) - {"extensions"}


def test_a_field_that_may_be_left_out_has_no_default_for_generators_to_misread(client: Any) -> None:
    schemas = client.http.get("/docs.json").json()["components"]["schemas"]
    horizon = schemas["ForecastRequest"]["properties"]["horizon"]
    assert (horizon.get("default"), horizon["description"]) == (None, "periods ahead; 28 unless given")
    assert "horizon" not in schemas["ForecastRequest"]["required"]


@pytest.mark.parametrize(
    ("path", "method", "allowed"),
    [
        *((route.path, "GET", "POST") for route in ROUTES),
        *((path, "DELETE", "GET, HEAD") for path in ("/docs.json", "/metrics", "/livez", "/readyz", "/healthz", "/")),
    ],
)
def test_a_wrong_method_is_told_the_right_ones(client: Any, path: str, method: str, allowed: str) -> None:
    response = client.http.request(method, path)
    assert (response.status_code, response.headers["allow"]) == (405, allowed)


def test_a_wrong_method_on_the_page_is_told_the_right_ones(client: Any) -> None:
    response = client.http.delete("/ui/")
    assert response.status_code == 405
    assert set(response.headers["allow"].split(", ")) == {"GET", "HEAD"}


def test_metrics_say_once_what_they_are(client: Any) -> None:
    assert client.http.get("/metrics").headers.get_list("content-type") == ["text/plain; version=0.0.4; charset=utf-8"]


def test_every_field_that_a_model_compares_is_among_the_combinations() -> None:
    fields_of = {model: set(fields) | set(REST.get(model, {})) for model, fields in RULED}
    missed = {}
    for model in set().union(*(models_in(route.request) for route in ROUTES)):
        after = [one for one in model.__pydantic_decorators__.model_validators.values() if one.info.mode == "after"]
        source = "".join(inspect.getsource(one.func) for one in after)
        compared = (set(re.findall(r"self\.(\w+)", source)) & set(model.model_fields)) - OF_THE_CALENDAR
        if compared - fields_of.get(model, set()):
            missed[model.__name__] = sorted(compared - fields_of.get(model, set()))
    assert missed == {}
