"""Writes the reasons of order suggestions: a code, and sentences in English and Chinese with the row's numbers."""

import polars as pl

from retail_brain.currency import Currency
from retail_brain.decisions.reasons.limit_sentences import MORE_BUDGET, limit_sentences
from retail_brain.decisions.reasons.order_outcomes import is_agreed_loss, is_cut, is_cut_by_source
from retail_brain.decisions.reasons.quantity_sentences import quantity_sentences
from retail_brain.decisions.reasons.sentence import Sentence
from retail_brain.decisions.reasons.stock_sentences import stock_sentences, warning_sentences
from retail_brain.outputs import SERIES

CONTEXT: dict[str, tuple[type[pl.DataType], float | str | None]] = {
    "moved_in": (pl.Float64, 0.0),
    "moved_in_from": (pl.String, ""),
    "moved_out": (pl.Float64, 0.0),
    "moved_out_to": (pl.String, ""),
    "source_name": (pl.String, None),
    "shops_hold": (pl.Float64, 0.0),
    "expiring": (pl.Float64, 0.0),
    "expiring_on": (pl.Date, None),
    "past_date": (pl.Float64, 0.0),
    "source_has": (pl.Float64, None),
    "source_asked": (pl.Float64, None),
    "wanted": (pl.Float64, None),
}
"""What else happens to a series, with type and usual value: units moved from and to which shops, the name of its source
shop (its id where there is none), what the shops of a warehouse hold, units that expire unsold and when, units that lie
there beyond their date and are not counted, and where a source shop cuts the order: its stock, all orders on it, and
the order before."""


def with_context(series: pl.DataFrame) -> pl.DataFrame:
    """Store and product of each series with every column of CONTEXT."""
    missing = [pl.lit(usual, kind).alias(name) for name, (kind, usual) in CONTEXT.items() if name not in series.columns]
    return series.with_columns(missing).select(*SERIES, *CONTEXT)


def with_reasons(frame: pl.DataFrame, currency: Currency) -> pl.DataFrame:
    """Adds `reason`, `reason_zh` and `reason_code` to the rows of a plan; money is written as in `currency`.

    Codes: `unknown_stock`, `budget`, `limit`, `source_stock`, `collision`, `shelf`, `not_worth_minimum`, `loses_money`,
    `enough`, `minimum_order`, `agreed_loss`, `order`.
    """
    sentences = _sentences(currency)
    frame = frame.with_columns(loss=-pl.col("expected_value"), more_earned=MORE_BUDGET * pl.col("budget_price"))
    return frame.with_columns(
        reason=pl.concat_str([sentence.expression("en") for sentence in sentences]).str.strip_chars(),
        reason_zh=pl.concat_str([sentence.expression("zh") for sentence in sentences]),
        reason_code=_code(),
    )


def _sentences(currency: Currency) -> list[Sentence]:
    return [*stock_sentences(), *quantity_sentences(currency), *limit_sentences(currency), *warning_sentences()]


def _code() -> pl.Expr:
    return (
        pl.when(~pl.col("stock_known")).then(pl.lit("unknown_stock"))
        .when(is_cut()).then(pl.when(pl.col("limit_name").is_null()).then(pl.lit("budget")).otherwise(pl.lit("limit")))
        .when(is_cut_by_source()).then(pl.lit("source_stock"))
        .when("collides").then(pl.lit("collision"))
        .when("shelf").then(pl.lit("shelf"))
        .when("skipped").then(pl.lit("not_worth_minimum"))
        .when("losing").then(pl.lit("loses_money"))
        .when(pl.col("order_quantity") == 0).then(pl.lit("enough"))
        .when("raised").then(pl.lit("minimum_order"))
        .when(is_agreed_loss()).then(pl.lit("agreed_loss"))
        .otherwise(pl.lit("order"))
    )  # fmt: skip
