"""What past campaigns with a holdout say of each person reaches audiences, published and from the lake alike."""

from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from retail_brain.dataset import Dataset
from retail_brain.settings import Settings
from serving.planning.people import uplift
from serving.planning.people.uplift import learned, uplift_of
from serving.store.audience_facts import facts_of
from serving.store.publishing.catalogs import Positions
from serving.store.publishing.people_and_goods import _publish_facts
from serving.store.rows import map_rows

AS_OF = date(2025, 6, 30)


def chain(held_share: float = 0.4) -> Dataset:
    """Two tea campaigns. Regulars buy tea anyway; of those who bought milk alone a contact moves most to tea."""
    rng = np.random.default_rng(3)
    people = [f"c{number}" for number in range(1600)]
    regular = dict(zip(people, rng.random(len(people)) < 0.5, strict=True))
    lines = [(who, "T" if regular[who] else "M", datetime(2025, 1, day)) for who in people for day in (5, 15)]
    contacts = []
    for name, start in (("K1", datetime(2025, 2, 1, 12)), ("K2", datetime(2025, 4, 1, 12))):
        for who in people:
            held = bool(rng.random() < held_share)
            contacts.append({"campaign_id": name, "customer_id": who, "contacted_at": start, "is_holdout": held})
            if rng.random() < (0.5 if regular[who] else 0.02 if held else 0.6):
                lines.append((who, "T", start + timedelta(days=2)))
    sold = [
        {"transaction_id": str(number), "sold_at": at, "store_id": "S", "product_id": goods, "customer_id": who,
         "units": 1.0, "unit_price": 2.0}
        for number, (who, goods, at) in enumerate(lines)
    ]  # fmt: skip
    campaigns = [
        {"campaign_id": name, "starts_on": date(2025, month, 1), "ends_on": date(2025, month, 9), "product_ids": ["T"]}
        for name, month in (("K1", 2), ("K2", 4))
    ]
    frames = {
        "transactions": pl.DataFrame(sold),
        "contacts": pl.DataFrame(contacts),
        "campaigns": pl.DataFrame(campaigns),
        "products": pl.DataFrame({"product_id": ["T", "M"], "name": ["茶", "奶"], "category": ["tea", "milk"]}),
        "customers": pl.DataFrame({"customer_id": [*people, "regular", "milk"]}),
    }
    more = [("regular", "T"), ("milk", "M")]
    for number, (who, goods) in enumerate(more):
        for day in (5, 15):
            row = {"transaction_id": f"m{number}{day}", "sold_at": datetime(2025, 6, day), "store_id": "S"}
            more_lines = pl.DataFrame(
                [row | {"product_id": goods, "customer_id": who, "units": 1.0, "unit_price": 2.0}]
            )
            frames["transactions"] = pl.concat([frames["transactions"], more_lines])
    return Dataset.from_frames(frames).at(AS_OF)


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return chain()


def test_whom_a_contact_moves_is_learned_for_people_who_were_never_contacted(dataset: Dataset) -> None:
    found = uplift_of(dataset, AS_OF, Settings(), ["T"])
    assert found.uplift is not None
    assert found.method in set(found.validation["method"])
    scores = dict(found.uplift.scores.select("customer_id", "uplift").iter_rows())
    assert scores["milk"] > scores["regular"] + 0.1
    assert found.uplift.scores["category"].unique().to_list() == ["tea"]


def test_without_enough_people_held_out_it_is_response() -> None:
    for dataset in (chain(held_share=0.0), chain(held_share=0.05), Dataset.from_frames({})):
        found = uplift_of(dataset, AS_OF, Settings(), ["T"])
        assert (found.uplift, found.method) == (None, "response")
        assert learned(dataset, Settings()).chosen.validation.is_empty()


def test_published_facts_say_the_same_as_the_lake(dataset: Dataset, tmp_path: Path) -> None:
    _publish_facts(tmp_path, dataset, Settings(), Positions({"S": 0}, {"M": 0, "T": 1}, {"milk": 0}))
    rows = {file.stem: map_rows(tmp_path, file.stem) for file in tmp_path.glob("*.arrow")}
    facts = facts_of(SimpleNamespace(rows=rows, attributes=None, audience_memo=None), [1])  # type: ignore[arg-type]
    assert facts.ranked_by == "uplift"
    assert facts.uplift is not None
    direct = uplift_of(dataset, AS_OF, Settings(), ["T"]).uplift
    assert direct is not None
    assert facts.uplift.method == direct.method
    assert facts.uplift.scores.sort("customer_id").equals(direct.scores.sort("customer_id"))


def test_answers_of_older_versions_rank_by_response(tmp_path: Path) -> None:
    _publish_facts(tmp_path, chain(held_share=0.0), Settings(), Positions({"S": 0}, {"T": 0}, {"milk": 0}))
    rows = {file.stem: map_rows(tmp_path, file.stem) for file in tmp_path.glob("*.arrow")}
    assert "facts_uplift" not in rows
    facts = facts_of(SimpleNamespace(rows=rows, attributes=None, audience_memo=None), [0])  # type: ignore[arg-type]
    assert (facts.uplift, facts.ranked_by) == (None, "response")


def test_categories_beyond_what_can_be_scored_are_counted(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uplift, "_MOST_SCORES", 1602)  # as many as there are customers: one category
    found = uplift_of(dataset, AS_OF, Settings(), ["T", "M"])
    assert found.uplift is not None
    assert (found.uplift.scores["category"].n_unique(), found.unscored) == (1, 1)
    assert found.lines[-1].startswith("  1 categories, those least bought, are not scored by uplift")
    assert not uplift_of(dataset, AS_OF, Settings(), ["T"]).unscored
