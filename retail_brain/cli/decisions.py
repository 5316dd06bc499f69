"""Verbs that decide: replenish, audience, assign; and simulate, which replays them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retail_brain.cli import context
from retail_brain.cli.app import app
from retail_brain.cli.context import AsOfOption, LakeOption, OutOption

if TYPE_CHECKING:
    import polars as pl

    from retail_brain.dataset import Dataset
    from serving.planning.people.audiences import Scorer
    from serving.planning.stock.order_suggestions import Forecaster

StoresOption = Annotated[list[str] | None, typer.Option("--stores", help="Only this store; may be repeated.")]
ProductsOption = Annotated[list[str] | None, typer.Option("--products", help="Only this product; may be repeated.")]


@app.command()
def replenish(
    out: OutOption,
    lake: LakeOption = None,
    as_of: AsOfOption = None,
    budget: Annotated[float | None, typer.Option(help="Money that all orders together may cost.")] = None,
    limits: Annotated[
        Path | None,
        typer.Option("--limits", help="CSV or Parquet: limit, unit, capacity, and what it is restricted to."),
    ] = None,
    stores: StoresOption = None,
    products: ProductsOption = None,
    seed: Annotated[int, typer.Option(help="Seed of the sample paths.")] = 0,
) -> None:
    """Order suggestions with their numbers and reasons: one row per store and product.

    With --limits, STEM_limits beside the file says what one more of each limit is worth.

    Needs sales and a champion demand model; uses inventory, supply, prices, products and assortment where they are.
    """
    import polars as pl

    from serving.planning.stock.limits_file import with_budget
    from serving.planning.stock.order_suggestions import suggest, suggest_within

    check_ending(out)
    chosen = context.current()
    scarce = None if limits is None else with_budget(read_table(limits, "--limits", as_text=True), budget)
    dataset = chosen.dataset(lake, as_of)
    with chosen.progress.step("replenish") as step:
        model, settings, told = load_forecaster(), chosen.settings, chosen.progress
        if scarce is None:
            table = suggest(
                dataset, model, settings, stores=stores, products=products, budget=budget, seed=seed, progress=told
            )
        else:
            table, prices = suggest_within(
                dataset, model, settings, scarce, stores=stores, products=products, seed=seed, progress=told
            )
            write_table(prices, out.with_name(f"{out.stem}_limits{out.suffix}"))
            for row in prices.filter(pl.col("worth_of_one_more") > 0).head(10).iter_rows(named=True):
                told.say(f"  {row['limit']}: {row['reason']}")
        write_table(table, out)
        step.rows = table.height
        step.note = f"{int((table['order_quantity'] > 0).sum()):,} orders -> {out}"


@app.command()
def audience(
    out: OutOption,
    product: Annotated[list[str] | None, typer.Option("--product", help="A product on offer; may be repeated.")] = None,
    campaign: Annotated[str | None, typer.Option("--campaign", help="A campaign of the campaigns table.")] = None,
    size: Annotated[int, typer.Option("--size", help="Most people listed, held-out ones included.")] = 500,
    kind: Annotated[str, typer.Option("--kind", help="repeat, explore or mixed.")] = "mixed",
    channel: Annotated[str | None, typer.Option("--channel", help="The only channel to use.")] = None,
    holdout_share: Annotated[float | None, typer.Option(help="Share held out to measure the effect.")] = None,
    budget: Annotated[float | None, typer.Option(help="Money that all contacts may cost.")] = None,
    contact_cost: Annotated[float | None, typer.Option(help="Money per contact.")] = None,
    at_home_only: Annotated[bool, typer.Option("--home-shop", help="Goods must lie in the person's own shop.")] = False,
    leftovers: Annotated[
        bool, typer.Option("--leftovers", help="The goods are those that will be left over, most money first.")
    ] = False,
    store: Annotated[str | None, typer.Option("--store", help="Only people (and left-overs) of this shop.")] = None,
    lake: LakeOption = None,
    as_of: AsOfOption = None,
) -> None:
    """Who wants these goods: an audience, and beside it STEM_exclusions with who was left out and why.

    Needs transactions with customers and a champion recommender (and a demand model for --leftovers); uses consents,
    contacts, responses, campaigns and inventory where they are.
    """
    from serving.planning.people.audiences import audience as find_audience

    check_ending(out)
    chosen = context.current()
    dataset = chosen.dataset(lake, as_of)
    with chosen.progress.step("audience") as step:
        model = _recommender()
        table, exclusions = find_audience(
            dataset,
            model,
            chosen.settings,
            product_ids=_left_over(dataset, product, campaign, store) if leftovers else product or (),
            campaign_id=campaign,
            size=size,
            kind=kind,  # type: ignore[arg-type]  # checked by AudienceRequest
            channel=channel,
            holdout_share=holdout_share,
            budget=budget,
            contact_cost=contact_cost,
            at_home_only=at_home_only,
            home_store_id=store,
        )
        write_table(table, out)
        write_table(exclusions, out.with_name(f"{out.stem}_exclusions{out.suffix}"))
        step.rows = table.height
        step.note = f"{int((table['group'] == 'contact').sum()):,} to contact -> {out}"


def _left_over(dataset: "Dataset", product: list[str] | None, campaign: str | None, store: str | None) -> list[str]:
    """Goods that will be left over, most money at risk first.

    Raises:
        UsageError: goods or a campaign were named as well.
    """
    from retail_brain.errors import UsageError
    from serving.planning.stock.stock_network import goods_to_clear
    from serving.planning.stock.stock_network import leftovers as find_leftovers

    if product or campaign:
        raise UsageError("--leftovers chooses the goods itself; got --product or --campaign as well. Leave one out.")
    settings = context.current().settings
    found = find_leftovers(dataset, load_forecaster(), settings, stores=None if store is None else [store])
    return goods_to_clear(found, store)


@app.command()
def assign(
    out: OutOption,
    campaigns: Annotated[
        Path,
        typer.Option("--campaigns", help="CSV or Parquet: campaign_id, product_ids, size?, budget?, contact_cost? ..."),
    ],
    per_customer: Annotated[int, typer.Option("--per-customer", help="Most campaigns per person.")] = 1,
    lake: LakeOption = None,
    as_of: AsOfOption = None,
) -> None:
    """Many campaigns at once: who gets which, under every campaign's size and budget. STEM_campaigns has the prices."""
    from serving.planning.people.audiences import assign as assign_campaigns

    check_ending(out)
    chosen = context.current()
    dataset = chosen.dataset(lake, as_of)
    plan_of = read_table(campaigns, "--campaigns")
    with chosen.progress.step("assign") as step:
        plan = assign_campaigns(
            dataset, _recommender(), plan_of, chosen.settings, per_customer=per_customer, progress=chosen.progress
        )
        write_table(plan.audience, out)
        write_table(plan.summary, out.with_name(f"{out.stem}_campaigns{out.suffix}"))
        share = plan.value / plan.bound if plan.bound > 0 else 1.0
        step.rows = plan.audience.height
        step.note = f"value {plan.value:,.2f}, {share:.1%} of what is possible -> {out}"


