"""Judges each offer of a product to a person: whether it can be made, and the money that a contact would bring.

Offers go by person: what was bought with one of their cards counts for all of them.
"""

from datetime import date, timedelta

import polars as pl

from retail_brain.decisions.audience_request import AudienceFacts, AudienceRequest
from retail_brain.decisions.incremental import caused_probability
from retail_brain.decisions.persons import best_of_cards, homes
from retail_brain.settings import AudienceSettings


def complete_pairs(pairs: pl.DataFrame) -> pl.DataFrame:
    """The pairs with every optional column, and only those with a probability."""
    optional = {"kind": pl.String, "due_on": pl.Date, "reason": pl.String, "reason_zh": pl.String}
    missing = [pl.lit(None, dtype=kind).alias(name) for name, kind in optional.items() if name not in pairs.columns]
    ids = pl.col("customer_id", "product_id").cast(pl.String)
    complete = pairs.with_columns(*missing, ids, pl.col("probability").cast(pl.Float64).fill_nan(None).clip(0, 1))
    return complete.filter(pl.col("probability") > 0).select("customer_id", "product_id", "probability", *optional)


def judged_offers(
    pairs: pl.DataFrame,
    facts: AudienceFacts,
    request: AudienceRequest,
    as_of: date,
    settings: AudienceSettings,
) -> pl.DataFrame:
    """One row per person x product on offer, with what a contact brings and `offer_code` where it cannot be made.

    `caused` is the chance that a contact causes the purchase, `offer_value` the money of it.
    """
    first, last = request.days(as_of)
    is_offered = pl.lit(value=True) if request.any_goods else pl.col("product_id").is_in(list(request.product_ids))
    offers = best_of_cards(pairs.filter(is_offered), facts.purchases, facts.accounts)
    offers = offers.join(facts.values.unique("product_id"), on="product_id", how="left")
    offers = _with_availability(offers, facts)
    offers = offers.join(_purchases(facts), on=["person_id", "product_id"], how="left")
    offers = (
        _with_left_over(offers, facts)
        .with_columns(
            caused=caused_probability(pl.col("probability"), facts.caused_share),
        )
        .with_columns(
            offer_value=pl.col("caused") * pl.col("value"),
            last=pl.min_horizontal(pl.lit(last), "ends_on"),
        )
    )
    # A recent purchase does not exclude goods that are due again within the campaign.
    recent = pl.col("bought_on") > as_of - timedelta(days=settings.just_bought_days)
    code = (
        pl.when(pl.lit(request.kind != "mixed") & (pl.col("kind") != request.kind)).then(pl.lit("other_kind"))
        .when(~pl.col("available")).then(pl.lit("no_stock"))
        .when(~pl.col("is_free")).then(pl.lit("promised_elsewhere"))
        .when((pl.col("ends_on") < first) | (pl.col("due_on") > pl.col("ends_on"))).then(pl.lit("too_late"))
        .when(recent & (pl.col("due_on").is_null() | (pl.col("due_on") > pl.col("last")))).then(pl.lit("just_bought"))
        .when(pl.col("due_on") > pl.col("last")).then(pl.lit("not_due"))
    )  # fmt: skip
    return offers.with_columns(offer_code=code)


def homes_of(facts: AudienceFacts) -> pl.DataFrame:
    """One row per person with a known shop: `person_id`, `home_store_id`."""
    inputs = (facts.customers, facts.persons)
    return facts.memo.get(inputs, "homes", lambda: homes(facts.customers, facts.accounts))


def _purchases(facts: AudienceFacts) -> pl.DataFrame:
    """One row per person x product: `bought_on`, the last day on which any of their accounts bought it."""
    if facts.purchases is None:
        return pl.DataFrame(schema={"person_id": pl.String, "product_id": pl.String, "bought_on": pl.Date})
    bought = facts.purchases.select("customer_id", "product_id", "bought_on")
    if not facts.accounts.shared.height:
        return bought.rename({"customer_id": "person_id"})
    by_person = facts.accounts.with_person(bought)
    return by_person.group_by("person_id", "product_id").agg(pl.col("bought_on").max())


