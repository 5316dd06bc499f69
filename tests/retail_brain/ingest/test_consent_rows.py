"""Consents that cannot be read: each closes a channel, says so, and opens again only by a later or corrected row."""

import unicodedata
from datetime import date
from typing import Any

import polars as pl
import pytest

from retail_brain.decisions.consents import channel_states
from retail_brain.ingest.consent_rows import with_consent_words
from retail_brain.lake import open_lake
from retail_brain.sources import ColumnFormat, RawTable

GRANT = "c1,sms,true,2025-01-01 09:00:00"


def give(chain: Any, *rows: str) -> None:
    chain.sell("1,2025-01-01,A,x,c1,1,1")
    chain.write("consents.csv", "customer_id,channel,granted,changed_at\n" + "".join(row + "\n" for row in rows))


def codes(chain: Any, as_of: date | None = None) -> dict[tuple[str, str], str | None]:
    """Customer and channel -> why it is closed; None where it is open."""
    states = channel_states(open_lake(chain.lake).scan("consents"), as_of).collect()
    return {(person, channel): code for person, channel, code in states.select("customer_id", "channel", "code").rows()}


LATER = [
    ("{},SMS,false,2025-02-01", "no_consent"),
    ("{},短信,否,2025-02-01", "no_consent"),
    ("{}, Text Message ,No,2025-02-01", "no_consent"),
    ("{},sms,Nein,2025-02-01", "no_consent"),
    ("{},sms,non,2025-02-01", "no_consent"),
    ("{},sms,退订,2025-02-01", "no_consent"),
    ("{},sms,Opt-Out,2025-02-01", "no_consent"),
    ("{},全部,拒收,2025-02-01", "no_consent"),
    ("{},any,false,2025-02-01", "no_consent"),
    ("{} ,sms,false,2025-02-01", "no_consent"),
    ("{},sms,,2025-02-01", "consent_unreadable"),
    ("{},sms,perhaps,2025-02-01", "consent_unreadable"),
    ("{},sms,false,", "consent_unreadable"),
    ("{},sms,false,31/02/2025", "consent_unreadable"),
    ("{},sms,true,soon", "consent_unreadable"),
    ("{},telegraph,false,2025-02-01", "consent_unreadable"),
    ("{},,false,2025-02-01", "consent_unreadable"),
    ("{},sms,false,2025-02-01,too,many", "consent_unreadable"),
    ("{},sms,false,2025-01-01 09:00:00", "consent_tie"),
    ("{},sms,maybe,2025-01-01 09:00:00", "consent_unreadable"),
]
"""A row about a customer who granted SMS before, and why the channel is closed with it."""


@pytest.mark.parametrize("is_later_ingest", [False, True])
def test_an_older_consent_does_not_stay_in_force(chain: Any, is_later_ingest: bool) -> None:
    """Each row is of a customer of its own: what one of them closes leaves the others alone."""
    people = [f"c{number:02d}" for number in range(len(LATER))]
    granted = [f"{person},sms,true,2025-01-01 09:00:00" for person in [*people, "kept"]]
    later = [row.format(person) for person, (row, _) in zip(people, LATER, strict=True)]
    if is_later_ingest:
        give(chain, *granted)
        chain.ingest()
        give(chain, *later)
    else:
        give(chain, *later, *granted)
    chain.ingest()
    found = codes(chain)
    assert {later[place]: found[person, "sms"] for place, person in enumerate(people)} == {
        later[place]: code for place, (_, code) in enumerate(LATER)
    }
    assert found["kept", "sms"] is None


def test_usual_words_of_agreement_open(chain: Any) -> None:
    give(chain, "c1,WeChat,是,2025-01-01", "c1,邮件,同意,2025-01-01", "c1,导购,Subscribed,2025-01-01")
    assert chain.ingest().tables["consents"].quarantined == 0
    assert set(codes(chain).items()) == {(("c1", name), None) for name in ("wechat", "email", "guide")}


