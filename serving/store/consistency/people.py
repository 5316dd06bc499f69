"""Contradictions between the people told of goods and the goods, and among sentences about people."""

import numpy as np
import polars as pl

from features.person.interactions import purchases
from retail_brain.dataset import Dataset
from retail_brain.decisions.arrays import floats
from retail_brain.decisions.persons import Accounts
from retail_brain.settings import AudienceSettings
from serving.store.answer_set import Answers
from serving.store.consistency.report import CONTRADICTIONS, found
from serving.store.left_over_audiences import dearest_stores, left_over_audiences

_SAME_CHANCE = 1e-4
"""Difference of two chances that single precision and rounding explain."""
_GAP_TOLERANCE = 0.2
"""Share by which the days of a sentence may differ from the median: "about" in words."""
_GAP_DAYS = 1.0
"""Days by which they may differ in any case: sentences name whole days."""
_LEAST_GAPS = 2
"""Gaps that make a rhythm; from a single one nothing is said of habits."""


def audience_contradictions(answers: Answers, leftovers: pl.DataFrame, settings: AudienceSettings) -> pl.DataFrame:
    """Contradictions between left-over goods and the people told of them: columns CONTRADICTIONS."""
    parts = [pl.DataFrame(schema=CONTRADICTIONS)]
    if answers.pairs is not None and leftovers.height:
        stores = [*dearest_stores(leftovers), None]
        for store_id, people in left_over_audiences(answers, leftovers, settings, stores):
            goods = leftovers if store_id is None else leftovers.filter(pl.col("store_id") == store_id)
            parts += _of_audience(answers, people, goods, store_id)
    return pl.concat(parts)


def _of_audience(
    answers: Answers, people: pl.DataFrame, goods: pl.DataFrame, store_id: str | None
) -> list[pl.DataFrame]:
    told = people.filter(pl.col("group") == "contact").with_columns(store_id=pl.lit(store_id, dtype=pl.String))
    left = goods.group_by("product_id").agg(
        left=pl.col("left_over_units").sum(),
        money=pl.col("value_at_risk").sum(),
        last=pl.col("sell_by").max(),
    )
    rows = told.join(left, on="product_id", how="inner")
    rows = rows.join(_own_chances(answers, rows), on=["customer_id", "product_id"], how="left")
    chance = pl.coalesce("own", "probability")
    buyers = rows.group_by("store_id", "product_id").agg(
        pl.len().alias("people"),
        chance.sum().alias("buyers"),
        chance.max().alias("one"),
        pl.col("left", "money").first(),
    )
    # One person more than fits is no contradiction: nobody can be told of half a good.
    over = buyers.filter(pl.col("buyers") > pl.col("left") + pl.col("one"))
    late = rows.filter(pl.col("send_on") > pl.col("last"))
    other = rows.filter((pl.col("probability") - pl.col("own")).abs() > _SAME_CHANCE)
    return [
        found(
            "people_beyond_left_over", over, lines=pl.col("people"), units=pl.col("buyers") - pl.col("left"),
            money=pl.col("money"),
        ),
        found("sent_after_end", late, units=pl.col("own")),
        found("chance_of_any_product", other, units=pl.col("probability") - pl.col("own")),
    ]  # fmt: skip


def _own_chances(answers: Answers, told: pl.DataFrame) -> pl.DataFrame:
    """One row per customer x product told that was scored: `own`, the chance of the product alone.

    Of a person's cards any may be the one that counts, and another the one to contact: the chance nearest to the one
    that was told is taken.
    """
    assert answers.pairs is not None
    accounts = Accounts.of(answers.rows.get("facts_persons"))
    parts = [pl.DataFrame(schema={"customer_id": pl.String, "product_id": pl.String, "own": pl.Float64})]
    for (product_id,), people in told.group_by("product_id", maintain_order=True):
        rows = answers.pairs.of_product(answers.products.find(str(product_id)))
        scored = pl.DataFrame({"customer": answers.pairs.customer[rows], "own": answers.pairs.probability[rows]})
        cards = accounts.accounts(accounts.people(people)).rename({"customer_id": "card"})
        asked = accounts.with_person(people.select("customer_id", "product_id", "probability")).join(
            cards.with_columns(customer=pl.Series(answers.customers.find_many(cards["card"].to_list()))), on="person_id"
        )
        joined = asked.join(scored.cast({"customer": pl.Int64, "own": pl.Float64}), on="customer", how="inner")
        nearest = joined.sort((pl.col("own") - pl.col("probability")).abs(), maintain_order=True)
        nearest = nearest.unique(["customer_id", "product_id"], keep="first", maintain_order=True)
        parts.append(nearest.select("customer_id", "product_id", "own"))
    return pl.concat(parts)


def rhythm_contradictions(answers: Answers, dataset: Dataset) -> pl.DataFrame:
    """Sentences "every N days" that differ from the median gap of the person's purchases: columns CONTRADICTIONS."""
    if answers.pairs is None:
        return pl.DataFrame(schema=CONTRADICTIONS)
    said = _said_rhythms(answers)
    joined = said.join(_median_gaps(dataset, said), on=["customer_id", "product_id"], how="inner")
    apart = (pl.col("said") - pl.col("median")).abs()
    most = pl.max_horizontal(pl.lit(_GAP_DAYS), _GAP_TOLERANCE * pl.col("median"))
    by_product = joined.filter(apart > most).group_by("product_id").agg(lines=pl.len())
    return found("mean_for_median", by_product, store_id=None, lines=pl.col("lines"))


def _said_rhythms(answers: Answers) -> pl.DataFrame:
    """One row per scored pair whose reason names a rhythm: `customer_id`, `product_id` and `said`, days."""
    held = answers.pairs
    assert held is not None
    detailed = pl.Series(held.every_reason_code, dtype=pl.String)
    of_text = floats(detailed.str.extract(r"^every_days:(\d+)$", 1).cast(pl.Float64))
    rows, said = [np.zeros(0, np.int64)], [np.zeros(0)]
    # piece by piece: of hundreds of millions of pairs a few name a rhythm
    for first, codes in held.codes.blocks():
        days = of_text[codes[:, 2]]
        named = np.flatnonzero(np.isfinite(days))
        rows.append(named + first)
        said.append(days[named])
    row = np.concatenate(rows)
    return pl.DataFrame(
        {
            "customer_id": pl.Series(answers.customers.ids.take(held.customer[row]), dtype=pl.String),
            "product_id": pl.Series(answers.products.ids.take(held.product[row]), dtype=pl.String),
            "said": np.concatenate(said),
        }
    )


def _median_gaps(dataset: Dataset, pairs: pl.DataFrame) -> pl.DataFrame:
    """One row per customer x product of `pairs` bought on several days: `median`, days between them.

    What was brought back, on the day or later, was not bought: purchases are those that the recommender learns from.
    """
    keys = ["customer_id", "product_id"]
    if not dataset.has("transactions"):
        return pl.DataFrame(schema={**dict.fromkeys(keys, pl.String), "median": pl.Float64})
    bought = purchases(dataset, dataset.as_of or dataset.last_day()).join(
        pairs.select(keys).lazy(), on=keys, how="semi"
    )
    gap = pl.col("date").sort().diff().dt.total_days().drop_nulls()
    gaps = bought.group_by(keys).agg(median=gap.median(), gaps=gap.len())
    return gaps.filter(pl.col("gaps") >= _LEAST_GAPS).select(*keys, "median").collect()
