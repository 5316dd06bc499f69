"""Verbs of the recommender: recommend, evaluate."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retail_brain.cli.context import current
from retail_brain.cli.json_result import reported
from retail_brain.cli.option_groups import DataOptions
from retail_brain.cli.options import OutOption
from retail_brain.cli.table_files import read_ids, write_table

if TYPE_CHECKING:
    from retail_brain.dataset import Dataset


class _Kind(StrEnum):
    """Products bought before, products new to the customer, or the most probable of both."""

    REPEAT = "repeat"
    EXPLORE = "explore"
    MIXED = "mixed"


class _Subject(StrEnum):
    """Direction that is evaluated: products for people, or people for products."""

    RECOMMENDER = "recommender"
    AUDIENCE = "audience"
    UPLIFT = "uplift"


class _Preset(StrEnum):
    """Effort of a fit."""

    FAST = "fast"
    FULL = "full"


class _Language(StrEnum):
    """Language of the reasons."""

    ZH = "zh"
    EN = "en"


@dataclass(frozen=True)
class _Wanted:
    """How many goods of which kind each customer gets."""

    k: Annotated[int, typer.Option("--k", min=1, max=1000, help="Goods per customer.")] = 10
    kind: Annotated[_Kind, typer.Option(help="Goods they buy anyway, new ones, or both.")] = _Kind.MIXED
    explore_at_least: Annotated[int, typer.Option(min=0, help="Of the k, how many must be new to them (mixed).")] = 0
    due_within: Annotated[
        int | None,
        typer.Option(min=1, help="Hold back repeat goods due later than so many days.", show_default="label days"),
    ] = None


@dataclass(frozen=True)
class _Place:
    """The shop that the goods must be had in."""

    store: Annotated[str | None, typer.Option(help="As in this shop: what it has or gets.", show_default="any")] = None
    in_stock: Annotated[bool, typer.Option("--in-stock", help="As in each one's own shop.")] = False


def recommend(
    out: OutOption,
    customers: Annotated[
        Path | None, typer.Option(help="Parquet, CSV or text file with customer_id.", show_default="everybody")
    ] = None,
    wanted: _Wanted = _Wanted(),
    place: _Place = _Place(),
    rules: Annotated[bool, typer.Option(help="Under the operators' rules that hold now.")] = True,
    language: Annotated[_Language, typer.Option(help="Of the column reason.")] = _Language.EN,
    data: DataOptions = DataOptions(),
) -> None:
    """Goods for people: one row per customer and rank, with probability, due date, reason and how it gets to them.

    Needs transactions with customer_id and a champion recommender; inventory and stores say what can be had where.
    """
    from retail_brain.cli.rules_verbs import tenant_rules
    from retail_brain.engine import open_executor
    from retail_brain.progress import Progress
    from serving.planning.people.offering import RecommendationRequest
    from serving.planning.people.recommendations import recommend as recommendations
    from serving.planning.people.recommendations import write_recommendations
    from training.recommender.champion import champion_recommender

    chosen = current()
    ids = read_ids(customers, "--customers", "customer_id") if customers else None
    dataset = data.dataset()
    model = champion_recommender(chosen.workspace, chosen.settings)
    wish = RecommendationRequest(
        k=wanted.k,
        kind=wanted.kind.value,
        explore_at_least=wanted.explore_at_least,
        due_within_days=wanted.due_within,
        store_id=place.store,
        in_stock=place.in_stock,
        rules=tenant_rules() if rules else (),
        now=datetime.now(UTC),
        settings=chosen.settings,
    )
    with chosen.progress.step("recommend") as step, open_executor(chosen.settings.engine) as executor:
        blocks = recommendations(
            dataset,
            model.on(executor),
            wish,
            customers=ids,
            language=language.value,
            progress=Progress(quiet=True),
        )
        step.rows, people = write_recommendations(blocks, out)
        unknown = f", {len(set(ids)) - people:,} unknown" if ids else ""
        step.note = f"{people:,} customers{unknown} -> {out}"


def evaluate(
    subject: Annotated[
        _Subject, typer.Argument(help="recommender (goods for people), audience (the reverse), uplift (of contacts).")
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for the tables.")],
    preset: Annotated[_Preset, typer.Option(help="How much work goes into each fit.")] = _Preset.FAST,
    windows: Annotated[int, typer.Option(min=1, max=24, help="How many past windows to test on.")] = 1,
    products: Annotated[int | None, typer.Option(min=1, help="Most products looked at as audiences.")] = None,
    min_buyers: Annotated[int | None, typer.Option(min=1, help="Buyers a product must have had for that.")] = None,
    data: DataOptions = DataOptions(),
) -> None:
    """Tests models that saw nothing of the days they are tested on, beside the usual simple methods.

    Needs transactions with customer_id. Writes recommender.csv, audience.csv, calibration.csv and recall.csv. For
    uplift it takes campaigns with people held out, of the lake's tables and those made here that are over and measured,
    and writes uplift.csv and uplift_evidence.csv.
    """
    if subject is _Subject.UPLIFT:
        _evaluate_uplift(data.dataset(), out)
        return
    from training.recommender.backtest import evaluate_windows
    from training.recommender.jobs import preset_config

    chosen = current()
    dataset = data.dataset()
    config = preset_config(chosen.settings, preset.value)
    changes = {"test_goods": products, "test_min_buyers": min_buyers}
    config = config.model_copy(update={name: value for name, value in changes.items() if value is not None})
    result = evaluate_windows(dataset, config, windows, progress=chosen.progress)
    for name, table in result.tables().items():
        write_table(table, out / f"{name}.csv")
    if len(result.windows) < windows:
        typer.echo(
            f"{len(result.windows)} of {windows} windows could be tested: the history is too short for more", err=True
        )
    shown = result.audience if subject is _Subject.AUDIENCE else result.recommender
    for row in shown.drop("cutoff").group_by("method", maintain_order=True).mean().iter_rows(named=True):
        figures = "  ".join(f"{name} {value:.4g}" for name, value in row.items() if name != "method")
        typer.echo(f"{row['method']:<28} {figures}")


def _evaluate_uplift(dataset: "Dataset", out: Path) -> None:
    """Compares models of what contacts cause on past campaigns that they did not see."""
    from serving.planning.campaigns.experiments import tenant_experiments
    from serving.planning.people.uplift import learned

    chosen = current()
    experiments = tenant_experiments(chosen.workspace, dataset.as_of or dataset.last_day())
    found = learned(dataset, chosen.settings, experiments)
    validation = found.chosen.validation
    write_table(validation, out / "uplift.csv")
    write_table(found.evidence, out / "uplift_evidence.csv")
    reported().counts |= {"effect_days": found.effect_days, "evidence": found.evidence.to_dicts()}
    for line in found.lines:
        typer.echo(line)
    for row in validation.iter_rows(named=True):
        mark = "  chosen" if row["chosen"] else ""
        typer.echo(
            f"{row['method']:<12} Qini {row['qini']:.5f}  uplift of the first 30 % {row['uplift_at_30']:.4f}  "
            f"of all {row['uplift']:.4f}{mark}"
        )
    if validation.is_empty():
        typer.echo("too few people were held out of past campaigns to learn what contacts cause: audiences are ranked")
        typer.echo(
            "by response. Make campaigns and triggers with a holdout and measure them (campaign measure, "
            "trigger effect), or bring past campaigns in."
        )
