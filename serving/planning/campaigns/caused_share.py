"""What contacts cause, from what a tenant's campaigns measured so far."""

from contextlib import closing

from retail_brain.operational.campaign_effects import StoredEffect, effect_looks
from retail_brain.operational.database import Database
from retail_brain.operational.repeated_contacts import repeats
from retail_brain.operational.upgrade import upgrade
from retail_brain.workspace import Workspace
from serving.planning.campaigns.estimates import CausedShare, caused_share
from serving.planning.demand.overrides import has_database


def tenant_caused_share(workspace: Workspace, published: float | None, assumed: float) -> CausedShare:
    """The share that the next campaign of a tenant is planned with.

    Args:
        workspace: of the tenant.
        published: measured on past contacts of the lake; None where it was not.
        assumed: setting `campaigns.assumed_caused_share`.

    Raises:
        UnavailableError: the database does not answer.
    """
    return caused_share(published, assumed, _looks(workspace))


def _looks(workspace: Workspace) -> list[StoredEffect]:
    """The looks at a tenant's campaigns that the next one is planned with; none where there is no database yet.

    Raises:
        UnavailableError: the database does not answer.
    """
    with closing(Database(workspace.database_url)) as database:
        if not has_database(workspace, database):
            return []
        upgrade(database)
        looks = effect_looks(workspace.tenant, database).read
        return [look for look in looks if not repeats(look.campaign_id)]
