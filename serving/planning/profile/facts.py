"""Lists the facts of each kind of profile, in order: feature, label (Chinese, English) and unit."""

from typing import Final

from features.registry import installed_features
from serving.planning.profile import words
from serving.planning.profile.words import MONEY, Words

Fact = tuple[str, Words, Words]

PERSON_FACTS: Final[tuple[Fact, ...]] = (
    ("stage_since", ("阶段始于", "Stage since"), words.NONE),
    ("recency_days", ("距上次购买", "Since the last purchase"), words.DAYS),
    ("gap_median_days", ("购买间隔中位数", "Median gap between purchases"), words.DAYS),
    ("next_due_on", ("预计下次购买", "Next purchase due"), words.NONE),
    ("baskets_365d", ("近一年小票数", "Receipts in the last year"), words.NONE),
    ("spend_365d", ("近一年消费", "Spend in the last year"), MONEY),
    ("basket_value", ("客单价", "Value per receipt"), MONEY),
    ("basket_units", ("客单件数", "Units per receipt"), words.UNITS),
    ("churn_risk", ("流失风险", "Risk of leaving"), words.PERCENT),
    ("expected_purchases_28d", ("未来28天预计购买次数", "Purchases expected in 28 days"), words.NONE),
    ("expected_spend_365d", ("未来一年预计消费", "Spend expected in a year"), MONEY),
    ("rfm", ("RFM 得分（近度-频度-金额）", "RFM score (recency-frequency-money)"), words.NONE),
    ("main_store_id", ("常去门店", "Main store"), words.NONE),
    ("reduced_share", ("促销购买占比", "Bought at a reduced price"), words.PERCENT),
    ("contacts_28d", ("近28天被联系次数", "Contacts in 28 days"), words.NONE),
    ("identifiers", ("已识别标识数", "Known identifiers"), words.NONE),
)
GOODS_FACTS: Final[tuple[Fact, ...]] = (
    ("category", ("品类", "Category"), words.NONE),
    ("abc", ("ABC 分类", "ABC class"), words.NONE),
    ("units_per_day_28d", ("近28天日均销量", "Units a day, 28 days"), words.UNITS),
    ("price_mean", ("近期均价", "Mean price lately"), MONEY),
    ("margin_share", ("毛利率", "Margin"), words.PERCENT),
    ("stores", ("近期动销门店数", "Stores that sold it lately"), words.NONE),
    ("penetration", ("顾客渗透率", "Share of customers who buy it"), words.PERCENT),
    ("repeat_rate", ("复购率", "Buyers who came back"), words.PERCENT),
    ("repurchase_days", ("复购周期", "Days until bought again"), words.DAYS),
    ("promotion_share", ("促销销量占比", "Sold under promotion"), words.PERCENT),
    ("promotion_uplift", ("促销期销量增幅（未剔除其他因素）", "Raw uplift under promotion"), words.PERCENT),
    ("stockout_share", ("缺货占比", "Days out of stock"), words.PERCENT),
    ("cover_days", ("库存可售天数", "Days of cover"), words.DAYS),
    ("returns_share", ("退货率", "Returned"), words.PERCENT),
    ("launched_on", ("上市日期", "On sale since"), words.NONE),
)
PLACE_FACTS: Final[tuple[Fact, ...]] = (
    ("region", ("区域", "Region"), words.NONE),
    ("format", ("业态", "Format"), words.NONE),
    ("revenue_28d", ("近28天销售额", "Revenue, 28 days"), MONEY),
    ("baskets_per_day", ("日均小票数", "Receipts a day"), words.NONE),
    ("basket_value", ("客单价", "Value per receipt"), MONEY),
    ("basket_units", ("客单件数", "Units per receipt"), words.UNITS),
    ("customers_91d", ("近91天会员顾客数", "Known customers, 91 days"), words.NONE),
    ("member_share", ("会员小票占比", "Receipts of known customers"), words.PERCENT),
    ("old_friend_share", ("老友消费占比", "Spend of old friends"), words.PERCENT),
    ("remote_share", ("店外订单占比", "Orders outside the store"), words.PERCENT),
    ("pickup_share", ("自提占比", "Pick-up"), words.PERCENT),
    ("stockout_share", ("缺货率", "Out of stock"), words.PERCENT),
    ("cover_days", ("库存可售天数", "Days of cover"), words.DAYS),
    ("load", ("履约负荷", "Fulfilment load"), words.PERCENT),
    ("cluster", ("同类店群", "Group of similar stores"), words.NONE),
)


def outside_facts(table: str) -> tuple[Fact, ...]:
    """The facts that features of other packages add to a table's profiles.

    Raises:
        ExtensionError: one of them breaks the protocol.
    """
    return tuple(
        (column, (item.label["zh"], item.label["en"]), (item.unit["zh"], item.unit["en"]) if item.unit else words.NONE)
        for feature in installed_features().values()
        if feature.table == table
        for column, item in feature.columns.items()
    )
