"""What a contact causes for each person, learned from past campaigns with a holdout, as audiences take it.

Past campaigns are those of the lake's tables, those made here that are over and measured, and the triggers and lists of
guides that were measured: the outcome of today's contacts changes whom the next ones choose.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from features.person.contact_state import FEATURES, category_history, category_state, person_state
from features.person.past_contacts import has_past_contacts, judged_contacts
from features.person.traits import read_traits, trait_flags
from retail_brain.dataset import Dataset
from retail_brain.decisions.uplift import Uplift
from retail_brain.settings import Settings
from retail_brain.which_day import data_day
from serving.planning.campaigns.experiments import HERE, LEFT_OUT, Experiments
from serving.planning.campaigns.repeated_experiments import GUIDES, TRIGGER
from training.uplift.examples import campaigns_of, contact_examples
from training.uplift.learners import RESPONSE
from training.uplift.model import VALIDATION, ChosenUplift, choose_uplift, matrix

_MOST_SCORES = 40_000_000
"""Customers x categories that are scored at most: 160 MB in the published answers. Categories beyond, those least
bought, keep the share of all contacts."""
_AT_ONCE = 500_000
"""Customers x categories whose features are in memory together: some tens of megabytes."""


USED = "used"
_NAMES: Mapping[str, str] = {
    HERE: "campaigns made here",
    TRIGGER: "triggers",
    GUIDES: "lists of guides",
    "lake": "campaigns of the lake",
}
"""Source -> what there is of it. LEFT_OUT are the columns of the evidence: one row per source and code (USED, or why
nothing is learned from them), campaigns and people."""
_REASONS: Mapping[str, tuple[str, str]] = {
    USED: ("learned from", "用于学习"),
    "running": ("not over yet", "尚未结束"),
    "not_measured": (
        "over, and not measured for good yet (`campaign measure`)",
        "已结束，尚未完成最终测量（campaign measure）",
    ),
    "never_measured": (
        "not measured yet (`trigger effect`, `guides effect`)",
        "尚未测量（trigger effect、guides effect）",
    ),
    "unreadable": ("stored by another version and not readable", "由其他版本保存，无法读取"),
    "not_reached": ("stopped before these people were reached", "在触达这些人之前已停止"),
    "unknown_campaign": ("the table of campaigns does not name them", "活动表中没有该活动"),
    "no_goods": ("campaigns without goods", "活动没有指定商品"),
    "no_category": ("the goods have no category", "商品没有品类"),
    "days_not_over": ("days after the contact are still to come", "联系后的计效天数未满"),
    "no_holdout": ("nobody was held out", "没有对照人群"),
    "nobody_contacted": ("everybody was held out", "全部为对照人群"),
}
"""Code -> English and Chinese."""


@dataclass(frozen=True)
class Learned:
    """A choice of learner, and what it was made from.

    Attributes:
        chosen: the learner, and how all of them did.
        evidence: columns LEFT_OUT.
        effect_days: days after a contact in which a purchase of the campaign's goods counted.
        unknown_traits: names in `campaigns.uplift_traits` that are no columns of `customers` with few values.
    """

    chosen: ChosenUplift
    evidence: pl.DataFrame
    effect_days: int
    unknown_traits: tuple[str, ...] = ()

    @property
    def lines(self) -> list[str]:
        """Sentences for the screen on the campaigns behind it; none where there is no campaign at all."""
        counts = {(source, code): (campaigns, people) for source, code, campaigns, people in self.evidence.iter_rows()}
        used = [(source, *counts[source, USED]) for source in _NAMES if (source, USED) in counts]
        told = "; ".join(f"{number:,} {_NAMES[source]} with {who:,} people" for source, number, who in used)
        lines = [f"uplift is learned from {told}; purchases within {self.effect_days} days count"] if used else []
        for (source, code), (campaigns, people) in counts.items():
            if code != USED:
                what = f"{people:,} people of "
                what += f"{campaigns:,} {_NAMES[source]}" if campaigns else _NAMES[source]
                lines.append(f"  left out {what}: {_REASONS[code][0]}")
        if self.unknown_traits:
            named = ", ".join(self.unknown_traits)
            lines.append(
                f"  campaigns.uplift_traits names {named}: no column of customers with 2 to 30 texts; not used"
            )
        return lines


@dataclass(frozen=True)
class LearnedUplift:
    """A model of what contacts cause, and what it says of everybody.

    Attributes:
        uplift: None where people are ranked by response.
        learned: the methods on campaigns that they did not see, and what was learned from.
        unscored: categories that were not scored: too many customers and categories; those least bought.
    """

    uplift: Uplift | None
    learned: Learned
    unscored: int = 0

    @property
    def validation(self) -> pl.DataFrame:
        """Columns of `model.VALIDATION`."""
        return self.learned.chosen.validation

    @property
    def method(self) -> str:
        """The learner, or `response`."""
        return RESPONSE if self.uplift is None else self.uplift.method

    @property
    def lines(self) -> list[str]:
        """Sentences for the screen."""
        lines = self.learned.lines
        if self.unscored:
            lines.append(
                f"  {self.unscored:,} categories, those least bought, are not scored by uplift: their goods keep the "
                f"share of all contacts (more than {_MOST_SCORES:,} scores in all)"
            )
        return lines


def learned(dataset: Dataset, settings: Settings, experiments: Experiments | None = None) -> Learned:
    """The learner that orders the people of past campaigns best, by campaigns that it did not see.

    By intention to treat: people count in the group for which they were drawn, whatever became of the contact. Only who
    could have been contacted was drawn. Features are of the day before the contact.

    Args:
        dataset: as known on a day.
        settings: days in which a purchase counts for a contact (`campaigns.effect_days`).
        experiments: campaigns made here; None: there are none.
    """
    own = Experiments.none() if experiments is None else experiments
    days = settings.campaigns.effect_days
    known_of = own.beside(dataset)
    evidence = _evidence(known_of, own, days)
    examples = contact_examples(known_of, days, settings.campaigns.uplift_traits)
    named = settings.campaigns.uplift_traits
    there = read_traits(known_of, named).columns if named else []
    unknown = tuple(name for name in named if name not in there)
    if examples is None:
        return Learned(ChosenUplift(RESPONSE, pl.DataFrame(schema=VALIDATION), None), evidence, days, unknown)
    rows, known = examples
    return Learned(choose_uplift(known, campaigns_of(rows)), evidence, days, unknown)


def _evidence(dataset: Dataset, own: Experiments, days: int) -> pl.DataFrame:
    """Campaigns and people by source and code: columns LEFT_OUT."""
    parts = [own.left_out]
    if has_past_contacts(dataset):
        source = pl.col("campaign_id").replace_strict(dict(own.sources), default="lake", return_dtype=pl.String)
        judged = judged_contacts(dataset, days).with_columns(pl.col("code").fill_null(USED), source=source)
        counted = judged.group_by("source", "code").agg(campaigns=pl.col("campaign_id").n_unique(), people=pl.len())
        parts.append(counted.select(pl.col(name).cast(kind) for name, kind in LEFT_OUT.items()).collect())
    order = pl.col("code").replace_strict({code: place for place, code in enumerate(_REASONS)}, return_dtype=pl.Int64)
    return pl.concat([part.select(*LEFT_OUT) for part in parts]).sort("source", order)


def uplift_of(
    dataset: Dataset,
    as_of: date,
    settings: Settings,
    product_ids: Sequence[str],
    experiments: Experiments | None = None,
) -> LearnedUplift:
    """Uplift of every customer who ever bought, for the categories of some goods.

    Args:
        dataset: as known on `as_of`.
        as_of: last visible day.
        settings: of the tenant.
        product_ids: goods on offer.
        experiments: campaigns made here; None: there are none.
    """
    found = learned(dataset, settings, experiments)
    chosen = found.chosen
    if chosen.scorer is None:
        return LearnedUplift(None, found)
    products = dataset.scan_or_empty("products").filter(pl.col("product_id").is_in(list(product_ids)))
    categories = products.select("product_id", "category").unique("product_id").drop_nulls().collect()
    lines = dataset.scan("transactions").filter(pl.col("customer_id").is_not_null(), pl.col("units") > 0)
    people = lines.select("customer_id").unique().sort("customer_id").collect()
    most = max(1, _MOST_SCORES // max(people.height, 1))
    every = _most_bought(lines, categories)
    names = every[:most]
    keys = people.with_columns(day=pl.lit(data_day(as_of)))
    known_of = dataset if experiments is None else experiments.beside(dataset)
    person, history = person_state(known_of, keys), category_history(known_of, keys)
    flags = trait_flags(known_of, keys["customer_id"], settings.campaigns.uplift_traits)
    parts = [_scored(history, person, flags, name, chosen) for name in names]
    schema = {"customer_id": pl.String, "category": pl.String, "uplift": pl.Float32}
    scores = pl.concat([pl.DataFrame(schema=schema), *parts])
    return LearnedUplift(Uplift(scores, categories, chosen.method), found, len(every) - len(names))


def _scored(
    history: pl.DataFrame, person: pl.DataFrame, flags: pl.DataFrame, category: str, chosen: ChosenUplift
) -> pl.DataFrame:
    """One row per customer: `customer_id`, `category`, `uplift`."""
    assert chosen.scorer is not None
    keys = person.select("customer_id", "day", category=pl.lit(category))
    known = person.join(category_state(history, keys), on=["customer_id", "day"], how="left", maintain_order="left")
    inputs = pl.concat([known.select(FEATURES), flags], how="horizontal")
    scores = [pl.Series(chosen.scorer(matrix(part)), dtype=pl.Float32) for part in inputs.iter_slices(_AT_ONCE)]
    values = pl.concat(scores) if scores else pl.Series([], dtype=pl.Float32)
    return keys.select("customer_id", "category", uplift=values)


def _most_bought(lines: pl.LazyFrame, categories: pl.DataFrame) -> list[str]:
    """The categories by lines bought, most first."""
    bought = lines.join(categories.lazy(), on="product_id").group_by("category").agg(number=pl.len())
    every = categories.lazy().select("category").unique().join(bought, on="category", how="left")
    ranked = every.sort(pl.col("number").fill_null(0), "category", descending=[True, False])
    return ranked.collect()["category"].to_list()
