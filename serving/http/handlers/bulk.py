"""Decides on many order lines in one request, all or none, and takes a whole batch back."""

from collections.abc import Collection, Mapping
from typing import Any

import polars as pl

from retail_brain.errors import ImpossibleError, NotFoundError, UnconfirmedError, UsageError
from retail_brain.operational.decisions import (
    MOST_TOLD,
    BatchLine,
    Decision,
    Seen,
    decided_meanwhile,
    decisions_of_batch,
    store_decisions,
    told_decision,
    withdraw_decisions,
)
from retail_brain.outputs import suggestion_id
from serving.http.handlers.call import Call, whole_answers
from serving.http.handlers.listing import asked_query, suggested_lines
from serving.http.handlers.suggestions import PAST, SHOWN_DECIMALS, seen_decisions
from serving.http.messages.bulk_messages import BulkDecisionsRequest
from serving.planning.listing.engine import listing
from serving.planning.listing.tables import SUGGESTIONS
from serving.planning.stock.bulk_changes import Change, changed_quantity, difference
from serving.store.listing.source_book import claims_of
from serving.store.pieces import check_pieces

_ROUNDING_UNITS = 0.01
"""Units by which the seen total of a view may differ: sums are shown rounded."""
_KEYS = ["store_id", "product_id"]


def decide_bulk(request: BulkDecisionsRequest, call: Call) -> dict[str, Any]:
    """Decides on named lines or on all lines of a view, all or none; with `check` it only shows the difference.

    A batch_id sent again stores nothing new. What was exported stays as it is and is counted.

    Raises:
        NotFoundError: a line, or the batch to take back, does not exist.
        UsageError: a column or filter of the view is none of the list's.
        ConflictError: somebody else decided about a line since the person saw it.
        ImpossibleError: the suggestions are of another day or are not what the person saw, there are too many lines,
            or a batch to take back was exported.
        UnconfirmedError: a quantity is beyond the limits of its line and was not confirmed.
        ModelError: there is no demand model.
    """
    tenant, database = call.principal.tenant, call.state.database
    if request.withdraw_batch is not None:
        return _withdraw(request.withdraw_batch, call)
    assert request.batch_id is not None
    earlier = decisions_of_batch(tenant, database, request.batch_id)
    if not _is_of_place(earlier, call):
        raise ImpossibleError(
            f"batch_id {request.batch_id!r} cannot be used. Decide anew under a new batch_id.",
            {"problem": "batch_id_taken", "batch_id": request.batch_id},
        )
    if earlier and not request.check:
        _check_same(request, earlier.values())
        return _answer(request, _nothing(call), stored=len(earlier))
    lines = _chosen(request, call)
    kept, skipped = _without_settled(lines, request)
    beyond = _beyond(kept, call) if request.action == "change" else {}
    answer = _answer(request, kept, skipped=skipped, beyond=_named(kept, beyond), beyond_lines=len(beyond))
    decisions = _decisions(kept, set(beyond), request, call)
    seen = _seen(request, decisions, call)
    if request.check:
        found = decided_meanwhile(tenant, database, [one.suggestion_id for one in decisions], seen)
        return answer | {"decided": list(map(told_decision, found[:MOST_TOLD])), "decided_lines": len(found)}
    if beyond and not request.confirm_exception:
        raise UnconfirmedError(
            f"{len(beyond):,} of {kept.height:,} quantities are beyond the limits of their lines, the first "
            f"{answer['beyond'][0]['order_quantity']:g} units of {answer['beyond'][0]['product_name']!r} in "
            f"{answer['beyond'][0]['store_name']!r}; nothing was stored. Correct them, or send confirm_exception: "
            "true.",
            {"problem": "quantities_unusual", "beyond": answer["beyond"], "beyond_lines": len(beyond)},
        )
    stored = store_decisions(tenant, database, decisions, now=call.now, seen=seen)
    call.state.refresh_decisions(tenant)
    return answer | {"stored": len(stored)}


def _withdraw(batch_id: str, call: Call) -> dict[str, Any]:
    tenant, database = call.principal.tenant, call.state.database
    ids = decisions_of_batch(tenant, database, batch_id)
    if not ids or not _is_of_place(ids, call):
        raise NotFoundError(
            f"there is no batch {batch_id!r} of decisions.", {"problem": "batch_unknown", "batch_id": batch_id}
        )
    withdrawn = withdraw_decisions(tenant, database, list(ids), by=call.principal.name, now=call.now)
    call.state.refresh_decisions(tenant)
    return _answer(None, _nothing(call), withdrawn=len(withdrawn)) | {"batch_id": batch_id}


