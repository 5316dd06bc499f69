"""Publishes scored pairs, similar and complementary products, best sellers, and the facts behind audiences."""

from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.decisions.offer_rules import Goods
from retail_brain.progress import SILENT, Progress
from retail_brain.settings import Settings
from serving.planning.campaigns.demand import units_per_purchase
from serving.planning.campaigns.experiments import Experiments
from serving.planning.people.audience_facts import read_facts
from serving.planning.people.reasons import reason_text
from serving.planning.people.received_events import bought_by_event, without_just_bought
from serving.planning.people.recommendations import product_names
from serving.planning.people.rule_facts import attribute_columns, known_adults
from serving.planning.triggers.changes import birthdays, price_drops, restocked
from serving.store.attributes import write_attributes
from serving.store.publishing.catalogs import Positions
from serving.store.ranked_goods import write_ranked
from serving.store.rows import write_rows
from serving.store.scored_pairs import write_pairs
from serving.store.uplift import write_uplift
from training.recommender.model import RecommenderModel
from training.recommender.scoring import cold_start_chances


def publish_people(
    folder: Path,
    dataset: Dataset,
    model: RecommenderModel,
    settings: Settings,
    positions: Positions,
    progress: Progress,
    experiments: Experiments | None = None,
) -> int:
    """Writes the recommender's answers; returns the number of scored pairs.

    Uplift is learned from the campaigns of the lake and from `experiments`, those made here.

    Raises:
        DataError: no purchase names a customer.
        ExtensionError: a candidate source of another package is unusable or fails.
    """
    sizes = settings.serving
    with progress.step("what people did"):
        fitted = model.fit_sources(dataset)
    with progress.step("scored pairs") as step:
        scored = model.score(dataset, per_product=sizes.customers_per_product, fitted=fitted)
        bought = bought_by_event(dataset, fitted.history.as_of)
        blocks = (without_just_bought(block, bought, fitted.history.as_of) for block in _in_catalogs(scored, positions))
        pairs = write_pairs(folder, blocks, positions.customers, positions.products, _words(dataset))
        step.rows = pairs
    with progress.step("goods for goods") as step:
        similar = _lists(model.associations.similar_lists(sizes.related_goods), positions)
        write_ranked(folder, "similar", similar, len(positions.products))
        complements = _lists(model.associations.complement_lists(sizes.related_goods), positions)
        write_ranked(folder, "complements", complements, len(positions.products))
        newcomers = _best_sellers(model.cold_start_lists(fitted, sizes.newcomer_goods), positions)
        write_ranked(folder, "popular", newcomers, len(positions.stores) + 1)
        step.rows = similar.height
    _publish_attributes(folder, dataset, cold_start_chances(fitted), positions, settings.audience.adult_age)
    _publish_facts(folder, dataset, settings, positions, experiments, progress)
    return pairs


def publish_challenger(
    folder: Path,
    dataset: Dataset,
    model: RecommenderModel,
    settings: Settings,
    positions: Positions,
    progress: Progress,
) -> int:
    """Writes what a recommender under test says to people into a folder of its own; returns the number of pairs.

    Goods for goods, best sellers and audiences stay the champion's.

    Raises:
        DataError: no purchase names a customer.
        ExtensionError: a candidate source of another package is unusable or fails.
    """
    with progress.step("scored pairs of the model under test") as step:
        folder.mkdir()
        fitted = model.fit_sources(dataset)
        scored = model.score(dataset, per_product=settings.serving.customers_per_product, fitted=fitted)
        bought = bought_by_event(dataset, fitted.history.as_of)
        blocks = (without_just_bought(block, bought, fitted.history.as_of) for block in _in_catalogs(scored, positions))
        step.rows = write_pairs(folder, blocks, positions.customers, positions.products, _words(dataset))
    return step.rows


def _words(dataset: Dataset) -> dict[str, Callable[[str], str]]:
    """Functions from a reason code to a sentence, by language."""
    names = product_names(dataset)
    return {"en": lambda code: reason_text(code, "en", names), "zh": lambda code: reason_text(code, "zh", names)}


def _in_catalogs(blocks: Iterator[pl.DataFrame], positions: Positions) -> Iterator[pl.DataFrame]:
    for block in blocks:
        # the block's own ids are looked up, not all customers of the chain for every block
        kept = [
            pl.Series([one for one in block[name].unique().to_list() if one in known], dtype=pl.String)
            for name, known in (("customer_id", positions.customers), ("product_id", positions.products))
        ]
        yield block.filter(
            pl.col("customer_id").is_in(kept[0].implode()), pl.col("product_id").is_in(kept[1].implode())
        )


