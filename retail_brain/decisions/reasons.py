"""Writes the reasons of order suggestions: a code, and sentences in English and Chinese with the row's numbers."""

from dataclasses import dataclass

import polars as pl

from retail_brain.currency import Currency
from retail_brain.decisions.targets import BY_PROFIT, FILL_RATE, OUTSIDE, REORDER, SHARED
from retail_brain.outputs import SERIES
from retail_brain.spoken_days import spoken_days

_POLICY = (pl.col("policy_en"), pl.col("policy_zh"))
"""Placeholder in a sentence for the reason of a policy of another package, in the sentence's own language."""

EVEN_SHARE = 0.01
"""Share of an order's cost below which a loss is called none: what sample paths cannot tell apart. Chosen by judgement,
not measured."""
_MORE_THAN_AGREED = 0.01
"""Chance of staying in stock beyond an agreed level from which a sentence says why. Chosen by judgement."""
_MORE_BUDGET = 100
"""Money of a larger budget that a sentence tells the gain of."""
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


@dataclass(frozen=True)
class _Sentence:
    """A sentence for the rows where `when` is true; `{}` are filled with `values` in order, pairs by language."""

    when: pl.Expr
    en: str
    zh: str
    values: tuple[pl.Expr | tuple[pl.Expr, pl.Expr], ...] = ()

    def expression(self, language: str) -> pl.Expr:
        """The sentence in a language, empty where `when` is false."""
        place = ("en", "zh").index(language)
        values = [value[place] if isinstance(value, tuple) else value for value in self.values]
        text = (
            pl.format(self.en if language == "en" else self.zh, *values)
            if self.values
            else pl.lit(self.en if language == "en" else self.zh)
        )
        return pl.when(self.when).then(text).otherwise(pl.lit(""))


def number(name: str) -> pl.Expr:
    """A quantity as people write it: one decimal, none where whole."""
    value = pl.col(name).round(1)
    is_whole = value == value.round(0)
    return pl.when(is_whole).then(value.cast(pl.Int64, strict=False).cast(pl.String)).otherwise(value.cast(pl.String))


def percent(name: str) -> pl.Expr:
    """A share in per cent, at most 99.9: a share of sample paths is never certain."""
    return pl.min_horizontal((pl.col(name) * 100).round(1), pl.lit(99.9)).cast(pl.String) + "%"


def with_reasons(frame: pl.DataFrame, currency: Currency) -> pl.DataFrame:
    """Adds `reason`, `reason_zh` and `reason_code` to the rows of a plan; money is written as in `currency`.

    Codes: `unknown_stock`, `budget`, `limit`, `source_stock`, `collision`, `shelf`, `not_worth_minimum`, `loses_money`,
    `enough`, `minimum_order`, `agreed_loss`, `order`.
    """
    sentences = _sentences(currency)
    frame = frame.with_columns(loss=-pl.col("expected_value"), more_earned=_MORE_BUDGET * pl.col("budget_price"))
    return frame.with_columns(
        reason=pl.concat_str([part.expression("en") for part in sentences]).str.strip_chars(),
        reason_zh=pl.concat_str([part.expression("zh") for part in sentences]),
        reason_code=_code(),
    )


def _day(name: str) -> tuple[pl.Expr, pl.Expr]:
    """A day in English and Chinese, as seen from the last visible one; empty where there is none."""
    english, chinese = spoken_days(pl.col(name), pl.col("as_of"))
    return english.fill_null(""), chinese.fill_null("")


def _shops(name: str) -> tuple[pl.Expr, pl.Expr]:
    """Shops in a row in English and Chinese."""
    shops = pl.col(name).fill_null("")
    return shops, shops.str.replace_all(", ", "、", literal=True)


def _code() -> pl.Expr:
    return (
        pl.when(~pl.col("stock_known")).then(pl.lit("unknown_stock"))
        .when(_cut()).then(pl.when(pl.col("limit_name").is_null()).then(pl.lit("budget")).otherwise(pl.lit("limit")))
        .when(_source_cut()).then(pl.lit("source_stock"))
        .when("collides").then(pl.lit("collision"))
        .when("shelf").then(pl.lit("shelf"))
        .when("skipped").then(pl.lit("not_worth_minimum"))
        .when("losing").then(pl.lit("loses_money"))
        .when(pl.col("order_quantity") == 0).then(pl.lit("enough"))
        .when("raised").then(pl.lit("minimum_order"))
        .when(_agreed_loss()).then(pl.lit("agreed_loss"))
        .otherwise(pl.lit("order"))
    )  # fmt: skip


def _cut() -> pl.Expr:
    return pl.col("order_quantity") < pl.col("before_budget")


