"""The circle of a campaign on the sample chain: left-over stock, campaign, demand, order, effect, next estimate.

    python tests/benchmarks/bench_campaign_circle.py --home COPY_OF_A_HOME [--plot circle.png]

The home is one that `demo --no-serve` made of the sample; work on a copy, since the campaign is stored in it. What
people do after the contact is drawn from the sample's truth: each person's mean true uplift over the campaigns they
were in.
"""

import argparse
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from retail_brain.decisions.campaigns.measure import PEOPLE, PURCHASES, Measured
from retail_brain.lake import open_lake
from retail_brain.operational.campaign_contacts import campaign_contacts
from retail_brain.operational.campaign_effects import StoredEffect, store_effect
from retail_brain.operational.campaigns import Change, campaign
from retail_brain.operational.database import Database
from retail_brain.operational.upgrade import upgrade
from retail_brain.settings import load_settings
from retail_brain.workspace import Workspace
from serving.planning.campaigns import life
from serving.planning.campaigns.demand import planned_units, units_per_purchase
from serving.planning.campaigns.propose import propose
from serving.planning.demand.overrides import tenant_overrides
from serving.planning.stock.chain_plan import plan_chain
from serving.planning.stock.plan_request import PlanRequest
from serving.store.campaigns import PublishedSource
from serving.store.current_answers import open_current
from training.bundle import champion
from training.demand.applied_overrides import OverriddenModel
from training.demand.model import DemandModel

TRUTH = Path(__file__).resolve().parents[2] / "data" / "sample" / "truth" / "uplift.parquet"
DAYS = 14
"""Days after the contact that the truth's uplift is of."""