def _publish_attributes(
    folder: Path, dataset: Dataset, chances: pl.DataFrame, positions: Positions, adult_age: int
) -> None:
    """Writes the inputs of the offer rules.

    Args:
        folder: the answers being written.
        dataset: source of product attributes and birth dates.
        chances: product_id and `chance`, the probability that an anonymous customer buys it within the label days.
        positions: of products and customers.
        adult_age: years from which a customer is an adult.
    """
    products, customers = pl.Series(list(positions.products)), pl.Series(list(positions.customers), dtype=pl.String)
    goods = Goods.of(list(positions.products), attribute_columns(dataset, products))
    chance = products.to_frame("product_id").join(chances, on="product_id", how="left", maintain_order="left")["chance"]
    adults = known_adults(dataset, customers, dataset.as_of or dataset.last_day(), adult_age)
    write_attributes(folder, goods, adults.to_numpy(), chance.fill_null(0).to_numpy())


def _lists(frame: pl.DataFrame, positions: Positions) -> pl.DataFrame:
    return frame.select(
        positions.product("product_id").alias("owner"), positions.product("other_id").alias("product"), "score"
    ).drop_nulls()


def _best_sellers(frame: pl.DataFrame, positions: Positions) -> pl.DataFrame:
    network = pl.lit(len(positions.stores), dtype=pl.Int64)
    owner = pl.when(pl.col("store_id").is_null()).then(network).otherwise(positions.store())
    return frame.select(owner.alias("owner"), positions.product().alias("product"), score="probability").drop_nulls()


def _publish_facts(
    folder: Path,
    dataset: Dataset,
    settings: Settings,
    positions: Positions,
    experiments: Experiments | None = None,
    progress: Progress = SILENT,
) -> None:
    """Writes the facts behind audiences: people, consents, contacts, responses, purchases, stock and values.

    What changed of late, and birthdays, are the causes of triggers.
    """
    as_of = dataset.as_of or dataset.last_day()
    facts = read_facts(dataset, as_of, list(positions.products), settings, experiments=experiments, progress=progress)
    products = dataset.scan_or_empty("products")
    launched = pl.lit(None, dtype=pl.Date) if "launched_on" not in products.collect_schema() else pl.col("launched_on")
    ids = pl.DataFrame({"product_id": list(positions.products)})
    described = products.select("product_id", "category", launched_on=launched).unique("product_id").collect()
    whole = {
        "facts_products": ids.join(described, on="product_id", how="left", maintain_order="left").join(
            units_per_purchase(dataset), on="product_id", how="left", maintain_order="left"
        ),
        "facts_customers": facts.customers,
        "facts_consents": facts.consents,
        "facts_persons": facts.persons,
        "facts_contacts": facts.contacts,
        "facts_responses": facts.responses,
        "campaigns": dataset.scan("campaigns").collect() if dataset.has("campaigns") else None,
        "facts_restocked": restocked(dataset, as_of, settings.triggers.look_back_days),
        "facts_price_drops": price_drops(dataset, as_of, settings.triggers.look_back_days),
        "facts_birthdays": birthdays(dataset),
    }
    by_product = {"facts_stock": facts.stock, "facts_values": facts.values, "facts_ends": facts.ends}
    effect = pl.DataFrame(
        {"caused_share": [facts.caused_share], "effect_days": [settings.campaigns.effect_days]},
        schema={"caused_share": pl.Float64, "effect_days": pl.Int64},
    )
    write_rows(folder, "facts_contact_effect", effect)
    if facts.uplift is not None:
        write_uplift(folder, facts.uplift)
    for name, frame in whole.items():
        if frame is not None:
            write_rows(folder, name, frame)
    for name, frame in by_product.items():
        if frame is not None:
            placed = frame.with_columns(positions.product().alias("product")).drop_nulls("product")
            write_rows(folder, name, placed.sort("product"))
    if facts.purchases is not None:
        # by places and days, as audiences look them up
        known = pl.DataFrame({"customer_id": list(positions.customers)}, {"customer_id": pl.String})
        placed = facts.purchases.join(known.with_row_index("customer"), on="customer_id").with_columns(
            positions.product().alias("product")
        )
        write_rows(folder, "facts_purchases", placed.drop_nulls("product").sort("product", "bought_on", "customer"))
