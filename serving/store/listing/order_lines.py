"""Joins the order suggestions of all stores with names, terms, flags and decisions: one row per store x product."""

from collections.abc import Iterable, Mapping

import numpy as np
import polars as pl

from retail_brain.decisions.purchase_orders import whole_orders
from retail_brain.operational.suggestion_status import SuggestionStatus
from retail_brain.settings import ReplenishmentSettings
from serving.planning.stock.line_flags import FLAGS, WEIGHTS
from serving.store.answer_set import Answers
from serving.store.arrays import Array
from serving.store.listing.changed_worth import changed_worth
from serving.store.listing.names import LINE_SUPPLY, with_names
from serving.store.suggestions import Suggestions

_TRANSFER = "transfer:"
_DECIDED = {
    "store_id": pl.String,
    "product_id": pl.String,
    "state": pl.String,
    "decision": pl.String,
    "decided_quantity": pl.Float64,
    "decided_by": pl.String,
    "is_exported": pl.Boolean,
}


def order_lines(answers: Answers, suggestions: Suggestions, settings: ReplenishmentSettings) -> pl.DataFrame:
    """One row per suggestion, the most pressing exceptions first: its columns, names, flags and `row`.

    `row` is the place among the suggestions. Worked out once per set of answers and settings.
    """

    def work() -> pl.DataFrame:
        ids = [catalog.ids.series for catalog in (answers.stores, answers.products)]
        lines = suggestions.table(*ids).with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))
        flags = pl.DataFrame(dict(suggestions.flags(settings)))
        known = _supplied(lines.hstack(suggestions.lots()), answers).hstack(_flagged(flags))
        # ids of stores are withheld from keys of other places
        own = known.filter(pl.col("store_id").is_not_null())
        named = with_names(_in_order(own), answers, ("store_id", "warehouse_id"))
        return named.with_columns(purchase_order_name=_purchase_order("supplier_name"))

    return answers.lines_memo.get((suggestions,), repr(settings), work)


def with_decisions(
    lines: pl.DataFrame,
    answers: Answers,
    suggestions: Suggestions,
    statuses: Iterable[SuggestionStatus],
    waiting: Array,
    *,
    sent: Mapping[tuple[str, str], float] | None = None,
    is_whole: bool = True,
) -> pl.DataFrame:
    """The lines with what counts now: state, decision, `quantity`, its cost and worth, whether it is open, its order.

    Its worth is that of `sent_quantity`, the units that arrive.

    Args:
        lines: of `order_lines`.
        answers: of the suggestions.
        suggestions: of the answers.
        statuses: decisions that count.
        waiting: per suggestion, whether it waits for a decision.
        sent: units that arrive of each line that gets less than was decided (`source_book.SourceBook.sent`).
        is_whole: whether the lines are those of all shops; a key of some shops sees no whole purchase order.
    """
    decided = decided_rows(answers, suggestions, statuses)
    joined = lines.join(decided, on="row", how="left", maintain_order="left")
    quantity = pl.coalesce("decided_quantity", "order_quantity")
    counted = (
        joined.with_columns(
            pl.col("state").fill_null("proposed"),
            pl.col("is_exported").fill_null(value=False),
            quantity=quantity,
            is_open=pl.Series(waiting).gather(joined["row"]),
        )
        .with_columns(
            is_order=pl.col("quantity") > 0,
            is_to_check=pl.col("is_exception") & pl.col("is_open"),
            # what nothing is ordered of costs nothing, also where the cost of a unit is not known
            cost=pl.when(pl.col("quantity") == 0).then(0.0).otherwise(pl.col("quantity") * pl.col("unit_cost")),
        )
        .with_columns(is_cost_estimated=is_cost_estimated() & pl.col("is_order"))
        .drop("decided_quantity")
    )
    counted = counted.with_columns(sent_quantity=_sent(counted, sent or {}))
    return changed_worth(counted, answers.rows.get("line_outlook")).with_columns(_purchase_orders(is_whole=is_whole))


def _sent(lines: pl.DataFrame, sent: Mapping[tuple[str, str], float]) -> pl.Series:
    """Units that arrive of each line."""
    if not sent:
        return lines["quantity"]
    rows = [(*line, units) for line, units in sent.items()]
    schema = {"store_id": pl.String, "product_id": pl.String, "short": pl.Float64}
    short = pl.DataFrame(rows, schema=schema, orient="row")
    joined = lines.select("store_id", "product_id", "quantity").join(
        short, on=["store_id", "product_id"], how="left", maintain_order="left"
    )
    return joined.select(pl.coalesce("short", "quantity")).to_series()


def is_cost_estimated() -> pl.Expr:
    """Whether the cost of a line comes from the price, since none is recorded (`supply_terms.COST_BASES`)."""
    return pl.col("cost_basis").eq("price").fill_null(value=False)


