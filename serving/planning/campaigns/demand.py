"""What approved campaigns are expected to sell beyond the forecast, by shop, product and day: a driver of demand."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, timedelta

import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.decisions.campaigns.extra_units import EXTRA_UNITS, extra_units, lag_shares
from retail_brain.operational.campaign_contacts import PlannedContact
from retail_brain.operational.database import Database
from retail_brain.operational.repeated_contacts import ContactsMark, plans_seen_mark
from retail_brain.operational.upgrade import upgrade
from retail_brain.settings import CampaignSettings, Settings
from retail_brain.which_day import data_day
from retail_brain.workspace import Workspace
from serving.planning.campaigns.inputs import OtherPlans
from serving.planning.campaigns.other_plans import other_plans
from serving.planning.campaigns.unsent import contacts_on, counts
from serving.planning.demand.overrides import has_database


@dataclass(frozen=True)
class CampaignBook:
    """Extra units of all approved campaigns, by series and day.

    Attributes:
        mark: state of the plans that it was made from.
        plans: contacts and promises of stock, and the opt-outs that were known.
        units: (store_id, product_id) -> day (ISO) -> units.
    """

    mark: ContactsMark = ()
    units: dict[tuple[str, str], dict[str, float]] = field(default_factory=dict)
    plans: OtherPlans = field(default_factory=OtherPlans.none)

    @classmethod
    def of(cls, extra: pl.DataFrame, mark: ContactsMark, plans: OtherPlans) -> "CampaignBook":
        """From rows of EXTRA_UNITS."""
        units: dict[tuple[str, str], dict[str, float]] = {}
        for store, product, day, number in extra.select(*EXTRA_UNITS).iter_rows():
            units.setdefault((store, product), {})[day.isoformat()] = number
        return cls(mark, units, plans)

    @classmethod
    def read(
        cls, tenant: str, database: Database, as_of: date, units_per: pl.DataFrame, settings: Settings
    ) -> "CampaignBook":
        """The book of a tenant for forecasts made at the end of a day.

        Raises:
            UnavailableError: the database does not answer.
        """
        mark = plans_seen_mark(tenant, database)
        plans = other_plans(tenant, database, None, data_day(as_of), settings)
        return cls.of(planned_units(tenant, database, as_of, units_per, settings.campaigns), mark, plans)


def planned_units(
    tenant: str, database: Database, as_of: date, units_per: pl.DataFrame, settings: CampaignSettings
) -> pl.DataFrame:
    """Extra units after a day that the approved campaigns cause: columns EXTRA_UNITS.

    Contacts already made count with the days of their effect that are still to come; held-out and withdrawn people,
    and those to whom nothing was sent, cause nothing.

    Args:
        tenant: whose campaigns.
        database: where they are.
        as_of: last visible day.
        units_per: `product_id`, `units_per_purchase`.
        settings: days of an effect.

    Raises:
        UnavailableError: the database does not answer.
    """
    since = as_of - timedelta(days=settings.effect_days)
    rows = [one for one in contacts_on(tenant, database, data_day(as_of), since=since) if counts(one)]
    extra = extra_units(_frame(rows), lag_shares(settings.effect_days), units_per)
    return extra.filter(pl.col("date") > as_of)


def units_per_purchase(dataset: Dataset) -> pl.DataFrame:
    """Mean units of a product in one line of a receipt: `product_id`, `units_per_purchase`."""
    lines = dataset.scan_or_empty("transactions").filter(pl.col("units") > 0)
    return lines.group_by("product_id").agg(units_per_purchase=pl.col("units").mean()).collect()


def tenant_units(workspace: Workspace, dataset: Dataset, settings: CampaignSettings) -> pl.DataFrame:
    """Extra units of a tenant's approved campaigns after the dataset's day; none where there is no database yet.

    Raises:
        UnavailableError: the database does not answer.
    """
    with closing(Database(workspace.database_url)) as database:
        if not has_database(workspace, database):
            return pl.DataFrame(schema=EXTRA_UNITS)
        upgrade(database)
        as_of = dataset.as_of or dataset.last_day()
        return planned_units(workspace.tenant, database, as_of, units_per_purchase(dataset), settings)


def _frame(rows: Sequence[PlannedContact]) -> pl.DataFrame:
    listed = [(one.contact.store_id, one.contact.product_id, one.counted_on, one.contact.caused) for one in rows]
    schema = {"store_id": pl.String, "product_id": pl.String, "day": pl.Date, "caused": pl.Float64}
    return pl.DataFrame(listed, schema=schema, orient="row")
