"""The recommender from end to end on small chains, and on chains with next to nothing in them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from retail_brain.dataset import Dataset
from retail_brain.errors import DataError, ModelError, NotFoundError
from training.recommender.config import RecommenderConfig
from training.recommender.due_model import PROBABILITIES
from training.recommender.examples import training_cutoffs
from training.recommender.model import RecommenderModel
from training.recommender.scored_pairs import SCORED, ScoredPairs

START = date(2025, 1, 1)


def chain(lines: Sequence[tuple[str, str | None, str, int, float]], **tables: pl.DataFrame) -> Dataset:
    """Lines of (receipt, customer, product, day number, units) in store S1 at price 2."""
    frame = pl.DataFrame(
        list(lines),
        schema={
            "transaction_id": pl.String,
            "customer_id": pl.String,
            "product_id": pl.String,
            "day": pl.Int64,
            "units": pl.Float64,
        },
        orient="row",
    ).select(
        pl.exclude("day"),
        (pl.lit(datetime(2025, 1, 1)) + pl.duration(days="day")).alias("sold_at"),
        pl.lit("S1").alias("store_id"),
        pl.lit(2.0).alias("unit_price"),
    )
    return Dataset.from_frames({"transactions": frame, **tables})


def scored(model: RecommenderModel, dataset: Dataset, **options: object) -> pl.DataFrame:
    return pl.concat(list(model.score(dataset, **options)))  # type: ignore[arg-type]


def test_scores_are_probabilities_and_pairs_are_unique(habits_model: RecommenderModel, habits_chain: Dataset) -> None:
    pairs = scored(habits_model, habits_chain)
    assert pairs.schema == pl.Schema(SCORED)
    assert pairs["probability"].is_between(0, 1).all()
    assert pairs.select("customer_id", "product_id").is_unique().all()
    assert set(pairs["kind"]) == {"repeat", "explore"}


def test_staples_outrank_what_others_like(habits_model: RecommenderModel, habits_chain: Dataset) -> None:
    best = scored(habits_model, habits_chain).sort("probability", descending=True).group_by("customer_id").head(3)
    taste = pl.col("customer_id").str.slice(1).cast(pl.Int64) % 3
    of_product = pl.col("product_id").str.slice(1).cast(pl.Int64) // 10
    assert best.select((taste == of_product).mean()).item() > 0.99


def test_repeat_pairs_have_a_due_date_and_a_reason_with_their_gap(
    habits_model: RecommenderModel, habits_chain: Dataset
) -> None:
    repeat = scored(habits_model, habits_chain).filter(pl.col("reason").str.starts_with("every_days:"))
    gaps = repeat["reason"].str.strip_prefix("every_days:").cast(pl.Int64)
    assert 7 <= gaps.median() <= 21  # type: ignore[operator]
    assert (repeat["due_on"].drop_nulls() > habits_chain.last_day()).all()


def test_a_saved_model_scores_the_same(habits_model: RecommenderModel, habits_chain: Dataset, tmp_path: Path) -> None:
    habits_model.save(tmp_path)
    again = RecommenderModel.load(tmp_path)
    assert scored(again, habits_chain).equals(scored(habits_model, habits_chain))
    assert {path.suffix for path in tmp_path.iterdir()} <= {".json", ".txt", ".npz", ".parquet"}


def test_a_damaged_model_is_refused(habits_model: RecommenderModel, tmp_path: Path) -> None:
    habits_model.save(tmp_path)
    (tmp_path / "ranker.txt").write_text("tree")
    with pytest.raises(ModelError, match="cannot be read"):
        RecommenderModel.load(tmp_path)
    with pytest.raises(ModelError, match="no recommender"):
        RecommenderModel.load(tmp_path / "nowhere")


def test_scores_of_named_goods_hold_every_customer(habits_model: RecommenderModel, habits_chain: Dataset) -> None:
    pairs = scored(habits_model, habits_chain, products=["P01", "P29", "unheard of"])
    assert pairs.height == 2 * 120
    assert set(pairs["product_id"]) == {"P01", "P29"}


def test_a_pair_scores_the_same_asked_for_from_either_side(
    habits_model: RecommenderModel, habits_chain: Dataset
) -> None:
    now = habits_model.fit_sources(habits_chain)
    by_person = scored(habits_model, habits_chain, fitted=now)
    by_product = scored(habits_model, habits_chain, fitted=now, products=["P03"])
    both = by_person.join(by_product, on=["customer_id", "product_id"], suffix="_product")
    assert both.height > 30
    assert (both["probability"] - both["probability_product"]).abs().max() == 0


def test_unknown_customers_are_left_out(habits_model: RecommenderModel, habits_chain: Dataset) -> None:
    assert set(scored(habits_model, habits_chain, customers=["C001", "nobody"])["customer_id"]) == {"C001"}
    assert list(habits_model.score(habits_chain, ["nobody"])) == []


def test_each_product_gets_its_likeliest_people(habits_model: RecommenderModel, habits_chain: Dataset) -> None:
    pairs = scored(habits_model, habits_chain, per_product=30)
    assert pairs.group_by("product_id").len()["len"].min() >= 30  # type: ignore[operator]


def test_what_happens_after_the_day_changes_nothing(habits_chain: Dataset, small_config: RecommenderConfig) -> None:
    day = START + timedelta(days=120)
    lines = habits_chain.scan("transactions").collect()
    past = lines.filter(pl.col("sold_at").dt.date() <= day)
    future = lines.filter(pl.col("sold_at").dt.date() > day).with_columns(product_id=pl.lit("P00"), units=pl.lit(9.0))
    changed = Dataset.from_frames(
        {"transactions": pl.concat([past, future]), "products": habits_chain.scan("products")}
    )
    models = [RecommenderModel.fit(data, small_config, as_of=day) for data in (habits_chain, changed)]
    answers = [scored(model, data.at(day)) for model, data in zip(models, (habits_chain, changed), strict=True)]
    assert answers[0].equals(answers[1])


def test_row_order_does_not_matter(habits_chain: Dataset, small_config: RecommenderConfig) -> None:
    lines = habits_chain.scan("transactions").collect()
    shuffled = Dataset.from_frames(
        {"transactions": lines.sample(fraction=1, shuffle=True, seed=3), "products": habits_chain.scan("products")}
    )
    answers = [scored(RecommenderModel.fit(data, small_config), data) for data in (habits_chain, shuffled)]
    assert answers[0].drop("probability").equals(answers[1].drop("probability"))
    assert (answers[0]["probability"] - answers[1]["probability"]).abs().max() < 1e-6  # type: ignore[operator]


def test_one_customer_one_product_one_day_is_answered_by_the_rule(small_config: RecommenderConfig) -> None:
    data = chain([("T1", "C1", "P1", 0, 1.0)])
    model = RecommenderModel.fit(data, small_config)
    pairs = scored(model, data)
    assert model.ranker.booster is None
    assert pairs.drop("gap_days", *PROBABILITIES).rows() == [
        ("C1", "P1", pytest.approx(pairs["probability"][0]), "repeat", pairs["due_on"][0], "bought_before")
    ]
    assert 0 < pairs["probability"][0] < 1


def test_nobody_who_came_only_once_is_said_to_buy_it_all_again(small_config: RecommenderConfig) -> None:
    data = chain([(f"T{one}", f"C{one}", f"P{one % 3}", one % 40, 1.0) for one in range(60)])
    pairs = scored(RecommenderModel.fit(data, small_config), data).filter(pl.col("kind") == "repeat")
    assert pairs.height == 60
    assert pairs["probability"].max() < 0.25  # type: ignore[operator]


def test_customers_without_a_purchase_get_what_sells_in_their_store(
    habits_chain: Dataset, small_config: RecommenderConfig
) -> None:
    customers = pl.DataFrame({"customer_id": ["C000", "new"], "home_store_id": ["S1", "S1"]})
    frames = {name: habits_chain.scan(name) for name in ("transactions", "products")}
    data = Dataset.from_frames({**frames, "customers": customers})
    pairs = scored(RecommenderModel.fit(data, small_config), data, customers=["new"])
    sales = data.scan("transactions").group_by("product_id").len().collect()
    assert pairs.height >= small_config.min_candidates
    assert set(pairs["reason"]) == {"popular"}
    ranked = pairs.join(sales, on="product_id")
    assert ranked.select(pl.corr("probability", "len", method="spearman")).item() > 0.3


def test_people_without_a_purchase_share_the_answer_of_their_store(
    habits_chain: Dataset, habits_model: RecommenderModel
) -> None:
    lines = habits_chain.scan("transactions").collect()
    elsewhere = pl.col("customer_id").str.slice(1).cast(pl.Int64) % 3 == 0
    moved = lines.with_columns(store_id=pl.when(elsewhere).then(pl.lit("S2")).otherwise(pl.lit("S1")))
    new = {"new1": "S1", "new2": "S2", "new3": "S1", "new4": None}
    customers = pl.DataFrame({"customer_id": list(new), "home_store_id": list(new.values())})
    data = Dataset.from_frames(
        {"transactions": moved, "products": habits_chain.scan("products"), "customers": customers}
    )
    fitted = habits_model.fit_sources(data)
    pairs = scored(habits_model, data, fitted=fitted)
    mine = {name: pairs.filter(pl.col("customer_id") == name).drop("customer_id") for name in new}
    assert mine["new1"].equals(mine["new3"])
    assert not mine["new1"].equals(mine["new2"])
    # the same as each of them scored on their own
    people = fitted.history.people(list(new))
    (block,) = fitted.blocks(people)
    alone = ScoredPairs.of(fitted, habits_model.ranker, habits_model.due, fitted.candidates(block)).whole()
    assert alone.equals(pairs.filter(pl.col("customer_id").is_in(list(new))))
    assert set(pairs["customer_id"][: -4 * mine["new1"].height]) == set(lines["customer_id"]), "strangers come last"


def test_blocks_on_one_and_on_two_threads_score_alike(habits_chain: Dataset, habits_model: RecommenderModel) -> None:
    fitted = habits_model.fit_sources(habits_chain)
    small_blocks = replace(fitted, config=fitted.config.model_copy(update={"block_pairs": 1}))
    one_thread = small_blocks.config.ranker.model_copy(update={"num_threads": 1})
    two_threads = small_blocks.config.ranker.model_copy(update={"num_threads": 2})
    answers = [
        scored(habits_model, habits_chain, fitted=replace(fitted, config=config))
        for config in (
            fitted.config,
            small_blocks.config.model_copy(update={"ranker": one_thread}),
            small_blocks.config.model_copy(update={"ranker": two_threads}),
        )
    ]
    assert answers[1].equals(answers[2])
    assert answers[0].equals(answers[1])


def test_a_person_known_only_by_an_event_is_offered_that_good(
    habits_chain: Dataset, small_config: RecommenderConfig
) -> None:
    events = pl.DataFrame(
        {
            "occurred_at": [datetime.combine(habits_chain.last_day(), datetime.min.time())],
            "customer_id": ["visitor"],
            "event_type": ["scan"],
            "product_id": ["P07"],
        }
    )
    frames = {name: habits_chain.scan(name) for name in ("transactions", "products")}
    data = Dataset.from_frames({**frames, "events": events})
    pairs = scored(RecommenderModel.fit(data, small_config), data, customers=["visitor"])
    assert pairs.filter(pl.col("product_id") == "P07")["reason"].to_list() == ["looked_at:scan"]


def test_anonymous_receipts_say_what_is_missing(small_config: RecommenderConfig) -> None:
    with pytest.raises(DataError, match="customer_id"):
        RecommenderModel.fit(chain([("T1", None, "P1", 0, 1.0)]), small_config)
    daily = Dataset.from_frames(
        {"daily_sales": pl.DataFrame({"date": [START], "store_id": ["S"], "product_id": ["P"], "units": [1.0]})}
    )
    with pytest.raises(DataError, match="transactions"):
        RecommenderModel.fit(daily, small_config)


def test_a_chain_without_products_table_works(habits_chain: Dataset, small_config: RecommenderConfig) -> None:
    data = Dataset.from_frames({"transactions": habits_chain.scan("transactions")})
    assert scored(RecommenderModel.fit(data, small_config), data).height > 120 * 10


def test_returned_goods_are_no_habit(small_config: RecommenderConfig) -> None:
    lines = [("T1", "C1", "P1", 0, 1.0), ("T2", "C1", "P2", 0, 1.0), ("T3", "C1", "P2", 0, -1.0)]
    data = chain(lines)
    pairs = scored(RecommenderModel.fit(data, small_config), data)
    assert set(pairs.filter(pl.col("kind") == "repeat")["product_id"]) == {"P1"}


def test_cutoffs_reach_back_only_as_far_as_there_is_history(habits_chain: Dataset) -> None:
    last = habits_chain.last_day()
    config = RecommenderConfig(cutoffs=99, label_days=28, min_history_days=14)
    cutoffs = training_cutoffs(habits_chain, last, config)
    assert cutoffs[0] == last - timedelta(days=28)
    assert (cutoffs[-1] - START).days >= 14
    assert (cutoffs[-1] - START).days < 14 + 28


def test_a_loyalty_card_that_came_late_is_learned_from_its_first_day(small_config: RecommenderConfig) -> None:
    lines: list[tuple[str, str | None, str, int, float]] = [(f"A{day}", None, "P1", day, 1.0) for day in range(90)]
    lines += [(f"B{day}", "C1", f"P{day % 3}", day, 1.0) for day in range(80, 90)]
    data = chain(lines)
    assert training_cutoffs(data, data.last_day(), small_config) == []
    assert scored(RecommenderModel.fit(data, small_config), data).height == 3


def test_similar_goods_are_of_the_same_kind(habits_model: RecommenderModel) -> None:
    similar = habits_model.similar("P04", 3)
    assert similar["product_id"].to_list()[0] == "P05"
    assert similar["rank"].to_list() == [1, 2, 3]
    with pytest.raises(NotFoundError, match="unheard"):
        habits_model.similar("unheard of")


def test_similar_lists_agree_with_single_answers(habits_model: RecommenderModel) -> None:
    lists = habits_model.associations.similar_lists(5)
    single = habits_model.similar("P04", 5)
    mine = lists.filter(pl.col("product_id") == "P04")
    assert mine["other_id"].to_list() == single["product_id"].to_list()
    assert mine["score"].to_list() == pytest.approx(single["score"].to_list())


def test_a_basket_is_completed_with_neither_itself_nor_substitutes(habits_model: RecommenderModel) -> None:
    goods = habits_model.complete_basket(["P04", "unheard of"], 5)["product_id"].to_list()
    assert goods
    assert not {"P04", "P05"} & set(goods)
    assert {int(product[1:]) // 10 for product in goods} == {0}
    assert habits_model.complete_basket(["unheard of"]).is_empty()


def test_chosen_rows_are_explained_as_all_rows_are_and_rows_that_are_no_pair_keep_theirs(
    habits_model: RecommenderModel, habits_chain: Dataset
) -> None:
    def choose(pairs: pl.DataFrame) -> pl.DataFrame:
        assert pairs["reason"].null_count() == pairs.height
        added = pairs.head(1).with_columns(reason=pl.lit("pinned"), pair=pl.lit(None, dtype=pl.Int64))
        return pl.concat([pairs.reverse().head(40), added, pairs.head(3)]).with_columns(place=pl.int_range(pl.len()))

    (chosen,) = habits_model.score(habits_chain, choose=choose)
    rows = chosen.sort("place")
    whole = scored(habits_model, habits_chain)
    assert rows.row(40, named=True)["reason"] == "pinned"
    assert rows.row(40, named=True)["probability_7d"] is None
    others = pl.concat([rows.head(40), rows.tail(3)]).select(list(SCORED))
    assert others.equals(pl.concat([whole.reverse().head(40), whole.head(3)]))
