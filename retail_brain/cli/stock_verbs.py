"""Verbs of network stock: transfers, counts (cycle counts), leftovers (excess stock)."""

from typing import TYPE_CHECKING, Annotated

import typer

from retail_brain.cli.champions import load_forecaster
from retail_brain.cli.context import current
from retail_brain.cli.option_groups import DataOptions, SeriesOptions
from retail_brain.cli.options import OutOption, SeedOption, StoresOption
from retail_brain.cli.table_files import write_table

if TYPE_CHECKING:
    import polars as pl

    from retail_brain.dataset import Dataset


def transfers(
    out: OutOption,
    cost_per_unit: Annotated[
        float | None, typer.Option(min=0, help="Money for moving one unit.", show_default="the settings'")
    ] = None,
    line_cost: Annotated[
        float | None, typer.Option(min=0, help="Money for picking and booking one line.", show_default="the settings'")
    ] = None,
    days: Annotated[
        float | None, typer.Option(min=0, help="Days until moved goods can be sold.", show_default="the settings'")
    ] = None,
    only: SeriesOptions = SeriesOptions(),
    seed: SeedOption = 0,
    data: DataOptions = DataOptions(),
) -> None:
    """What to move between shops: one row per product, giving and receiving shop, most valuable first.

    A shop gives only what it is expected not to sell before its own supply can come, and only as much as it can pick
    beside its own orders. Needs sales, inventory and a champion demand model; uses supply, prices, products, stores.
    """
    from serving.planning.stock.plan_request import PlanRequest
    from serving.planning.stock.stock_network import transfers as suggest_transfers

    chosen = current()
    changes = {"transfer_cost_per_unit": cost_per_unit, "transfer_line_cost": line_cost, "transfer_days": days}
    network = chosen.settings.network.model_copy(
        update={name: value for name, value in changes.items() if value is not None}
    )
    settings = chosen.settings.model_copy(update={"network": network})
    with chosen.progress.step("transfers") as step:
        dataset = with_inventory(data.dataset())
        request = PlanRequest(dataset, load_forecaster(dataset), settings, only.filter(), seed, chosen.progress)
        table = suggest_transfers(request)
        write_table(table, out)
        step.rows = table.height
        earned = _money(dataset, table["expected_value"])
        step.note = f"{table['units'].sum():,.0f} units worth {earned} -> {out}"


def counts(
    out: OutOption,
    least_probability: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help="Shelves less probably empty than this are left out; from settings if not given."
        ),
    ] = None,
    stores: StoresOption = None,
    data: DataOptions = DataOptions(),
) -> None:
    """Cycle counts: shelves with stock on record where sales have improbably stopped. Most valuable first.

    Needs sales and inventory; uses prices and products. No model is asked.
    """
    from serving.planning.stock.stock_network import counts as suggest_counts

    chosen = current()
    with chosen.progress.step("counts") as step:
        dataset = with_inventory(data.dataset())
        table = suggest_counts(dataset, chosen.settings, stores=stores, least_probability=least_probability)
        write_table(table, out)
        step.rows = table.height
        step.note = f"{_money(dataset, table['expected_value'])} of margin a week behind them -> {out}"


def leftovers(
    out: OutOption,
    only: SeriesOptions = SeriesOptions(),
    seed: SeedOption = 0,
    data: DataOptions = DataOptions(),
) -> None:
    """Excess stock: goods that will not sell by their date, end of listing or season; units and money at risk.

    Each row says what earns most: a lower price (when and how much, with the units it sells), a return to the
    supplier (supply.return_price) or telling people: `audience --leftovers` finds those who want them. Needs sales,
    inventory and a champion demand model; uses products (shelf life, cost), assortment, supply and prices.
    """
    from serving.planning.stock.plan_request import PlanRequest
    from serving.planning.stock.stock_network import leftovers as find_leftovers

    chosen = current()
    with chosen.progress.step("leftovers") as step:
        dataset = with_inventory(data.dataset())
        request = PlanRequest(dataset, load_forecaster(dataset), chosen.settings, only.filter(), seed, chosen.progress)
        table = find_leftovers(request)
        write_table(table, out)
        step.rows = table.height
        lowered = table.filter(action="markdown")
        step.note = (
            f"{_money(dataset, table['value_at_risk'])} at risk; a lower price for {lowered.height:,} earns "
            f"{_money(dataset, lowered['markdown_value'])} -> {out}"
        )


def _money(dataset: "Dataset", amounts: "pl.Series") -> str:
    """The sum of some amounts as people write the chain's money, with the rows that it knows nothing of."""
    from features.country import money_of

    unknown = amounts.null_count()
    if unknown and unknown == len(amounts):
        return "unknown money"
    text = money_of(dataset, current().settings).text(float(amounts.sum()))
    return f"{text} ({unknown:,} rows of unknown cost not counted)" if unknown else text


def with_inventory(dataset: "Dataset") -> "Dataset":
    """Returns the dataset after checking that it has inventory.

    Raises:
        MissingTableError: there is no `inventory`.
    """
    from retail_brain.errors import MissingTableError

    if not dataset.has("inventory"):
        raise MissingTableError(
            "what the shops hold is not known: got no table inventory, wanted one with date, store_id, product_id and "
            "on_hand. Ingest it, then ask again."
        )
    return dataset
