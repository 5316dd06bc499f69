"""Lists of people for other systems, and the refusals that come back."""

import hashlib
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from retail_brain.cli.app import app
from retail_brain.dataset import Dataset
from retail_brain.errors import DataError, UsageError
from retail_brain.lake import open_lake
from retail_brain.operational.campaign_receipts import ContactReceipt, store_receipts
from retail_brain.operational.database import Database
from retail_brain.operational.upgrade import upgrade
from retail_brain.workspace import Workspace
from serving.planning.people.contact_lists import contact_list, identifiers_of, lake_customers, owners_of

AT = datetime(2026, 1, 1, 9)
IDS = (
    ("a", "phone", "138 0013-8000"),
    ("a", "Email", "Jane.Doe+x@gmail.com"),
    ("b", "mobile", "+86 13800138001"),
    ("c", "phone", "12"),
    ("d", "email", hashlib.sha256(b"d@x.org").hexdigest()),
    ("e", "wecom", "wmE"),
    ("f", "card", "777"),
    ("g", "phone", "0086 138 0013 8000"),
)
PEOPLE = pl.Series("customer_id", sorted({person for person, _, _ in IDS}))


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def identities() -> pl.DataFrame:
    return pl.DataFrame(IDS, schema=["customer_id", "id_type", "id_value"], orient="row").with_columns(
        source=pl.lit("t")
    )


def audience(*people: str, **more: object) -> pl.DataFrame:
    return pl.DataFrame({"customer_id": list(people), "group": ["contact"] * len(people), **more})


def known() -> pl.DataFrame:
    return identifiers_of(Dataset.from_frames({"identities": identities()}))


def granted(*pairs: tuple[str, str]) -> pl.DataFrame:
    rows = pl.DataFrame(pairs, schema=["customer_id", "channel"], orient="row")
    return rows.with_columns(granted=pl.lit(value=True), changed_at=pl.lit(AT))


def test_meta_gets_digests_of_plain_forms() -> None:
    made = contact_list(audience("a", "b", "d"), known(), None, "meta", "86")
    assert made.rows.rows() == [
        (digest("jane.doe+x@gmail.com"), digest("8613800138000")),
        (None, digest("8613800138001")),
        (digest("d@x.org"), None),
    ]
    assert made.rows.columns == ["email", "phone"]


def test_google_wants_a_plus_and_no_dots_in_its_own_mail() -> None:
    made = contact_list(audience("a"), known(), None, "google", "86")
    assert made.rows.to_dicts() == [{"Email": digest("janedoe@gmail.com"), "Phone": digest("+8613800138000")}]


def test_wecom_and_sms_get_plain_values_with_what_to_say() -> None:
    say = {"send_on": ["2026-02-01"], "product_id": ["p"], "reason": ["due"]}
    assert contact_list(audience("e", **say), known(), None, "wecom", "86").rows.rows() == [
        ("wmE", "2026-02-01", "p", "due")
    ]
    made = contact_list(audience("a", "b", "c", "f", "g"), known(), None, "sms", "86")
    assert made.rows["phone"].to_list() == ["8613800138000", "8613800138001"]
    assert dict(made.left_out) == {
        "no identifier of the kind": 1,
        "identifier cannot be used": 1,
        "identifier of somebody listed": 1,
    }


def test_people_held_out_or_without_consent_are_not_listed() -> None:
    people = pl.DataFrame({"customer_id": ["a", "b", "d"], "group": ["holdout", "contact", "contact"]})
    made = contact_list(people, known(), granted(("b", "email"), ("d", "email")), "meta", "86")
    assert made.rows["email"].to_list() == [digest("d@x.org")]
    assert dict(made.left_out) == {"held out": 1, "no consent to its channel": 1}


def test_opt_outs_count_where_nobody_was_asked_too() -> None:
    closed = pl.DataFrame({"customer_id": ["a", "b"], "channel": ["sms", "email"]})
    made = contact_list(audience("a", "b"), known(), None, "sms", "86", closed)
    assert made.rows["phone"].to_list() == ["8613800138001"]
    assert dict(made.left_out) == {"no consent to its channel": 1}


