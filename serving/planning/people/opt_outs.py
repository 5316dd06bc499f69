"""Refusals that came back of contacts, for whoever decides whom to contact; they count before the lake has them."""

from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta

import polars as pl

from retail_brain.operational.campaign_receipts import opt_outs, opt_outs_mark
from retail_brain.operational.database import Database
from retail_brain.operational.upgrade import upgrade
from retail_brain.workspace import Workspace
from serving.planning.demand.overrides import has_database

OPT_OUTS = pl.Schema([("customer_id", pl.String()), ("channel", pl.String()), ("changed_at", pl.Datetime("us"))])
"""One row per person x channel that was refused, and when at the latest, in the local time of any zone."""
_FARTHEST_ZONE = timedelta(hours=14)
"""Opt-outs are stored in UTC, consents in the local time of the shop, which is at most so far ahead: a consent counts
as the later one only where it is that in every zone. In doubt the channel stays closed."""


def read_opt_outs(tenant: str, database: Database) -> pl.DataFrame:
    """Every opt-out of a tenant: columns OPT_OUTS.

    Raises:
        UnavailableError: the database does not answer.
    """
    rows = [
        (person, channel, at.replace(tzinfo=None) + _FARTHEST_ZONE)
        for person, channel, at in opt_outs(tenant, database)
    ]
    return pl.DataFrame(rows, schema=OPT_OUTS, orient="row")


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
        mark: state of the receipts that it was read in.
        refused: columns OPT_OUTS.
    """

    mark: int = 0
    refused: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=OPT_OUTS))

    @classmethod
    def read(cls, tenant: str, database: Database) -> "OptOutBook":
        """The present ones.

        Raises:
            UnavailableError: the database does not answer.
        """
        # the mark first: a receipt that comes meanwhile is read again at the next look
        mark = opt_outs_mark(tenant, database)
        return cls(mark, read_opt_outs(tenant, database))
