"""Recommendations as the contract has them, in words."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from retail_brain.dataset import Dataset
from retail_brain.errors import NotFoundError, UsageError
from retail_brain.outputs import RECOMMENDATIONS
from serving.planning.people.offering import RecommendationRequest
from serving.planning.people.reasons import WORDS, reason_text, with_reason_texts
from serving.planning.people.recommendations import recommend, write_recommendations
from training.recommender.config import ALSConfig, RankerConfig, RecommenderConfig
from training.recommender.model import RecommenderModel


@pytest.fixture(scope="module")
def chain() -> Dataset:
    random = np.random.default_rng(5)
    rows = []
    for person in range(60):
        mine = random.choice(20, 4, replace=False)
        for day in range(int(random.integers(0, 6)), 120, 6):
            for product in mine[random.random(4) < 0.6]:
                sold_at = datetime(2025, 1, 1) + timedelta(days=day)
                rows.append((f"T{person}-{day}", sold_at, "店1", f"P{product:02d}", f"客{person}", 1.0, 3.5))
    columns = ["transaction_id", "sold_at", "store_id", "product_id", "customer_id", "units", "unit_price"]
    products = pl.DataFrame({"product_id": [f"P{at:02d}" for at in range(20)], "name": [f"货{at}" for at in range(20)]})
    return Dataset.from_frames({"transactions": pl.DataFrame(rows, schema=columns, orient="row"), "products": products})


@pytest.fixture(scope="module")
def model(chain: Dataset) -> RecommenderModel:
    config = RecommenderConfig(
        als=ALSConfig(factors=4, iterations=2),
        ranker=RankerConfig(rounds=10, wide_pairs=500, num_threads=1),
        min_candidates=15,
    )
    return RecommenderModel.fit(chain, config)


def answer(chain: Dataset, model: RecommenderModel, **wish: object) -> pl.DataFrame:
    return pl.concat(list(recommend(chain, model, RecommendationRequest(**wish))))  # type: ignore[arg-type]


def test_ranks_run_from_one_without_gaps_and_columns_are_the_contracts(chain: Dataset, model: RecommenderModel) -> None:
    table = answer(chain, model, k=7)
    assert table.schema == pl.Schema(RECOMMENDATIONS)
    assert table["customer_id"].n_unique() == 60
    ranks = table.group_by("customer_id", maintain_order=True).agg("rank", "probability")
    assert all(row["rank"] == list(range(1, 8)) for row in ranks.iter_rows(named=True))
    assert all(row["probability"] == sorted(row["probability"], reverse=True) for row in ranks.iter_rows(named=True))


@pytest.mark.parametrize("kind", ["repeat", "explore"])
def test_only_the_kind_asked_for(chain: Dataset, model: RecommenderModel, kind: str) -> None:
    assert set(answer(chain, model, k=3, kind=kind)["kind"]) == {kind}


def test_the_quota_of_new_goods_is_met_and_the_rest_is_the_best(chain: Dataset, model: RecommenderModel) -> None:
    plain = answer(chain, model, k=4)
    mixed = answer(chain, model, k=4, explore_at_least=2)
    new = mixed.group_by("customer_id").agg((pl.col("kind") == "explore").sum().alias("new"), pl.len())
    assert new["new"].min() == 2
    assert new["len"].unique().to_list() == [4]
    best = plain.filter(pl.col("rank") == 1).select("customer_id", "product_id")
    assert best.join(mixed, on=["customer_id", "product_id"]).height == 60


def test_what_is_due_after_the_label_is_held_back(chain: Dataset, model: RecommenderModel) -> None:
    limit = chain.last_day() + timedelta(days=1 + 28)
    assert answer(chain, model, k=100).filter(pl.col("due_on") > limit).is_empty()


def test_goods_that_no_shop_has_are_not_offered(chain: Dataset, model: RecommenderModel) -> None:
    before = answer(chain, model, k=3)
    gone = before["product_id"].mode()[0]
    last = chain.last_day()
    inventory = pl.DataFrame(
        {
            "date": [last - timedelta(days=1), last, last, last],
            "store_id": ["店1", "店1", "店2", "店1"],
            "product_id": [gone, gone, gone, before["product_id"][0]],
            "on_hand": [9.0, 0.0, -1.0, 0.0 if before["product_id"][0] == gone else 1.0],
        }
    ).unique(["date", "store_id", "product_id"])
    stocked = Dataset.from_frames({**chain.frames, "inventory": inventory})
    after = answer(stocked, model, k=3)
    assert gone not in after["product_id"].to_list()
    assert after.height == before.height


def test_unknown_customers_and_impossible_numbers_are_refused(chain: Dataset, model: RecommenderModel) -> None:
    with pytest.raises(NotFoundError, match="nobody"):
        next(recommend(chain, model, customers=["nobody"]))
    with pytest.raises(UsageError, match="at least 1"):
        next(recommend(chain, model, RecommendationRequest(k=0)))
    with pytest.raises(UsageError, match="quota"):
        next(recommend(chain, model, RecommendationRequest(k=2, explore_at_least=3)))
    with pytest.raises(UsageError, match="one of them"):
        next(recommend(chain, model, RecommendationRequest(store_id="店1", in_stock=True)))
    with pytest.raises(NotFoundError, match="nowhere"):
        next(recommend(chain, model, RecommendationRequest(store_id="nowhere")))


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_files_hold_every_block(chain: Dataset, model: RecommenderModel, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"out.{ending}"
    assert write_recommendations(recommend(chain, model, RecommendationRequest(k=2)), path) == (120, 60)
    table = pl.read_parquet(path) if ending == "parquet" else pl.read_csv(path)
    assert table.columns == list(RECOMMENDATIONS)
    assert table.height == 120


def test_reasons_are_in_english_and_in_chinese(chain: Dataset, model: RecommenderModel) -> None:
    table = pl.concat(recommend(chain, model, RecommendationRequest(k=3)))
    assert not table["reason"].str.contains(r"\p{Han}").all()
    assert table["reason_zh"].str.contains(r"\p{Han}").all()
    asked = pl.concat(recommend(chain, model, RecommendationRequest(k=3), language="zh"))
    assert asked["reason"].to_list() == asked["reason_zh"].to_list() == table["reason_zh"].to_list()


def test_csv_file_holds_no_formula(tmp_path: Path) -> None:
    row = dict.fromkeys(RECOMMENDATIONS) | {"customer_id": "=cmd()", "product_id": "+7", "rank": 1, "probability": -0.5}
    block = pl.DataFrame([row], schema=RECOMMENDATIONS)
    write_recommendations(iter([block]), tmp_path / "out.csv")
    written = pl.read_csv(tmp_path / "out.csv")
    assert written.select("customer_id", "product_id", "probability").row(0) == ("'=cmd()", "'+7", -0.5)


def test_a_file_of_nothing_still_has_its_columns(tmp_path: Path) -> None:
    empty: Iterator[pl.DataFrame] = iter(())
    assert write_recommendations(empty, tmp_path / "out.parquet") == (0, 0)
    assert pl.read_parquet(tmp_path / "out.parquet").schema == pl.Schema(RECOMMENDATIONS)
    with pytest.raises(UsageError, match="parquet or"):
        write_recommendations(empty, tmp_path / "out.xlsx")


def test_reasons_are_words_in_both_languages() -> None:
    names = {"P1": "酸奶"}
    assert reason_text("every_days:12") == "通常每 12 天购买一次"
    assert reason_text("looked_at:bag_add", "en") == "Recently put in the bag"
    assert reason_text("goes_with:P1", "zh", names) == "常与「酸奶」一起购买"
    assert reason_text("goes_with:P2", "en", names) == "Often bought with P2"
    assert reason_text("something_later:x", "en") == "something_later:x"
    assert reason_text(None) == ""
    assert all(zh and en for zh, en in WORDS.values())


def test_reasons_of_a_table_are_worded_at_once() -> None:
    frame = pl.DataFrame({"reason": ["popular", None, "popular"]})
    assert with_reason_texts(frame, "en")["reason"].to_list() == [
        "Sells well in the store",
        None,
        "Sells well in the store",
    ]