def _check_same(request: BulkDecisionsRequest, earlier: Collection[BatchLine]) -> None:
    """Refuses a batch_id that stands for another deed: nothing of this one would be stored.

    Raises:
        ImpossibleError: it was another action, or about lines that are not named now.
    """
    assert request.action is not None
    past, named = PAST[request.action], {(line.store_id, line.product_id) for line in request.lines or ()}
    others = [line for line in earlier if line.decision != past or (named and line[:2] not in named)]
    if others:
        raise ImpossibleError(
            f"batch_id {request.batch_id!r} stands for another {len(earlier):,} decisions already, the first "
            f"{others[0].decision!r} on product {others[0].product_id!r} in store {others[0].store_id!r}; nothing was "
            "stored. Send these under a new batch_id.",
            {"problem": "batch_id_taken", "batch_id": request.batch_id, "decisions": len(earlier)},
        )


def _is_of_place(decisions: Mapping[str, BatchLine], call: Call) -> bool:
    """Whether the asker may see the store of every decision; keys of headquarters see all, also those of old stores."""
    stores = call.answers.stores
    return call.place.is_headquarters or all(
        stores.find(store_id) >= 0 for store_id in {line.store_id for line in decisions.values()}
    )


def _chosen(request: BulkDecisionsRequest, call: Call) -> pl.DataFrame:
    """The lines that the request speaks of, with `new_quantity` and `reason`.

    Raises:
        ImpossibleError: they are not what the person saw, or too many.
    """
    present, most = call.answers.manifest.as_of, call.view.settings.serving.bulk_lines
    assert request.as_of is not None
    if request.as_of.isoformat() != present:
        raise ImpossibleError(
            f"the suggestions are of {request.as_of}, the present ones are of {present}. Load them again and decide "
            "on those.",
            {"problem": "suggestions_renewed", "as_of": request.as_of.isoformat(), "present": present},
        )
    lines = suggested_lines(call)
    chosen = _of_view(request, lines) if request.view is not None else _of_lines(request, lines)
    if chosen.height > most:
        raise ImpossibleError(
            f"the view holds {chosen.height:,} lines; wanted at most {most:,} at once. Choose a store, supplier or "
            "category first (setting serving.bulk_lines).",
            {"problem": "too_many_lines", "lines": chosen.height, "limit": most},
        )
    if request.action == "approve":
        return chosen.with_columns(new_quantity=pl.col("order_quantity"))
    if request.action == "reject":
        return chosen.with_columns(new_quantity=pl.lit(0.0))
    own = pl.col("own_quantity")
    if request.lines and request.lines[0].order_quantity is not None:
        return chosen.with_columns(new_quantity=own)
    change = Change(request.percent, request.quantity, request.packs)
    return chosen.with_columns(new_quantity=changed_quantity(change))


def _of_view(request: BulkDecisionsRequest, lines: pl.DataFrame) -> pl.DataFrame:
    assert request.view is not None
    found = listing(lines, SUGGESTIONS, asked_query(request.view))
    seen, units = request.view, found.totals["quantity"] or 0.0
    if seen.seen_lines != found.rows.height or abs(seen.seen_units - units) > _ROUNDING_UNITS:
        raise ImpossibleError(
            f"the view holds {found.rows.height:,} lines of {units:,.10g} units now; {seen.seen_lines:,} of "
            f"{seen.seen_units:,.10g} were seen. Nothing was stored: load it again and decide on that.",
            {
                "problem": "view_changed",
                "seen_lines": seen.seen_lines,
                "lines": found.rows.height,
                "seen_units": seen.seen_units,
                "units": units,
            },
        )
    return found.rows.with_columns(reason=pl.lit(request.reason, pl.String))


def _of_lines(request: BulkDecisionsRequest, lines: pl.DataFrame) -> pl.DataFrame:
    given = pl.DataFrame(
        [
            (line.store_id, line.product_id, line.seen_quantity, line.order_quantity, line.reason or request.reason)
            for line in request.lines
        ],
        schema={
            "store_id": pl.String,
            "product_id": pl.String,
            "seen_quantity": pl.Float64,
            "own_quantity": pl.Float64,
            "reason": pl.String,
        },
        orient="row",
    )
    twice = given.filter(given.select(_KEYS).is_duplicated())
    if twice.height:
        store, product = twice.select(_KEYS).row(0)
        raise UsageError(
            f"product {product!r} in store {store!r} is named twice. Name every line once.",
            {"problem": "line_twice", "store_id": store, "product_id": product},
        )
    # what was seen may be rounded as answers are
    found = given.join(lines, on=_KEYS, how="left", maintain_order="left")
    missing = found.filter(pl.col("row").is_null())
    if missing.height:
        store, product = missing.select(_KEYS).row(0)
        raise NotFoundError(
            f"there is no suggestion for product {product!r} in store {store!r}"
            + (f", nor for {missing.height - 1:,} more lines" if missing.height > 1 else "")
            + ". See /listing.",
            {"problem": "suggestion_unknown", "store_id": store, "product_id": product, "lines": missing.height},
        )
    moved = found.filter(
        pl.col("seen_quantity").round(SHOWN_DECIMALS) != pl.col("order_quantity").round(SHOWN_DECIMALS)
    )
    if moved.height:
        first = moved.row(0, named=True)
        named = moved.head(MOST_TOLD).select(*_KEYS, "seen_quantity", suggested_quantity="order_quantity")
        raise ImpossibleError(
            f"{moved.height:,} of {found.height:,} suggestions changed since, the first {first['product_name']!r} in "
            f"{first['store_name']!r}: {first['order_quantity']:g} units now, {first['seen_quantity']:g} were seen. "
            "Nothing was stored: load them again and decide on those.",
            {
                "problem": "suggestions_changed",
                "changed": named.to_dicts(),
                "changed_lines": moved.height,
                "seen_quantity": first["seen_quantity"],
                "suggested_quantity": first["order_quantity"],
            },
        )
    return found


