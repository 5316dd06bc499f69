import json
from datetime import date

import polars as pl
import pytest

from serving.planning.profile.sentences import goods_profile, person_profile, place_profile

PERSON = {
    "person_id": "C1",
    "stage": "old_friend",
    "stage_since": date(2025, 1, 2),
    "activity": "late",
    "trend": "cooling",
    "recency_days": 12,
    "gap_median_days": 6.0,
    "churn_risk": 0.1234,
    "spend_365d": 1234.567,
    "reduced_share": 0.62,
    "top_categories": ["茶叶", "酒类"],
    "favourite_categories": ["茶叶"],
    "main_weekday": 6,
    "main_daypart": "evening",
    "main_store_id": "S01",
    "granted_channels": ["sms", "wechat"],
    "is_contactable": True,
    "probability_alive": float("nan"),
}


def test_a_person_in_chinese():
    profile = person_profile(PERSON, "zh", names={"S01": "杭州西湖店"})
    assert (profile["title"], profile["stage"]) == ("老友 · C1", {"code": "old_friend", "label": "老友"})
    assert profile["tags"] == ["老友", "该来未来", "降温中", "高频顾客", "促销敏感", "爱买茶叶"]
    assert profile["sentences"] == [
        "上次购买在 12 天前，通常每 6 天购买一次。",
        "消费最多的是茶叶、酒类，多在周六傍晚来。",
        "可通过短信、微信联系。",
    ]
    facts = {fact["key"]: (fact["label"], fact["value"], fact["unit"]) for fact in profile["facts"]}
    assert facts["churn_risk"] == ("流失风险", 12.3, "%")
    assert facts["spend_365d"] == ("近一年消费", 1234.57, "¥")
    assert facts["main_store_id"] == ("常去门店", "杭州西湖店", "")


def test_the_same_person_in_english():
    profile = person_profile(PERSON, "en", currency="$")
    assert profile["tags"] == [
        "Old friend",
        "Later than usual",
        "Cooling",
        "Frequent",
        "Promotion-minded",
        "Likes 茶叶",
    ]
    assert profile["sentences"][0] == "Last bought 12 days ago, usually buys every 6 days."
    assert profile["sentences"][1] == "Spends most on 茶叶, 酒类, mostly on Saturday in the evening."
    assert {"key": "spend_365d", "label": "Spend in the last year", "value": 1234.57, "unit": "$"} in profile["facts"]


def test_what_is_unknown_is_null_in_the_features_and_absent_from_the_words():
    profile = person_profile(PERSON, "en")
    assert profile["features"]["probability_alive"] is None
    assert profile["features"]["stage_since"] == "2025-01-02"
    assert "probability_alive" not in {fact["key"] for fact in profile["facts"]}
    stranger = person_profile({"person_id": "device:1"}, "en")
    assert (stranger["stage"]["code"], stranger["facts"]) == ("stranger", [])
    assert stranger["sentences"] == ["No purchase or visit on record yet."]
    refused = person_profile({"person_id": "x", "granted_channels": [], "is_contactable": False}, "zh")
    assert "不可触达" in refused["tags"]
    assert refused["sentences"][-1] == "没有同意任何联系渠道。"


def test_goods_and_places_in_words():
    goods = goods_profile(
        {
            "product_id": "P1",
            "abc": "A",
            "demand_class": "smooth",
            "units_per_day_28d": 3.456,
            "first_sale_on": date(2025, 1, 1),
            "stores": 8,
            "repeat_rate": 0.53,
            "repurchase_days": 10.0,
            "stockout_share": 0.08,
        },
        "en",
        names={"P1": "龙井茶"},
    )
    assert (goods["title"], goods["stage"]["label"]) == ("龙井茶", "Class A")
    assert goods["tags"] == ["Smooth demand", "Bought again and again", "Often out of stock"]
    assert goods["sentences"] == [
        "Sold 3.46 units a day in the last 28 days in 8 stores.",
        "53% of its buyers buy it again, typically after 10 days.",
    ]
    place = place_profile(
        {"store_id": "S1", "cluster": 2, "peak_hours": [9, 18], "peak_weekday": 7, "is_online": True, "load": 0.9}, "zh"
    )
    assert place["stage"] == {"code": "2", "label": "店群 2"}
    assert place["tags"] == ["网店", "履约接近满负荷"]
    assert place["sentences"] == ["客流高峰在 9:00、18:00，周日最忙。"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_real_rows_give_strict_json(language, sample_features):
    for name, make in (("person", person_profile), ("goods", goods_profile), ("place", place_profile)):
        for row in sample_features[name].head(60).iter_rows(named=True):
            profile = make(row, language)
            text = json.dumps(profile, ensure_ascii=False, allow_nan=False)
            assert "None" not in text
            assert set(profile) == {"id", "title", "stage", "tags", "sentences", "facts", "features"}
            assert len(profile["tags"]) == len(set(profile["tags"]))


@pytest.fixture(scope="module")
def sample_features(sample, tmp_path_factory) -> dict[str, pl.DataFrame]:
    from features.jobs import build_features, scan_features

    out = tmp_path_factory.mktemp("profiles") / "features"
    build_features(sample, out, date(2024, 11, 30))
    return {name: scan_features(out, name).collect() for name in ("person", "goods", "place")}
