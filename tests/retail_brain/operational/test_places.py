"""Places of keys: stored, read back, and closed where they cannot be read."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from retail_brain.errors import UsageError
from retail_brain.operational.database import Database
from retail_brain.operational.keys import create_key, find_key, list_keys
from retail_brain.operational.places import HEADQUARTERS, NOWHERE, Place, place_of, read_place

NOW = datetime(2025, 3, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("place", "kind", "words"),
    [
        (HEADQUARTERS, "headquarters", "headquarters"),
        (place_of(["北", "东", "北"]), "region", "region 东, region 北"),
        (place_of((), ["S2", "S1"]), "shop", "store S1, store S2"),
        (place_of((), ["S1"], "G1"), "guide", "store S1, guide G1"),
    ],
)
def test_a_key_keeps_its_place(database: Database, place: Place, kind: str, words: str) -> None:
    key = create_key("main", database, role="admin", name="a", now=NOW, place=place)
    found = find_key(database, key, now=NOW)
    assert found is not None
    assert (found.place, found.place.kind, str(found.place)) == (place, kind, words)
    assert list_keys("main", database)[0].place == place


def test_a_key_made_before_there_were_places_is_headquarters(database: Database) -> None:
    key = create_key("main", database, role="admin", name="a", now=NOW)
    with database.writing() as connection:
        connection.execute(text("UPDATE api_keys SET place = NULL"))
    found = find_key(database, key, now=NOW)
    assert found is not None
    assert found.place.is_headquarters


@pytest.mark.parametrize(
    "stored", [{}, [], "S1", {"stores": []}, {"stores": [1]}, {"regions": [""]}, {"stores": ["S1"], "city": "Paris"}]
)
def test_a_place_that_cannot_be_read_opens_nothing(stored: object) -> None:
    assert read_place(stored) == NOWHERE
    assert not NOWHERE.is_headquarters


def test_an_empty_name_is_refused() -> None:
    with pytest.raises(UsageError, match="without a name"):
        place_of((), [" "])