def _without_settled(lines: pl.DataFrame, request: BulkDecisionsRequest) -> tuple[pl.DataFrame, dict[str, int]]:
    """The lines that a decision changes, and how many were exported or say the same already."""
    assert request.action is not None
    open_lines = lines.filter(~pl.col("is_exported"))
    if request.action == "change":
        same = (pl.col("new_quantity") - pl.col("quantity")).abs() < 10**-SHOWN_DECIMALS
    else:
        same = (pl.col("decision") == PAST[request.action]).fill_null(value=False)
    kept = open_lines.filter(~same)
    return kept, {"exported": lines.height - open_lines.height, "same": open_lines.height - kept.height}


def _beyond(lines: pl.DataFrame, call: Call) -> dict[int, list[str]]:
    """Place in the lines -> codes of the limits that its new quantity goes beyond."""
    usual, suggestions = call.view.settings.replenishment, call.answers.suggestions
    assert suggestions is not None
    found = {}
    asked = {(store, product): units for store, product, units in lines.select(*_KEYS, "new_quantity").iter_rows()}
    check_pieces(whole_answers(call), asked)
    sent = call.view.sources.with_quantities(claims_of(call.answers, suggestions, asked)).sent
    for place, (line, (row, quantity)) in enumerate(
        zip(asked, lines.select("row", "new_quantity").iter_rows(), strict=True)
    ):
        source = sent.get(line, float("inf"))
        limits = suggestions.limits(row, usual.large_order_cycles, usual.exception_least_units, source)
        if codes := [one.code for one in limits.beyond(quantity)]:
            found[place] = codes
    return found


def _named(lines: pl.DataFrame, beyond: dict[int, list[str]]) -> list[dict[str, Any]]:
    places = list(beyond)[:MOST_TOLD]
    names = ("store_id", "store_name", "product_id", "product_name")
    rows = lines[places].select(*names, order_quantity="new_quantity").to_dicts()
    return [row | {"codes": beyond[place]} for place, row in zip(places, rows, strict=True)]


def _decisions(lines: pl.DataFrame, beyond: set[int], request: BulkDecisionsRequest, call: Call) -> list[Decision]:
    assert request.action is not None
    assert request.as_of is not None
    as_of, by = request.as_of.isoformat(), call.principal.name
    columns = lines.select("store_id", "product_id", "order_quantity", "new_quantity", "reason")
    return [
        Decision(
            decision_id=f"{request.batch_id}-{place}",
            suggestion_id=suggestion_id(store_id, product_id, as_of),
            store_id=store_id,
            product_id=product_id,
            as_of=request.as_of,
            decision=PAST[request.action],
            suggested_quantity=suggested,
            quantity=quantity,
            reason=reason,
            decided_by=by,
            is_exception=place in beyond,
        )
        for place, (store_id, product_id, suggested, quantity, reason) in enumerate(columns.iter_rows())
    ]


def _seen(request: BulkDecisionsRequest, decisions: list[Decision], call: Call) -> Seen:
    """What the person saw of earlier decisions on the lines that are decided now."""
    given = {(line.store_id, line.product_id): line for line in request.lines}
    named = [(given[key], one) for one in decisions if (key := (one.store_id, one.product_id)) in given]
    return Seen(call.principal.name, seen_decisions(named), request.seen_newest_decision)


def _nothing(call: Call) -> pl.DataFrame:
    return suggested_lines(call).clear().with_columns(new_quantity=pl.lit(0.0))


def _answer(
    request: BulkDecisionsRequest | None,
    lines: pl.DataFrame,
    *,
    stored: int = 0,
    withdrawn: int = 0,
    skipped: dict[str, int] | None = None,
    beyond: list[dict[str, Any]] | None = None,
    beyond_lines: int = 0,
) -> dict[str, Any]:
    return {
        "batch_id": None if request is None else request.batch_id,
        "stored": stored,
        "withdrawn": withdrawn,
        **difference(lines),
        "skipped": skipped or {"exported": 0, "same": 0},
        "beyond": beyond or [],
        "beyond_lines": beyond_lines,
        "decided": [],
        "decided_lines": 0,
    }