def _purchase_orders(*, is_whole: bool) -> list[pl.Expr]:
    """What the purchase order of a line comes to: money, the supplier's least money, truck loads, and if it is less."""
    is_bought = pl.lit(is_whole) & pl.col("purchase_order").is_not_null()
    whole = whole_orders(["purchase_order"], "quantity", "cost", is_bought)
    is_below = (pl.col("is_order") & (whole["cost"] < whole["minimum"])).fill_null(value=False)
    named = [value.alias(f"purchase_order_{name}") for name, value in whole.items()]
    return [*named, is_below.alias("is_below_minimum")]


def decided_rows(answers: Answers, suggestions: Suggestions, statuses: Iterable[SuggestionStatus]) -> pl.DataFrame:
    """One row per decided suggestion of the answers: `row`, state and decision that count."""
    told = [
        (decision.store_id, decision.product_id, status.state, decision.decision, decision.quantity,
         decision.decided_by, status.exported_at is not None)
        for status in statuses
        for decision in [status.stored.decision]
    ]  # fmt: skip
    decided = pl.DataFrame(told, schema=_DECIDED, orient="row")
    rows = suggestions.find_all(answers.stores, answers.products, decided["store_id"], decided["product_id"])
    return decided.drop("store_id", "product_id").with_columns(row=pl.Series(rows)).filter(pl.col("row") >= 0)


def _supplied(lines: pl.DataFrame, answers: Answers) -> pl.DataFrame:
    """The lines with supplier and its terms, source store (`warehouse_id`) and cost of a unit."""
    published = answers.rows.get("line_supply")
    known = pl.DataFrame(schema=LINE_SUPPLY) if published is None else published
    # answers of older versions know no terms of suppliers
    supply = known.select(
        pl.col(name) if name in known.columns else pl.lit(None, kind).alias(name) for name, kind in LINE_SUPPLY.items()
    )
    joined = lines.join(supply, on=["store_id", "product_id"], how="left", maintain_order="left")
    source = pl.col("source")
    moved = pl.when(source.str.starts_with(_TRANSFER)).then(source.str.strip_prefix(_TRANSFER))
    # the plan's own cost of a unit where it orders one: answers of older versions publish no other
    ordered = pl.when(pl.col("order_quantity") > 0).then(pl.col("order_cost") / pl.col("order_quantity"))
    supplied = joined.with_columns(
        warehouse_id=moved,
        supplier_id=pl.when(moved.is_null()).then("supplier_id"),
        unit_cost=pl.coalesce(ordered, "unit_cost"),
    )
    return supplied.with_columns(purchase_order=_purchase_order("supplier_id"))


def _purchase_order(supplier: str) -> pl.Expr:
    """What is ordered from one supplier on one day is one purchase order; null where nobody names the supplier."""
    return pl.concat_str(supplier, pl.col("order_on").cast(pl.String), separator=" · ")


def with_comments(lines: pl.DataFrame, counts: Mapping[tuple[str, str], int]) -> pl.DataFrame:
    """The lines with `comments`: how many were written, by store and product; 0 where nobody did."""
    rows = [(store, product, float(number)) for (store, product), number in counts.items()]
    schema = {"store_id": pl.String, "product_id": pl.String, "comments": pl.Float64}
    noted = pl.DataFrame(rows, schema=schema, orient="row")
    joined = lines.join(noted, on=["store_id", "product_id"], how="left", maintain_order="left")
    return joined.with_columns(pl.col("comments").fill_null(0.0))


def _flagged(flags: pl.DataFrame) -> pl.DataFrame:
    """`flags` as a list, worst first, `is_exception`, and `urgency` of the worst flag."""
    worst = pl.max_horizontal(pl.when(pl.col(name)).then(WEIGHTS[name]).otherwise(0) for name in FLAGS)
    # few sets of flags occur: their lists are made once, which takes a twentieth of a list per line
    code = flags.select(
        code=pl.sum_horizontal(pl.col(name).cast(pl.Int32) * 2**place for place, name in enumerate(FLAGS))
    )
    codes = code["code"].unique().sort()
    sets = [[name for place, name in enumerate(FLAGS) if one & 2**place] for one in codes.to_list()]
    named = pl.Series("flags", sets, dtype=pl.List(pl.String)).gather(codes.search_sorted(code["code"]))
    return flags.select(named, is_exception=pl.any_horizontal(FLAGS), urgency=worst.cast(pl.Float64))


def _in_order(lines: pl.DataFrame) -> pl.DataFrame:
    """Exceptions first, the worst and dearest before the others; then orders; then what has enough."""
    is_loss = pl.col("flags").list.first() == "loss"
    weight = pl.when(is_loss).then("expected_lost_sales").otherwise("expected_value").fill_null(0.0)
    keys = lines.select(urgency="urgency", orders=pl.col("order_quantity") > 0, weight=weight)
    by = keys.columns
    return lines[keys.with_row_index("place").sort(by, descending=True, maintain_order=True)["place"]]


def rows_of(lines: pl.DataFrame) -> Array:
    """Places among the suggestions of some lines."""
    return lines["row"].to_numpy().astype(np.int64)
