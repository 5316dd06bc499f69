"""Python API for notebooks: `open_tenant` returns a `Tenant` with data, features, models and decisions.

Everything that is not named here or in docs/extending.md is private.

>>> from retail_brain.api import open_tenant
>>> tenant = open_tenant("main")            # doctest: +SKIP
>>> tenant.features("goods").head()         # doctest: +SKIP

Heavy libraries are imported by the methods that need them, so that `import retail_brain.api` stays quick.
"""

from retail_brain.api.results import Assets, Audience, Backtest
from retail_brain.api.tenant import Tenant, open_tenant

__all__ = ["Assets", "Audience", "Backtest", "Tenant", "open_tenant"]
