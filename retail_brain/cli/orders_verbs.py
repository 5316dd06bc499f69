"""Verbs of the order book: export, receive, list, measure."""

from contextlib import closing
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retail_brain.cli.context import current, open_database
from retail_brain.cli.json_result import reported
from retail_brain.cli.options import AsOfOption, LakeOption, OutOption, parse_day, parse_past_day
from retail_brain.cli.table_files import read_table, write_table

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl


class _State(StrEnum):
    """State of a decided suggestion."""

    APPROVED = "approved"
    CHANGED = "changed"
    REJECTED = "rejected"
    EXPORTED = "exported"
    RECEIVED = "received"


_LEFT_OUT = {
    "no_suggestion": "no quantity was suggested.",
    "not_over": "the sales do not reach the end of the cycle. Measure them again later.",
    "not_sold": "nothing was sold of it in the quarter before.",
}
orders = typer.Typer(help="Orders that were approved or changed.", no_args_is_help=True)


@orders.command()
def export(
    to: Annotated[
        str,
        typer.Option(
            "--to", help="CSV, XLSX or JSON file, http(s) address that takes JSON, or env:NAME of a variable with it."
        ),
    ],
    by: Annotated[str, typer.Option("--by", help="Who exports, for the audit.")] = "command line",
    columns: Annotated[
        Path | None, typer.Option("--columns", help="TOML: their names and forms of columns (docs/operator.md).")
    ] = None,
    by_supplier: Annotated[
        bool, typer.Option("--by-supplier", help="CSV: a file per supplier, and one for transfers.")
    ] = False,
    lake: LakeOption = None,
) -> None:
    """Hand over what was decided since the last export; what did not arrive then goes out first.

    Lines have supplier, source, days of order and arrival, packs, costs and names, as far as they are known.
    """
    from retail_brain.addresses import is_named, shown_address
    from retail_brain.export_mapping import ExportMapping, read_export_mapping
    from serving.planning.stock.order_export import OrderForm, export_orders
    from serving.planning.stock.webhook import Delivery

    chosen = current()
    limits = chosen.settings.replenishment
    delivery = Delivery(limits.export_timeout_seconds, limits.export_attempts, limits.export_retry_seconds)
    mapping = ExportMapping() if columns is None else read_export_mapping(columns)
    form = OrderForm(_details(lake), mapping, by_supplier)
    with closing(open_database()) as database:
        done = export_orders(
            chosen.workspace.tenant,
            database,
            target=to,
            made_by=by,
            now=datetime.now(UTC),
            delivery=delivery,
            form=form,
        )
    lines = sum(len(one.lines) for one in done.exports)
    reported().ids["exports"] = [one.export_id for one in done.exports]
    reported().counts |= {"orders": lines, "exports": len(done.exports)}
    if not done.exports:
        typer.echo("nothing new to export")
        return
    # of what a variable holds only the name is told
    is_variable = is_named(to)
    places = ", ".join(file.name if is_variable else str(file) for file in done.files)
    places = f"{to} ({places})" if is_variable and places else places or shown_address(to)
    typer.echo(f"{lines} orders in {len(done.exports)} exports to {places}")
    for sentence in done.short:
        typer.echo(f"warning: {sentence}")


def _details(lake: str | None) -> "Callable[[pl.DataFrame], pl.DataFrame]":
    """Adds what lake and published answers know of a line; both may be missing."""
    from features.country import currency_of
    from retail_brain.errors import ModelError, NotFoundError
    from retail_brain.lake import open_lake
    from serving.planning.stock.order_details import with_details
    from serving.store.current_answers import open_current
    from serving.store.suggested_orders import suggested_orders

    chosen = current()
    try:
        dataset = open_lake(chosen.lake_uri(lake), chosen.settings.storage_options)
    except NotFoundError:
        dataset = None
        typer.echo("warning: there is no lake: lines go out without supplier, packs, costs and names", err=True)
    try:
        suggested = suggested_orders(open_current(chosen.workspace.answers))
    except ModelError:
        suggested = None
        typer.echo("warning: no answers are published: lines go out without days of order and arrival", err=True)
    sign = chosen.settings.data.currency if dataset is None else currency_of(dataset, chosen.settings)
    return lambda lines: with_details(lines, dataset, suggested, sign)