@pytest.mark.parametrize(
    ("yes", "no"),
    [("Có", "Không"), ("đồng ý", "từ chối"), ("Ya", "Tidak"), ("ใช่", "ไม่"), ("نعم", "لا"), ("ναι", "όχι")],
)
def test_answers_of_further_languages_open_and_close(chain: Any, yes: str, no: str) -> None:
    decomposed = unicodedata.normalize("NFD", no)  # as files from a Mac have them
    give(chain, f"c1,sms,{yes},2025-01-01", f"c1,email,{no},2025-01-01", f"c2,sms,{decomposed},2025-01-01")
    assert chain.ingest().tables["consents"].quarantined == 0
    assert codes(chain) == {("c1", "sms"): None, ("c1", "email"): "no_consent", ("c2", "sms"): "no_consent"}


def test_a_channel_that_is_none_of_ours_is_named_with_what_to_do(chain: Any) -> None:
    give(chain, GRANT, "c1,Zalo,true,2025-01-05")
    (note,) = (note for note in chain.ingest().tables["consents"].notes if "Zalo" in note)
    assert "'sms', 'email', 'app', 'wechat', 'guide', 'any'" in note
    assert '`words = { "Zalo" = "app" }`' in note


def test_an_unknown_channel_closes_all_channels(chain: Any) -> None:
    give(chain, GRANT, "c1,app,true,2025-01-05", "c1,fax,false,2025-01-03")
    chain.ingest()
    assert codes(chain)["c1", "sms"] == codes(chain)["c1", "email"] == "consent_unreadable"
    # given after the row that could not be read
    assert codes(chain)["c1", "app"] is None


def test_what_closes_is_said_and_set_aside(chain: Any) -> None:
    give(
        chain,
        GRANT,
        "c1,sms,?,2025-02-01",
        ",sms,false,2025-02-01",
        "c3,sms,true,2025-01-01",
        "c3,sms,false,2025-01-01",
    )
    report = chain.ingest().tables["consents"]
    said = " ".join(report.notes)
    assert "2 consents cannot be read" in said
    assert "to 1 customers (c1)" in said
    assert "1 customers (c3) agree and refuse at the same moment" in said
    assert chain.bad("consents")["reasons"].to_list() == ["granted: not true or false", "customer_id: missing"]


def test_a_later_consent_that_can_be_read_opens_again(chain: Any) -> None:
    give(chain, GRANT, "c1,sms,false,")
    chain.ingest()
    # the undated row comes again in every export, and keeps the place that it had
    give(chain, GRANT, "c1,sms,false,", "c1,sms,true,2025-03-01")
    chain.ingest()
    assert codes(chain)["c1", "sms"] is None
    assert chain.ingest().changed_anything is False


def test_the_corrected_row_takes_the_place_of_the_refusal(chain: Any) -> None:
    give(chain, GRANT, "c1,sms,jup,2025-02-01")
    chain.ingest()
    give(chain, GRANT, "c1,sms,yes,2025-02-01")
    report = chain.ingest().tables["consents"]
    assert (report.changed, report.removed) == (1, 0)
    assert codes(chain)["c1", "sms"] is None
    assert [row["problem"] for row in chain.rows("consents")] == [None, None]


def test_replace_makes_the_dataset_all_there_is(chain: Any) -> None:
    give(chain, GRANT, "c1,fax,?,")
    chain.ingest()
    give(chain, GRANT)
    chain.ingest(replace=True)
    assert codes(chain)["c1", "sms"] is None


def test_a_refusal_after_the_last_visible_day_closes_and_a_consent_does_not_open_yet(chain: Any) -> None:
    give(chain, GRANT, "c1,sms,false,2025-02-01", "c2,sms,true,2025-02-01")
    chain.ingest()
    assert codes(chain, date(2025, 1, 15)) == {("c1", "sms"): "no_consent"}
    assert codes(chain, date(2025, 2, 1))["c2", "sms"] is None


def test_words_of_a_mapping_and_the_usual_ones_are_read_side_by_side() -> None:
    words = pl.LazyFrame({"granted": ["Agreed", "off", "refused", "tak"]})
    of_ours = {"granted": ColumnFormat(true_values=("agreed", "off"))}
    read = with_consent_words(RawTable("consents", words, "consents.csv", of_ours)).frame.collect()
    assert read["granted"].to_list() == ["Agreed", "off", "false", "tak"]
