"""The plan of a fashion chain and of a fresh one contradicts itself nowhere without saying why."""

from datetime import date, timedelta
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from retail_brain.dataset import Dataset
from retail_brain.decisions.inputs import read_stock, read_terms
from retail_brain.outputs import DemandPaths
from retail_brain.settings import Settings
from serving.planning.stock.chain_plan import ChainPlan
from serving.planning.stock.settled_plan import SettledPlan
from serving.planning.stock.stock_ages import read_ages
from serving.store.consistency.lines import advice_contradictions, age_contradictions, line_contradictions
from serving.store.consistency.markdown import markdown_contradictions
from serving.store.consistency.report import is_consistent, summarised
from serving.store.consistency.run import planned_ends
from serving.store.consistency.stock import StockAnswers, stock_contradictions
from tests.serving.other_chains import FASHION_DAY, FRESH_DAY, fashion, fresh
from tests.serving.planning.stock.test_clearing import Known

QUANTILES = [0.5, 0.95]


class YearAgo:
    """Poisson paths at the rate of the same weeks a year ago, and of the last four weeks where there was no year."""

    def forecast(self, dataset, horizon, *, seed=0):
        as_of = dataset.as_of
        sales = dataset.daily_sales().collect()
        has_year = sales["date"].min() < as_of - timedelta(days=364)
        days = pl.date_range(as_of + timedelta(days=1), as_of + timedelta(days=horizon), eager=True)
        for (store,), sold in sales.group_by("store_id", maintain_order=True):
            goods = sold["product_id"].unique().sort()
            rate = np.zeros((len(goods), horizon))
            for week in range(0, horizon, 7):
                back = timedelta(days=364 if has_year else 7 * (week // 7 + 1))
                first = as_of + timedelta(days=1 + week) - back
                then = sold.filter(pl.col("date").is_between(first, first + timedelta(days=6)))
                means = goods.to_frame().join(
                    then.group_by("product_id").agg(pl.col("units").sum() / 7), on="product_id", how="left"
                )
                rate[:, week : week + 7] = means["units"].fill_null(0).to_numpy()[:, None]
            units = np.random.default_rng(seed).poisson(rate[:, None, :], (len(goods), 100, horizon)).astype(np.float32)
            series = pl.DataFrame({"store_id": pl.repeat(store, len(goods), eager=True), "product_id": goods})
            units *= listed(dataset, series, days)[:, None, :]
            yield SimpleNamespace(paths=DemandPaths(series, days, units))


def listed(dataset: Dataset, series: pl.DataFrame, days: pl.Series) -> np.ndarray:
    """Whether each series is still listed on each day: a forecast ends with the listing."""
    last = series.join(dataset.scan_or_empty("assortment").collect(), on=["store_id", "product_id"], how="left")
    until = last["listed_until"].fill_null(date.max).to_numpy()
    return days.to_numpy()[None, :] < until[:, None]


class Forecasts:
    """The means and quantiles of the paths, as published forecasts give them."""

    def __init__(self, paths: list[DemandPaths]) -> None:
        self.days = paths[0].dates.cast(pl.String).to_list()
        self._rows = {}
        for part in paths:
            table = np.concatenate([part.units.mean(axis=1)[:, :, None], part.quantiles(QUANTILES)], axis=2)
            self._rows |= {key: table[row].tolist() for row, key in enumerate(part.series.rows())}

    def get(self, store: str, product: str, periods: int):
        found = self._rows.get((store, product))
        return None if found is None else found[:periods]


def planned(tables: dict[str, pl.DataFrame], day: date) -> tuple[SettledPlan, StockAnswers, SimpleNamespace]:
    """The settled plan of a chain, as it is published."""
    dataset, settings = Dataset.from_frames(tables).at(day), Settings()
    elastic = tables["products"].select("product_id", elasticity=pl.lit(-2.0), low=pl.lit(-2.6))
    chain = ChainPlan(dataset, ChainPlan.read(dataset, settings).side, settings, prices=Known(elastic))
    paths = [store.paths for store in YearAgo().forecast(dataset, chain.side.horizon(settings))]
    for part in paths:
        chain.add(part)
    plan = chain.settled()
    told = StockAnswers(
        orders=plan.suggestions().filter(pl.col("order_quantity") > 0),
        transfers=plan.transfers,
        leftovers=plan.leftovers,
        plan=plan.table(),
        terms=read_terms(dataset, day),
        stock=read_stock(dataset),
        ends=planned_ends(plan.table(), dataset),
    )
    names = SimpleNamespace(find=lambda text: text)
    manifest = SimpleNamespace(quantiles=QUANTILES)
    return plan, told, SimpleNamespace(forecasts=Forecasts(paths), stores=names, products=names, manifest=manifest)


@pytest.mark.parametrize(("make", "day"), [(fashion, FASHION_DAY), (fresh, FRESH_DAY)], ids=["fashion", "fresh"])
def test_every_contradiction_names_its_reason(make, day):
    plan, told, answers = planned(make(), day)
    parts = [stock_contradictions(answers, told), markdown_contradictions(told), advice_contradictions(told)]
    ages = read_ages(Dataset.from_frames(make()).at(day), told.terms, told.stock, day)
    parts += [line_contradictions(plan.suggestions(), told), age_contradictions(told, ages)]
    summary = summarised(pl.concat(parts))
    assert is_consistent(summary), summary.filter(pl.col("lines") > pl.col("explained")).rows()
    # the chains have what could contradict
    assert told.orders.height > 10
    assert "markdown" in set(plan.leftovers["action"])


def test_the_fashion_chain_has_seasons_listings_transfers_and_a_short_warehouse():
    plan, told, _ = planned(fashion(), FASHION_DAY)
    assert {"season", "listing"} <= set(told.plan["end_kind"].drop_nulls())
    assert plan.transfers.height > 0
    assert "source_stock" in set(told.orders["reason_code"])


def test_the_fresh_chain_leaves_over_by_date_alone_and_moves_nothing_to_save_its_date():
    plan, told, _ = planned(fresh(), FRESH_DAY)
    assert set(plan.leftovers["reason_code"]) == {"date"}
    moved = told.plan.filter(pl.col("moved_out") > 0).join(told.orders, on=["store_id", "product_id"])
    assert moved.height == 0, "what is moved to a shop that orders again pushes its own goods past their date"
