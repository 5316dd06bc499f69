"""Answers of the fake service about orders of all stores: the lines of `fake_stock`, asked through the real engine."""

import base64
from collections.abc import Callable
from datetime import date
from typing import Any

import polars as pl
from starlette.responses import JSONResponse

from retail_brain.errors import NotFoundError
from serving.http.messages.listing_messages import ListingRequest
from serving.planning.listing.engine import Condition, Kind, Query, listing
from serving.planning.listing.tables import SEARCHED, TABLES
from serving.planning.stock.bulk_changes import Change, changed_quantity, difference
from serving.planning.stock.line_flags import WEIGHTS
from serving.store.listing.order_lines import _purchase_orders
from tests.serving.page import fake_stock
from tests.serving.page.fake_chain import AS_OF, PRODUCTS, STORES, error, names
from tests.serving.page.fake_stock import suggestion

DECIDED: dict[tuple[str, str], dict[str, Any]] = {}
"""Decisions that count, by store and product; a test empties it."""
COMMENTS: list[dict[str, Any]] = []
"""Comments on lines, newest first; a test empties it."""
SUPPLIERS = {"V1": "江澜乳品商贸", "V2": "禾丰礼品商贸"}
"""Names of suppliers; V3 has none and is called by its id."""
_PAST = {"approve": "approved", "change": "changed", "reject": "rejected"}


def decision(store_id: str, product_id: str, action: str, quantity: float, **more: Any) -> dict[str, Any]:
    """A decision as the service answers it."""
    return {
        "decision_id": f"d-{store_id}-{product_id}",
        "suggestion_id": f"{store_id}-{product_id}",
        "store_id": store_id,
        "product_id": product_id,
        "decision": _PAST[action],
        "suggested_quantity": None,
        "order_quantity": quantity,
        "reason": None,
        "decided_by": "王芳",
        "decided_at": "2026-03-01T08:30:00Z",
        "as_of": AS_OF.isoformat(),
    } | more


def decisions(body: dict[str, Any]) -> Any:
    """What `fake_stock` answers; decisions are remembered, and taken back by their id."""
    made = body.get("decisions", [])
    if others := _decided_meanwhile(made):
        return _conflict(made[0]["action"], others)
    answer = fake_stock.decisions(body)
    if isinstance(answer, JSONResponse):
        return answer
    for one in answer["stored"]:
        line = suggestion(one["store_id"], list(PRODUCTS).index(one["product_id"]), one["product_id"])
        suggested = {"approved": line["order_quantity"], "rejected": 0.0}
        quantity = suggested.get(one["decision"], one["order_quantity"])
        DECIDED[one["store_id"], one["product_id"]] = one | {"order_quantity": quantity}
    answer["withdrawn"] = _take_back(lambda one: one["decision_id"] in body.get("withdraw", []))
    return answer


