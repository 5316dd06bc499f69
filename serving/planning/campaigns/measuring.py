"""Reads what a campaign's effect is measured on: the people that were drawn, and purchases of its goods."""

from collections.abc import Callable, Collection
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from retail_brain.currency import UNNAMED, Currency
from retail_brain.dataset import Dataset
from retail_brain.decisions.campaigns.effect import LEAST_PEOPLE
from retail_brain.decisions.campaigns.measure import PAST_DAYS, PEOPLE, PURCHASES, Measured
from retail_brain.decisions.persons import Accounts
from retail_brain.errors import ImpossibleError, NotFoundError
from retail_brain.operational.campaign_contacts import campaign_contacts
from retail_brain.operational.campaign_effects import StoredEffect, store_effect
from retail_brain.operational.campaigns import StoredCampaign, list_campaigns
from retail_brain.operational.database import Database
from retail_brain.settings import Settings
from retail_brain.which_day import data_day
from serving.planning.campaigns.standing import definition_of
from serving.planning.campaigns.stopping import stop_by_rules
from serving.planning.people.audience_facts import persons_of

_NOBODY = "campaign_nobody_reached"


def measure_campaign(
    tenant: str, database: Database, dataset: Dataset, campaign_id: str, settings: Settings
) -> dict[str, Any]:
    """The effect of a campaign as of the dataset's day; see `Measured.effect`.

    A campaign made here is measured on the people frozen at its approval, one of the lake on its `contacts`.

    Raises:
        NotFoundError: there is no such campaign.
        ImpossibleError: it is not approved, or nobody was reached yet.
    """
    as_of = dataset.as_of or dataset.last_day()
    stored = next((one for one in list_campaigns(tenant, database) if one.campaign_id == campaign_id), None)
    people, goods = _own(tenant, database, stored) if stored is not None else _of_lake(dataset, campaign_id)
    reached = people.filter(pl.col("day") <= as_of)
    if not reached.height:
        raise ImpossibleError(
            f"nobody of campaign {campaign_id!r} was reached by {as_of}, so nothing can be measured. Ask again when "
            "contacts were made and sales of the days after have come.",
            {"problem": _NOBODY, "as_of": as_of.isoformat()},
        )
    purchases = read_purchases(dataset, goods, people, settings)
    return Measured(as_of, settings.campaigns.effect_days, people, purchases).effect()


def look_at(
    tenant: str, database: Database, dataset: Dataset, campaign_id: str, settings: Settings, *, by: str, now: datetime
) -> StoredEffect:
    """Measures a campaign as of the dataset's day and keeps the look; see `measure_campaign`.

    A running campaign is then stopped where one of its rules says so.

    Raises:
        NotFoundError: there is no such campaign.
        ImpossibleError: it is not approved, or nobody was reached yet.
    """
    found = measure_campaign(tenant, database, dataset, campaign_id, settings)
    look = keep_look(tenant, database, campaign_id, found, by=by, now=now)
    stop_by_rules(tenant, database, campaign_id, data_day(look.as_of), now)
    return look


def keep_look(
    tenant: str, database: Database, campaign_id: str, effect: dict[str, Any], *, by: str, now: datetime
) -> StoredEffect:
    """Keeps what was measured just now as a look at a campaign, a trigger or the guides' lists.

    Raises:
        UnavailableError: the database does not answer.
    """
    look = StoredEffect(campaign_id, date.fromisoformat(effect["as_of"]), effect, by, now)
    store_effect(tenant, database, look)
    return look


def watch(
    tenant: str, database: Database, dataset: Dataset, campaign_id: str, settings: Settings, *, by: str, now: datetime
) -> StoredEffect | None:
    """The same look; where nobody was reached yet there is none, and the rules on opt-outs and money hold all the same.

    Raises:
        NotFoundError: there is no such campaign.
        ImpossibleError: it is not approved.
    """
    try:
        return look_at(tenant, database, dataset, campaign_id, settings, by=by, now=now)
    except ImpossibleError as error:
        if error.details.get("problem") != _NOBODY:
            raise
    today = data_day(dataset.as_of or dataset.last_day())
    stop_by_rules(tenant, database, campaign_id, today, now)
    return None


