from datetime import date, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.identity.evidence import Evidence, IdentityRules, learn_evidence, score_pairs
from features.identity.resolve import add_person_id, resolve_identities
from retail_brain.dataset import Dataset

AS_OF = date(2026, 2, 28)
SET = IdentityRules(learn=False)


def identities(*rows: tuple[str, str, str | None]) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema=["id_type", "id_value", "customer_id"], orient="row")
    return frame.with_columns(pl.col("customer_id").cast(pl.String), pl.lit("test").alias("source"))


def persons(frames: dict[str, pl.DataFrame], rules: IdentityRules = SET) -> dict[tuple[str, str], str | None]:
    table = resolve_identities(Dataset.from_frames(frames), AS_OF, rules).collect()
    return {(row["id_type"], row["id_value"]): row["person_id"] for row in table.iter_rows(named=True)}


def test_two_cards_on_one_phone_are_one_person():
    found = persons({"identities": identities(("phone", "1", "甲"), ("phone", "1", "乙"), ("card", "c1", "甲"))})
    assert found["customer_id", "甲"] == found["customer_id", "乙"] == found["card", "c1"] == found["phone", "1"]


def test_a_shared_device_alone_joins_nobody_and_belongs_to_nobody():
    found = persons({"identities": identities(("device", "d", "A"), ("device", "d", "B"))})
    assert (found["customer_id", "A"], found["customer_id", "B"], found["device", "d"]) == ("A", "B", None)


def test_different_phones_are_not_joined_through_devices():
    shared = [("device", f"d{i}", who) for i in range(3) for who in ("A", "B")]
    found = persons({"identities": identities(*shared, ("phone", "1", "A"), ("phone", "2", "B"))})
    assert found["customer_id", "A"] != found["customer_id", "B"]


def test_a_shops_tablet_joins_nobody_even_with_strong_evidence():
    crowd = identities(*(("openid", "tablet", f"C{i}") for i in range(6)))
    found = persons({"identities": crowd})
    assert len({found["customer_id", f"C{i}"] for i in range(6)}) == 6
    assert found["openid", "tablet"] is None


def test_a_chain_of_weak_links_does_not_tie_strong_conflicts_together():
    weak = IdentityRules(
        learn=False, min_probability=0.3, evidence={"device": Evidence(0.9, 0.1), "phone": Evidence(0.9, 0.02)}
    )
    rows = identities(
        *(("device", "d1", "A"), ("device", "d1", "B"), ("device", "d2", "B"), ("device", "d2", "C")),
        *(("phone", "1", "A"), ("phone", "2", "C")),
    )
    found = persons({"identities": rows}, weak)
    assert found["customer_id", "A"] != found["customer_id", "C"]


def test_events_name_the_account_of_an_identifier():
    moment = datetime(2026, 1, 1, 12)
    events = pl.DataFrame(
        {
            "occurred_at": [moment] * 4,
            "customer_id": ["A", None, None, None],
            "id_type": ["openid", "openid", "device", "device"],
            "id_value": ["o1", "o1", "d1", "d9"],
            "event_type": ["view"] * 4,
            "session_id": ["s1", None, "s1", None],
        }
    )
    dataset = Dataset.from_frames({"events": events})
    table = resolve_identities(dataset, AS_OF, SET)
    rows = add_person_id(dataset.scan("events"), table).collect()
    assert rows["person_id"].to_list() == ["A", "A", "A", "device:d9"]
    assert persons({"events": events})["device", "d9"] == "device:d9"
    before = resolve_identities(dataset, date(2025, 12, 31), SET).collect()
    assert before.is_empty()


def test_customers_that_the_table_does_not_know_are_themselves():
    empty = resolve_identities(Dataset.from_frames({}), AS_OF)
    rows = add_person_id(pl.LazyFrame({"customer_id": ["x", None]}), empty).collect()
    assert rows["person_id"].to_list() == ["x", None]


def test_the_score_is_bayes_by_hand():
    pair = pl.DataFrame(
        {
            "left": ["A"] * 2,
            "right": ["B"] * 2,
            "id_type": ["phone", "card"],
            "agrees": [True, False],
            "customers": [2, None],
        }
    )
    odds = 0.25 / 0.75 * (0.90 / 0.02) * ((1 - 0.30) / (1 - 0.003))
    row = score_pairs(pair, SET).row(0, named=True)
    assert row["probability"] == pytest.approx(odds / (1 + odds))
    assert (row["shared"], row["conflict"], row["agrees_strongly"]) == ("phone", True, True)