def _source_cut() -> pl.Expr:
    """Orders that the stock of their source shop cut."""
    return (pl.col("before_budget") < pl.col("wanted")).fill_null(value=False)


def is_losing() -> pl.Expr:
    """Whether an order is expected to lose money over ordering nothing: the one rule behind sentences, notes and flags.

    A loss below `EVEN_SHARE` of the order's cost says nothing and is none. Needs `order_quantity`, `expected_value` and
    `order_cost`; where that is null, neither cost nor price is known, and the value is no money.
    """
    loss = pl.col("expected_value") <= -EVEN_SHARE * pl.col("order_cost")
    return ((pl.col("order_quantity") > 0) & loss & (pl.col("expected_value") < 0)).fill_null(value=False)


def _loss() -> pl.Expr:
    return pl.col("stock_known") & is_losing()


def _about_even() -> pl.Expr:
    """Orders whose loss is so small beside their cost that its amount says nothing."""
    negative = (pl.col("order_quantity") > 0) & (pl.col("expected_value") < 0)
    return pl.col("stock_known") & negative & pl.col("order_cost").is_not_null() & ~is_losing()


def _agreed_loss() -> pl.Expr:
    """Orders that are expected to lose money and stand because of an agreed service level."""
    return _loss() & pl.col("agreed")


def _sentences(currency: Currency) -> list[_Sentence]:
    return [*_state(), *_decision(currency), *_limits(currency), *_warnings()]


def _state() -> list[_Sentence]:
    stock_known = pl.col("stock_known")
    until, ends_on, expiring_on = (_day(name) for name in ("next_arrives_on", "ends_on", "expiring_on"))
    is_old = pl.col("stock_age_days").fill_nan(None).fill_null(0) > 0
    counted = (number("counted_on_hand"), number("stock_age_days"), number("sold_since_count"))
    return [
        _Sentence(
            stock_known & is_old,
            "{} counted {} days ago, {} sold since. ",
            "盘点{}件（{}天前），之后售出{}件。",
            counted,
        ),
        _Sentence(
            ~stock_known & is_old,
            "The last count ({} units) is {} days old and {} were sold since, so it is no longer reliable. ",
            "最近一次盘点（{}件）已过{}天，之后售出{}件，不再可信。",
            counted,
        ),
        _Sentence(
            stock_known & ~pl.col("to_end"),
            "{} on hand, {} on order; demand of {} expected until the delivery after this one ({}). ",
            "现有{}件，在途{}件；到再下一次到货前预计需求{}件（{}到货）。",
            (number("on_hand"), number("on_order"), number("demand_until_next_arrival"), until),
        ),
        _Sentence(
            pl.col("to_end"),
            "{} on hand, {} on order; demand of {} expected until the last day of sale ({}). The order is sized as "
            "if it were the last one: more would probably be left over. ",
            "现有{}件，在途{}件；到最后销售日前预计需求{}件（{}止）。本次按最后一次订货计算：再多很可能剩余。",
            (number("on_hand"), number("on_order"), number("demand_until_next_arrival"), ends_on),
        ),
        _Sentence(
            pl.col("ends_within") & ~pl.col("to_end"),
            "No sales after {}: demand is counted until then. ",
            "{}之后不再销售，需求只计算到该日。",
            (ends_on,),
        ),
        _Sentence(
            pl.col("shops_hold") > 0,
            "The {} held by the stores it supplies are counted; demand is counted until deliveries reach them. ",
            "所供门店现有及在途{}件，已计入；需求计算到货物送达门店为止。",
            (number("shops_hold"),),
        ),
        _Sentence(
            pl.col("past_date") > 0,
            "{} more are past their date by counts and sales: not counted on. ",
            "另有{}件按盘点与销售推算已过期，不计入。",
            (number("past_date"),),
        ),
        _Sentence(
            pl.col("moved_in") > 0,
            "Transfer in: {} from {} (counted). ",
            "将从其他门店调入{}件（{}），已计入。",
            (number("moved_in"), _shops("moved_in_from")),
        ),
        _Sentence(
            pl.col("moved_out") > 0,
            "Transfer out: {} to {} (deducted). ",
            "{}件将调往{}，已扣除。",
            (number("moved_out"), _shops("moved_out_to")),
        ),
        _Sentence(
            (pl.col("moved_out") > 0) & (pl.col("order_quantity") > 0),
            "They are wanted more there before the order arrives here ({}). ",
            "在本店订货到货（{}）之前，对方门店更需要。",
            (_day("arrives_on"),),
        ),
        _Sentence(
            (pl.col("expiring") > 0) & (pl.col("order_quantity") > 0),
            "About {} in stock will pass their date ({}) unsold: the order is for the days after it. ",
            "现有库存中约{}件在保质期（{}）前卖不完：本次订货用于其后的销售。",
            (number("expiring"), expiring_on),
        ),
    ]


