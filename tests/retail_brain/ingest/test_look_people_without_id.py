"""Lists of people of whom some have no number and no address."""

import polars as pl
import pytest

from retail_brain.ingest.look.columns import columns_of
from retail_brain.ingest.look.draft import Proposal
from retail_brain.ingest.look.people_without_id import ask_for_people_without_id


@pytest.mark.parametrize("key", ["row_guid", "remark"])
def test_people_without_the_id_that_was_taken_are_asked_about_or_counted(key: str) -> None:
    rows = pl.DataFrame({
        key: [f"63a91a2a-709c-485b-b01f-5e52882{n:05}" for n in range(60)],
        "email": [None if n % 20 == 3 else f"p{n}@example.no" for n in range(60)],
    })  # fmt: skip
    made = Proposal(table="customers", columns={"customer_id": '"email"'})
    ask_for_people_without_id(made, columns_of(rows, known={"email": "customer"}))
    if key == "remark":
        assert made.remarks == ["5.0% of rows have no 'email': these are left out"]
        assert made.columns == {"customer_id": '"email"'}
        return
    assert any("5.0% of rows have no 'email', and every row has another 'row_guid'" in one for one in made.questions)
    assert made.columns["customer_id"] == '?{ column = "row_guid" }\n{ column = "email" }'