@app.command()
def simulate(
    out: Annotated[Path, typer.Option("--out", help="Folder to write the report to.")],
    first: Annotated[
        str | None, typer.Option("--from", help="First day played [default: 91 days before --until].")
    ] = None,
    last: Annotated[str | None, typer.Option("--until", help="Last day played [default: last sale].")] = None,
    policy: Annotated[
        list[str] | None,
        typer.Option(
            help="suggested, tuned, matched, cover, legacy, perfect, recorded; or service_level, fill_rate, economic, "
            "newsvendor, reorder; may be repeated."
        ),
    ] = None,
    stores: StoresOption = None,
    forecast: Annotated[str, typer.Option(help="What suggestions rest on: model or moving.")] = "model",
    refresh_days: Annotated[int, typer.Option(min=1, help="How often the model forecasts anew.")] = 7,
    refit_days: Annotated[int, typer.Option(min=1, help="How often the model is fitted anew.")] = 31,
    tune_days: Annotated[int, typer.Option(min=0, help="Days before --from that parameters are tuned on.")] = 56,
    seed: Annotated[int, typer.Option(help="Seed of demand recovery and sample paths.")] = 0,
    lake: LakeOption = None,
) -> None:
    """Replays order policies day by day on recorded demand: cost, fill rate, waste, stock, with plots.

    Needs sales; uses inventory (lost demand, opening stock), supply, prices and products. Demand models are fitted on
    what was known on their day, and parameters are tuned on the days before the first.
    """
    from datetime import timedelta

    from retail_brain.errors import UsageError
    from serving.planning.replay.run import POLICIES, replay

    if forecast not in {"model", "moving"}:
        raise UsageError(f"--forecast {forecast!r} is unknown; wanted model or moving.")
    chosen = context.current()
    dataset = chosen.dataset(lake)
    until = context.parse_day(last, "--until") if last else dataset.last_day()
    begin = context.parse_day(first, "--from") if first else until - timedelta(days=90)
    done = replay(
        dataset.at(until),
        chosen.settings,
        first=begin,
        last=until,
        policies=policy or POLICIES,
        stores=stores,
        fit=_fit if forecast == "model" else None,
        refresh_days=refresh_days,
        refit_days=refit_days,
        tune_days=tune_days,
        seed=seed,
        progress=chosen.progress,
    )
    done.write(out, f"Replay {begin} to {until}")
    for line in (out / "REPORT.md").read_text(encoding="utf-8").splitlines()[2:]:
        if line.startswith(("|", "*")):
            chosen.progress.say(line)
    chosen.progress.say(f"Report: {out / 'REPORT.md'}")


