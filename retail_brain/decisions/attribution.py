"""Ids by which what people do is traced to the list that told them: carried by lists, given back by events."""

import hashlib
from datetime import date
from typing import Literal


def list_id(kind: Literal["recommend", "audience"], as_of: date, about: str = "") -> str:
    """Attribution id of a list: what it is, its day, and a digest of what it is about; the same list has the same id.

    Contacts of campaigns have an id each (`operational.campaign_contacts.contact_id`).

    >>> list_id("recommend", date(2026, 2, 28)), list_id("audience", date(2026, 2, 28), "K07")
    ('recommend-2026-02-28', 'audience-2026-02-28-80f29438')
    """
    digest = f"-{hashlib.sha256(about.encode()).hexdigest()[:8]}" if about else ""
    return f"{kind}-{as_of}{digest}"
