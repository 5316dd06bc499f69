"""Writes profiles of persons, goods and places from feature rows, as words in Chinese or English.

Each function takes one row of a feature table as a mapping and gives JSON values: `id`, `title`, `stage` (code and
label), `tags` (words), `sentences`, `facts` (key, label, value, unit) and `features` (the row itself). What is unknown
is left out of the words and null among the features.
"""

from collections.abc import Callable, Mapping, Sequence

from serving.planning.profile import words
from serving.planning.profile.facts import GOODS_FACTS, PERSON_FACTS, PLACE_FACTS, Fact
from serving.planning.profile.speaker import Profile, ProfileWriter, Row
from serving.planning.profile.words import Language


def person_profile(
    row: Row,
    language: Language,
    *,
    currency: str = "¥",
    names: Mapping[str, str] | None = None,
    outside: Sequence[Fact] = (),
) -> Profile:
    """The profile of a person.

    Args:
        row: a row of the `person` features; absent columns count as unknown.
        language: zh or en.
        currency: sign of the chain's money.
        names: ids of stores -> their names, where there are better words than the id.
        outside: facts that features of other packages add, from the published manifest.
    """
    writer = ProfileWriter(row, language, currency, names or {})
    stage = str(row.get("stage") or "stranger")
    label = writer.pick(words.STAGES.get(stage, (stage, stage)))
    tags = [label, *_person_tags(writer)]
    sentences = [_rhythm_sentence(writer), _taste_sentence(writer), _reach_sentence(writer)]
    return writer.profile(
        "person_id",
        f"{label} · {row.get('person_id')}",
        (stage, label),
        tags,
        sentences,
        (*PERSON_FACTS, *outside),
    )


def goods_profile(
    row: Row,
    language: Language,
    *,
    currency: str = "¥",
    names: Mapping[str, str] | None = None,
    outside: Sequence[Fact] = (),
) -> Profile:
    """The profile of a product; `stage` is its ABC class. Arguments as for `person_profile`."""
    writer = ProfileWriter(row, language, currency, names or {})
    abc = str(row.get("abc") or "C")
    label = writer.pick((f"{abc} 类商品", f"Class {abc}"))
    sentences = [_pace_sentence(writer), _buyers_sentence(writer)]
    return writer.profile(
        "product_id",
        writer.name("product_id"),
        (abc, label),
        _goods_tags(writer),
        sentences,
        (*GOODS_FACTS, *outside),
    )


def place_profile(
    row: Row,
    language: Language,
    *,
    currency: str = "¥",
    names: Mapping[str, str] | None = None,
    outside: Sequence[Fact] = (),
) -> Profile:
    """The profile of a store; `stage` is its group of similar shops. Arguments as for `person_profile`."""
    writer = ProfileWriter(row, language, currency, names or {})
    group = str(row.get("cluster") or "-")
    label = writer.pick(("未分店群", "In no group") if group == "-" else (f"店群 {group}", f"Group {group}"))
    sentences = [_hours_sentence(writer), _conversion_sentence(writer), _mix_sentence(writer)]
    return writer.profile(
        "store_id",
        writer.name("store_id"),
        (group, label),
        _place_tags(writer),
        sentences,
        (*PLACE_FACTS, *outside),
    )


def _at_least(limit: float) -> Callable[[float], bool]:
    return lambda value: value >= limit


def _at_most(limit: float) -> Callable[[float], bool]:
    return lambda value: value <= limit


_SAID_BY_THE_STAGE = ("none", "lapsed", "quiet", "steady")
"""Codes of activity and trend without a tag: the stage says the first two, and the others are nothing to act on."""


