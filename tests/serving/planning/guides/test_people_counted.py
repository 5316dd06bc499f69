"""How many people a guide looks after: people, not accounts."""

from types import SimpleNamespace
from typing import Any

import polars as pl

from retail_brain.decisions.audience_request import AudienceFacts
from serving.planning.guides.people import people_by_guide


def test_accounts_of_one_person_are_one_of_a_guides_people() -> None:
    persons = pl.DataFrame({"customer_id": ["c0", "c1"], "person_id": ["c0", "c0"]})
    facts = AudienceFacts(pl.DataFrame({"customer_id": ["c0", "c1", "c2"]}), persons=persons)
    source = SimpleNamespace(facts=lambda _goods: facts)
    desk: Any = SimpleNamespace(guides={"c0": "G1", "c1": "G1", "c2": "G1", "c3": "G2"}, source=source)
    assert people_by_guide(desk) == {"G1": 2, "G2": 1}
    nobody: Any = SimpleNamespace(guides={}, source=source)
    assert people_by_guide(nobody) == {}