def drawn_cards(people: pl.DataFrame, persons: pl.DataFrame | None) -> pl.DataFrame:
    """One row per card whose purchases count: `customer_id`, and `drawn_id`, the card that was drawn for the campaign.

    What people buy with their other cards counts for the one that was drawn. Where two drawn cards turned out to be of
    one person later, each stays as it was drawn, with its own purchases alone.

    Args:
        people: `customer_id` as drawn.
        persons: `customer_id`, `person_id`; None: nobody has several cards.
    """
    accounts = Accounts.of(persons)
    drawn = accounts.with_person(people.select("customer_id").unique(maintain_order=True))
    own = drawn.select("customer_id", drawn_id="customer_id")
    alone = drawn.filter(pl.len().over("person_id") == 1).select("person_id", drawn_id="customer_id")
    others = accounts.shared.join(alone, on="person_id").select("customer_id", "drawn_id")
    return pl.concat([own, others.join(own, on="customer_id", how="anti")])


def read_purchases(dataset: Dataset, goods: Collection[str], people: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """One row per line of goods that these people bought, from PAST_DAYS before the first contact on: PURCHASES.

    A line earns its price less the cost of the goods, or the assumed share of the price where the cost is unknown.
    """
    is_told = pl.col("product_id").is_in(list(goods))
    return margins(dataset, purchases_of(dataset, people).filter(is_told), settings).select(*PURCHASES).collect()


def purchases_of(dataset: Dataset, people: pl.DataFrame) -> pl.LazyFrame:
    """Lines that people bought, from PAST_DAYS before the first contact on: rows of `transactions`.

    Those of their other cards are among them, under the card that was drawn (`drawn_cards`).
    """
    first = people["day"].min()
    assert isinstance(first, date)
    lines = dataset.scan_or_empty("transactions").filter(
        pl.col("units") > 0,
        pl.col("sold_at").dt.date() >= first - timedelta(days=PAST_DAYS),
    )
    cards = drawn_cards(people, persons_of(dataset, dataset.as_of or dataset.last_day()))
    return lines.join(cards.lazy(), on="customer_id").with_columns(customer_id="drawn_id").drop("drawn_id")


def margins(dataset: Dataset, lines: pl.LazyFrame, settings: Settings) -> pl.LazyFrame:
    """One row per line of a receipt: `customer_id`, `product_id`, `receipt`, `day`, `units`; `sales`, `margin` (money).

    Args:
        dataset: whose costs count.
        lines: rows of `transactions`.
        settings: share of the price that is margin where the cost is unknown.
    """
    costs = dataset.scan_or_empty("products").select("product_id", "unit_cost").unique("product_id")
    price, share = pl.col("unit_price").fill_null(0.0), settings.replenishment.assumed_margin_share
    earned = pl.col("units") * pl.coalesce(price - pl.col("unit_cost"), price * share)
    return (
        lines.join(costs, on="product_id", how="left")
        .with_columns(receipt="transaction_id", day=pl.col("sold_at").dt.date(), margin=earned)
        .with_columns(sales=pl.col("units") * price)
        .select("customer_id", "product_id", "receipt", "day", "units", "sales", "margin")
    )


def _own(tenant: str, database: Database, stored: StoredCampaign) -> tuple[pl.DataFrame, set[str]]:
    """People and goods of a campaign made here; those whom a stop kept from being reached are left out."""
    if stored.approved_at is None:
        raise ImpossibleError(
            f"campaign {stored.campaign_id!r} is {stored.state}: only approved ones have an effect. Approve it first.",
            {"problem": "campaign_state", "state": stored.state},
        )
    definition = definition_of(stored)
    costs: dict[str, float] = {slot.channel: slot.contact_cost for slot in definition.slots}
    rows = [one for one in campaign_contacts(tenant, database, stored.campaign_id) if one.state != "withdrawn"]
    people = pl.DataFrame(
        [
            {
                "customer_id": one.contact.customer_id,
                "held": one.contact.group == "holdout",
                "channel": one.contact.channel,
                "day": one.contact.day,
                "store_id": one.contact.store_id,
                "segment": one.contact.segment,
                "probability": one.contact.probability,
                "cost": costs[one.contact.channel],
            }
            for one in rows
        ],
        schema=PEOPLE,
    )
    return people, {one.contact.product_id for one in rows} | set(definition.product_ids)


def _of_lake(dataset: Dataset, campaign_id: str) -> tuple[pl.DataFrame, set[str]]:
    """People and goods of a campaign of the lake's tables; each person by their first contact."""
    own = pl.col("campaign_id") == campaign_id
    rows = dataset.scan_or_empty("campaigns").filter(own).collect()
    if not rows.height:
        raise NotFoundError(
            f"campaign {campaign_id!r} is neither among those made here nor in campaigns. `retail-brain campaign list` "
            "shows the former.",
            {"problem": "campaign_unknown", "campaign_id": campaign_id},
        )
    homes = dataset.scan_or_empty("customers").select("customer_id", store_id="home_store_id").unique("customer_id")
    contacts = dataset.scan_or_empty("contacts").filter(own).sort("contacted_at").unique("customer_id", keep="first")
    people = contacts.join(homes, on="customer_id", how="left").select(
        "customer_id",
        "store_id",
        held="is_holdout",
        channel="channel",
        day=pl.col("contacted_at").dt.date(),
        segment=pl.lit(None, dtype=pl.String),
        probability=pl.lit(None, dtype=pl.Float64),
        cost=pl.lit(float(rows["contact_cost"][0] or 0)),
    )
    goods = rows["product_ids"][0]
    return people.select(*PEOPLE).collect(), set() if goods is None else set(goods.to_list())


def look_row(look: StoredEffect) -> dict[str, Any]:
    """One look at an effect as JSON; see `effect_looks` for those that can be shown."""
    reading = look.effect["reading"] or {}
    return {
        "as_of": look.as_of.isoformat(),
        "measured_by": look.measured_by,
        "measured_at": look.measured_at.isoformat(timespec="seconds"),
        "is_final": look.effect["is_final"],
        "difference": reading.get("difference"),
        "low": reading.get("low"),
        "high": reading.get("high"),
        "is_clear": reading.get("is_clear", False),
        "net": look.effect.get("net"),
    }


def part_rows(effect: dict[str, Any]) -> pl.DataFrame:
    """One row per channel, segment and shop: people, and purchases caused per contacted person with their interval."""
    rows = [
        {"part": part, "name": row["name"], "contacts": row["contacts"], "holdout": row["holdout"]}
        | {name: (row["purchases"] or {}).get(name) for name in ("difference", "low", "high")}
        for part in ("channels", "segments", "stores")
        for row in effect[part]
    ]
    numbers = dict.fromkeys(("difference", "low", "high"), pl.Float64)
    kinds = {"part": pl.String, "name": pl.String, "contacts": pl.Int64, "holdout": pl.Int64} | numbers
    return pl.DataFrame(rows, schema=kinds)


def effect_lines(campaign_id: str, effect: dict[str, Any], currency: Currency = UNNAMED) -> list[str]:
    """The effect in sentences for the command line; money as the currency writes it."""
    over = "all days are over" if effect["is_final"] else "some days are still to come"
    lines = [
        f"{campaign_id} as of {effect['as_of']}: {effect['contacts']:,} contacted, {effect['holdout']:,} held out of "
        f"{effect['people']:,}; purchases within {effect['days']} days count; {over}",
        f"  {effect['attributed']['buyers']:,} of the contacted bought, {effect['attributed']['units']:,.0f} units",
    ]
    for name, row in effect["outcomes"].items():
        written = _signed(currency) if name == "margin" else "{:+.4f}".format
        said = _TOO_FEW
        if row:
            least, most = written(row["low"]), written(row["high"])
            said = f"{written(row['difference'])} per person ({least} to {most})"
        lines.append(f"  caused {name:<10}{said}")
    if effect["net"] is not None:
        net = effect["net"]
        value, least, most = (currency.text(net[name]) for name in ("value", "low", "high"))
        lines.append(f"  net of cost {value} ({least} to {most})")
    if effect["reading"] is not None:
        now = effect["reading"]
        clear = "clear" if now["is_clear"] else "not clear yet"
        lines.append(f"  read on any day: {now['difference']:+.4f} ({now['low']:+.4f} to {now['high']:+.4f}), {clear}")
    return lines


def _signed(currency: Currency) -> Callable[[float], str]:
    """How money is written that is more or less."""
    return lambda value: f"{'+' if value > 0 else ''}{currency.text(value)}"


_TOO_FEW = f"no interval: fewer than {LEAST_PEOPLE} people in a group whose days are over"
