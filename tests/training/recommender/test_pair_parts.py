"""Pairs described some people at a time are those described all at once."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from features.person.interactions import interactions
from retail_brain.dataset import Dataset
from training.recommender import pair_parts
from training.recommender.config import ItemItemConfig, RecommenderConfig
from training.recommender.due_features import purchase_history
from training.recommender.history import History, build_history


@pytest.fixture(scope="module")
def chain(habits_chain: Dataset) -> Dataset:
    """Habits with returns, a stranger's receipt, and events of a card, of nobody, and of who never bought."""
    lines = habits_chain.scan("transactions").collect()
    returned = lines.head(40).with_columns(pl.col("sold_at") + timedelta(days=2), -pl.col("units"))
    stranger = lines.tail(3).with_columns(pl.lit(None, dtype=pl.String).alias("customer_id"))
    when = datetime.combine(habits_chain.last_day() - timedelta(days=3), datetime.min.time())
    events = pl.DataFrame(
        {
            "occurred_at": [when] * 4,
            "customer_id": ["C007", None, "A-looks", "Z-looks"],
            "id_type": [None, "card", None, None],
            "id_value": [None, "1", None, None],
            "event_type": ["view", "scan", "view", "view"],
            "product_id": ["P03", "P29", "P04", "P05"],
        }
    )
    identities = pl.DataFrame(
        {"id_type": ["card"], "id_value": ["1"], "customer_id": ["C055"], "source": ["till"], "first_seen": [when]}
    )
    return Dataset.from_frames(
        {
            "transactions": pl.concat([lines, returned, stranger]),
            "products": habits_chain.scan("products"),
            "events": events,
            "identities": identities,
        }
    )


def parts_of(config: RecommenderConfig, block_lines: int) -> RecommenderConfig:
    return config.model_copy(update={"block_lines": block_lines})


@pytest.mark.parametrize("build", [build_history, purchase_history])
@pytest.mark.parametrize("block_lines", [1, 300])
def test_a_history_is_the_same_in_parts(
    chain: Dataset, small_config: RecommenderConfig, build: object, block_lines: int
) -> None:
    def built(lines: int) -> History:
        return build(chain, day, parts_of(small_config, lines))  # type: ignore[operator,no-any-return]

    day = chain.last_day()
    whole, parted = built(10_000_000), built(block_lines)
    assert_frame_equal(parted.pairs, whole.pairs, check_exact=True)
    assert parted.customers.equals(whole.customers)
    assert parted.products["product_id"].equals(whole.products["product_id"])
    if build is build_history:
        assert {"A-looks", "Z-looks"} < set(whole.customers["customer_id"])


def test_so_many_lines_are_described_at_once(
    chain: Dataset, small_config: RecommenderConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    described = []

    def noted(dataset: Dataset, as_of: date, half_lives_days: Sequence[int], *, sort: bool) -> pl.LazyFrame:
        described.append(dataset.scan("transactions").select(pl.len()).collect().item())
        return interactions(dataset, as_of, half_lives_days, sort=sort)

    monkeypatch.setattr(pair_parts, "interactions", noted)
    build_history(chain, chain.last_day(), parts_of(small_config, 500))
    most_of_anybody = 200
    assert len(described) > 3
    assert max(described) <= 500 + most_of_anybody


def test_the_newest_baskets_are_found_without_all_the_others(chain: Dataset, small_config: RecommenderConfig) -> None:
    day = chain.last_day()
    all_lines = build_history(chain, day, small_config).lines
    for baskets in (1, 100, 2_000):
        few = small_config.model_copy(update={"item_item": ItemItemConfig(max_baskets=baskets)})
        found = build_history(chain, day, few).lines.sort("basket", "product")
        assert found.equals(all_lines.filter(pl.col("basket") < baskets).sort("basket", "product"))
