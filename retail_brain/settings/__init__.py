"""Typed settings of a tenant, and the paths of its files.

Defaults are here; `var/TENANT/settings.toml` under the home folder overrides them, and so do environment variables for
the two things an operator sets per machine: `RETAIL_BRAIN_HOME` and `RETAIL_BRAIN_DATABASE_URL`. Units are in the key
names.
"""

from retail_brain.settings.demand import DataSettings, DemandSettings, SimpleModel
from retail_brain.settings.people import (
    AudienceSettings,
    CampaignSettings,
    GuideSettings,
    RecommenderSettings,
    SourceName,
    TriggerSettings,
)
from retail_brain.settings.section import Section
from retail_brain.settings.service import (
    EngineSettings,
    JobSettings,
    PrivacySettings,
    RetentionSettings,
    ServingSettings,
)
from retail_brain.settings.stock import NetworkSettings, OrderPolicy, ReplenishmentSettings
from retail_brain.settings.tenant import Settings, load_settings, parse_settings, service_settings

__all__ = [
    "AudienceSettings",
    "CampaignSettings",
    "DataSettings",
    "DemandSettings",
    "EngineSettings",
    "GuideSettings",
    "JobSettings",
    "NetworkSettings",
    "OrderPolicy",
    "PrivacySettings",
    "RecommenderSettings",
    "ReplenishmentSettings",
    "RetentionSettings",
    "Section",
    "ServingSettings",
    "Settings",
    "SimpleModel",
    "SourceName",
    "TriggerSettings",
    "load_settings",
    "parse_settings",
    "service_settings",
]
