"""Verbs of demand analysis: what-if, elasticities, recovery (demand lost to stockouts)."""

import math
from pathlib import Path
from typing import Annotated

import typer

from retail_brain.cli.context import current
from retail_brain.cli.option_groups import DataOptions
from retail_brain.cli.options import AsOfOption, LakeOption, OutOption, SeedOption, writable_table
from retail_brain.cli.table_files import write_table

_SUMMED = (
    "forecast",
    "forecast_changed",
    "difference",
    "expected_revenue",
    "revenue_difference",
    "expected_margin",
    "margin_difference",
)


def what_if(
    store: Annotated[str, typer.Option("--store", help="The store.")],
    product: Annotated[str, typer.Option("--product", help="The product.")],
    price: Annotated[float | None, typer.Option(help="Price per unit over the whole horizon.")] = None,
    promotion: Annotated[
        bool | None, typer.Option("--promotion/--no-promotion", help="Promoted all the time, or never.")
    ] = None,
    horizon: Annotated[int, typer.Option(min=1, max=366, help="Periods ahead.")] = 28,
    out: Annotated[
        Path | None, typer.Option(callback=writable_table, help="File for the periods (Parquet, or CSV by its ending).")
    ] = None,
    data: DataOptions = DataOptions(),
) -> None:
    """What another price or a promotion would do to a product's demand, revenue and margin in a store.

    Needs sales and a champion demand model, and a price of the product, planned or paid, to ask about another one;
    margins need unit costs in products.
    """
    import polars as pl

    from training.bundle import champion
    from training.demand.model import DemandModel
    from training.demand.what_if import what_if as ask_what_if

    context = current()
    model = DemandModel.load(champion(context.workspace, "demand"))
    dataset = data.dataset()
    dates, answer = ask_what_if(model, dataset, store, product, horizon, price=price, promotion=promotion)
    columns = answer.columns()
    if out is not None:
        ids = [pl.lit(store).alias("store_id"), pl.lit(product).alias("product_id")]
        table = pl.DataFrame({"date": dates, **columns}).select(*ids, pl.all())
        write_table(table.with_columns(pl.selectors.float().fill_nan(None)), out)
    typer.echo(f"{product} in {store}, {horizon} periods from {dates[0]}:")
    for name in _SUMMED:
        typer.echo(f"  {name:<20}{_number(float(columns[name].sum()))}")
    if answer.is_beyond:
        typer.echo("  The price lies outside all prices of the history: only the elasticity says what it would do.")
    if answer.elasticity is not None:
        typer.echo(f"  Elasticity {answer.elasticity:.2f}, the same as `retail-brain elasticities` gives.")
    count = int(answer.promoted.sum())
    if count and promotion is False:
        typer.echo(f"  A promotion is planned in {count} of the periods: it is called off.")
    elif count and price is not None:
        typer.echo(f"  A promotion is planned in {count} of the periods: it stays, at this price instead of its own.")


def elasticities_verb(out: OutOption, lake: LakeOption = None, as_of: AsOfOption = None) -> None:
    """Own-price elasticity of each product, shrunk to its category, with a 90 % interval; lifts of display and mailer.

    Prices are the planned ones; of products that the table prices does not name, those paid. Without a change of any
    price each product gets the same wide interval.
    """
    from features.demand.history import read_history
    from training.demand.elasticity import elasticities

    context = current()
    dataset = context.dataset(lake, as_of)
    with context.progress.step("elasticities") as step:
        history = read_history(dataset, context.settings, 0)
        table = elasticities(history)
        write_table(table, out)
        step.rows = table.height
        paid = history.paid.products
        changed = int((table["changed_days"] > 0).sum())
        step.note = f"{changed:,} with prices that changed -> {out}"
    if table.height and not changed:
        typer.echo(
            "warning: no price ever changed, so every product has the assumed elasticity and a wide interval. "
            "Ingest the table prices, promotions with prices, or sales with the prices paid.",
            err=True,
        )
    if paid:
        typer.echo(
            f"  {paid:,} of {table.height:,} products are not in the table prices: theirs are the prices paid. A cut "
            "that no table of promotions names is credited to the price, its display and mailer included."
        )


def recovery(
    out: OutOption,
    by_day: Annotated[bool, typer.Option("--by-day", help="One row per series and day instead of sums.")] = False,
    lake: LakeOption = None,
    as_of: AsOfOption = None,
) -> None:
    """How many units stockouts hid, and where: per store and category the days, units sold, and units added.

    Needs sales, and inventory or the share of the day in stock; receipts say when in the day stock ran out.
    """
    from features.demand.history import read_history
    from features.demand.recovered_units import recovered_days, recovery_audit

    context = current()
    with context.progress.step("recovery") as step:
        history = read_history(context.dataset(lake, as_of), context.settings, 0)
        audit = recovery_audit(history)
        write_table(recovered_days(history) if by_day else audit, out)
        step.rows = int(audit["days"].sum())
        step.note = f"days on which stock ran out, {float(audit['added'].sum()):,.0f} units added -> {out}"


def accidents(out: OutOption, lake: LakeOption = None, as_of: AsOfOption = None) -> None:
    """Sales that models leave out or count as less: slips that were taken back, tests of tills, single bulk sales.

    One row per store, product and day with the units recorded, those that count, and why.
    """
    from features.demand.accidents import accident_audit
    from features.demand.history import read_history

    context = current()
    with context.progress.step("accidents") as step:
        history = read_history(context.dataset(lake, as_of), context.settings, 0, in_own_units=True)
        audit = accident_audit(history.accidents, history.series, history.axis)
        write_table(audit, out)
        step.rows = audit.height
        step.note = f"days whose units do not count as recorded -> {out}"


def anomalies(
    out: OutOption,
    days: Annotated[
        int | None, typer.Option("--days", min=1, max=366, help="Last periods to search.", show_default="settings")
    ] = None,
    seed: SeedOption = 0,
    lake: LakeOption = None,
    as_of: AsOfOption = None,
) -> None:
    """Days on which sales fell outside all sample paths of a forecast made before, with the likely cause.

    Series, stores, departments and the chain, day by day and all days together, most money first. Needs sales and a
    champion demand model.
    """
    from training.bundle import champion
    from training.demand.anomalies import find_anomalies
    from training.demand.model import DemandModel

    context = current()
    periods = days or max(context.settings.demand.anomaly_periods, 1)
    with context.progress.step("anomalies") as step:
        model = DemandModel.load(champion(context.workspace, "demand"))
        table = find_anomalies(context.dataset(lake, as_of), model, periods, seed)
        write_table(table, out)
        step.rows = table.height
        causes = ", ".join(f"{count} {cause}" for cause, count in table["cause"].value_counts(sort=True).iter_rows())
        step.note = f"in the last {periods} periods{f' ({causes})' if causes else ''} -> {out}"


def _number(value: float) -> str:
    return "not known" if math.isnan(value) else f"{value:,.2f}"
