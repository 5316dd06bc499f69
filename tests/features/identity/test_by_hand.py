"""Accounts that somebody joined or keeps apart: persons, reasons, and consents, where doubt closes."""

from dataclasses import replace
from datetime import date, datetime

import polars as pl
import pytest

from features.identity.evidence import Evidence, IdentityRules
from features.identity.resolve import resolve_identities
from retail_brain.dataset import Dataset, IdentityLink
from retail_brain.work_digest import work_digest
from serving.planning.people.audience_facts import consents_now
from serving.planning.people.opt_outs import OPT_OUTS

AS_OF = date(2026, 2, 28)
SET = IdentityRules(learn=False)
NOBODY_REFUSED = pl.DataFrame(schema=OPT_OUTS)


def dataset(rows: list[tuple[str, str, str]], *links: tuple[str, str, str]) -> Dataset:
    frame = pl.DataFrame(rows, schema=["id_type", "id_value", "customer_id"], orient="row")
    made = Dataset.from_frames({"identities": frame.with_columns(source=pl.lit("test"))})
    return replace(made, identity_links=tuple(IdentityLink(*link) for link in links))


def people(data: Dataset, rules: IdentityRules = SET) -> dict[str, tuple[str, str]]:
    """Account -> person and reason."""
    table = resolve_identities(data, AS_OF, rules).filter(pl.col("id_type") == "customer_id").collect()
    return {row["id_value"]: (row["person_id"], row["reason"]) for row in table.iter_rows(named=True)}


MODULE = "features.identity.resolve"
SAME_PHONE = [("phone", "1", "A"), ("phone", "1", "B")]
CHAIN = [("phone", "1", "A"), ("phone", "1", "B"), ("openid", "2", "B"), ("openid", "2", "C")]


def test_two_accounts_of_one_phone_are_two_people_once_somebody_says_so() -> None:
    assert people(dataset(SAME_PHONE))["B"] == ("A", "same phone as A")
    apart = people(dataset(SAME_PHONE, ("split", "A", "B")))
    assert apart["A"] == ("A", "only account; kept apart by hand from B")
    assert apart["B"] == ("B", "only account; kept apart by hand from A")


def test_accounts_kept_apart_are_not_joined_through_a_third() -> None:
    assert {person for person, _ in people(dataset(CHAIN)).values()} == {"A"}
    found = people(dataset(CHAIN, ("split", "A", "C")))
    assert found["A"][0] != found["C"][0]
    assert found["B"][0] in {found["A"][0], found["C"][0]}


def test_accounts_that_share_nothing_and_differ_in_phones_are_one_person_once_joined() -> None:
    rows = [("phone", "1", "A"), ("phone", "2", "B"), ("device", "d", "B"), ("device", "d", "C"), ("phone", "3", "C")]
    assert {person for person, _ in people(dataset(rows)).values()} == {"A", "B", "C"}
    found = people(dataset(rows, ("merge", "A", "B"), ("merge", "B", "C")))
    assert {person for person, _ in found.values()} == {"A"}
    assert found["A"][1] == "joined by hand with B"


def test_an_account_without_any_identifier_can_be_joined() -> None:
    assert people(dataset([("phone", "1", "A")], ("merge", "A", "Z")))["Z"] == ("A", "joined by hand with A")


def test_a_join_by_hand_goes_before_weak_links_where_both_cannot_be() -> None:
    weak = IdentityRules(learn=False, min_probability=0.3, evidence={"device": Evidence(0.9, 0.1)})
    rows = [("device", "d1", "A"), ("device", "d1", "B"), ("device", "d2", "B"), ("device", "d2", "C")]
    found = people(dataset(rows, ("merge", "B", "C"), ("split", "A", "C")), weak)
    assert found["B"][0] == found["C"][0] != found["A"][0]


def test_the_digest_of_work_changes_with_what_was_decided_and_not_without() -> None:
    plain, apart = dataset(SAME_PHONE), dataset(SAME_PHONE, ("split", "A", "B"))
    assert work_digest(plain, MODULE) == work_digest(dataset(SAME_PHONE), MODULE)
    assert work_digest(plain, MODULE) != work_digest(apart, MODULE)


@pytest.mark.parametrize(
    ("links", "closed"),
    [
        ([], {"A", "B"}),
        ([("split", "A", "B")], {"A", "B"}),  # in doubt the refusal of either closes both
        ([("merge", "A", "C")], {"A", "B", "C"}),
    ],
)
def test_a_refusal_counts_for_all_accounts_that_may_be_the_same_person(
    links: list[tuple[str, str, str]], closed: set[str]
) -> None:
    data = dataset([*SAME_PHONE, ("phone", "9", "C")], *links)
    consents = pl.DataFrame(
        {
            "customer_id": ["A", "B", "C"],
            "channel": ["sms"] * 3,
            "granted": [True, False, True],
            "changed_at": [datetime(2026, 1, 1)] * 3,
        }
    )
    data = replace(
        data, frames={**data.frames, "consents": Dataset.from_frames({"consents": consents}).frames["consents"]}
    )
    found, _ = consents_now(data, AS_OF, NOBODY_REFUSED)
    assert found is not None
    refused = found.filter(~pl.col("granted"))["customer_id"].to_list()
    assert set(refused) == closed