def _decided_meanwhile(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What counts on lines whose `seen_decision_id` is another, as refusals and previews tell it."""
    now = [DECIDED.get((one["store_id"], one["product_id"])) for one in lines if "seen_decision_id" in one]
    seen = [one["seen_decision_id"] for one in lines if "seen_decision_id" in one]
    changed = [one for one, was in zip(now, seen, strict=True) if one is not None and one["decision_id"] != was]
    left_out = ("suggestion_id", "as_of")
    plain = [{name: value for name, value in one.items() if name not in left_out} for one in changed]
    return [one | {"withdrawn_by": None, "withdrawn_at": None} for one in plain]


def _conflict(action: str, others: list[dict[str, Any]]) -> JSONResponse:
    told = {"problem": "decided_meanwhile", "decided": others, "decided_lines": len(others), "theirs": others[0]}
    named = {name: others[0][name] for name in ("store_id", "product_id")}
    by = {"changed_by": others[0]["decided_by"], "changed_at": others[0]["decided_at"]}
    yours = {"decision": _PAST[action], "order_quantity": 0.0}
    return error(409, "conflict", "was decided since you saw it", **told, **named, **by, yours=yours)


def _take_back(is_meant: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
    gone = [one for one in DECIDED.values() if is_meant(one)]
    for one in gone:
        del DECIDED[one["store_id"], one["product_id"]]
    return gone


def _line(store_id: str, index: int, product_id: str) -> dict[str, Any]:
    row = suggestion(store_id, index, product_id)
    moved = row["source"].removeprefix("transfer:") if row["source"] != "supplier" else None
    supplier = None if moved else f"V{index % 3 + 1}"
    called = SUPPLIERS.get(supplier, supplier)
    noted = [one for one in COMMENTS if (one["store_id"], one["product_id"]) == (store_id, product_id)]
    now = DECIDED.get((store_id, product_id))
    quantity = row["order_quantity"] if now is None else now["order_quantity"]
    return row | {
        "store_name": STORES[store_id][0],
        "region": STORES[store_id][1].split(" · ")[0],
        "product_name": PRODUCTS[product_id],
        "department": "食品",
        "category": "乳品" if index % 2 else "礼品",
        "supplier_id": supplier,
        "supplier_name": called,
        "warehouse_id": moved,
        "warehouse_name": STORES[moved][0] if moved else None,
        "purchase_order": supplier and f"{supplier} · {row['order_on']}",
        "purchase_order_name": called and f"{called} · {row['order_on']}",
        "comments": len(noted),
        "unit_cost": 9.9,
        "cost_basis": "recorded",
        "quantity": quantity,
        "sent_quantity": quantity,
        "cost": 9.9 * quantity,
        **_worth(row, quantity),
        "state": "proposed" if now is None else now["decision"],
        "decision": now,
        "is_open": row["is_open"] and now is None,
        "is_order": quantity > 0,
        "min_order_value": 5000.0 if supplier == "V1" else None,
        "units_per_truck": 600.0 if supplier == "V1" else None,
    }


def _worth(row: dict[str, Any], quantity: float) -> dict[str, Any]:
    """Money and lost units of a quantity, as the service reads them from the line's plan: none is known above 100."""
    value, lost, suggested = row["expected_value"], row["expected_lost_sales"], row["order_quantity"]
    if quantity != suggested and (quantity > 100 or value is None):
        return {"value": None, "lost_sales": None}
    more = 0 if value is None else max(lost + 0.25 * (suggested - quantity), 0.0)
    return {"value": value and 12.5 * quantity, "lost_sales": lost if quantity == suggested else more}


def _with_purchase_orders(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines with what their purchase orders come to, as the service works it out."""
    names = ("purchase_order", "quantity", "cost", "is_order", "min_order_value", "units_per_truck")
    types = dict.fromkeys(names, pl.Float64) | {"purchase_order": pl.String, "is_order": pl.Boolean}
    table = pl.DataFrame([{name: line[name] for name in names} for line in lines], schema=types)
    told = table.select(_purchase_orders(is_whole=True)).to_dicts()
    own = ("is_order", "min_order_value", "units_per_truck")
    return [
        {name: value for name, value in line.items() if name not in own} | more
        for line, more in zip(lines, told, strict=True)
    ]


def frame() -> pl.DataFrame:
    """All lines, the most pressing first, and each as the service answers it in `line`."""
    every = [_line(store, index, product) for store in STORES for index, product in enumerate(PRODUCTS)]
    lines = _with_purchase_orders(every)
    lines.sort(key=lambda line: -max((WEIGHTS[flag] for flag in line["flags"]), default=0))
    columns = TABLES["suggestions"].columns
    known = {
        name: [
            {
                "is_exception": bool(line["flags"]),
                "is_to_check": bool(line["flags"]) and bool(line["is_open"]),
                "is_order": line["quantity"] > 0,
                "is_exported": False,
                "urgency": float(max((WEIGHTS[flag] for flag in line["flags"]), default=0)),
                "decided_by": line["decision"] and line["decision"]["decided_by"],
                "decision": line["decision"] and line["decision"]["decision"],
            }.get(name, line.get(name))
            for line in lines
        ]
        for name in columns
    }
    text = ["\n".join((line["store_name"], line["product_name"], line["product_id"])).lower() for line in lines]
    return pl.DataFrame(known | {SEARCHED: text, "place": list(range(len(lines)))}, strict=False).with_columns(
        pl.col("order_on", "arrives_on").str.to_date(),
        pl.col("is_exception", "is_to_check", "is_order", "is_open", "is_exported", "is_cost_estimated").cast(
            pl.Boolean
        ),
        pl.Series("line", lines, dtype=pl.Object),
    )


_TYPES = {Kind.TEXT: pl.String, Kind.NUMBER: pl.Float64, Kind.DAY: pl.Date, Kind.FLAG: pl.Boolean}


def _named(row: dict[str, Any]) -> dict[str, Any]:
    """A row of `fake_stock` with the names and places that `/listing` adds."""
    more: dict[str, Any] = {"product_name": PRODUCTS[row["product_id"]], "department": "食品", "category": "礼品"}
    for stem in ("", "from_", "to_", "other_"):
        if f"{stem}store_id" in row:
            store = row[f"{stem}store_id"]
            known = (None, None) if store is None else (STORES[store][0], STORES[store][1].split(" · ")[0])
            more |= dict(zip((f"{stem}store_name", f"{stem}region"), known, strict=True))
    return row | more


def listed(name: str) -> pl.DataFrame:
    """The lines of a list other than the suggestions, as the engine takes them, each as the service answers it."""
    rows = [_named(row) for row in getattr(fake_stock, name)({})[name]]
    columns = TABLES[name].columns
    known = {
        column: pl.Series(
            [
                date.fromisoformat(row[column]) if kind is Kind.DAY and row.get(column) else row.get(column)
                for row in rows
            ],
            dtype=_TYPES[kind],
        )
        for column, kind in columns.items()
    }
    texts = ["\n".join(str(value) for value in row.values()).lower() for row in rows]
    return pl.DataFrame(known | {SEARCHED: texts}).with_columns(pl.Series("line", rows, dtype=pl.Object))


def found(body: dict[str, Any]) -> Any:
    """The lines of a request through the engine of the service."""
    where = [Condition(**one) for one in body.get("where", [])]
    sort = [(one["column"], one.get("descending", False)) for one in body.get("sort", [])]
    query = Query(where, body.get("search", ""), body.get("show"), sort, body.get("group_by"))
    lines = frame() if body.get("table", "suggestions") == "suggestions" else listed(body["table"])
    return listing(lines, TABLES[body.get("table", "suggestions")], query)


def lines(body: dict[str, Any]) -> Any:
    asked = ListingRequest.model_validate(body)
    try:
        answer = found(body)
    except NotFoundError as unknown:
        return error(404, unknown.code, str(unknown), **unknown.details)
    shown = answer.page(asked.offset, asked.limit)
    return {
        "table": asked.table,
        "rows": shown["line"].to_list() if asked.limit else [],
        "total": answer.rows.height,
        "of": answer.of,
        "totals": answer.totals,
        "groups": None if answer.groups is None else answer.groups.to_dicts(),
        "groups_total": None if answer.groups is None else answer.groups.height,
        "shows": answer.shows,
        "columns": [],
        "names": names(PRODUCTS),
        "newest_decision": len(DECIDED),
    }


def bulk(body: dict[str, Any]) -> Any:
    base = {"batch_id": body.get("batch_id"), "stored": 0, "withdrawn": 0, "beyond": [], "beyond_lines": 0}
    base |= {"skipped": {"exported": 0, "same": 0}, "decided": [], "decided_lines": 0}
    if "withdraw_batch" in body:
        gone = _take_back(lambda one: one["decision_id"].startswith(f"{body['withdraw_batch']}-"))
        return base | difference(_none()) | {"withdrawn": len(gone)}
    chosen = _chosen(body)
    if isinstance(chosen, JSONResponse):
        return chosen
    if others := _decided_meanwhile(body.get("lines", [])):
        told = {"decided": others, "decided_lines": len(others)}
        if body.get("check"):
            return base | difference(_none()) | told
        return _conflict(body["action"], others)
    shares = Change(body.get("percent"), body.get("quantity"), body.get("packs", "nearest"))
    own = {(one["store_id"], one["product_id"]): one.get("order_quantity") for one in body.get("lines", [])}
    new = {"approve": pl.col("order_quantity"), "reject": pl.lit(0.0), "change": changed_quantity(shares)}
    kept = chosen.with_columns(new_quantity=new[body["action"]])
    if any(value is not None for value in own.values()):
        asked = [own[key] for key in kept.select("store_id", "product_id").iter_rows()]
        kept = kept.with_columns(new_quantity=pl.Series(asked, dtype=pl.Float64))
    if not body.get("check"):
        for place, (store, product, quantity) in enumerate(
            kept.select("store_id", "product_id", "new_quantity").iter_rows()
        ):
            made = {"decision_id": f"{body['batch_id']}-{place}", "reason": body.get("reason")}
            DECIDED[store, product] = decision(store, product, body["action"], quantity, **made)
    return base | difference(kept) | {"stored": 0 if body.get("check") else kept.height}


def _none() -> pl.DataFrame:
    return pl.DataFrame(schema=dict.fromkeys(("quantity", "new_quantity", "unit_cost"), pl.Float64))


def _chosen(body: dict[str, Any]) -> Any:
    if "view" in body:
        seen = body["view"]
        answer = found(seen)
        units = answer.totals["quantity"]
        if (seen["seen_lines"], seen["seen_units"]) != (answer.rows.height, units):
            facts = {"seen_lines": seen["seen_lines"], "seen_units": seen["seen_units"], "lines": answer.rows.height}
            return error(422, "impossible", "The view changed since.", **facts, units=units)
        return answer.rows
    wanted = [(one["store_id"], one["product_id"]) for one in body["lines"]]
    every = frame()
    places = {key: place for place, key in enumerate(every.select("store_id", "product_id").iter_rows())}
    return every[[places[key] for key in wanted]]


def changes(body: dict[str, Any]) -> dict[str, Any]:
    """The first row of a CSV file changes its line; the others are rows that cannot count."""
    _, *rows = base64.b64decode(body["content"]).decode("utf-8-sig").strip().splitlines()
    store, product, quantity = rows[0].split(",")[:3]
    line = _line(store, list(PRODUCTS).index(product), product)
    changed = {name: line[name] for name in ("store_id", "store_name", "product_id", "product_name", "quantity")}
    changed |= {"seen_quantity": line["order_quantity"], "order_quantity": float(quantity), "reason": None}
    problem = {"code": "bad_quantity", "store_id": store, "product_id": product, "seen": None, "now": None}
    problem |= {"rows": None, "texts": None}
    problems = [problem | {"row": row, "text": text.split(",")[2]} for row, text in enumerate(rows[1:], start=3)]
    told = {"problems": problems, "problems_total": len(problems), "same": 0, "repeated": 0}
    told |= {"rows": len(rows), "left_out": 0}
    return {"lines": [changed], **told}


def file(body: dict[str, Any]) -> dict[str, Any]:
    """A CSV file of all lines, whatever format is asked for."""
    where = {name: body[name] for name in ("table", "where", "search", "show", "sort") if name in body}
    rows = found(where).rows.drop("line")
    rows = rows.drop(name for name, kind in rows.schema.items() if kind == pl.List)
    content = base64.b64encode(rows.write_csv(include_bom=True).encode()).decode()
    name = f"{body['table']}-{AS_OF}.{body['format']}"
    return {"file_name": name, "media_type": "text/csv", "rows": rows.height, "content": content}


def history(body: dict[str, Any]) -> dict[str, Any]:
    now = DECIDED.get((body["store_id"], body["product_id"]))
    earlier = decision(body["store_id"], body["product_id"], "change", 6.0, suggested_quantity=12.0, reason="集市")
    earlier |= {
        "decision_id": "d-old",
        "as_of": "2026-02-21",
        "decided_at": "2026-02-21T08:30:00Z",
        "withdrawn_by": "李强",
    }
    earlier |= {"withdrawn_at": "2026-02-21T09:00:00Z"}
    own = [one for one in COMMENTS if (one["store_id"], one["product_id"]) == (body["store_id"], body["product_id"])]
    return {"decisions": [*([] if now is None else [now]), earlier], "comments": own}


def comment(body: dict[str, Any]) -> dict[str, Any]:
    COMMENTS.insert(0, {"commented_by": "王芳", "commented_at": "2026-02-28T09:00:00Z", "comment_id": "c"} | body)
    return COMMENTS[0]