def main() -> None:
    """Prints each step of the circle."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plot", type=Path, help="file for a plot of the steps (PNG or SVG)")
    asked = parser.parse_args()
    workspace = Workspace(asked.home, "main")
    settings, answers = load_settings(workspace), open_current(workspace.answers)
    database = Database(workspace.database_url)
    upgrade(database)
    desk = life.Desk(database, PublishedSource(answers), settings)
    name = f"circle-{datetime.now(UTC):%H%M%S}"

    def change(version: int | None, by: str) -> Change:
        return Change("main", name, version, by, datetime.now(UTC))

    drafted = propose(desk, change(None, "planner"))
    seen = drafted.preview or {}
    goods = [row["product_id"] for row in seen["products"]]
    dataset = open_lake(str(workspace.lake), settings.storage_options).at(desk.source.as_of)
    model = DemandModel.load(champion(workspace, "demand"))
    overrides = tenant_overrides(workspace)
    before = _plan(dataset, OverriddenModel(model, overrides), settings, goods)
    life.approve(desk, change(drafted.version, "marketer"))
    extra = planned_units("main", database, desk.source.as_of, units_per_purchase(dataset), settings.campaigns)
    after = _plan(dataset, OverriddenModel(model, overrides, extra), settings, goods)
    print(f"1 left over: {before[0]:,.1f} units of {len(goods)} goods, {before[1]:,.2f} at risk")
    print(f"2 proposed: {seen['contacts']} to contact, {seen['holdout']} held out, value {seen['expected_value']:,.2f}")
    print(f"  expects {seen['caused_purchases']:.1f} caused (share {seen['caused_share']:.3f}, {seen['effect_basis']})")
    print(
        f"3 forecast: {extra['units'].sum():+.1f} units in {extra.select('store_id', 'product_id').n_unique()} series"
    )
    print(f"4 orders of these goods: {before[2]:,.0f} units without, {after[2]:,.0f} with the campaign")
    print(f"  left over: {before[0]:,.1f} units without, {after[0]:,.1f} with; {after[1]:,.2f} at risk")
    people, purchases, caused = _replay(database, name, desk, asked.seed)
    as_of = desk.source.as_of + timedelta(days=60)
    effect = Measured(as_of, settings.campaigns.effect_days, people, purchases).effect()
    units, told = effect["outcomes"]["purchases"], effect["contacts"]
    print(f"5 replayed with the true uplift: {caused:.1f} purchases caused in truth")
    if units is None:
        print("  measured: too few people in a group for an interval")
    else:
        print(f"  measured: {units['difference'] * told:.1f} ({units['low'] * told:.1f} to {units['high'] * told:.1f})")
    store_effect("main", database, StoredEffect(name, as_of, effect, "planner", datetime.now(UTC)))
    life.stop(desk, change(campaign("main", database, name).version, "planner"), "end of the circle")
    name = f"{name}-next"
    again = propose(desk, change(None, "planner")).preview or {}
    print(
        f"6 next estimate: share {again['caused_share']:.3f} ({again['effect_basis']}), was {seen['caused_share']:.3f}"
    )
    if asked.plot is not None:
        _plot(asked.plot, before, after, extra, units, (seen["caused_purchases"], caused, told), (seen, again))
    database.close()


def _plot(path, before, after, extra, units, purchases, shares) -> None:  # type: ignore[no-untyped-def]
    """Draws the circle: what is left over, the extra demand by day, what the campaign caused, and the estimate."""
    figure = Figure(figsize=(13, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    left, days, effect, share = figure.subplots(1, 4)
    left.bar(["without", "with"], [before[0], after[0]], color=["tab:grey", "tab:blue"])
    left.set_title("left over, units")
    by_day = extra.group_by("date").agg(pl.col("units").sum()).sort("date")
    days.plot(by_day["date"], by_day["units"])
    days.tick_params(axis="x", rotation=60)
    days.set_title("extra units of the forecast, a day")
    planned, caused, told = purchases
    effect.bar(["planned", "true"], [planned, caused], color=["tab:grey", "tab:green"])
    if units is not None:
        low, middle, high = (units[name] * told for name in ("low", "difference", "high"))
        effect.errorbar(["measured"], [middle], yerr=[[middle - low], [high - middle]], fmt="o", capsize=6)
    effect.set_title("purchases caused, with 95 % interval")
    share.bar(["planned with", "next"], [one["caused_share"] for one in shares], color=["tab:grey", "tab:blue"])
    share.set_title("share that contacts cause")
    figure.savefig(path)
    print(f"plot -> {path}")


def _plan(dataset, model, settings, goods) -> tuple[float, float, float]:  # type: ignore[no-untyped-def]
    """Units left over, money at risk and units ordered of some goods, in the plan of the whole chain."""
    plan = plan_chain(PlanRequest(dataset, model, settings))
    left = plan.leftovers.filter(pl.col("product_id").is_in(goods))
    orders = plan.suggestions().filter(pl.col("product_id").is_in(goods))
    return (
        float(left["left_over_units"].sum()),
        float(left["value_at_risk"].sum()),
        float(orders["order_quantity"].sum()),
    )


def _replay(database: Database, name: str, desk: life.Desk, seed: int) -> tuple[pl.DataFrame, pl.DataFrame, float]:
    """The campaign's people, what they bought after it, and the purchases that it caused in truth."""
    rng = np.random.default_rng(seed)
    truth = pl.read_parquet(TRUTH).group_by("customer_id").agg(pl.col("uplift").mean())
    rows = [one.contact for one in campaign_contacts("main", database, name)]
    people = pl.DataFrame(
        [
            {"customer_id": one.customer_id, "held": one.group == "holdout", "channel": one.channel, "day": one.day,
             "store_id": one.store_id, "segment": one.segment, "probability": one.probability, "cost": 0.02}
            for one in rows
        ],
        schema=PEOPLE,
    )  # fmt: skip
    known = people.join(truth, on="customer_id", how="left", maintain_order="left")
    lift = known["uplift"].fill_null(truth["uplift"].mean()).to_numpy()
    usual = rng.random(len(rows)) < people["probability"].to_numpy() * DAYS / 28
    moved = ~people["held"].to_numpy() & (rng.random(len(rows)) < lift)
    lines = []
    for number, one in enumerate(rows):
        for kind, happens in (("u", usual[number]), ("c", moved[number])):
            if happens:
                day = one.day + timedelta(days=int(min(rng.exponential(3.5), DAYS - 1)))
                lines.append((one.customer_id, f"{kind}{number}", day, 1.0, 5.0))
    caused = float(lift[~people["held"].to_numpy()].sum())
    return people, pl.DataFrame(lines, schema=PURCHASES, orient="row"), caused


if __name__ == "__main__":
    main()
