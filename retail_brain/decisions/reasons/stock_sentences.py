"""Sentences about the stock that an order is sized for: counts, demand until the next delivery, moves, expiry."""

import polars as pl

from retail_brain.decisions.reasons.sentence import Sentence, number
from retail_brain.spoken_days import spoken_days


def stock_sentences() -> list[Sentence]:
    """Stock, the demand that it must last for, and what comes, goes or expires meanwhile."""
    return [*_counted_stock(), *_demand_to_cover(), *_stock_elsewhere_or_expired(), *_moves_and_expiry()]


def _counted_stock() -> list[Sentence]:
    stock_known = pl.col("stock_known")
    is_old = pl.col("stock_age_days").fill_nan(None).fill_null(0) > 0
    counted = (number("counted_on_hand"), number("stock_age_days"), number("sold_since_count"))
    return [
        Sentence(
            stock_known & is_old,
            "{} counted {} days ago, {} sold since. ",
            "盘点{}件（{}天前），之后售出{}件。",
            counted,
        ),
        Sentence(
            ~stock_known & is_old,
            "The last count ({} units) is {} days old and {} were sold since, so it is no longer reliable. ",
            "最近一次盘点（{}件）已过{}天，之后售出{}件，不再可信。",
            counted,
        ),
    ]


def _demand_to_cover() -> list[Sentence]:
    until, ends_on = _day("next_arrives_on"), _day("ends_on")
    return [
        Sentence(
            pl.col("stock_known") & ~pl.col("to_end"),
            "{} on hand, {} on order; demand of {} expected until the delivery after this one ({}). ",
            "现有{}件，在途{}件；到再下一次到货前预计需求{}件（{}到货）。",
            (number("on_hand"), number("on_order"), number("demand_until_next_arrival"), until),
        ),
        Sentence(
            pl.col("to_end"),
            "{} on hand, {} on order; demand of {} expected until the last day of sale ({}). The order is sized as "
            "if it were the last one: more would probably be left over. ",
            "现有{}件，在途{}件；到最后销售日前预计需求{}件（{}止）。本次按最后一次订货计算：再多很可能剩余。",
            (number("on_hand"), number("on_order"), number("demand_until_next_arrival"), ends_on),
        ),
        Sentence(
            pl.col("ends_within") & ~pl.col("to_end"),
            "No sales after {}: demand is counted until then. ",
            "{}之后不再销售，需求只计算到该日。",
            (ends_on,),
        ),
    ]


def _stock_elsewhere_or_expired() -> list[Sentence]:
    return [
        Sentence(
            pl.col("shops_hold") > 0,
            "The {} held by the stores it supplies are counted; demand is counted until deliveries reach them. ",
            "所供门店现有及在途{}件，已计入；需求计算到货物送达门店为止。",
            (number("shops_hold"),),
        ),
        Sentence(
            pl.col("past_date") > 0,
            "{} more are past their date by counts and sales: not counted on. ",
            "另有{}件按盘点与销售推算已过期，不计入。",
            (number("past_date"),),
        ),
    ]


def _moves_and_expiry() -> list[Sentence]:
    return [
        Sentence(
            pl.col("moved_in") > 0,
            "Transfer in: {} from {} (counted). ",
            "将从其他门店调入{}件（{}），已计入。",
            (number("moved_in"), _shops("moved_in_from")),
        ),
        Sentence(
            pl.col("moved_out") > 0,
            "Transfer out: {} to {} (deducted). ",
            "{}件将调往{}，已扣除。",
            (number("moved_out"), _shops("moved_out_to")),
        ),
        Sentence(
            (pl.col("moved_out") > 0) & (pl.col("order_quantity") > 0),
            "They are wanted more there before the order arrives here ({}). ",
            "在本店订货到货（{}）之前，对方门店更需要。",
            (_day("arrives_on"),),
        ),
        Sentence(
            (pl.col("expiring") > 0) & (pl.col("order_quantity") > 0),
            "About {} in stock will pass their date ({}) unsold: the order is for the days after it. ",
            "现有库存中约{}件在保质期（{}）前卖不完：本次订货用于其后的销售。",
            (number("expiring"), _day("expiring_on")),
        ),
    ]


def warning_sentences() -> list[Sentence]:
    """What the order cannot help, and what was assumed: check it."""
    soon = pl.col("stock_known") & (pl.col("lost_before") >= 0.5)
    short_lived = pl.col("stock_known") & (pl.col("lost_after") >= 0.5)
    arrives, keeps_until, following = (_day(name) for name in ("arrives_on", "keeps_until", "next_arrives_on"))
    return [
        Sentence(
            soon,
            "Before it arrives ({}) about {} will be lost. ",
            "到货（{}）前预计流失{}件销售。",
            (arrives, number("lost_before")),
        ),
        Sentence(
            short_lived & (pl.col("order_quantity") > 0),
            "What arrives keeps until {} (the chance counts until then), and the next delivery comes on {}: about {} "
            "will be lost in between, whatever is ordered. ",
            "到货商品保质至{}（上述概率只算到该日），而下次到货为{}：其间约流失{}件，多订也无济于事。",
            (keeps_until, following, number("lost_after")),
        ),
        Sentence(
            ~pl.col("terms_known"),
            "No supply terms: a lead time of {} days and {} days between orders are assumed. ",
            "缺少供货条件：假定到货期{}天、订货间隔{}天。",
            (number("lead_days"), number("review_days")),
        ),
        Sentence(
            pl.col("stock_known") & (pl.col("on_hand") < 0),
            "The recorded stock is negative and was taken as zero: check it. ",
            "账面库存为负，按零处理：请核查。",
        ),
    ]


def _day(name: str) -> tuple[pl.Expr, pl.Expr]:
    """A day in English and Chinese, as seen from the last visible one; empty where there is none."""
    english, chinese = spoken_days(pl.col(name), pl.col("as_of"))
    return english.fill_null(""), chinese.fill_null("")


def _shops(name: str) -> tuple[pl.Expr, pl.Expr]:
    """Shops in a row in English and Chinese: the Chinese list has a comma of its own."""
    names = pl.col(name).fill_null("")
    return names, names.str.replace_all(", ", "、", literal=True)
