"""Finds the causes of triggers in the published tables; the same cause has the same text, whenever it is looked for."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from retail_brain.decisions.triggers.definition import TriggerDefinition
from retail_brain.errors import ImpossibleError
from retail_brain.settings import TriggerSettings
from retail_brain.which_day import data_day
from serving.planning.campaigns.goods import segment_people
from serving.planning.triggers.source import TriggerSource

_CAUSES = {
    "customer_id": pl.String,
    "product_id": pl.String,
    "cause": pl.String,
    "since": pl.Date,
    "probability": pl.Float64,
}
"""One row per customer x cause: what it is about (null: nothing sold), its text, its day, and the chance to buy."""
INTEREST = frozenset({"view", "click", "scan", "share", "try_on", "bag_add"})
"""Events that show that somebody wants a product."""
_SILENT = ("sleeping", "lost")
"""Stages that begin a time after the last purchase, which is what tells one silence from the next."""

Interested = Callable[[Collection[str], int], pl.DataFrame]
"""Products and days -> `customer_id`, `product_id` of those who showed interest by an event."""


@dataclass(frozen=True)
class Look:
    """How causes are looked for.

    Attributes:
        settings: how far back causes are looked for.
        interested: who showed interest in goods.
        contact_day: on which people would be told, see `which_day`: birthdays are by it. What happened to goods and
            people is known up to the day of the answers, and counts from there.
    """

    settings: TriggerSettings
    interested: Interested
    contact_day: date


def table_causes(definition: TriggerDefinition, source: TriggerSource, look: Look) -> pl.DataFrame:
    """Causes of a trigger that the published tables hold, the likeliest buyers first: columns _CAUSES.

    Args:
        definition: the trigger, of a kind that tables cause.
        source: facts as of a day.
        look: how causes are looked for.

    Raises:
        ImpossibleError: the answers do not know what the kind needs.
        NotFoundError: the segment is not known.
        ModelError: there are no scored pairs.
    """
    found = _OF_KIND[definition.kind](definition, source, look)
    about = source.facts(()).customers.select("customer_id", "home_store_id").unique("customer_id")
    kept = found.join(about, on="customer_id", how="inner", maintain_order="left")
    if definition.store_ids:
        kept = kept.filter(pl.col("home_store_id").is_in(list(definition.store_ids)))
    if definition.segment is not None:
        kept = kept.join(members(definition, source), on="customer_id", how="semi", maintain_order="left")
    ranked = kept.sort("probability", "customer_id", "cause", descending=[True, False, False], nulls_last=True)
    return ranked.select(pl.col(name).cast(kind) for name, kind in _CAUSES.items())


def members(definition: TriggerDefinition, source: TriggerSource) -> pl.DataFrame:
    """Customers of the trigger's segment: `customer_id`.

    Raises:
        NotFoundError: the segment is not known.
    """
    assert definition.segment is not None
    return pl.DataFrame({"customer_id": segment_people(definition.segment, source)}, schema={"customer_id": pl.String})


def check_kind(definition: TriggerDefinition, source: TriggerSource, *, knows_services: bool) -> None:
    """Refuses a kind that nothing the tenant has could ever cause.

    Args:
        definition: the trigger.
        source: facts as of a day.
        knows_services: whether any event said that a service is finished.

    Raises:
        ImpossibleError: says what is missing.
    """
    needs: Mapping[str, Callable[[], object]] = {
        "stage_change": source.stages,
        "back_in_stock": source.restocked,
        "price_drop": source.price_drops,
        "birthday": source.birthdays,
    }
    if definition.kind in needs and needs[definition.kind]() is None:
        raise _missing(definition.kind)
    if definition.kind == "service_finished" and not knows_services:
        raise _missing(definition.kind)


SERVICE_EVENTS = frozenset({"service_finished", "service_done"})
"""Types of events that say that a service (a repair, a fitting, a delivery) is finished."""
_MISSING: Mapping[str, str] = {
    "stage_change": "the published answers hold no lifecycle stages. Publish them with `retail-brain publish`",
    "back_in_stock": "the published answers do not say what came back: there is no table `inventory`, or they are of "
    "an older version. Ingest stock and run `retail-brain publish`",
    "price_drop": "the published answers hold no changes of prices: there are no tables `prices` and `promotions`, or "
    "they are of an older version. Ingest prices and run `retail-brain publish`",
    "birthday": "no column of `customers` says a birthday (birth_date, birthday or born_on), or the published answers "
    "are of an older version. Add the column, ingest and run `retail-brain publish`",
    "service_finished": "the data know no services: no event of the types service_finished or service_done was "
    "received. Send them to /events first",
}


def _missing(kind: str) -> ImpossibleError:
    return ImpossibleError(
        f"a trigger of the kind {kind!r} could never fire: {_MISSING[kind]}.",
        {"problem": "trigger_never", "kind": kind},
    )


def _stage_changes(definition: TriggerDefinition, source: TriggerSource, look: Look) -> pl.DataFrame:
    stages = source.stages()
    if stages is None:
        raise _missing(definition.kind)
    entered = stages.filter(pl.col("since").is_between(*_window(source, look.settings)))
    if definition.stages:
        entered = entered.filter(pl.col("stage").is_in(list(definition.stages)))
    # the day of falling silent moves with the chain's rhythm, the last purchase does not
    anchor = pl.when(pl.col("stage").is_in(_SILENT)).then("last_purchase_on").otherwise("since")
    return entered.with_columns(
        cause=pl.format("stage:{}:{}", "stage", anchor.cast(pl.String)),
        product_id=pl.lit(None),
        probability=pl.lit(1.0),
    )


def _due(definition: TriggerDefinition, source: TriggerSource, _look: Look) -> pl.DataFrame:
    today = data_day(source.as_of)
    goods = _goods(definition, source)
    pairs = source.pairs(None if goods is None else goods["product_id"].to_list(), None)
    soon = pairs.filter(
        pl.col("due_on").is_between(today, today + timedelta(days=definition.days_before)),
        pl.col("probability") >= definition.least_probability,
    )
    bought = source.facts(soon["product_id"].unique().to_list()).purchases
    if bought is None:
        bought = pl.DataFrame(schema={"customer_id": pl.String, "product_id": pl.String, "bought_on": pl.Date})
    # a due day moves with what is learned: the purchase before it tells one from the next
    return soon.join(bought, on=["customer_id", "product_id"], how="inner").with_columns(
        cause=pl.format("due:{}:{}", "product_id", pl.col("bought_on").cast(pl.String)), since=pl.lit(today)
    )


def _back_in_stock(definition: TriggerDefinition, source: TriggerSource, look: Look) -> pl.DataFrame:
    rows = source.restocked()
    if rows is None:
        raise _missing(definition.kind)
    rows = rows.filter(pl.col("since").is_between(*_window(source, look.settings)))
    cause = pl.format("stock:{}:{}:{}", "product_id", "store_id", pl.col("since").cast(pl.String))
    return _wanting(definition, source, rows, look.interested).with_columns(cause=cause)


def _price_drops(definition: TriggerDefinition, source: TriggerSource, look: Look) -> pl.DataFrame:
    rows = source.price_drops()
    if rows is None:
        raise _missing(definition.kind)
    first, last = _window(source, look.settings)
    rows = rows.filter(
        pl.col("since").is_between(first, last + timedelta(days=1)),
        1 - pl.col("price") / pl.col("before") >= definition.least_drop - 1e-9,
    )
    cause = pl.format("price:{}:{}", "product_id", pl.col("since").cast(pl.String))
    return _wanting(definition, source, rows, look.interested).with_columns(cause=cause)


def _new_arrivals(definition: TriggerDefinition, source: TriggerSource, look: Look) -> pl.DataFrame:
    first, last = _window(source, look.settings)
    goods = source.goods().filter(pl.col("launched_on").is_between(first, last + timedelta(days=1)))
    rows = goods.select("product_id", store_id=pl.lit(None, dtype=pl.String), since="launched_on")
    named = _wanting(definition, source, rows, look.interested)
    return named.with_columns(cause=pl.format("new:{}", "product_id"))


def _birthdays(definition: TriggerDefinition, source: TriggerSource, look: Look) -> pl.DataFrame:
    rows = source.birthdays()
    if rows is None:
        raise _missing(definition.kind)
    today = look.contact_day
    days = [today + timedelta(days=number) for number in range(definition.days_before + 1)]
    near = {(day.month, day.day): day for day in days}
    # who was born on a leap day has their birthday on the day before March
    eves = [day for day in days if (day + timedelta(days=1)).timetuple()[1:3] == (3, 1)]
    near |= dict.fromkeys([(2, 29)] if eves else [], eves[0] if eves else today)
    listed = pl.DataFrame(
        [(month, day, on) for (month, day), on in near.items()],
        schema={"month": pl.Int8, "day": pl.Int8, "on": pl.Date},
        orient="row",
    )
    return rows.join(listed, on=["month", "day"]).with_columns(
        cause=pl.format("birthday:{}", pl.col("on").dt.year()),
        since=pl.lit(today),
        product_id=pl.lit(None),
        probability=pl.lit(1.0),
    )


_OF_KIND: Mapping[str, Callable[[TriggerDefinition, TriggerSource, Look], pl.DataFrame]] = {
    "stage_change": _stage_changes,
    "due": _due,
    "back_in_stock": _back_in_stock,
    "price_drop": _price_drops,
    "new_arrival": _new_arrivals,
    "birthday": _birthdays,
}


def _wanting(
    definition: TriggerDefinition, source: TriggerSource, rows: pl.DataFrame, interested: Interested
) -> pl.DataFrame:
    """People who want goods of some shops (null: of all), at most `most_people` of each product, likeliest first.

    Args:
        definition: how likely a buyer must be.
        source: scored pairs, and people's shops.
        rows: `product_id`, `store_id` (null: every shop), `since`.
        interested: who showed interest; they need not be likely.
    """
    goods = _goods(definition, source)
    if goods is not None:
        rows = rows.join(goods, on="product_id", how="semi")
    wanted = rows["product_id"].unique(maintain_order=True).to_list()
    empty = pl.DataFrame(schema=_CAUSES).drop("cause").with_columns(store_id=pl.lit(None, dtype=pl.String))
    if not wanted:
        return empty
    columns = ["customer_id", "product_id", "probability"]
    likely = [
        source.fitting(product).select(columns).filter(pl.col("probability") >= definition.least_probability)
        for product in wanted
    ]
    keen = interested(wanted, definition.interest_days).with_columns(probability=pl.lit(1.0)).select(columns)
    homes = source.facts(()).customers.select("customer_id", "home_store_id").unique("customer_id")
    people = pl.concat([*likely, keen]).group_by("customer_id", "product_id").agg(pl.col("probability").max())
    placed = people.join(homes, on="customer_id").join(rows, on="product_id")
    own = placed.filter(pl.col("store_id").is_null() | (pl.col("store_id") == pl.col("home_store_id")))
    # a price of the own shop and one of all shops are one cause
    once = own.unique(["customer_id", "product_id", "since"]).sort(
        "probability", "customer_id", "since", descending=[True, False, False]
    )
    return once.group_by("product_id", maintain_order=True).head(definition.most_people)


def _goods(definition: TriggerDefinition, source: TriggerSource) -> pl.DataFrame | None:
    """The goods that the trigger is limited to: `product_id`; None: all."""
    if definition.product_ids:
        return pl.DataFrame({"product_id": list(dict.fromkeys(definition.product_ids))})
    if definition.category is not None:
        return source.goods().filter(pl.col("category") == definition.category).select("product_id")
    return None


def is_about(definition: TriggerDefinition, source: TriggerSource, product_ids: Collection[str]) -> set[str]:
    """Those of some products that the trigger may tell of."""
    goods = _goods(definition, source)
    return set(product_ids) if goods is None else set(product_ids) & set(goods["product_id"])


def _window(source: TriggerSource, settings: TriggerSettings) -> tuple[date, date]:
    """First and last day of what is a cause still."""
    return source.as_of - timedelta(days=settings.look_back_days - 1), source.as_of
