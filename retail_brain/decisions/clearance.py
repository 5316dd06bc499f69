"""Compares what may be done with goods that will be left over, in money, and says it in a sentence."""

import json

import polars as pl

from retail_brain.currency import UNNAMED, Currency
from retail_brain.decisions.arrays import ROUNDING
from retail_brain.decisions.markdown import Clearance, Markdown
from retail_brain.decisions.reasons.sentence import number
from retail_brain.spoken_days import spoken_day

ACTIONS = ("markdown", "return", "audience", "keep", "waste")
"""What earns most: a lower price, sending goods back to the supplier, telling the people who want them, or nothing of
these (`keep`: nothing that is known earns anything); `waste`: all of it is past its date already. Moving to other shops
comes before: the plan has moved what earns more elsewhere."""
VALUES = {"markdown": "markdown_value", "return": "return_value", "audience": "audience_value"}
"""Action -> column of the money that it earns over leaving everything as it is."""

_SAID = {"path_en": pl.String, "path_zh": pl.String, "is_response_assumed": pl.Boolean}
"""Columns that only the sentences need: the price path in words, and whether its effect is not learned from data."""


def markdown_columns(goods: Clearance, found: Markdown, currency: Currency = UNNAMED) -> pl.DataFrame:
    """One row per series: what its best markdown does; null where nothing is known of price or elasticity.

    Columns: `price_path`, `markdown_units` with `_low` and `_high`, and `markdown_value` as in
    `excess_stock.LEFTOVERS`, and `path_en` and `path_zh`, the price path in words.

    Args:
        goods: the goods searched.
        found: their best markdown.
        currency: how prices are written in words.
    """
    paths = [
        [
            (goods.begins[row, start].item(), discount, round(price * (1 - discount), 2))
            for start, discount in zip(path.starts, path.discounts, strict=True)
        ]
        for row, (path, price) in enumerate(zip(found.path, goods.price.tolist(), strict=True))
    ]
    spoken = [
        [(spoken_day(day, first.item()), off, paid) for day, off, paid in path]
        for first, path in zip(goods.begins[:, 0], paths, strict=True)
    ]
    texts = {
        "price_path": [
            json.dumps([{"begins_on": day.isoformat(), "discount": off, "price": paid} for day, off, paid in path])
            for path in paths
        ],
        "path_en": [
            ", then ".join(f"{100 * off:g}% off ({currency.exact(paid)}) from {said[0]}" for said, off, paid in path)
            for path in spoken
        ],
        "path_zh": [
            "，再".join(f"{said[1]}起降价{100 * off:g}%（{currency.exact(paid)}）" for said, off, paid in path)
            for path in spoken
        ],
    }
    numbers = {
        "markdown_units": found.units,
        "markdown_units_low": found.units_low,
        "markdown_units_high": found.units_high,
        "markdown_value": found.value,
    }
    frame = pl.DataFrame(texts | numbers, schema_overrides=dict.fromkeys(texts, pl.String))
    return frame.with_columns(pl.when(pl.Series(found.known)).then(pl.all()))


def _best_action() -> pl.Expr:
    """Which of ACTIONS earns most, as far as is known; `keep` where none earns anything."""
    best = pl.max_horizontal(*VALUES.values())
    earning = [pl.when((pl.col(value) == best) & (best > 0)).then(pl.lit(code)) for code, value in VALUES.items()]
    return pl.when(_is_waste()).then(pl.lit("waste")).otherwise(pl.coalesce(*earning, pl.lit("keep")))


def _is_waste() -> pl.Expr:
    """Rows whose every unit is past its date."""
    waste = pl.col("waste_units").fill_null(0.0)
    return (waste > 0) & (pl.col("left_over_units") - waste <= ROUNDING)


def with_advice(frame: pl.DataFrame, currency: Currency) -> pl.DataFrame:
    """The rows with `action`, and what to do and what it earns at the end of `reason` and `reason_zh`.

    Args:
        frame: the clearance columns of `excess_stock.LEFTOVERS`, and perhaps `path_en`, `path_zh` and
            `is_response_assumed`.
        currency: how money is written.
    """
    words = [pl.lit(None, kind).alias(name) for name, kind in _SAID.items() if name not in frame.columns]
    judged = frame.with_columns(*words).with_columns(action=_best_action())
    return judged.with_columns(
        reason=pl.concat_str("reason", *_advice(0, currency)),
        reason_zh=pl.concat_str("reason_zh", *_advice(1, currency)),
    )


def _advice(language: int, currency: Currency) -> list[pl.Expr]:
    """Sentences after the first, in English (0) or Chinese (1); empty where they do not apply."""
    is_markdown, is_return = pl.col("action") == "markdown", pl.col("action") == "return"
    path = pl.col(("path_en", "path_zh")[language]).fill_null("")
    other = pl.col("return_value").fill_null(0)
    unknown = pl.col("markdown_value").is_null() & ~_is_waste()
    people = pl.col("audience_value").fill_null(0)

    def earned(name: str) -> pl.Expr:
        return currency.expression(name).fill_null("")

    sentences = [
        (
            is_markdown,
            (
                " Mark down: {}: about {} more sold ({} to {} in nine of ten cases), which earns {} more than the full "
                "price.",
                "建议降价：{}：预计多卖约{}件（九成可能为{}至{}件），比原价多赚{}。",
            ),
            (path, *(_rounded(f"markdown_units{end}") for end in ("", "_low", "_high")), earned("markdown_value")),
        ),
        (
            is_return,
            (
                " Return {} to the supplier: that earns {} more than keeping them.",
                "建议退回供应商{}件：比留存多赚{}。",
            ),
            (_rounded("return_units"), earned("return_value")),
        ),
        (
            ~is_return & (other > 0),
            (" Returning them to the supplier would earn {}.", "退回供应商可多赚{}。"),
            (earned("return_value"),),
        ),
        (
            ~is_markdown & (pl.col("markdown_value") > 0),
            (" A markdown would earn {}.", "降价可多赚{}。"),
            (earned("markdown_value"),),
        ),
        (
            pl.col("action").is_in(["keep", "audience"]) & ~unknown & (pl.col("markdown_value") <= 0),
            (" No markdown pays.", "降价不划算。"),
            (),
        ),
        (
            pl.col("is_response_assumed") & pl.col("markdown_value").is_not_null(),
            (
                " The response to price is assumed: no past price change to learn it from.",
                "价格反应为假定值：数据中没有可供学习的调价。",
            ),
            (),
        ),
        (
            unknown,
            (" What a markdown would do is not known.", "降价的效果未知。"),
            (),
        ),
        (
            people > 0,
            (" Offering them to interested customers is expected to earn {}.", "推荐给有意向的顾客预计可赚{}。"),
            (earned("audience_value"),),
        ),
        (
            pl.col("audience_value").is_null() & (pl.col("action") == "keep"),
            (" What telling interested customers would earn is not known.", "推荐给有意向顾客的效果未知。"),
            (),
        ),
        (
            (pl.col("audience_value") <= 0) & (pl.col("action") == "keep"),
            (" Telling interested customers earns nothing.", "推荐给有意向的顾客也不会多赚。"),
            (),
        ),
    ]
    return [
        pl.when(applies.fill_null(value=False)).then(pl.format(texts[language], *values)).otherwise(pl.lit(""))
        for applies, texts, values in sentences
    ]


def _rounded(name: str) -> pl.Expr:
    return number(name).fill_null("")
