"""Schema of the operational database (SQLAlchemy tables). Every row has the tenant it belongs to."""

from retail_brain.operational.tables.campaigns import (
    CAMPAIGN_CONTACTS,
    CAMPAIGN_EFFECTS,
    CAMPAIGN_RECEIPTS,
    CAMPAIGNS,
    TRIGGER_FIRINGS,
    TRIGGERS,
)
from retail_brain.operational.tables.columns import KEY_ID_LENGTH, LONGEST_CAUSE, LONGEST_PERSON, METADATA
from retail_brain.operational.tables.guides import GUIDE_ANSWERS, GUIDE_CUSTOMERS, GUIDE_REFERRALS, GUIDE_TASKS, GUIDES
from retail_brain.operational.tables.people import (
    ERASED_IDS,
    ERASURE_SALTS,
    ERASURES,
    IDENTITY_DECISIONS,
    SEGMENT_MEMBERS,
    SEGMENTS,
)
from retail_brain.operational.tables.service import (
    API_KEYS,
    AUDIT,
    EVENTS,
    JOB_LINES,
    JOBS,
    MODEL_TESTS,
    RULES,
    TENANTS,
)
from retail_brain.operational.tables.stock import (
    DECISIONS,
    EXPORT_LINES,
    EXPORTS,
    LINE_COMMENTS,
    OVERRIDES,
    RECEIPTS,
)

__all__ = [
    "API_KEYS",
    "AUDIT",
    "CAMPAIGNS",
    "CAMPAIGN_CONTACTS",
    "CAMPAIGN_EFFECTS",
    "CAMPAIGN_RECEIPTS",
    "DECISIONS",
    "ERASED_IDS",
    "ERASURES",
    "ERASURE_SALTS",
    "EVENTS",
    "EXPORTS",
    "EXPORT_LINES",
    "GUIDES",
    "GUIDE_ANSWERS",
    "GUIDE_CUSTOMERS",
    "GUIDE_REFERRALS",
    "GUIDE_TASKS",
    "IDENTITY_DECISIONS",
    "JOBS",
    "JOB_LINES",
    "KEY_ID_LENGTH",
    "LINE_COMMENTS",
    "LONGEST_CAUSE",
    "LONGEST_PERSON",
    "METADATA",
    "MODEL_TESTS",
    "OVERRIDES",
    "RECEIPTS",
    "RULES",
    "SEGMENTS",
    "SEGMENT_MEMBERS",
    "TENANTS",
    "TRIGGERS",
    "TRIGGER_FIRINGS",
]