def test_learning_finds_that_a_type_is_shared_by_strangers():
    strangers = [
        (f"L{i}", f"R{i}", kind, agrees) for i in range(3000) for kind, agrees in (("email", True), ("phone", False))
    ]
    pairs = pl.DataFrame(strangers, schema=["left", "right", "id_type", "agrees"], orient="row").with_columns(
        pl.lit(2, dtype=pl.Int32).alias("customers")
    )
    learned = learn_evidence(pairs, IdentityRules())
    assert learned.evidence_for("email").other > 10 * IdentityRules().evidence_for("email").other
    assert score_pairs(pairs, learned)["probability"].max() < score_pairs(pairs, SET)["probability"].min()


link = st.tuples(st.sampled_from(["phone", "device", "openid"]), st.sampled_from("123"), st.sampled_from("ABCDE"))


@given(st.lists(link, min_size=1, max_size=14), st.randoms(use_true_random=False))
def test_row_order_does_not_matter_and_later_rows_change_nothing(rows, random):
    frame = identities(*rows).with_columns(pl.lit(datetime(2026, 1, 1)).alias("first_seen"))
    mixed = list(range(frame.height))
    random.shuffle(mixed)
    later = identities(("phone", "1", "A"), ("phone", "1", "E")).with_columns(
        pl.lit(datetime(2026, 3, 1)).alias("first_seen")
    )
    assert persons({"identities": frame[mixed].vstack(later)}) == persons({"identities": frame})


def pairs_of(frame: pl.DataFrame, key: str) -> pl.DataFrame:
    side = frame.drop_nulls(key).select("id", pl.col(key).alias("key"))
    return side.join(side, on="key", suffix="_2").filter(pl.col("id") < pl.col("id_2")).select("id", "id_2")


def test_the_sample_chains_duplicate_customers_are_found(sample, truth):
    table = resolve_identities(sample, AS_OF).collect()
    mine = table.select("id_type", "id_value", pl.col("person_id").alias("mine"))
    people = truth["persons"].select(
        pl.lit("customer_id").alias("id_type"),
        pl.col("customer_id").alias("id_value"),
        pl.col("person_id").alias("true"),
    )
    owners = truth["identity_owners"].rename({"person_id": "true"})
    customers = people.join(mine, on=["id_type", "id_value"]).with_columns(id="id_value")
    everything = pl.concat([people, owners.select(people.columns)]).join(mine, on=["id_type", "id_value"])
    everything = everything.with_columns(pl.concat_str("id_type", pl.lit("="), "id_value").alias("id"))
    for entities, precision, recall in ((customers, 0.90, 0.70), (everything, 0.99, 0.85)):
        true, found = pairs_of(entities, "true"), pairs_of(entities, "mine")
        right = true.join(found, on=["id", "id_2"]).height
        assert right / found.height >= precision
        assert right / true.height >= recall


def test_a_second_card_is_no_sign_of_another_person_and_a_second_phone_is():
    devices = [("device", "d1", "A"), ("device", "d1", "B"), ("device", "d2", "C"), ("device", "d2", "D")]
    cards = [("card", "c1", "A"), ("card", "c2", "B")]
    phones = [("phone", "1", "C"), ("phone", "2", "D")]
    customers = pl.DataFrame({"customer_id": ["A", "B", "C", "D"]}).with_columns(home_store_id=pl.lit("S1"))
    customers = customers.with_columns(guide_id=pl.lit("G1"))
    found = persons({"identities": identities(*devices, *cards, *phones), "customers": customers})
    assert found["customer_id", "A"] == found["customer_id", "B"]
    assert found["customer_id", "C"] != found["customer_id", "D"]


FORMS = [("phone", "0910 000 137", "till"), ("phone", "+84910000137", "web"), ("phone", "84910000137", "chat")]
VIETNAM = pl.DataFrame({"store_id": ["S1"], "country": ["VN"]})


@pytest.mark.parametrize("stores", [{"stores": VIETNAM}, {}], ids=["country", "most numbers"])
def test_one_number_written_in_three_ways_is_one_person(stores):
    others = [("phone", f"091000{i:04d}", f"C{i}") for i in range(50)]
    found = persons({"identities": identities(*FORMS, *others), **stores})
    assert {found["customer_id", name] for name in ("till", "web", "chat")} == {"chat"}
    assert {found[kind, value] for kind, value, _ in FORMS} == {"chat"}
    assert len({person for (kind, _), person in found.items() if kind == "customer_id"}) == 51


def test_addresses_are_compared_without_case_and_phones_of_another_country_stay_apart():
    rows = identities(
        *(("email", "An@Mail.vn ", "A"), ("email", "an@mail.vn", "B")),
        *(("phone", "0910000137", "C"), ("phone", "+86910000137", "D")),
    )
    found = persons({"identities": rows, "stores": VIETNAM})
    assert found["customer_id", "A"] == found["customer_id", "B"]
    assert found["customer_id", "C"] != found["customer_id", "D"]
