"""The accounts of a person are published with the facts of audiences, so that an opt-out of one counts for all."""

from datetime import date, datetime
from pathlib import Path
from types import SimpleNamespace

import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.settings import Settings
from serving.store.audience_facts import facts_of
from serving.store.publishing.catalogs import Positions
from serving.store.publishing.people_and_goods import _publish_facts
from serving.store.rows import map_rows


def test_published_facts_say_which_cards_are_of_one_person(tmp_path: Path) -> None:
    sold = {"transaction_id": "t", "sold_at": datetime(2025, 2, 1), "store_id": "S", "product_id": "P", "units": 1.0}
    phone = {"id_type": "phone", "id_value": "13800138000", "source": "t"}
    lake = Dataset.from_frames(
        {
            "transactions": pl.DataFrame([sold | {"customer_id": "a", "unit_price": 2.0}]),
            "identities": pl.DataFrame([{"customer_id": name} | phone for name in ("a", "b")]),
        }
    ).at(date(2025, 2, 28))
    _publish_facts(tmp_path, lake, Settings(), Positions({"S": 0}, {"P": 0}, {"a": 0}))
    rows = {file.stem: map_rows(tmp_path, file.stem) for file in tmp_path.glob("*.arrow")}
    persons = facts_of(SimpleNamespace(rows=rows, attributes=None, audience_memo=None), [0]).persons  # type: ignore[arg-type]
    assert persons is not None
    assert set(persons.select("customer_id", "person_id").rows()) == {("a", "a"), ("b", "a")}
