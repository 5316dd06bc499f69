"""Verbs of forecast overrides and of forecast value added (FVA): overrides, ledger."""

from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated

import typer

from retail_brain.cli.context import current, open_database
from retail_brain.cli.json_result import reported
from retail_brain.cli.option_groups import DataOptions
from retail_brain.cli.options import OutOption, parse_day
from retail_brain.cli.table_files import write_table
from retail_brain.which_day import data_day

overrides = typer.Typer(help="What people put in the place of forecasts.", no_args_is_help=True)


@dataclass(frozen=True)
class _Days:
    """The days that an override applies to."""

    until: Annotated[str, typer.Option("--until", help="First day that it no longer applies to, YYYY-MM-DD.")]
    begin: Annotated[
        str | None, typer.Option("--from", help="First day.", show_default="that after the last visible")
    ] = None


@dataclass(frozen=True)
class _Change:
    """What the forecast becomes: one of the two."""

    factor: Annotated[float | None, typer.Option(help="Times the engine's forecast.")] = None
    units: Annotated[float | None, typer.Option(min=0, help="Units per period instead of the forecast.")] = None


@dataclass(frozen=True)
class _Scope:
    """The series that it changes: of a store, of a product, or one."""

    store: Annotated[str | None, typer.Option("--store", help="Only this store.")] = None
    product: Annotated[str | None, typer.Option("--product", help="Only this product.")] = None


@dataclass(frozen=True)
class _Record:
    """How it is known later."""

    reason: Annotated[str, typer.Option("--reason", help="Why; kept and shown.")]
    by: Annotated[str, typer.Option("--by", help="Who says so.")] = "command line"
    override_id: Annotated[str | None, typer.Option("--id", help="Your own id: the same one twice counts once.")] = None


@overrides.command()
def add(
    record: _Record,
    days: _Days,
    change: _Change = _Change(),
    scope: _Scope = _Scope(),
    confirm: Annotated[
        bool, typer.Option("--confirm-exception", help="Take it though it lasts longer or changes more than is usual.")
    ] = False,
    data: DataOptions = DataOptions(),
) -> None:
    """Put a factor or units in the place of forecasts; applied to /forecast at once and to orders when published."""
    import uuid

    from retail_brain.errors import UsageError
    from retail_brain.operational.overrides import (
        LEAST_FACTOR,
        MOST_FACTOR,
        Override,
        check_override,
        is_usable_factor,
        store_overrides,
    )

    factor, units, store, product = change.factor, change.units, scope.store, scope.product
    if factor is not None and not is_usable_factor(factor):
        raise UsageError(
            f"--factor {factor:g} cannot be used; wanted 0, or from {LEAST_FACTOR} to {MOST_FACTOR}. Choose another."
        )
    if (factor is None) == (units is None):
        raise UsageError("give either --factor or --units: one of them is what the forecast becomes.")
    if store is None and product is None:
        raise UsageError("give --store, --product or both: an override of everything is a new model.")
    seen = _as_of(data)
    first = parse_day(days.begin, "--from") if days.begin else data_day(seen)
    ends_on = parse_day(days.until, "--until")
    if ends_on <= max(first, data_day(seen)):
        raise UsageError(f"--until {days.until} leaves no day: the override begins on {first}. Choose a later day.")
    _check_ids(scope, data.lake)
    override = Override(
        override_id=record.override_id or uuid.uuid4().hex,
        store_id=store,
        product_id=product,
        begins_on=first,
        ends_on=ends_on,
        kind="units" if factor is None else "factor",
        value=float(units if factor is None else factor),  # type: ignore[arg-type]  # one of them is there
        reason=record.reason,
        made_by=record.by,
        as_of=seen,
    )
    if not confirm:
        peak = _highest_forecast(scope) if override.kind == "units" else None
        check_override(override, current().settings.demand, peak)
    with closing(open_database()) as database:
        (stored,) = store_overrides(current().workspace.tenant, database, [override], now=datetime.now(UTC))
    reported().ids["override_id"] = stored.override.override_id
    typer.echo(f"{stored.override.override_id}: {override.kind} {override.value:g} from {first} until {ends_on}")