def _with_availability(offers: pl.DataFrame, facts: AudienceFacts) -> pl.DataFrame:
    """Adds `available`: some of the product lies in the person's shop, or in any shop of the network.

    `is_free` says the same of what approved campaigns leave of it. Products that the stock table does not name at all
    are of unknown stock and count as both.
    """
    if facts.stock is None or facts.stock.height == 0:
        return offers.with_columns(available=pl.lit(value=True), is_free=pl.lit(value=True))
    stock = with_free(facts.stock, facts.promises, "on_hand")
    has_some = {"available": (pl.col("on_hand") > 0).any(), "is_free": (pl.col("free") > 0).any()}
    anywhere = stock.group_by("product_id").agg(**has_some)
    offers = offers.join(anywhere, on="product_id", how="left")
    unknown = pl.col("available", "is_free").fill_null(value=True)
    if not facts.at_home_only or "home_store_id" not in facts.customers.columns:
        return offers.with_columns(unknown)
    at_home = stock.group_by(pl.col("store_id").alias("home_store_id"), "product_id").agg(**has_some)
    homed = offers.with_columns(unknown).join(homes_of(facts), on="person_id", how="left")
    offers = homed.join(at_home, on=["home_store_id", "product_id"], how="left", suffix="_at_home")
    homeless = pl.col("home_store_id").is_null()
    own = [
        pl.when(homeless).then(pl.col(name)).otherwise(pl.col(f"{name}_at_home").fill_null(value=False)).alias(name)
        for name in has_some
    ]
    return offers.with_columns(own).drop("available_at_home", "is_free_at_home", "home_store_id")


def with_free(stock: pl.DataFrame, promises: pl.DataFrame | None, units: str) -> pl.DataFrame:
    """Stock by store and product with `free`: what is left of it after the promises of approved campaigns."""
    if promises is None or not promises.height:
        return stock.with_columns(free=pl.col(units).cast(pl.Float64))
    promised = promises.group_by("store_id", "product_id").agg(promised=pl.col("units").sum())
    joined = stock.join(promised, on=["store_id", "product_id"], how="left")
    return joined.with_columns(free=pl.col(units) - pl.col("promised").fill_null(0.0)).drop("promised")


def _with_left_over(offers: pl.DataFrame, facts: AudienceFacts) -> pl.DataFrame:
    """Adds `home_store_id`, and `left_over_units` and `ends_on` of left-over goods in the person's shop.

    `left_over_units` are those that no approved campaign promised. Goods of which nothing is left there are not
    `available`, those of which everything is promised not `is_free`.
    """
    none = [pl.lit(None, pl.String).alias("home_store_id"), pl.lit(None, pl.Date).alias("ends_on")]
    if facts.left_over is None:
        return offers.with_columns(*none, left_over_units=pl.lit(None, pl.Float64))
    if "home_store_id" not in facts.customers.columns:
        return offers.with_columns(*none, left_over_units=pl.lit(0.0), available=pl.lit(value=False))
    whole = facts.left_over.group_by("store_id", "product_id").agg(
        pl.col("left_over_units").sum(), ends_on=pl.col("sell_by").min()
    )
    left = with_free(whole, facts.promises, "left_over_units").rename({"store_id": "home_store_id"})
    homed = offers.join(homes_of(facts), on="person_id", how="left")
    joined = homed.join(left, on=["home_store_id", "product_id"], how="left")
    flags = {"available": pl.col("left_over_units").fill_null(0) > 0, "is_free": pl.col("free").fill_null(0) > 0}
    return joined.with_columns(**flags).with_columns(left_over_units=pl.col("free").clip(lower_bound=0)).drop("free")