def test_of_the_people_of_a_campaign_only_those_still_to_come_are_listed() -> None:
    people = audience("a", "b", "g", "e", state=["withdrawn", "planned", "sent", "opted_out"])
    made = contact_list(people, known(), None, "sms", "86")
    assert made.rows["phone"].to_list() == ["8613800138001"]
    assert dict(made.left_out) == {"withdrawn, sent or too late": 3}


def test_a_person_is_listed_once_by_whichever_card_has_the_identifier() -> None:
    persons = pl.DataFrame({"customer_id": ["a", "b", "e", "f"], "person_id": ["a", "a", "e", "e"]})
    made = contact_list(audience("b", "a", "f"), known(), None, "sms", "86", persons=persons)
    assert made.rows["phone"].to_list() == ["8613800138001"]
    assert made.left_out == {"another card of somebody in the audience": 1, "no identifier of the kind": 1}
    by_mail = contact_list(audience("b"), known(), None, "meta", "86", persons=persons)
    assert by_mail.rows["email"].to_list() == [digest("jane.doe+x@gmail.com")]  # a's; b has none


def test_who_is_held_out_under_one_card_is_not_listed_under_another() -> None:
    persons = pl.DataFrame({"customer_id": ["a", "b"], "person_id": ["a", "a"]})
    people = audience("a", "b").with_columns(group=pl.Series(["holdout", "contact"]))
    made = contact_list(people, known(), None, "sms", "86", persons=persons)
    assert (made.rows.height, made.left_out) == (0, {"held out": 2})


def test_consent_to_mail_gives_no_number_away() -> None:
    made = contact_list(audience("a"), known(), granted(("a", "email")), "meta", "86")
    assert made.rows.rows() == [(digest("jane.doe+x@gmail.com"), None)]


def test_a_digest_is_no_number_to_call() -> None:
    hashed = pl.DataFrame({"customer_id": ["a"], "kind": ["phone"], "value": [digest("8613800138000")]})
    assert not contact_list(audience("a"), hashed, None, "sms", "86").rows.height


@pytest.mark.parametrize("bad", [("fax", audience("a"), "'fax'"), ("sms", pl.DataFrame({"who": ["a"]}), "customer_id")])
def test_unknown_profiles_and_files_are_refused(bad: tuple[str, pl.DataFrame, str]) -> None:
    with pytest.raises(UsageError, match=bad[2]):
        contact_list(bad[1], known(), None, bad[0], "86")


def test_columns_of_customers_name_people_too() -> None:
    people = pl.DataFrame({"customer_id": ["z"], "Email": ["z@x.org"], "size": ["M"]})
    assert identifiers_of(Dataset.from_frames({"customers": people})).rows() == [("z", "email", "z@x.org")]
    with pytest.raises(DataError, match="no table identities, and customers has no such table"):
        identifiers_of(Dataset.from_frames({}))
    with pytest.raises(DataError, match=r"customers has columns \[.*'size'"):
        identifiers_of(Dataset.from_frames({"customers": people.drop("Email")}))


def test_refusals_come_back_plain_or_hashed_and_reach_every_owner() -> None:
    given = pl.DataFrame(
        {
            "Phone": ["+86 138 0013 8000", digest("8613800138001"), None, "9999999999", ""],
            "customer_id": [None, None, "f", None, None],
        }
    )
    owners, unknown = owners_of(given, known(), PEOPLE, "86")
    assert owners["customer_id"].to_list() == ["a", "b", "f", "g"]
    assert unknown == 2
    mail = pl.DataFrame({"email": [digest("janedoe@gmail.com")]})
    assert owners_of(mail, known(), PEOPLE, "86")[0]["customer_id"][0] == "a"
    with pytest.raises(UsageError, match="names nobody"):
        owners_of(pl.DataFrame({"fax": ["1"]}), known(), PEOPLE, "86")


