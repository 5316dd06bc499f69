"""Audiences and assignments over a dataset: what is read from the tables, campaigns, unknown goods."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import polars as pl
import pytest

from retail_brain.dataset import Dataset
from retail_brain.decisions.audience_request import AudienceRequest
from retail_brain.decisions.consents import channel_states
from retail_brain.errors import DataError, ImpossibleError, NotFoundError, UsageError
from retail_brain.settings import Settings
from serving.planning.people.audience_facts import read_facts
from serving.planning.people.audiences import assign, audience
from serving.planning.people.campaigns import read_campaigns

AS_OF = date(2025, 1, 12)


@pytest.fixture(scope="module")
def known(sample: Dataset) -> Dataset:
    return sample.at(AS_OF)


def wanted(product_ids: Sequence[str] = (), size: int = 500, **changes: Any) -> AudienceRequest:
    return AudienceRequest(product_ids=tuple(product_ids), size=size, **changes)


@pytest.fixture(scope="module")
def pairs(known: Dataset) -> pl.DataFrame:
    """How often somebody bought something, as if it were a probability."""
    lines = known.scan("transactions").filter(pl.col("customer_id").is_not_null())
    counts = lines.group_by("customer_id", "product_id").agg(times=pl.len()).collect()
    return counts.select("customer_id", "product_id", probability=pl.col("times") / (pl.col("times") + 20))


def test_goods_find_people_and_everybody_is_accounted_for(known, pairs):
    table, exclusions = audience(known, pairs, Settings(), wanted(product_ids=["P001", "P002"], size=50))
    facts = read_facts(known, AS_OF, ["P001"], Settings())
    everybody = facts.accounts.people(facts.customers).height
    assert everybody < facts.customers.height  # some people of the sample have several cards
    assert table.height == 50
    assert table.height + exclusions["customers"].sum() == everybody
    assert table["expected_value"].is_sorted(descending=True)
    told = table.filter(pl.col("group") == "contact")
    assert told["channel"].null_count() == 0


def test_only_granted_channels_are_used(known, pairs):
    table, _ = audience(known, pairs, Settings(), wanted(product_ids=["P001"], size=500, channel="sms"))
    history = known.scan("consents").filter(pl.col("channel") == "sms").sort("changed_at").collect()
    latest = dict(history.select("customer_id", "granted").iter_rows())
    assert all(latest[customer] for customer in table["customer_id"])


def test_pairs_may_come_in_blocks(known, pairs):
    whole = audience(known, pairs, Settings(), wanted(product_ids=["P001"], size=20))
    blocks = audience(
        known, iter([pairs.head(1000), pairs.slice(1000)]), Settings(), wanted(product_ids=["P001"], size=20)
    )
    assert whole[0].equals(blocks[0])
    none = audience(known, iter([]), Settings(), wanted(product_ids=["P001"], size=20))
    assert none[0].height == 0


def test_a_recommender_scores_the_goods_asked_for_and_its_codes_become_words(known):
    class Half:
        def score(self, dataset, *, products=None):
            people = dataset.scan("customers").select("customer_id").collect()
            for product in products:
                yield people.with_columns(
                    product_id=pl.lit(product), probability=pl.lit(0.5), reason=pl.lit("every_days:12")
                )

    table, _ = audience(known, Half(), Settings(), wanted(product_ids=["P001"], size=5, holdout_share=0.0))
    name = known.scan("products").filter(pl.col("product_id") == "P001").select("name").collect().item()
    assert set(table["reason"]) == {f"50.0% likely to buy {name}: Usually buys it every 12 days."}
    assert set(table["reason_zh"]) == {f"购买「{name}」的概率约50.0%：通常每 12 天购买一次。"}


def test_a_campaign_brings_goods_days_channel_and_cost(known, pairs):
    campaigns = pl.DataFrame(
        {
            "campaign_id": ["春节", "past"],
            "starts_on": [date(2025, 1, 20), date(2024, 1, 1)],
            "ends_on": [date(2025, 2, 3), date(2024, 1, 8)],
            "channel": ["app", "app"],
            "product_ids": [["P001"], ["P001"]],
            "budget": [0.2, None],
            "contact_cost": [0.01, None],
        }
    )
    dataset = Dataset({**known.frames, **Dataset.from_frames({"campaigns": campaigns}).frames}, as_of=AS_OF)
    table, exclusions = audience(dataset, pairs, Settings(), wanted(campaign_id="春节", size=1000))
    assert set(table["campaign_id"]) == {"春节"}
    assert (table["group"] == "contact").sum() == 20
    assert table["send_on"].min() == date(2025, 1, 20)
    assert set(table["channel"].drop_nulls()) == {"app"}
    assert "over_budget" in set(exclusions["code"])
    with pytest.raises(UsageError, match="one of the two"):
        audience(dataset, pairs, Settings(), wanted(campaign_id="past", product_ids=["P002"]))
    with pytest.raises(ImpossibleError, match="past ends before"):
        audience(dataset, pairs, Settings(), wanted(campaign_id="past"))
    with pytest.raises(NotFoundError, match="nothing"):
        audience(dataset, pairs, Settings(), wanted(campaign_id="nothing"))


def test_unknown_goods_and_empty_requests_are_refused(known, pairs):
    with pytest.raises(NotFoundError, match="P999"):
        audience(known, pairs, Settings(), wanted(product_ids=["P001", "P999"]))
    with pytest.raises(UsageError, match="goods or a campaign"):
        wanted()


def test_receipts_alone_are_enough():
    lines = pl.DataFrame(
        {
            "transaction_id": ["1", "2"],
            "sold_at": [datetime(2025, 1, 1, 10), datetime(2025, 1, 2, 10)],
            "store_id": ["s", "s"],
            "product_id": ["茶", "茶"],
            "customer_id": ["甲", None],
            "units": [1.0, 1.0],
            "unit_price": [20.0, 20.0],
        }
    )
    dataset = Dataset.from_frames({"transactions": lines}, as_of=date(2025, 1, 20))
    scored = pl.DataFrame({"customer_id": ["甲"], "product_id": ["茶"], "probability": [0.25]})
    table, exclusions = audience(dataset, scored, Settings(), wanted(product_ids=["茶"], holdout_share=0.0))
    assert table.select("customer_id", "expected_value").row(0) == ("甲", pytest.approx(0.25 * 20 * 0.3))
    assert exclusions.height == 0


def test_campaigns_are_assigned_together(known, pairs):
    campaigns = pl.DataFrame(
        {
            "campaign_id": ["k1", "k2", "k3"],
            "product_ids": ["P001;P002", "P010", "P020|P021"],
            "size": [30, 40, None],
            "budget": [None, 5.0, 8.0],
            "contact_cost": [0.0, 0.25, 0.1],
        }
    )
    plan = assign(known, pairs, campaigns, Settings(), per_customer=1)
    counts = dict(plan.audience.group_by("campaign_id").len().iter_rows())
    assert counts["k1"] <= 30
    assert counts["k2"] <= 20
    assert counts["k3"] <= 80
    assert plan.audience["customer_id"].is_unique().all()
    assert 0.98 * plan.bound <= plan.value <= plan.bound
    assert plan.summary["campaign_id"].to_list() == ["k1", "k2", "k3"]


def test_wrong_campaign_files_are_refused():
    with pytest.raises(DataError, match="product_ids"):
        read_campaigns(pl.DataFrame({"campaign_id": ["k"]}), Settings())
    with pytest.raises(DataError, match="no goods"):
        read_campaigns(pl.DataFrame({"campaign_id": ["k"], "product_ids": [""]}), Settings())
    with pytest.raises(DataError, match="more than once"):
        read_campaigns(pl.DataFrame({"campaign_id": ["k", "k"], "product_ids": ["a", "b"]}), Settings())


def test_refusals_of_a_person_reach_the_facts_of_all_their_accounts() -> None:
    at = datetime(2025, 1, 1, 9)
    sold = pl.DataFrame(
        {"transaction_id": ["t"], "sold_at": [at], "store_id": ["S"], "product_id": ["P"]}
    ).with_columns(customer_id=pl.lit("a"), units=pl.lit(1.0), unit_price=pl.lit(1.0))
    phones = pl.DataFrame({"id_type": "phone", "id_value": ["138", "138", "139"], "customer_id": ["a", "b", "c"]})
    consents = pl.DataFrame({"customer_id": ["a", "b", "c"], "channel": "sms", "granted": [True, False, True]})
    data = Dataset.from_frames(
        {
            "transactions": sold,
            "identities": phones.with_columns(source=pl.lit("till")),
            "consents": consents.with_columns(changed_at=pl.lit(at)),
        }
    )
    facts = read_facts(data.at(date(2025, 2, 1)), date(2025, 2, 1), ["P"], Settings())
    assert facts.consents is not None
    states = channel_states(facts.consents.lazy(), date(2025, 2, 1)).sort("customer_id").collect()
    assert states.select("customer_id", "granted").rows() == [("a", False), ("b", False), ("c", True)]
