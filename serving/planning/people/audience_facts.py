"""Reads the facts for audiences from a dataset: consents, contacts, purchases, stock and values of goods."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import polars as pl

from features.identity.resolve import resolve_identities
from retail_brain.dataset import Dataset
from retail_brain.decisions.audience_request import AudienceFacts
from retail_brain.decisions.consents import opt_outs_of_persons, with_opt_outs, with_refusals_of_persons
from retail_brain.decisions.persons import Accounts
from retail_brain.progress import SILENT, Progress
from retail_brain.settings import Settings
from serving.planning.campaigns.experiments import Experiments
from serving.planning.people.contact_effect import caused_share
from serving.planning.people.known_names import check_known
from serving.planning.people.rule_facts import goods_for_adults, known_adults
from serving.planning.people.uplift import uplift_of
from serving.planning.stock.counted_stock import for_customers
from serving.planning.stock.sell_by import ends_of_goods


def read_facts(
    dataset: Dataset,
    as_of: date,
    product_ids: Sequence[str],
    settings: Settings,
    *,
    at_home_only: bool = False,
    experiments: Experiments | None = None,
    progress: Progress = SILENT,
) -> AudienceFacts:
    """Facts about all customers and these goods, as visible on a day.

    Args:
        dataset: as known on `as_of`.
        as_of: last visible day.
        product_ids: goods of the audience.
        settings: days of paid prices, and the margin where costs are unknown.
        at_home_only: whether goods must lie in the person's own shop.
        experiments: campaigns made here, which uplift is learned from beside those of the lake; None: there are none.
        progress: told what uplift is learned from.
    """
    is_offered = pl.col("product_id").is_in(list(product_ids))
    lines = dataset.scan_or_empty("transactions").filter(pl.col("customer_id").is_not_null(), pl.col("units") > 0)

    named = dataset.scan_or_empty("products").filter(is_offered).select("product_id", "name").drop_nulls().collect()

    def table(name: str) -> pl.DataFrame | None:
        return dataset.scan(name).collect() if dataset.has(name) else None

    uplift = uplift_of(dataset, as_of, settings, product_ids, experiments)
    for line in uplift.lines:
        progress.say(f"  {line}")
    stock, ends = _stock_and_ends(dataset, is_offered, as_of, settings)
    persons = persons_of(dataset, as_of)
    people = _people(dataset, lines, persons)
    adults = known_adults(dataset, people["customer_id"], as_of, settings.audience.adult_age)
    return AudienceFacts(
        customers=people.with_columns(is_adult=adults),
        consents=_consents(dataset, as_of, persons),
        persons=persons,
        contacts=table("contacts"),
        responses=table("responses"),
        purchases=lines.filter(is_offered)
        .group_by("customer_id", "product_id")
        .agg(bought_on=pl.col("sold_at").max().dt.date())
        .collect(),
        stock=stock,
        values=_values(dataset, is_offered, as_of, settings),
        names=dict(named.iter_rows()),
        caused_share=caused_share(dataset, settings.campaigns.effect_days),
        uplift=uplift.uplift,
        at_home_only=at_home_only,
        for_adults=goods_for_adults(dataset, product_ids),
        ends=ends,
        campaigns=table("campaigns"),
        effect_days=settings.campaigns.effect_days,
    )


def _stock_and_ends(
    dataset: Dataset, is_offered: pl.Expr, as_of: date, settings: Settings
) -> tuple[pl.DataFrame | None, pl.DataFrame]:
    """What customers may buy of these goods (None: nothing was counted), and until when: columns ENDS_OF_GOODS."""
    inventory = dataset.scan_or_empty("inventory").filter(is_offered)
    newest = inventory.sort("date").group_by("store_id", "product_id").agg(pl.col("on_hand").last()).collect()
    ends = ends_of_goods(dataset, newest, as_of, settings).filter(is_offered)
    return for_customers(newest, dataset, settings, ends) if dataset.has("inventory") else None, ends


def consents_now(dataset: Dataset, as_of: date, opt_outs: pl.DataFrame) -> tuple[pl.DataFrame | None, pl.DataFrame]:
    """All consents with the opt-outs (None where nobody was asked), and `customer_id` x `channel` of the opt-outs.

    A refusal of one account of a person, by whichever way it came, counts for every account of theirs.

    Args:
        dataset: the lake.
        as_of: last visible day.
        opt_outs: refusals that came back of contacts: columns of `opt_outs.OPT_OUTS`.
    """
    persons = persons_of(dataset, as_of)
    return _consents(dataset, as_of, persons, opt_outs), opt_outs_of_persons(opt_outs, persons)


def persons_of(dataset: Dataset, as_of: date) -> pl.DataFrame | None:
    """One row per account: `person_id`, `customer_id`, `first_customer_id`; None where nothing says whose they are.

    `first_customer_id` is the account of the person that was known first, by the day on which it joined, was seen with
    an identifier or bought; of several on one day the one with the smallest id.
    """
    if not dataset.has("identities") and not dataset.has("customers"):
        return None
    # accounts that somebody keeps apart count as one person here: the refusal of either closes both
    found = resolve_identities(dataset, as_of, with_splits=False).filter(pl.col("id_type") == "customer_id")
    persons = found.select("person_id", customer_id="id_value").collect()
    several = persons.filter(pl.len().over("person_id") > 1)
    known = several.join(_first_days(dataset, several), on="customer_id", how="left")
    first = known.sort("first_day", "customer_id", nulls_last=True).unique("person_id", keep="first")
    named = first.select("person_id", first_customer_id="customer_id")
    joined = persons.join(named, on="person_id", how="left")
    return joined.with_columns(pl.col("first_customer_id").fill_null(pl.col("customer_id")))


def _first_days(dataset: Dataset, accounts: pl.DataFrame) -> pl.DataFrame:
    """One row per account of which something is known: `customer_id`, `first_day`."""
    days = {"customers": "joined_on", "identities": "first_seen", "transactions": "sold_at"}
    parts = [
        dataset.scan(table).select("customer_id", first_day=pl.col(column).cast(pl.Date))
        for table, column in days.items()
        if dataset.has(table) and column in dataset.scan(table).collect_schema()
    ]
    if not parts:
        return pl.DataFrame(schema={"customer_id": pl.String, "first_day": pl.Date})
    rows = pl.concat(parts).join(accounts.lazy().select("customer_id"), on="customer_id", how="semi")
    return rows.group_by("customer_id").agg(pl.col("first_day").min()).collect()


def _consents(
    dataset: Dataset, as_of: date, persons: pl.DataFrame | None, opt_outs: pl.DataFrame | None = None
) -> pl.DataFrame | None:
    if not dataset.has("consents"):
        return None
    # later refusals too: the contact would be made after them
    consents = replace(dataset, as_of=None).scan("consents").collect()
    if opt_outs is not None:
        consents = with_opt_outs(consents, opt_outs)
    return consents if persons is None else with_refusals_of_persons(consents, persons, as_of)


def check_products(dataset: Dataset, product_ids: Sequence[str]) -> None:
    """Refuses goods that nobody has ever listed or sold.

    Raises:
        NotFoundError: names the unknown ones, with the nearest that are listed.
    """
    is_named = pl.col("product_id").is_in(list(product_ids))
    existing = set(dataset.scan_or_empty("products").filter(is_named).select("product_id").collect().to_series())
    if existing != set(product_ids):
        sold = dataset.scan_or_empty("transactions").filter(is_named).select(pl.col("product_id").unique())
        existing |= set(sold.collect().to_series())
    if set(product_ids) - existing:
        listed = dataset.scan_or_empty("products").select(pl.col("product_id").unique()).collect()
        check_known("product", product_ids, existing | set(listed.to_series()))


def _people(dataset: Dataset, lines: pl.LazyFrame, persons: pl.DataFrame | None) -> pl.DataFrame:
    """Everyone known, one row per account: `customer_id` and the person's home shop.

    It is the recorded one of their account that is used most, or else the shop that all their accounts visited most.
    """
    counted = lines.group_by("customer_id", "store_id").agg(lines=pl.len()).collect()
    listed = dataset.scan_or_empty("customers").select("customer_id", "home_store_id").collect()
    accounts = Accounts.of(persons)
    ids = pl.concat([listed.select("customer_id"), counted.select("customer_id")]).drop_nulls().unique()
    use = accounts.with_person(counted)
    by_account = use.group_by("customer_id").agg(pl.col("lines").sum())
    recorded = accounts.with_person(listed.drop_nulls()).join(by_account, on="customer_id", how="left")
    ranked = recorded.sort("lines", "customer_id", descending=[True, False], nulls_last=True)
    home = ranked.unique("person_id", keep="first", maintain_order=True).select("person_id", "home_store_id")
    visits = use.group_by("person_id", visited="store_id").agg(pl.col("lines").sum())
    most = visits.sort("lines", "visited", descending=[True, False]).unique("person_id", keep="first")
    people = accounts.with_person(ids).join(home, on="person_id", how="left")
    both = people.join(most.select("person_id", "visited"), on="person_id", how="left")
    return both.select("customer_id", home_store_id=pl.coalesce("home_store_id", "visited")).sort("customer_id")


def _values(dataset: Dataset, is_offered: pl.Expr, as_of: date, settings: Settings) -> pl.DataFrame:
    """One row per product with a known price: the margin of one unit, from its cost or the assumed share."""
    since = as_of - timedelta(days=settings.audience.value_days - 1)
    sold = dataset.daily_sales().filter(is_offered, pl.col("date") >= since, pl.col("units") > 0)
    priced = sold.filter(pl.col("unit_price").is_not_null())
    paid = priced.group_by("product_id").agg(
        paid=(pl.col("units") * pl.col("unit_price")).sum() / pl.col("units").sum()
    )
    listed = dataset.scan_or_empty("products").filter(is_offered).select("product_id", "list_price", "unit_cost")
    price = pl.coalesce("paid", "list_price")
    guessed = price * settings.replenishment.assumed_margin_share
    return (
        listed.join(paid, on="product_id", how="full", coalesce=True)
        .select("product_id", value=pl.coalesce(price - pl.col("unit_cost"), guessed).round(6))
        .filter(pl.col("value").is_not_null())
        .collect()
    )
