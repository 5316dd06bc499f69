"""Reads the opt-outs that came back of contacts, one row per person x channel; they count before the lake has them."""

from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import polars as pl

from retail_brain.erased_ids import ErasedIds
from retail_brain.operational.campaign_receipts import opt_outs, opt_outs_mark
from retail_brain.operational.database import Database
from retail_brain.operational.erasures import erased_ids, erasures_mark, pending_erasures
from retail_brain.operational.upgrade import upgrade
from retail_brain.table_schemas import ANY_CHANNEL, CHANNELS_OF_CONTACT
from retail_brain.workspace import Workspace
from serving.planning.demand.overrides import has_database

OPT_OUTS = pl.Schema([("customer_id", pl.String()), ("channel", pl.String()), ("changed_at", pl.Datetime("us"))])
"""One row per person x channel that was refused, and when at the latest, in the local time of any zone."""
RefusalsMark = tuple[int, int, int, int]
_NEVER = datetime(2999, 12, 31)  # local time, as of consents
"""No consent is later: a channel closed then stays closed."""
_FARTHEST_ZONE = timedelta(hours=14)
"""Opt-outs are stored in UTC, consents in the local time of the shop, which is at most so far ahead: a consent counts
as the later one only where it is that in every zone. In doubt the channel stays closed."""


def refusals_mark(tenant: str, database: Database) -> RefusalsMark:
    """A value that differs after every receipt, refusal and erasure begun or finished. Cheap to poll.

    Raises:
        UnavailableError: the database does not answer.
    """
    return (*opt_outs_mark(tenant, database), *erasures_mark(tenant, database))


def read_opt_outs(tenant: str, database: Database) -> pl.DataFrame:
    """Every opt-out of a tenant: columns OPT_OUTS.

    Raises:
        UnavailableError: the database does not answer.
    """
    # whoever asked to be erased is closed from that moment on, however long the erasure takes
    rows = [
        (person, channel, _NEVER)
        for erasure in pending_erasures(tenant, database)
        for person in sorted(erasure.subjects.customers if erasure.subjects else ())
        for channel in CHANNELS_OF_CONTACT
    ]
    return pl.concat([_by_channel(opt_outs(tenant, database)), pl.DataFrame(rows, schema=OPT_OUTS, orient="row")])


def _by_channel(stored: pl.DataFrame) -> pl.DataFrame:
    """Columns OPT_OUTS of opt-outs as they are stored: a refusal of any channel is one of each."""
    # a million people who granted nothing have a row each: as columns they become one per channel
    named = stored.select(
        "customer_id",
        pl.when(pl.col("channel") == ANY_CHANNEL)
        .then(pl.lit(list(CHANNELS_OF_CONTACT)))
        .otherwise(pl.concat_list("channel"))
        .alias("channel"),
        changed_at=pl.col("at") + _FARTHEST_ZONE,
    )
    return named.explode("channel")


def stored_moment(local: datetime) -> datetime:
    """The moment under which a refusal is stored whose moment is known in the local time of consents.

    It comes back as that local time, so that a consent decides against it as the entries of the lake do.

    >>> stored_moment(datetime(2026, 3, 2, 18)).isoformat()
    '2026-03-02T04:00:00+00:00'
    """
    return (local - _FARTHEST_ZONE).replace(tzinfo=UTC)


def tenant_opt_outs(workspace: Workspace) -> pl.DataFrame:
    """The same for the verbs; none where there is no database yet.

    Raises:
        UnavailableError: the database does not answer.
    """
    with closing(Database(workspace.database_url)) as database:
        if not has_database(workspace, database):
            return pl.DataFrame(schema=OPT_OUTS)
        upgrade(database)
        return read_opt_outs(workspace.tenant, database)


@dataclass(frozen=True)
class OptOutBook:
    """The opt-outs of a tenant in memory.

    Attributes:
        mark: state of the database that it was read in.
        refused: columns OPT_OUTS.
        erased: digests of people who were erased by request; None where nobody was.
    """

    mark: RefusalsMark = (0, 0, 0, 0)
    refused: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=OPT_OUTS))
    erased: ErasedIds | None = None

    @classmethod
    def read(cls, tenant: str, database: Database) -> "OptOutBook":
        """The present ones.

        Raises:
            UnavailableError: the database does not answer.
        """
        # the mark first: a receipt that comes meanwhile is read again at the next look
        mark = refusals_mark(tenant, database)
        return cls(mark, read_opt_outs(tenant, database), erased_ids(tenant, database))

    def read_on(self, tenant: str, database: Database) -> "OptOutBook":
        """The present ones, of which those that are in this book are not read again.

        Where people granted nothing, each has a row: a receipt more is no reason to read a million.

        Raises:
            UnavailableError: the database does not answer.
        """
        mark = refusals_mark(tenant, database)
        newest, number, *erasures = self.mark
        if not number or list(mark[2:]) != erasures:
            return self.read(tenant, database)
        new = opt_outs(tenant, database, after=newest)
        # fewer: some were taken back; more: some came since the mark, or with a lower number
        if number + new.height != mark[1]:
            return self.read(tenant, database)
        return replace(self, mark=mark, refused=pl.concat([self.refused, _by_channel(new)]))

    def is_erased(self, id_type: str, id_value: str) -> bool:
        """Whether an id is one of somebody who was erased by request, or is being erased."""
        return self.erased is not None and self.erased.holds(id_type, id_value)

    def after(self, earlier: "OptOutBook") -> "OptOutBook":
        """The same with everybody closed whose erasure was under way before and is finished now.

        The answers in use still know them where none could be published without them, and their ids are nowhere else.
        """
        gone = earlier.refused.filter(pl.col("changed_at") == _NEVER)
        kept = gone.join(self.refused, on=["customer_id", "channel"], how="anti")
        return replace(self, refused=pl.concat([self.refused, kept])) if kept.height else self
