"""Publishes transfers, cycle counts, excess stock and exceptions of all shops, and the marginal value of stock."""

import numpy as np
import polars as pl

from retail_brain.decisions.excess_stock import advised
from retail_brain.outputs import SERIES
from retail_brain.settings import Settings
from serving.planning.campaigns.estimates import CausedShare
from serving.planning.stock.chain_plan import ChainPlan
from serving.planning.stock.exceptions import StockFindings, stock_exceptions, usual_sales
from serving.planning.stock.settled_plan import SettledPlan
from serving.planning.stock.stock_network import cycle_counts
from serving.store.answer_set import Answers
from serving.store.left_over_audiences import audience_values, terms_of
from serving.store.marginal_values import write_marginal_values
from serving.store.publishing.publication import Publication
from serving.store.rows import write_rows


def publish_network(
    to: Publication,
    chain: ChainPlan,
    plan: SettledPlan,
    suggestions: pl.DataFrame,
    anomalies: pl.DataFrame,
) -> dict[str, int]:
    """Writes one table per kind of finding and the marginal values; returns the number of rows of each table.

    Args:
        to: the answers being written.
        chain: of which the plan is.
        plan: the settled plan.
        suggestions: its orders.
        anomalies: of the last periods: columns of `training.demand.anomalies.ANOMALIES`.
    """
    positions = to.positions
    with to.progress.step("stock of all shops") as step:
        side, settings = chain.side, chain.settings
        counted = cycle_counts(chain.dataset, side, settings)
        left = _valued(plan, to.people, to.caused_share.value, settings)
        write_rows(to.folder, "left_over_terms", left_over_terms(to.caused_share))
        tables = {"transfers": plan.transfers, "counts": counted, "leftovers": left, "anomalies": anomalies}
        tables["attention"] = stock_exceptions(
            suggestions,
            side.terms,
            usual_sales(chain.dataset, side.as_of, side.terms),
            plan.series,
            StockFindings(**tables, lost_orders=side.lost),
            settings.replenishment,
        )
        series = chain.series
        for name, table in tables.items():
            write_rows(to.folder, name, table)
        write_rows(to.folder, "shops", chain.shops)
        if series.height:
            codes = series.select(store=positions.store(), product=positions.product())
            rows = np.flatnonzero(codes.select(pl.all_horizontal(pl.all().is_not_null())).to_series().to_numpy())
            stores, products = (codes[name].to_numpy()[rows].astype(np.int64) for name in ("store", "product"))
            write_marginal_values(to.folder, stores, products, chain.giving().take(rows), len(positions.products))
        step.rows = sum(table.height for table in tables.values())
    return {name: table.height for name, table in tables.items()}


def left_over_terms(share: CausedShare) -> pl.DataFrame:
    """The row that tells by which share of caused purchases left-overs are valued, and what is behind it."""
    row = {"caused_share": share.value, "is_measured": share.is_measured, "campaigns": share.campaigns}
    return pl.DataFrame([row])


def _valued(plan: SettledPlan, people: Answers | None, share: float, settings: Settings) -> pl.DataFrame:
    """What is left over and what to do with it, people counted in: columns `excess_stock.LEFTOVERS`."""
    if people is None:
        return plan.leftovers
    terms = terms_of(people, settings.audience, share, share)
    values = audience_values(people, plan.excess, settings.audience, terms)
    valued = plan.excess.join(values, on=list(SERIES), how="left", maintain_order="left")
    return advised(valued, plan.currency)
