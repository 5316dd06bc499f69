"""Transfers, cycle counts and clearance of excess stock for a whole chain, read from its one plan."""

from collections.abc import Sequence

import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.decisions.audience_request import LEFT_OVER
from retail_brain.decisions.excess_stock import sellable
from retail_brain.decisions.phantom_stock import suggest_cycle_counts
from retail_brain.errors import ImpossibleError
from retail_brain.settings import Settings
from serving.planning.stock.chain_plan import plan_chain
from serving.planning.stock.plan_request import PlanRequest
from serving.planning.stock.silent_shelves import read_silent
from serving.planning.stock.supply_side import SupplySide


def transfers(request: PlanRequest) -> pl.DataFrame:
    """Suggested transfers between shops, best first: columns `transfers.TRANSFERS`.

    Raises:
        NotFoundError: none of the named stores and products has a forecast.
    """
    return plan_chain(request).transfers


def leftovers(request: PlanRequest) -> pl.DataFrame:
    """What the plan leaves over by expiry, listing or season, most money first: columns `excess_stock.LEFTOVERS`.

    Raises:
        NotFoundError: none of the named stores and products has a forecast.
    """
    excess, products = plan_chain(request).leftovers, request.only.products
    return excess if products is None else excess.filter(pl.col("product_id").is_in(list(products)))


def counts(
    dataset: Dataset, settings: Settings, *, stores: Sequence[str] | None = None, least_probability: float | None = None
) -> pl.DataFrame:
    """Suggested cycle counts; see `cycle_counts`. Needs no demand model.

    Raises:
        MissingTableError: no sales table is there.
    """
    found = cycle_counts(dataset, SupplySide.read(dataset, settings), settings, least_probability)
    return found if stores is None else found.filter(pl.col("store_id").is_in(list(stores)))


def cycle_counts(
    dataset: Dataset, side: SupplySide, settings: Settings, least_probability: float | None = None
) -> pl.DataFrame:
    """Suggested cycle counts, most valuable first: columns `phantom_stock.CYCLE_COUNTS`.

    Args:
        dataset: as known on the day of the supply side.
        side: supply terms and stock.
        settings: prior and least probability of phantom stock.
        least_probability: of phantom stock; None = that of the settings.
    """
    silent = read_silent(dataset, side.stock, side.terms, side.as_of)
    network = settings.network
    least = network.phantom_least_probability if least_probability is None else least_probability
    return suggest_cycle_counts(silent, side.as_of, prior=network.phantom_prior, least_probability=least)


def goods_to_clear(excess: pl.DataFrame, store_id: str | None, most: int = 20) -> list[str]:
    """Products with most money in excess stock that may still be sold, dearest first.

    Args:
        excess: columns of LEFTOVERS.
        store_id: only what lies in this shop; None for all.
        most: products named.

    Raises:
        ImpossibleError: nothing is left over there.
    """
    left = sellable(excess)
    in_store = left if store_id is None else left.filter(pl.col("store_id") == store_id)
    goods = in_store.group_by("product_id").agg(pl.col("value_at_risk").sum())
    ranked = goods.sort("value_at_risk", "product_id", descending=[True, False])["product_id"].head(most).to_list()
    if not ranked:
        raise ImpossibleError(
            f"nothing is expected to be left over in {store_id or 'any shop'}, so there are no goods to find people "
            "for. Name goods or a campaign instead.",
            {"problem": "nothing_left_over"},
        )
    return ranked


def left_over_in(excess: pl.DataFrame, store_id: str | None) -> pl.DataFrame:
    """What is left over in a shop (None: in all), as an audience asks for it: columns `audience_request.LEFT_OVER`.

    Args:
        excess: columns of LEFTOVERS.
        store_id: only what lies in this shop; None for all.
    """
    left = sellable(excess)
    there = left if store_id is None else left.filter(pl.col("store_id") == store_id)
    return there.select(*LEFT_OVER)
