"""Verbs that select customers for campaigns: audience, assign."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retail_brain.cli.champions import load_forecaster, load_recommender
from retail_brain.cli.context import current
from retail_brain.cli.option_groups import DataOptions
from retail_brain.cli.options import OutOption
from retail_brain.cli.table_files import read_table, write_table
from retail_brain.which_day import behind_text, data_day

if TYPE_CHECKING:
    import polars as pl

    from retail_brain.dataset import Dataset
    from serving.planning.campaigns.inputs import OtherPlans


@dataclass(frozen=True)
class _Goods:
    """The goods on offer."""

    product: Annotated[list[str] | None, typer.Option("--product", help="A product on offer; may be repeated.")] = None
    campaign: Annotated[str | None, typer.Option("--campaign", help="A campaign of the campaigns table.")] = None
    leftovers: Annotated[
        bool, typer.Option("--leftovers", help="The goods are the excess stock, most money first.")
    ] = False
    at_home_only: Annotated[bool, typer.Option("--home-shop", help="Goods must lie in the person's own shop.")] = False


@dataclass(frozen=True)
class _Contact:
    """How people are contacted, and at what cost."""

    channel: Annotated[str | None, typer.Option("--channel", help="The only channel to use.")] = None
    holdout_share: Annotated[float | None, typer.Option(help="Share held out to measure the effect.")] = None
    budget: Annotated[float | None, typer.Option(help="Money that all contacts may cost.")] = None
    contact_cost: Annotated[float | None, typer.Option(help="Money per contact.")] = None


@dataclass(frozen=True)
class _People:
    """The people who are chosen from."""

    store: Annotated[str | None, typer.Option("--store", help="Only people (and excess stock) of this shop.")] = None
    segment: Annotated[str | None, typer.Option("--segment", help="Only people of this saved segment.")] = None


def audience(
    out: OutOption,
    goods: _Goods = _Goods(),
    size: Annotated[int, typer.Option("--size", help="Most people listed, held-out ones included.")] = 500,
    kind: Annotated[str, typer.Option("--kind", help="repeat, explore or mixed.")] = "mixed",
    contact: _Contact = _Contact(),
    people: _People = _People(),
    data: DataOptions = DataOptions(),
) -> None:
    """Who wants these goods: an audience, and beside it STEM_exclusions with who was left out and why.

    Needs transactions with customers and a champion recommender (and a demand model for --leftovers); uses consents,
    contacts, responses, campaigns and inventory where they are.
    """
    from retail_brain.decisions.audience_request import AudienceRequest
    from serving.planning.people.audiences import Among
    from serving.planning.people.audiences import audience as find_audience

    chosen = current()
    dataset, share = data.dataset(), contact.holdout_share
    with chosen.progress.step("audience") as step:
        offered, left_over = (goods.product or [], None)
        if goods.leftovers:
            offered, left_over = _left_over(dataset, goods, people.store)
        request = AudienceRequest(
            product_ids=tuple(offered),
            size=size,
            campaign_id=goods.campaign,
            kind=kind,  # type: ignore[arg-type]  # checked by AudienceRequest
            channel=contact.channel,
            budget=contact.budget,
            contact_cost=contact.contact_cost or 0.0,
            holdout_share=chosen.settings.audience.holdout_share if share is None else share,
        )
        table, exclusions = find_audience(
            dataset,
            load_recommender(),
            chosen.settings,
            request,
            among=Among(
                store_id=people.store,
                customer_ids=None if people.segment is None else segment_customers(people.segment, dataset, data.lake),
                left_over=left_over,
                plans=_plans(dataset),
            ),
            at_home_only=goods.at_home_only,
            progress=chosen.progress,
        )
        write_table(table, out)
        write_table(exclusions, out.with_name(f"{out.stem}_exclusions{out.suffix}"))
        step.rows = table.height
        step.note = f"{int((table['group'] == 'contact').sum()):,} to contact -> {out}"
    for reason, customers in exclusions.select("reason", "customers").iter_rows():
        chosen.progress.say(f"    left out {customers:,}: {reason}")
    if (behind := behind_text(dataset.as_of or dataset.last_day(), datetime.now(UTC))) is not None:
        chosen.progress.say(f"    {behind}")


def segment_customers(name: str, dataset: "Dataset", lake: str | None) -> list[str]:
    """Customer ids of a saved segment.

    Raises:
        NotFoundError: there is no such segment, or there are no features.
        ImpossibleError: the features are of another day than the audience.
    """
    from contextlib import closing

    from retail_brain.cli.context import open_database
    from retail_brain.errors import ImpossibleError
    from retail_brain.operational.segments import find_segment
    from serving.planning.people.segment_book import customers_of, open_sources, people_of_segment

    chosen = current()
    sources = open_sources(chosen.workspace, chosen.settings, lake)
    if sources.as_of != dataset.as_of:
        raise ImpossibleError(
            f"the feature tables are of {sources.as_of}, the audience is asked for as of {dataset.as_of}. "
            f"Run `retail-brain features --as-of {dataset.as_of}` first."
        )
    with closing(open_database()) as database:
        return customers_of(people_of_segment(find_segment(chosen.workspace.tenant, database, name), database, sources))


def _plans(dataset: "Dataset") -> "OtherPlans":
    """What the tenant's approved campaigns plan after the dataset's day."""
    from serving.planning.campaigns.other_plans import tenant_plans

    today = data_day(dataset.as_of or dataset.last_day())
    return tenant_plans(current().workspace, today, current().settings)


def _left_over(dataset: "Dataset", goods: _Goods, store: str | None) -> "tuple[list[str], pl.DataFrame]":
    """Products with excess stock, most money at risk first, and what is left of them in which shop.

    Raises:
        UsageError: goods or a campaign were named as well.
        MissingTableError: there is no `inventory`.
    """
    from retail_brain.cli.stock_verbs import with_inventory
    from retail_brain.errors import UsageError
    from serving.planning.stock.plan_request import PlanRequest
    from serving.planning.stock.stock_network import goods_to_clear, left_over_in
    from serving.planning.stock.stock_network import leftovers as find_leftovers

    if goods.product or goods.campaign:
        raise UsageError("--leftovers chooses the goods itself; got --product or --campaign as well. Leave one out.")
    # The plan of the whole chain: what other shops can sell is not left over.
    excess = find_leftovers(PlanRequest(with_inventory(dataset), load_forecaster(dataset), current().settings))
    return goods_to_clear(excess, store), left_over_in(excess, store)


def assign(
    out: OutOption,
    campaigns: Annotated[
        Path,
        typer.Option("--campaigns", help="CSV or Parquet: campaign_id, product_ids, size?, budget?, contact_cost? ..."),
    ],
    per_customer: Annotated[int, typer.Option("--per-customer", help="Most campaigns per person.")] = 1,
    data: DataOptions = DataOptions(),
) -> None:
    """Many campaigns at once: who gets which, under every campaign's size and budget. STEM_campaigns has the prices."""
    from serving.planning.people.audiences import assign as assign_campaigns

    chosen = current()
    dataset = data.dataset()
    requested = read_table(campaigns, "--campaigns")
    with chosen.progress.step("assign") as step:
        plan = assign_campaigns(
            dataset,
            load_recommender(),
            requested,
            chosen.settings,
            per_customer=per_customer,
            plans=_plans(dataset),
            progress=chosen.progress,
        )
        write_table(plan.audience, out)
        write_table(plan.summary, out.with_name(f"{out.stem}_campaigns{out.suffix}"))
        share = plan.value / plan.bound if plan.bound > 0 else 1.0
        step.rows = plan.audience.height
        step.note = f"value {plan.value:,.2f}, {share:.1%} of what is possible -> {out}"