def _decision(currency: Currency) -> list[_Sentence]:
    stock_known, ordered = pl.col("stock_known"), pl.col("order_quantity") > 0
    cut = pl.col("order_quantity") < pl.col("before_budget")
    plain = stock_known & ordered & ~cut & ~pl.col("shelf") & ~_source_cut()
    lot, outside = pl.col("kind") == REORDER, pl.col("kind") == OUTSIDE
    by_profit = pl.col("kind").is_in(BY_PROFIT)
    shared = pl.col("kind") == SHARED
    is_free = pl.col("lost_unit").round(2) <= 0
    economic, filled = by_profit & ~lot & ~shared, pl.col("kind") == FILL_RATE
    limited = pl.any_horizontal("shelf", "skipped", "losing", "collides")
    nothing = stock_known & ~ordered & ~cut & ~_source_cut() & ~limited
    return [
        _Sentence(
            ~stock_known,
            "Stock unknown: the order covers the expected demand of one order cycle. Count before approving. ",
            "库存未知，按一个订货周期的预计需求建议；请先盘点再批准。",
        ),
        _Sentence(
            plain & economic,
            "Ordered up to the level where one more unit no longer pays ({} chance of staying in stock). ",
            "订到再多一件就不划算的水平（不缺货概率{}）。",
            (percent("chance"),),
        ),
        _Sentence(
            plain & shared & is_free,
            "The agreed level is met at least cost, together with the other products ({} chance of staying in stock, "
            "{} agreed for this product). ",
            "与其他商品合计，以最低成本满足约定的服务水平（不缺货概率{}，本商品约定{}）。",
            (percent("chance"), percent("level")),
        ),
        _Sentence(
            plain & shared & ~is_free,
            "The agreed service levels are met over all products together at least cost; for this each lost unit "
            "counts {} more ({} chance of staying in stock, {} agreed for this product). ",
            "约定的服务水平由各商品合计满足、以成本最低为准，为此每流失一件另计{}（不缺货概率{}，本商品约定{}）。",
            (currency.expression("lost_unit"), percent("chance"), percent("level")),
        ),
        _Sentence(
            plain & shared & (pl.col("chance") > pl.col("level") + _MORE_THAN_AGREED),
            "More than its own level: it makes up for goods that would be thrown away. ",
            "高于本商品的约定水平：用以弥补多订就会报废的商品。",
        ),
        _Sentence(
            plain & filled,
            "Ordered to serve {} of the demand. ",
            "按满足{}的需求订货。",
            (percent("level"),),
        ),
        _Sentence(
            plain & lot,
            "Below the reorder point: ordered for several cycles at once ({} chance of staying in stock). ",
            "库存已低于再订货点，一次订足几个周期（不缺货概率{}）。",
            (percent("chance"),),
        ),
        _Sentence(
            plain & outside,
            "{} ({} chance of staying in stock). ",
            "{}（不缺货概率{}）。",
            (_POLICY, percent("chance")),
        ),
        _Sentence(
            plain & ~by_profit & ~filled & ~outside,
            "This gives a {} chance of staying in stock (target {}). ",
            "订货后不缺货概率{}（目标{}）。",
            (percent("chance"), percent("level")),
        ),
        _Sentence(
            nothing & ~by_profit,
            "No order needed: {} chance that the stock lasts. ",
            "无需订货：现有库存够用的概率为{}。",
            (percent("chance"),),
        ),
        _Sentence(
            nothing & shared & ~is_free,
            "No order: more would cost more than it earns, even with each lost unit counting {} more to meet the "
            "agreed service levels ({} chance that the stock lasts, {} agreed for this product). ",
            "不订：即使为合计满足约定的服务水平而每流失一件另计{}，再多订的成本仍高于收益（现有库存够用的概率为{}，本商品约定{}）。",
            (currency.expression("lost_unit"), percent("chance"), percent("level")),
        ),
        _Sentence(
            nothing & by_profit & (~shared | is_free),
            "No order: more would cost more than it earns ({} chance that the stock lasts). ",
            "不订：再多订的成本高于预计收益（现有库存够用的概率为{}）。",
            (percent("chance"),),
        ),
    ]


