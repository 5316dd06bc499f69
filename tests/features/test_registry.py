"""Features of other packages: what is refused, by name, and what the feature job joins."""

import sys
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from features.conformance import FeatureConformance
from features.jobs import FeatureOptions, build_features, scan_features
from features.person.purchases import habits
from features.protocol import Feature, FeatureColumn
from features.registry import checked_feature, computed, installed_features
from features.windows import records_of_kind, until
from retail_brain.dataset import Dataset
from retail_brain.errors import ExtensionError
from serving.planning.profile.facts import outside_facts
from serving.planning.profile.sentences import goods_profile
from tests.outside_package import Install

AS_OF = date(2025, 6, 30)
WORDS = {"en": "Big sales", "zh": "大单"}
CODE = """
import polars as pl
from features.protocol import Feature, FeatureColumn

def compute(records, as_of):
    lines = records.filter(pl.col("record") == "line")
    return lines.group_by("product_id").agg(pl.col("units").max().alias("{column}"))

column = FeatureColumn(pl.Float64, {{"en": "Big", "zh": "大"}}, {{"en": "pcs", "zh": "个"}})
thing = Feature("goods", {{"{column}": column}}, compute)
"""
RECORDS = pl.LazyFrame({"product_id": ["P", "P", "Q"], "units": [1.0, 2.0, 3.0]})


def feature(compute, label=WORDS, unit=None) -> Feature:
    return Feature("goods", {"big": FeatureColumn(pl.Float64, label, unit)}, compute)


def biggest(records: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    return records.group_by("product_id").agg(pl.col("units").max().alias("big"))


class TestHabits(FeatureConformance):
    """A built-in feature keeps to the protocol too."""

    feature = Feature(
        "person",
        {
            "weekend_share": FeatureColumn(pl.Float64, {"en": "Weekend", "zh": "周末"}, None),
            "main_weekday": FeatureColumn(pl.Int32, {"en": "Weekday", "zh": "星期"}, None),
            "main_daypart": FeatureColumn(pl.String, {"en": "Part of day", "zh": "时段"}, None),
        },
        lambda records, as_of: habits(records_of_kind(records.filter(until("at", as_of)), "line")),
    )


@pytest.mark.parametrize("texts", [{"en": "Big"}, {"en": "Big", "zh": ""}, {}])
def test_a_label_or_unit_without_a_language_is_refused(texts: dict[str, str]) -> None:
    with pytest.raises(ExtensionError, match="'mine' has the label"):
        checked_feature("mine", feature(biggest, label=texts))
    with pytest.raises(ExtensionError, match="'mine' has the unit"):
        checked_feature("mine", feature(biggest, unit=texts))


@pytest.mark.parametrize(
    ("compute", "words"),
    [
        (lambda records, _: records.select("product_id").unique(), "gave the columns"),
        (lambda records, as_of: biggest(records, as_of).with_columns(pl.col("big").cast(pl.Int64)), "gave the columns"),
        (lambda records, _: records.select("product_id", pl.col("units").alias("big")), "2 rows that share"),
        (lambda records, _: records.select("nothing"), "ColumnNotFoundError"),
        (lambda records, as_of: biggest(records, as_of).collect(), "AttributeError"),
        (lambda records, as_of: biggest(records, as_of).with_columns(product_id=pl.lit(None, pl.String)), "without"),
        (lambda *_: sys.exit(0), "SystemExit"),
        (lambda records, as_of: biggest(records, as_of).with_columns(pl.col("big") / 0), "2 values of 'big' that are"),
    ],
)
def test_a_wrong_result_is_an_error_that_names_the_feature(compute, words: str) -> None:
    with pytest.raises(ExtensionError, match=f"'mine'.*{words}"):
        computed("mine", feature(compute), RECORDS, AS_OF)


def test_a_name_that_a_built_in_feature_has_is_refused(install: Install) -> None:
    install("theirs", CODE.format(column="abc"), {"features": {"theirs": "theirs:thing"}})
    with pytest.raises(ExtensionError, match="'theirs' has the column 'abc', which a built-in feature"):
        installed_features()


def test_a_name_that_another_feature_has_is_refused(install: Install) -> None:
    for name in ("one", "two"):
        install(name, CODE.format(column="big"), {"features": {name: f"{name}:thing"}})
    with pytest.raises(ExtensionError, match="'two' has the column 'big', which the feature 'one'"):
        installed_features()


def test_the_job_joins_it_bucket_by_bucket_and_the_profile_lists_it(install: Install, tmp_path: Path) -> None:
    sales = pl.DataFrame(
        {
            "transaction_id": ["a", "b", "c"],
            "line_number": [1, 1, 1],
            "sold_at": [datetime(2025, 6, day, 12) for day in (1, 2, 3)],
            "store_id": ["S", "S", "S"],
            "product_id": ["P", "P", "Q"],
            "units": [1.0, 4.0, 2.0],
            "unit_price": [1.0, 1.0, 1.0],
        }
    )
    install("theirs", CODE.format(column="big"), {"features": {"theirs": "theirs:thing"}})
    for buckets in (1, 3):
        out = tmp_path / f"features{buckets}"
        build_features(
            Dataset.from_frames({"transactions": sales}), out, AS_OF, options=FeatureOptions(buckets=buckets)
        )
        table = scan_features(out, "goods").sort("product_id").collect()
        assert dict(table.select("product_id", "big").iter_rows()) == {"P": 4.0, "Q": 2.0}
    for language, words in (("en", ("Big", "pcs")), ("zh", ("大", "个"))):
        facts = goods_profile(table.row(0, named=True), language, outside=outside_facts("goods"))["facts"]
        assert {"key": "big", "label": words[0], "value": 4.0, "unit": words[1]} in facts