def _person_tags(writer: ProfileWriter) -> list[str]:
    tags = [
        writer.pick(table[code])
        for key, table in (("activity", words.ACTIVITIES), ("trend", words.TRENDS))
        if (code := writer.text(key)) in table and code not in _SAID_BY_THE_STAGE
    ]
    tags += writer.tags(
        (
            ("gap_median_days", _at_most(7), ("高频顾客", "Frequent")),
            ("regularity", _at_least(0.6), ("购买规律", "Regular")),
            ("reduced_share", _at_least(0.5), ("促销敏感", "Promotion-minded")),
            ("reduced_share", _at_most(0.1), ("少买促销", "Seldom on promotion")),
            ("remote_share", _at_least(0.5), ("线上为主", "Mostly online")),
            ("weekend_share", _at_least(0.5), ("周末型", "Weekend shopper")),
            ("stores", _at_least(3), ("多店购物", "Several stores")),
            ("returns_share", _at_least(0.15), ("退货偏多", "Returns a lot")),
            ("churn_risk", _at_least(0.7), ("流失风险高", "High risk of leaving")),
            ("bag_adds_28d", _at_least(1), ("购物袋待跟进", "Unfinished basket")),
            ("shares_28d", _at_least(1), ("乐于分享", "Shares with others")),
            ("contacts_28d", _at_least(4), ("近期联系较多", "Contacted often lately")),
        )
    )
    tags += [writer.pick((f"爱买{item}", f"Likes {item}")) for item in writer.items("favourite_categories")]
    if writer.row.get("is_contactable") is False:
        tags.append(writer.pick(("不可触达", "Not contactable")))
    return tags


def _goods_tags(writer: ProfileWriter) -> list[str]:
    classes = words.DEMAND_CLASSES
    tags = [writer.pick(classes[code])] if (code := writer.text("demand_class")) in classes else []
    tags += writer.tags(
        (
            ("age_days", _at_most(60), ("新品", "New")),
            ("units_trend", _at_least(0.2), ("销量上升", "Rising")),
            ("units_trend", _at_most(-0.2), ("销量下降", "Falling")),
            ("weekly_strength", _at_least(0.2), ("周内规律强", "Strong weekly pattern")),
            ("peak_month_index", _at_least(1.5), ("季节性强", "Seasonal")),
            ("promotion_share", _at_least(0.5), ("靠促销销售", "Sold by promotion")),
            ("promotion_uplift", _at_least(0.5), ("促销反应大", "Responds to promotion")),
            ("repeat_rate", _at_least(0.3), ("复购商品", "Bought again and again")),
            ("penetration", _at_least(0.2), ("大众商品", "Bought by many")),
            ("price_index", _at_least(1.3), ("高价位", "Premium price")),
            ("price_index", _at_most(0.7), ("低价位", "Budget price")),
            ("stockout_share", _at_least(0.05), ("常缺货", "Often out of stock")),
            ("margin_share", _at_most(0.1), ("毛利薄", "Thin margin")),
            ("returns_share", _at_least(0.1), ("退货多", "Often returned")),
        )
    )
    return tags


def _place_tags(writer: ProfileWriter) -> list[str]:
    tags = writer.tags(
        (
            ("revenue_trend", _at_least(0.1), ("销售上升", "Growing")),
            ("revenue_trend", _at_most(-0.1), ("销售下降", "Declining")),
            ("old_friend_share", _at_least(0.5), ("老友支撑", "Carried by old friends")),
            ("remote_share", _at_least(0.3), ("线上占比高", "Strong online")),
            ("pickup_share", _at_least(0.1), ("自提活跃", "Busy pick-up")),
            ("stockout_share", _at_least(0.05), ("缺货偏多", "Often out of stock")),
            ("cover_days", _at_least(45), ("库存偏高", "Heavy stock")),
            ("load", _at_least(0.8), ("履约接近满负荷", "Fulfilment near capacity")),
        )
    )
    if writer.row.get("is_online") is True:
        tags.insert(0, writer.pick(("网店", "Online store")))
    week = [share for share in writer.items("weekday_shares") if isinstance(share, float)]
    if len(week) == 7 and sum(week[5:]) >= 0.36:
        tags.append(writer.pick(("周末型门店", "Weekend store")))
    return tags


def _rhythm_sentence(writer: ProfileWriter) -> str | None:
    recency, gap = writer.number("recency_days"), writer.number("gap_median_days")
    if recency is None:
        unseen = writer.number("unseen_days")
        if unseen is None:
            return writer.pick(("尚无购买和互动记录。", "No purchase or visit on record yet."))
        return writer.pick(
            (f"尚未购买，{unseen:.0f} 天前有过互动。", f"Has not bought yet; was last seen {unseen:.0f} days ago.")
        )
    zh, en = f"上次购买在 {recency:.0f} 天前", f"Last bought {recency:.0f} days ago"
    if gap is not None:
        zh, en = zh + f"，通常每 {gap:.0f} 天购买一次", en + f", usually buys every {gap:.0f} days"
    return writer.pick((zh + "。", en + "."))