@overrides.command("list")
def list_(data: DataOptions = DataOptions()) -> None:
    """List overrides with how they stand."""
    from retail_brain.operational.overrides import list_overrides
    from serving.planning.demand.override_book import state_of

    seen = _as_of(data)
    with closing(open_database()) as database:
        listed = list_overrides(current().workspace.tenant, database)
    for stored in listed:
        override = stored.override
        scope = f"{override.store_id or 'all stores'} {override.product_id or 'all products'}"
        typer.echo(
            f"{override.override_id}  {state_of(stored, seen):<9}  {scope}  {override.kind} {override.value:g}  "
            f"{override.begins_on}..{override.ends_on or ''}  {override.made_by}: {override.reason}"
        )


@overrides.command()
def withdraw(
    override_id: Annotated[str, typer.Argument(help="Its id.")],
    by: Annotated[str, typer.Option("--by", help="Who says so.")] = "command line",
    data: DataOptions = DataOptions(),
) -> None:
    """Take an override back; it stays in the ledger for the days before."""
    from retail_brain.operational.overrides import withdraw_overrides

    seen = _as_of(data)
    with closing(open_database()) as database:
        tenant = current().workspace.tenant
        withdraw_overrides(tenant, database, [override_id], by=by, as_of=seen, now=datetime.now(UTC))
    reported().ids["override_id"] = override_id
    typer.echo(f"{override_id} is withdrawn")


def ledger(
    out: OutOption,
    lag: Annotated[int, typer.Option(min=1, max=28, help="Days ahead that the first measures look at.")] = 1,
    data: DataOptions = DataOptions(),
) -> None:
    """Forecast value added (FVA) by engine and people: errors of naive, moving average, engine and overrides.

    Needs forecasts of earlier days: every `publish` keeps those of its day.
    """
    from serving.planning.demand.overrides import tenant_overrides
    from serving.planning.demand.value_added import ledger as measure

    context = current()
    dataset = data.dataset()
    table = measure(
        context.workspace.ledger, dataset, tenant_overrides(context.workspace), context.settings, lag_days=lag
    )
    write_table(table, out)
    if table.is_empty():
        typer.echo(
            f"no forecast of a day before {dataset.as_of} was kept, so there is nothing to measure yet: "
            "publish now, and ask again when more sales have come."
        )
        return
    days = table.filter(scope="origin")["origin"].n_unique()
    typer.echo(f"{days} days of forecasts; shares of the units sold, {lag} ahead and summed over the risk horizon:")
    for row in table.filter(table["scope"] != "origin").iter_rows(named=True):
        who = f"{row['user']}: " if row["user"] else ""
        numbers = "  ".join(
            f"{name} {row[name]:.3f}" if row[name] is not None else f"{name} -"
            for name in ("mae_lag", "bias_lag", "score_lag", "mae_sum", "bias_sum", "score_sum")
        )
        typer.echo(f"  {who + row['touch']:<28}{numbers}  ({row['rows']:,} rows)")


def _as_of(data: DataOptions) -> date:
    dataset = data.dataset()
    return dataset.as_of or dataset.last_day()


def _highest_forecast(scope: _Scope) -> float | None:
    """Of the published answers; None, and a word about it, where there are none that can be read."""
    from retail_brain.errors import ModelError
    from serving.store.current_answers import open_current

    try:
        return open_current(current().workspace.answers).highest_forecast(scope.store, scope.product)
    except ModelError as error:
        typer.echo(f"warning: the units are not compared with the forecast: {error}", err=True)
        return None


def _check_ids(scope: _Scope, lake: str | None) -> None:
    """Checks that the ids occur in the sales or in their table.

    Raises:
        NotFoundError: the store or the product is not in the data.
    """
    import polars as pl

    from retail_brain.errors import NotFoundError

    dataset = current().dataset(lake)
    for column, table, value in (("store_id", "stores", scope.store), ("product_id", "products", scope.product)):
        if value is None:
            continue
        named = dataset.scan_or_empty(table).select(column), dataset.daily_sales().select(column)
        if pl.concat(named).filter(pl.col(column) == value).head(1).collect().is_empty():
            raise NotFoundError(f"{column} {value!r} is not in the data. Look at the {table} table and name one of it.")
