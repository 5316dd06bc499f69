"""Sentences about what changed an ideal quantity: packs, minimum orders, shelves, source stock, budgets; and losses."""

import polars as pl

from retail_brain.currency import Currency
from retail_brain.decisions.reasons.order_outcomes import is_agreed_loss, is_cut, is_cut_by_source, is_losing
from retail_brain.decisions.reasons.sentence import Sentence, number

MORE_BUDGET = 100
"""Money of a larger budget that a sentence tells the gain of."""


def limit_sentences(currency: Currency) -> list[Sentence]:
    """Packs and minimum orders, losses, what the source has, the shelf, and budgets and limits over several goods."""
    return [*_lots(), *_losses(currency), *_source_stock(), *_shelf(), *_budgets(currency)]


def _lots() -> list[Sentence]:
    ordered = pl.col("order_quantity") > 0
    packs = (pl.col("order_quantity") / pl.col("case_pack")).round(0).cast(pl.Int64).cast(pl.String)
    return [
        Sentence(
            ordered & (pl.col("case_pack") != 1),
            "Order: {} × {} units. ",
            "共{}箱，每箱{}件。",
            (packs, number("case_pack")),
        ),
        Sentence(
            ordered & pl.col("raised"),
            "Raised to the minimum order of {}. ",
            "已提高到最小起订量{}件。",
            (number("min_order"),),
        ),
        Sentence(
            pl.col("skipped"),
            "Not ordered: the minimum order of {} would cost more than it earns. ",
            "不订：最小起订量{}件的成本高于预计收益。",
            (number("min_order"),),
        ),
        Sentence(
            pl.col("losing"),
            "Not ordered: it would probably lose money, and no service level is agreed. ",
            "不订：预计亏损，且未约定服务水平。",
        ),
    ]


def _losses(currency: Currency) -> list[Sentence]:
    return [
        Sentence(
            is_agreed_loss(),
            "Expected to lose {} compared with no order, on goods costing {}: it is here only because a service "
            "level is agreed. ",
            "与不订相比预计亏损{}（订货成本{}）：仅因已约定服务水平而保留。",
            (currency.at_least("loss"), currency.expression("order_cost")),
        ),
        Sentence(
            pl.col("stock_known") & is_losing() & ~pl.col("agreed"),
            "At the known costs it loses {} compared with no order, on goods costing {}: the default service level, "
            "the display minimum or the policy asks for it. ",
            "按已知成本，与不订相比亏损{}（订货成本{}）：由设置的服务水平、陈列量或订货策略要求。",
            (currency.at_least("loss"), currency.expression("order_cost")),
        ),
        Sentence(
            _is_about_even(),
            "It earns about as much as no order: an agreed or default service level, the display minimum or the "
            "policy asks for it. ",
            "与不订相比收益相当：由约定或设置的服务水平、陈列量或订货策略要求。",
        ),
    ]


def _source_stock() -> list[Sentence]:
    return [
        Sentence(
            is_cut_by_source(),
            "{} has {} for orders of {} in all; they go where they earn most, and this store gets {} of {}. ",
            "{}可供{}件，各店共需{}件，按收益分配：本店可得{}件（所需{}件）。",
            (
                pl.coalesce("source_name", pl.col("source").str.strip_prefix("transfer:"), pl.lit("")),
                number("source_has"),
                number("source_asked"),
                number("before_budget"),
                number("wanted"),
            ),
        ),
    ]


def _shelf() -> list[Sentence]:
    ordered = pl.col("order_quantity") > 0
    return [
        Sentence(
            pl.col("collides") & ordered,
            "The shelf holds {}, less than the smallest order of {}: ordered all the same, since {} would be lost "
            "otherwise. ",
            "货架容量{}件，小于最小起订量{}件：仍建议订货，否则预计流失{}件。",
            (number("capacity"), number("least_lot"), number("lost_without")),
        ),
        Sentence(
            pl.col("collides") & ~ordered & ~is_cut(),
            "Not ordered: the shelf holds {}, less than the smallest order of {}, which would lose money. ",
            "不订：货架容量{}件，小于最小起订量{}件，且该订量的成本高于收益。",
            (number("capacity"), number("least_lot")),
        ),
        Sentence(
            pl.col("shelf"), "Limited to the shelf, which holds {}. ", "受货架容量{}件限制。", (number("capacity"),)
        ),
    ]


def _budgets(currency: Currency) -> list[Sentence]:
    return [
        Sentence(
            is_cut() & pl.col("limit_name").is_not_null(),
            "The limit {} went to goods that earn more; without it the order would be {} (one more earns about {}). ",
            "“{}”的额度优先给了收益更高的商品；不受限时为{}件（每增加1约可多赚{}）。",
            (
                pl.col("limit_name").fill_null(""),
                number("before_budget"),
                currency.expression("budget_price"),
            ),
        ),
        Sentence(
            is_cut() & pl.col("limit_name").is_null(),
            "The budget went to goods that earn more for the money; without it the order would be {} "
            f"({currency.text(MORE_BUDGET, 0)} more of budget would earn about {{}}). ",
            "预算优先给了单位资金收益更高的商品；不限预算时为{}件"
            f"（预算每增加{currency.text(MORE_BUDGET, 0)}约可多赚{{}}）。",
            (number("before_budget"), currency.expression("more_earned")),
        ),
    ]


def _is_about_even() -> pl.Expr:
    """Orders whose loss is so small beside their cost that its amount says nothing."""
    negative = (pl.col("order_quantity") > 0) & (pl.col("expected_value") < 0)
    return pl.col("stock_known") & negative & pl.col("order_cost").is_not_null() & ~is_losing()
