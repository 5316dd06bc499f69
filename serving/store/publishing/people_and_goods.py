"""People and goods: scored pairs, lists of goods, and what an audience is drawn from."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.decisions.offer_rules import Goods
from retail_brain.progress import Progress
from retail_brain.settings import Settings
from serving.planning.people.audience_facts import read_facts
from serving.planning.people.reasons import reason_text
from serving.planning.people.received_events import bought_by_event, without_just_bought
from serving.planning.people.recommendations import product_names
from serving.planning.people.rule_facts import attribute_columns, known_adults
from serving.store.attributes import write_attributes
from serving.store.publishing.catalogs import Places
from serving.store.ranked_goods import write_ranked
from serving.store.rows import write_rows
from serving.store.scored_pairs import write_pairs
from training.recommender.model import RecommenderModel
from training.recommender.scoring import stranger_chances


@dataclass(frozen=True)
class PeoplePublished:
    """What was written."""

    pairs: int
    similar: int


def publish_people(
    folder: Path, dataset: Dataset, model: RecommenderModel, settings: Settings, places: Places, progress: Progress
) -> PeoplePublished:
    """Writes pairs, lists of goods for goods and for strangers, and the facts behind audiences."""
    sizes = settings.serving
    with progress.step("what people did"):
        now = model.situation(dataset)
    with progress.step("scored pairs") as step:
        scored = model.score(dataset, per_product=sizes.customers_per_product, situation=now)
        bought = bought_by_event(dataset, now.history.as_of)
        blocks = (without_just_bought(block, bought, now.history.as_of) for block in _known(scored, places))
        pairs = write_pairs(folder, blocks, places.customers, places.products, _words(dataset))
        step.rows = pairs
    with progress.step("goods for goods") as step:
        similar = _lists(model.associations.similar_lists(sizes.related_goods), places)
        write_ranked(folder, "similar", similar, len(places.products))
        complements = _lists(model.associations.complement_lists(sizes.related_goods), places)
        write_ranked(folder, "complements", complements, len(places.products))
        newcomers = _strangers(model.strangers(now, sizes.newcomer_goods), places)
        write_ranked(folder, "popular", newcomers, len(places.stores) + 1)
        step.rows = similar.height
    publish_attributes(folder, dataset, stranger_chances(now), places, settings.audience.adult_age)
    publish_facts(folder, dataset, settings, places)
    return PeoplePublished(pairs, similar.height)


def _words(dataset: Dataset) -> dict[str, Callable[[str], str]]:
    """What puts reason codes into words, by language."""
    names = product_names(dataset)
    return {"en": lambda code: reason_text(code, "en", names), "zh": lambda code: reason_text(code, "zh", names)}


def _known(blocks: Iterator[pl.DataFrame], places: Places) -> Iterator[pl.DataFrame]:
    for block in blocks:
        here = pl.col("customer_id").is_in(list(places.customers)) & pl.col("product_id").is_in(list(places.products))
        yield block.filter(here)


def publish_attributes(folder: Path, dataset: Dataset, chances: pl.DataFrame, places: Places, adult_age: int) -> None:
    """Writes what rules ask of goods and people.

    Args:
        folder: the answers being written.
        dataset: whose products and customers.
        chances: product_id and `chance`, the probability that a stranger buys it within the label's days.
        places: positions.
        adult_age: years from which a customer is an adult.
    """
    products, customers = pl.Series(list(places.products)), pl.Series(list(places.customers), dtype=pl.String)
    goods = Goods.of(list(places.products), attribute_columns(dataset, products))
    chance = products.to_frame("product_id").join(chances, on="product_id", how="left", maintain_order="left")["chance"]
    adults = known_adults(dataset, customers, dataset.as_of or dataset.last_day(), adult_age)
    write_attributes(folder, goods, adults.to_numpy(), chance.fill_null(0).to_numpy())


def _lists(frame: pl.DataFrame, places: Places) -> pl.DataFrame:
    return frame.select(
        places.product("product_id").alias("owner"), places.product("other_id").alias("product"), "score"
    ).drop_nulls()


def _strangers(frame: pl.DataFrame, places: Places) -> pl.DataFrame:
    network = pl.lit(len(places.stores), dtype=pl.Int64)
    owner = pl.when(pl.col("store_id").is_null()).then(network).otherwise(places.store())
    return frame.select(owner.alias("owner"), places.product().alias("product"), score="probability").drop_nulls()


def publish_facts(folder: Path, dataset: Dataset, settings: Settings, places: Places) -> None:
    """Writes what an audience is drawn from: people, consents, contacts, responses, purchases, stock and values."""
    as_of = dataset.as_of or dataset.last_day()
    facts = read_facts(dataset, as_of, list(places.products), settings)
    whole = {
        "facts_customers": facts.customers,
        "facts_consents": facts.consents,
        "facts_contacts": facts.contacts,
        "facts_responses": facts.responses,
        "campaigns": dataset.scan("campaigns").collect() if dataset.has("campaigns") else None,
    }
    by_product = {"facts_purchases": facts.purchases, "facts_stock": facts.stock, "facts_values": facts.values}
    for name, frame in whole.items():
        if frame is not None:
            write_rows(folder, name, frame)
    for name, frame in by_product.items():
        if frame is not None:
            placed = frame.with_columns(places.product().alias("product")).drop_nulls("product")
            write_rows(folder, name, placed.sort("product"))
