"""Row predicates of an order plan: cut by a budget or limit, cut by its source's stock, expected to lose money.

Sentences, reason codes, flags and checks ask these, so that they agree on every row.
"""

import polars as pl

_EVEN_SHARE = 0.01
"""Share of an order's cost below which a loss is called none: what sample paths cannot tell apart. Chosen by judgement,
not measured."""


def is_cut() -> pl.Expr:
    """Orders that a budget or a limit over several goods cut."""
    return pl.col("order_quantity") < pl.col("before_budget")


def is_cut_by_source() -> pl.Expr:
    """Orders that the stock of their source shop cut."""
    return (pl.col("before_budget") < pl.col("wanted")).fill_null(value=False)


def is_losing() -> pl.Expr:
    """Whether an order is expected to lose money over ordering nothing: the one rule behind sentences, notes and flags.

    A loss below `_EVEN_SHARE` of the order's cost says nothing and is none. Needs `order_quantity`, `expected_value`
    and `order_cost`; where that is null, neither cost nor price is known, and the value is no money.
    """
    loss = pl.col("expected_value") <= -_EVEN_SHARE * pl.col("order_cost")
    return ((pl.col("order_quantity") > 0) & loss & (pl.col("expected_value") < 0)).fill_null(value=False)


def is_agreed_loss() -> pl.Expr:
    """Orders that are expected to lose money and stand because of an agreed service level."""
    return pl.col("stock_known") & is_losing() & pl.col("agreed")