def _limits(currency: Currency) -> list[_Sentence]:
    ordered = pl.col("order_quantity") > 0
    packs = (pl.col("order_quantity") / pl.col("case_pack")).round(0).cast(pl.Int64).cast(pl.String)
    return [
        _Sentence(
            ordered & (pl.col("case_pack") != 1),
            "Order: {} × {} units. ",
            "共{}箱，每箱{}件。",
            (packs, number("case_pack")),
        ),
        _Sentence(
            ordered & pl.col("raised"),
            "Raised to the minimum order of {}. ",
            "已提高到最小起订量{}件。",
            (number("min_order"),),
        ),
        _Sentence(
            pl.col("skipped"),
            "Not ordered: the minimum order of {} would cost more than it earns. ",
            "不订：最小起订量{}件的成本高于预计收益。",
            (number("min_order"),),
        ),
        _Sentence(
            pl.col("losing"),
            "Not ordered: it would probably lose money, and no service level is agreed. ",
            "不订：预计亏损，且未约定服务水平。",
        ),
        _Sentence(
            _agreed_loss(),
            "Expected to lose {} compared with no order, on goods costing {}: it is here only because a service "
            "level is agreed. ",
            "与不订相比预计亏损{}（订货成本{}）：仅因已约定服务水平而保留。",
            (currency.expression("loss"), currency.expression("order_cost")),
        ),
        _Sentence(
            _loss() & ~pl.col("agreed"),
            "At the known costs it loses {} compared with no order, on goods costing {}: the default service level, "
            "the display minimum or the policy asks for it. ",
            "按已知成本，与不订相比亏损{}（订货成本{}）：由设置的服务水平、陈列量或订货策略要求。",
            (currency.expression("loss"), currency.expression("order_cost")),
        ),
        _Sentence(
            _about_even(),
            "It earns about as much as no order: an agreed or default service level, the display minimum or the "
            "policy asks for it. ",
            "与不订相比收益相当：由约定或设置的服务水平、陈列量或订货策略要求。",
        ),
        _Sentence(
            _source_cut(),
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
        _Sentence(
            pl.col("collides") & ordered,
            "The shelf holds {}, less than the smallest order of {}: ordered all the same, since {} would be lost "
            "otherwise. ",
            "货架容量{}件，小于最小起订量{}件：仍建议订货，否则预计流失{}件。",
            (number("capacity"), number("least_lot"), number("lost_without")),
        ),
        _Sentence(
            pl.col("collides") & ~ordered & ~_cut(),
            "Not ordered: the shelf holds {}, less than the smallest order of {}, which would lose money. ",
            "不订：货架容量{}件，小于最小起订量{}件，且该订量的成本高于收益。",
            (number("capacity"), number("least_lot")),
        ),
        _Sentence(
            pl.col("shelf"), "Limited to the shelf, which holds {}. ", "受货架容量{}件限制。", (number("capacity"),)
        ),
        _Sentence(
            _cut() & pl.col("limit_name").is_not_null(),
            "The limit {} went to goods that earn more; without it the order would be {} (one more earns about {}). ",
            "“{}”的额度优先给了收益更高的商品；不受限时为{}件（每增加1约可多赚{}）。",
            (
                pl.col("limit_name").fill_null(""),
                number("before_budget"),
                currency.expression("budget_price"),
            ),
        ),
        _Sentence(
            _cut() & pl.col("limit_name").is_null(),
            "The budget went to goods that earn more for the money; without it the order would be {} "
            f"({currency.text(_MORE_BUDGET, 0)} more of budget would earn about {{}}). ",
            "预算优先给了单位资金收益更高的商品；不限预算时为{}件"
            f"（预算每增加{currency.text(_MORE_BUDGET, 0)}约可多赚{{}}）。",
            (number("before_budget"), currency.expression("more_earned")),
        ),
    ]


def _warnings() -> list[_Sentence]:
    soon = pl.col("stock_known") & (pl.col("lost_before") >= 0.5)
    short_lived = pl.col("stock_known") & (pl.col("lost_after") >= 0.5)
    arrives, keeps_until, following = (_day(name) for name in ("arrives_on", "keeps_until", "next_arrives_on"))
    return [
        _Sentence(
            soon,
            "Before it arrives ({}) about {} will be lost. ",
            "到货（{}）前预计流失{}件销售。",
            (arrives, number("lost_before")),
        ),
        _Sentence(
            short_lived & (pl.col("order_quantity") > 0),
            "What arrives keeps until {} (the chance counts until then), and the next delivery comes on {}: about {} "
            "will be lost in between, whatever is ordered. ",
            "到货商品保质至{}（上述概率只算到该日），而下次到货为{}：其间约流失{}件，多订也无济于事。",
            (keeps_until, following, number("lost_after")),
        ),
        _Sentence(
            ~pl.col("terms_known"),
            "No supply terms: a lead time of {} days and {} days between orders are assumed. ",
            "缺少供货条件：假定到货期{}天、订货间隔{}天。",
            (number("lead_days"), number("review_days")),
        ),
        _Sentence(
            pl.col("stock_known") & (pl.col("on_hand") < 0),
            "The recorded stock is negative and was taken as zero: check it. ",
            "账面库存为负，按零处理：请核查。",
        ),
    ]