def test_an_id_that_the_lake_does_not_know_is_stored_and_counted_as_unknown() -> None:
    given = pl.DataFrame({"customer_id": ["f", "typo", "z", None], "phone": [None, None, None, "138 0013-8000"]})
    owners, unknown = owners_of(given, known(), PEOPLE, "86")
    assert owners["customer_id"].to_list() == ["a", "f", "g", "typo", "z"]
    assert unknown == 2
    bought = pl.DataFrame({"customer_id": ["z", None], "transaction_id": ["t1", "t2"], "sold_at": [AT, AT]})
    sold = {"store_id": "s", "product_id": "p", "units": 1.0, "unit_price": 2.0}
    bought = bought.with_columns(pl.lit(value).alias(name) for name, value in sold.items())
    data = Dataset.from_frames({"identities": identities(), "transactions": bought})
    assert set(lake_customers(data)) == {*PEOPLE, "z"}
    assert owners_of(given, known(), lake_customers(data), "86")[1] == 1
    assert lake_customers(Dataset.from_frames({})).is_empty()


def test_verbs_list_people_and_close_channels(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    lines = "".join(f"t{n},2026-01-{n:02} 10:00,S,P,a,1,2\n" for n in range(1, 20))
    head = "transaction_id,sold_at,store_id,product_id,customer_id,units,unit_price\n"
    (data / "transactions.csv").write_text(head + lines)
    identities().write_csv(data / "identities.csv")
    granted(("a", "sms"), ("b", "sms"), ("g", "email")).write_csv(data / "consents.csv")
    audience("a", "b").write_csv(tmp_path / "audience.csv")
    (tmp_path / "back.csv").write_text("phone\n8613800138001\n13911111111\n")

    def run(*words: str) -> str:
        done = CliRunner().invoke(app, ["--home", str(tmp_path), *words])
        assert done.exit_code == 0, done.output
        return done.stdout

    def refuse(person: str) -> None:
        refusal = ContactReceipt(person, "k", person, "sms", "opted_out", datetime.now(UTC))
        with closing(Database(Workspace(tmp_path).database_url)) as database:
            upgrade(database)
            store_receipts("main", database, [refusal], by="gateway", now=datetime.now(UTC))

    run("ingest", str(data))
    export = (
        "contacts",
        "export",
        str(tmp_path / "audience.csv"),
        "--profile",
        "sms",
        "--out",
        str(tmp_path / "sms.csv"),
    )
    assert "2 people" in run(*export)
    assert "1 customers refuse any; 1 rows name nobody" in run("contacts", "optout", str(tmp_path / "back.csv"))
    assert "1 people" in run(*export)
    listed = pl.read_csv(tmp_path / "sms.csv", infer_schema=False)["phone"].to_list()
    assert listed == ["8613800138000"]
    stored = open_lake(str(tmp_path / "var" / "main" / "lake")).scan("consents").filter(~pl.col("granted")).collect()
    assert stored.select("customer_id", "channel").rows() == [("b", "any")]
    assert stored["changed_at"].dt.date()[0] >= date(2026, 1, 1)
    refuse("a")
    assert "0 people" in run(*export)


def test_a_refusal_where_nobody_was_asked_closes_nobody_else(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    lines = "".join(f"t{n},2026-01-{n:02} 10:00,S,P,{who},1,2\n" for n, who in enumerate("abg", 1))
    head = "transaction_id,sold_at,store_id,product_id,customer_id,units,unit_price\n"
    (data / "transactions.csv").write_text(head + lines)
    identities().write_csv(data / "identities.csv")
    audience("a", "b").write_csv(tmp_path / "audience.csv")
    (tmp_path / "back.csv").write_text("customer_id\nb\n")

    def run(*words: str) -> str:
        done = CliRunner().invoke(app, ["--home", str(tmp_path), *words])
        assert done.exit_code == 0, done.output
        return done.stdout

    run("ingest", str(data))
    assert "1 customers refuse any; 0 rows name nobody" in run("contacts", "optout", str(tmp_path / "back.csv"))
    # a table of consents would close every channel that it does not grant
    assert not open_lake(str(tmp_path / "var" / "main" / "lake")).has("consents")
    where = ("--profile", "sms", "--out", str(tmp_path / "sms.csv"))
    assert "1 people" in run("contacts", "export", str(tmp_path / "audience.csv"), *where)
    assert pl.read_csv(tmp_path / "sms.csv", infer_schema=False)["phone"].to_list() == ["8613800138000"]