@orders.command()
def receive(
    file: Annotated[
        Path,
        typer.Argument(help="CSV or Parquet: units, and suggestion_id (or store_id, product_id, as_of); received_on?"),
    ],
    on: Annotated[str | None, typer.Option("--on", help="Day of rows without received_on, YYYY-MM-DD.")] = None,
    by: Annotated[str, typer.Option("--by", help="Who tells it, for the audit.")] = "command line",
    confirm_exceptions: Annotated[
        bool, typer.Option("--confirm-exceptions", help="Take units and days beyond what is usual for an order.")
    ] = False,
) -> None:
    """Note what arrived of the orders. The same file again changes nothing; deliveries in parts add up."""
    from retail_brain.operational.goods_receipts import store_goods_receipts
    from serving.planning.stock.receipts import read_receipts

    day = None if on is None else parse_day(on, "--on")
    receipts = read_receipts(read_table(file, "FILE", as_text=True), received_on=day, noted_by=by)
    with closing(open_database()) as database:
        new = store_goods_receipts(
            current().workspace.tenant,
            database,
            receipts,
            now=datetime.now(UTC),
            settings=current().settings.replenishment,
            confirmed={receipt.receipt_id for receipt in receipts} if confirm_exceptions else (),
        )
    reported().counts |= {"new": new, "known": len(receipts) - new}
    typer.echo(f"{new} receipts noted, {len(receipts) - new} were known")


@orders.command("list")
def list_(
    out: OutOption,
    state: Annotated[_State | None, typer.Option(help="Only those that have come so far.")] = None,
    since: Annotated[str | None, typer.Option(help="Only suggestions of this day or later, YYYY-MM-DD.")] = None,
) -> None:
    """Write the order book: one line per decided suggestion, who decided what, and how far it has come."""
    from retail_brain.operational.suggestion_status import suggestion_statuses
    from serving.planning.stock.order_book import order_book

    first = None if since is None else parse_past_day(since, "--since")
    with closing(open_database()) as database:
        statuses = suggestion_statuses(current().workspace.tenant, database, since=first)
    book = order_book(statuses, state=None if state is None else state.value)
    write_table(book, out)
    reported().counts |= dict(book["state"].value_counts(sort=True).iter_rows())
    counts = ", ".join(f"{count} {name}" for name, count in book["state"].value_counts(sort=True).iter_rows())
    typer.echo(f"{book.height} lines{f' ({counts})' if counts else ''} -> {out}")


@orders.command()
def measure(
    out: OutOption,
    since: Annotated[str | None, typer.Option(help="Only suggestions of this day or later, YYYY-MM-DD.")] = None,
    lake: LakeOption = None,
    as_of: AsOfOption = None,
) -> None:
    """What people's changes were worth: suggested and human quantity against what was wanted, once a cycle is over.

    Writes one line per decision, beside it STEM_users with the sums per person, and STEM_left_out with the counts of
    decisions that could not be measured, by day and reason. Needs sales; uses inventory (stock
    at the start, demand of empty shelves), supply, prices and products.
    """
    from retail_brain.operational.suggestion_status import suggestion_statuses
    from serving.planning.stock.order_value import by_user, left_out_by_reason, measure_decisions

    chosen = current()
    first = None if since is None else parse_past_day(since, "--since")
    with closing(open_database()) as database:
        decided = suggestion_statuses(chosen.workspace.tenant, database, since=first)
    with chosen.progress.step("measure decisions") as step:
        lines, left_out = measure_decisions(chosen.dataset(lake, as_of), decided, chosen.settings)
        users = by_user(lines)
        # the lines come last: whoever reads them finds the counts that belong to them
        write_table(users, out.with_stem(f"{out.stem}_users"))
        write_table(left_out, out.with_stem(f"{out.stem}_left_out"))
        write_table(lines, out)
        step.rows = lines.height
        step.note = f"{len(decided) - lines.height} left out -> {out}"
    reported().counts |= {"measured": lines.height, "left_out": int(left_out["lines"].sum())}
    for one in left_out_by_reason(left_out):
        reported().counts[f"left_out_{one['reason']}"] = one["lines"]
        typer.echo(f"LEFT OUT: {one['lines']} decided lines of {one['days']} days: {_LEFT_OUT[one['reason']]}")
    for row in users.iter_rows(named=True):
        typer.echo(
            f"{row['decided_by']:<20} {row['decision']:<9} {row['lines']:>6} lines, {row['better']} better, "
            f"{row['worse']} worse: money {row['money']:+,.2f}, lost {row['lost_units']:+,.1f} units, "
            f"left over {row['left_units']:+,.1f} units than suggested"
        )
