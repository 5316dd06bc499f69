"""Customer assets (数据银行) of a tenant: the people of a chain by month, and what became of those whose guide left."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl

from features.identity.resolve import add_person_id
from features.person.assets import ACTIVE_STAGES, Shown, assets
from features.person.funnel import GUIDE_MOVES, month_ends
from retail_brain.dataset import Dataset
from retail_brain.operational.database import Database
from retail_brain.operational.guides import StoredGuide, StoredMove, list_guides, move_history
from retail_brain.operational.upgrade import upgrade
from retail_brain.settings import Settings
from retail_brain.workspace import Workspace
from serving.planning.demand.overrides import has_database
from serving.planning.people.funnel import PeoplePast

_SALES_DAYS = 91
"""Days of sales before and after a guide left: a quarter, as the other windows of a person's sales."""
_DEPARTURES = pl.Schema(
    {
        "guide_id": pl.String,
        "left_on": pl.Date,
        "people": pl.Int64,
        "reassigned": pl.Int64,
        "active_before": pl.Int64,
        "active_now": pl.Int64,
        "reachable_now": pl.Int64,
        "sales_before": pl.Float64,
        "sales_after": pl.Float64,
        "days_after": pl.Int64,
    }
)
"""One row per guide who left: the people whom they looked after, how many got another guide, how many were active on
the day before and are on the last visible day, and their sales (money) in the _SALES_DAYS before, and in as many days
after of which `days_after` are visible."""


@dataclass(frozen=True)
class GuideBook:
    """Guides and moves of their people as the database tells of them."""

    guides: Sequence[StoredGuide] = ()
    moves: Sequence[StoredMove] = ()

    @classmethod
    def read(cls, tenant: str, database: Database) -> "GuideBook":
        """The present ones.

        Raises:
            UnavailableError: the database does not answer.
        """
        return cls(list_guides(tenant, database), move_history(tenant, database))

    @classmethod
    def of(cls, workspace: Workspace) -> "GuideBook":
        """The same for the verbs; an empty one where there is no database yet.

        Raises:
            UnavailableError: the database does not answer.
        """
        with closing(Database(workspace.database_url)) as database:
            if not has_database(workspace, database):
                return cls()
            upgrade(database)
            return cls.read(workspace.tenant, database)

    def frame(self) -> pl.DataFrame:
        """Moves as GUIDE_MOVES."""
        rows = [
            (one.move.customer_id, one.move.guide_id, one.move.before, one.moved_at.astimezone().date())
            for one in self.moves
        ]
        return pl.DataFrame(rows, schema=GUIDE_MOVES, orient="row")


@dataclass(frozen=True)
class TenantAssets:
    """What customer assets are counted from, small enough to be kept.

    Attributes:
        as_of: last visible day.
        moves: result of `people_moves`.
        departures: _DEPARTURES and `store_id`: one row per guide who left x shop of the people.
        regions: store -> region.
    """

    as_of: date
    moves: pl.DataFrame
    departures: pl.DataFrame
    regions: Mapping[str, str | None]

    def rows(self, shown: Shown | None = None) -> pl.DataFrame:
        """One row per month's end x level x region, shop or guide; see `features.person.assets.assets`."""
        return assets(self.moves, self.regions, shown)

    def departed(self, shown: Shown | None = None) -> pl.DataFrame:
        """One row per guide who left within the months: the columns _DEPARTURES."""
        rows = self.departures if shown is None else self.departures.filter(shown.holds())
        facts = ("guide_id", "left_on", "days_after")
        sums = [name for name in _DEPARTURES if name not in facts]
        return rows.group_by(facts).agg(pl.col(sums).sum()).select(_DEPARTURES.names()).sort("left_on", "guide_id")


def tenant_assets(dataset: Dataset, settings: Settings, months: int, book: GuideBook) -> TenantAssets:
    """What the customer assets of the last months are counted from.

    Args:
        dataset: the lake as of the last visible day.
        settings: of the tenant: identity and lifecycle rules.
        months: months to go back; each needs one pass over purchases and events.
        book: guides and moves of their people.

    Raises:
        MissingTableError: the dataset has no sales table.
    """
    past = PeoplePast.open(dataset, settings)
    stores = dataset.scan_or_empty("stores").select("store_id", "region").collect()
    first = month_ends(past.day, months)[0]
    left = [(one.guide_id, one.left_on) for one in book.guides if one.left_on is not None and one.left_on > first]
    parts = [_departure(past, book, guide, day) for guide, day in left]
    empty = pl.DataFrame(schema={**_DEPARTURES, "store_id": pl.String})
    return TenantAssets(
        past.day, past.moves(months, book.frame()), pl.concat([empty, *parts]), dict(stores.iter_rows())
    )


def asset_rows(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Rows with their days as text."""
    return frame.with_columns(pl.col(pl.Date).cast(pl.String)).to_dicts()


def _departure(past: PeoplePast, book: GuideBook, guide_id: str, left_on: date) -> pl.DataFrame:
    """What became of the people of one guide who left: _DEPARTURES and `store_id`, one row per shop."""
    # where somebody went on from their new guide, the first move says what the departure did
    own = {one.move.customer_id: one.move.guide_id for one in reversed(book.moves) if one.move.before == guide_id}
    cards = pl.LazyFrame({"customer_id": list(own), "to": list(own.values())}, schema=dict.fromkeys(_CARDS, pl.String))
    named = add_person_id(cards, past.identities).collect()
    people = named.group_by("person_id").agg(is_taken=pl.col("to").is_not_null().any())
    before = past.on(min(left_on - timedelta(days=1), past.day)).select("person_id", before="stage")
    now = past.on(past.day).select("person_id", "stage", "store_id", "is_reachable")
    joined = people.join(before, on="person_id", how="left").join(now, on="person_id", how="left")
    joined = joined.join(_sales(past, people, left_on), on="person_id", how="left")
    days_after = min(max((past.day - left_on).days + 1, 0), _SALES_DAYS)
    rows = joined.group_by("store_id").agg(
        people=pl.len().cast(pl.Int64),
        reassigned=pl.col("is_taken").sum().cast(pl.Int64),
        active_before=pl.col("before").is_in(ACTIVE_STAGES).sum().cast(pl.Int64),
        active_now=pl.col("stage").is_in(ACTIVE_STAGES).sum().cast(pl.Int64),
        reachable_now=pl.col("is_reachable").sum().cast(pl.Int64),
        sales_before=pl.col("sales_before").sum(),
        sales_after=pl.col("sales_after").sum(),
    )
    facts = {"guide_id": pl.lit(guide_id), "left_on": pl.lit(left_on), "days_after": pl.lit(days_after, pl.Int64)}
    return rows.with_columns(**facts).select(*_DEPARTURES, "store_id")


_CARDS = ("customer_id", "to")


def _sales(past: PeoplePast, people: pl.DataFrame, left_on: date) -> pl.DataFrame:
    """One row per person: money by whichever card in the _SALES_DAYS before a day, and in as many from it on."""
    days = (pl.col("sold_at").dt.date() - pl.lit(left_on)).dt.total_days()
    money = (pl.col("units") * pl.col("unit_price")).cast(pl.Float64)
    lines = add_person_id(past.dataset.scan_or_empty("transactions"), past.identities)
    theirs = lines.join(people.lazy().select("person_id"), on="person_id", how="semi")
    return (
        theirs.group_by("person_id")
        .agg(
            sales_before=money.filter(days.is_between(-_SALES_DAYS, -1)).sum(),
            sales_after=money.filter(days.is_between(0, _SALES_DAYS - 1)).sum(),
        )
        .collect(engine="streaming")
    )