def _taste_sentence(writer: ProfileWriter) -> str | None:
    top = writer.items("top_categories")
    if not top:
        return None
    when = ""
    part, day = writer.text("main_daypart"), writer.number("main_weekday")
    if day is not None and 1 <= day <= 7:
        when = writer.pick(words.WEEKDAYS[int(day) - 1])
        if part in words.DAYPARTS:
            when = writer.pick(
                (when + writer.pick(words.DAYPARTS[part]), f"{when} {writer.pick(words.DAYPARTS[part])}")
            )
    zh = f"消费最多的是{writer.join(top)}" + (f"，多在{when}来" if when else "")
    en = f"Spends most on {writer.join(top)}" + (f", mostly on {when}" if when else "")
    return writer.pick((zh + "。", en + "."))


def _reach_sentence(writer: ProfileWriter) -> str | None:
    if writer.row.get("granted_channels") is None:
        return None
    channels = writer.items("granted_channels")
    if not channels:
        return writer.pick(("没有同意任何联系渠道。", "Has not consented to any channel."))
    spoken = writer.join(writer.pick(words.CHANNELS.get(str(item), (str(item), str(item)))) for item in channels)
    return writer.pick((f"可通过{spoken}联系。", f"Can be contacted by {spoken}."))


def _pace_sentence(writer: ProfileWriter) -> str | None:
    pace = writer.number("units_per_day_28d")
    if pace is None or writer.text("first_sale_on") is None:
        return writer.pick(("还没有销售记录。", "Not sold yet."))
    zh, en = f"近28天日均售出 {pace:.2f} 件", f"Sold {pace:.2f} units a day in the last 28 days"
    stores = writer.number("stores")
    if stores:
        zh, en = zh + f"，{stores:.0f} 家店在卖", en + f" in {stores:.0f} stores"
    return writer.pick((zh + "。", en + "."))


def _buyers_sentence(writer: ProfileWriter) -> str | None:
    rate, days = writer.number("repeat_rate"), writer.number("repurchase_days")
    if rate is None or days is None:
        return None
    share = writer.percent(rate)
    return writer.pick(
        (
            f"{share} 的买家会再次购买，通常相隔 {days:.0f} 天。",
            f"{share} of its buyers buy it again, typically after {days:.0f} days.",
        )
    )


def _hours_sentence(writer: ProfileWriter) -> str | None:
    hours = writer.items("peak_hours")
    if not hours:
        return None
    spoken = writer.join(f"{hour}:00" for hour in hours)
    day = writer.number("peak_weekday")
    weekday = writer.pick(words.WEEKDAYS[int(day) - 1]) if day is not None and 1 <= day <= 7 else None
    zh = f"客流高峰在 {spoken}" + (f"，{weekday}最忙" if weekday else "")
    en = f"Busiest at {spoken}" + (f" and on {weekday}" if weekday else "")
    return writer.pick((zh + "。", en + "."))


def _conversion_sentence(writer: ProfileWriter) -> str | None:
    share = writer.number("conversion")
    if share is not None:
        return writer.pick(
            (f"每 100 位进店的人有 {share * 100:.0f} 位购买。", f"{share:.0%} of visits end in a purchase.")
        )
    unknown = {
        "partial": (
            "到店记录比小票还少，客流没有数全，转化率不计算。",
            "Fewer visits than receipts are recorded, so traffic is not fully counted and there is no conversion rate.",
        ),
        "none": ("没有客流记录，转化率不计算。", "Traffic is not counted, so there is no conversion rate."),
    }
    text = unknown.get(writer.text("traffic") or "")
    return writer.pick(text) if text else None


def _mix_sentence(writer: ProfileWriter) -> str | None:
    top = writer.items("top_categories")[:3]
    return writer.pick((f"销售以{writer.join(top)}为主。", f"Sells mostly {writer.join(top)}.")) if top else None