def read_table(path: Path, option: str, *, as_text: bool = False) -> "pl.DataFrame":
    """A Parquet or CSV file.

    Args:
        path: the file.
        option: where it was named, for messages.
        as_text: leave every column of a CSV file as text, so that ids keep their leading zeros.

    Raises:
        UsageError: it is not there or cannot be read.
    """
    import polars as pl

    from retail_brain.errors import UsageError

    if not path.is_file():
        raise UsageError(f"{option} {path} is not a file. Name a Parquet or CSV file that exists.")
    try:
        if path.suffix == ".parquet":
            return pl.read_parquet(path)
        return pl.read_csv(path, infer_schema=not as_text, infer_schema_length=None)
    except pl.exceptions.PolarsError as error:
        raise UsageError(f"{option} {path} cannot be read as a table: {error}. Mend or convert the file.") from error


def check_ending(path: Path) -> None:
    """Refuses a file to write that is neither Parquet nor CSV.

    Raises:
        UsageError: another ending.
    """
    from retail_brain.errors import UsageError

    if path.suffix not in {".parquet", ".csv"}:
        raise UsageError(f"--out {path} has no ending that says what to write; wanted .parquet or .csv.")


def write_table(table: "pl.DataFrame", path: Path) -> None:
    """Writes Parquet, or CSV by the file's ending, whole or not at all."""
    from retail_brain.files import atomic_path

    with atomic_path(path) as aside:
        if path.suffix == ".csv":
            table.write_csv(aside)
        else:
            table.write_parquet(aside)


def load_forecaster() -> "Forecaster":
    """The champion demand model, with what people put in the place of its forecasts.

    Raises:
        ModelError: there is none yet.
    """
    from serving.planning.demand.overrides import tenant_overrides
    from training.bundle import champion
    from training.demand.applied_overrides import OverriddenModel
    from training.demand.model import DemandModel

    workspace = context.current().workspace
    return OverriddenModel(DemandModel.load(champion(workspace, "demand")), tenant_overrides(workspace))


def _fit(dataset: "Dataset") -> "Forecaster":
    """A demand model fitted on a dataset as known on its day."""
    from training.demand.config import preset_config
    from training.demand.model import DemandModel

    return DemandModel.fit(dataset, preset_config(context.current().settings, "fast"))


def _recommender() -> "Scorer":
    """The champion recommender.

    Raises:
        ModelError: there is none yet.
    """
    from training.bundle import champion
    from training.recommender.model import RecommenderModel

    return RecommenderModel.load(champion(context.current().workspace, "recommender"))
