"""Which channels are open: the newest entries decide, and doubt closes."""

from datetime import date, datetime

import polars as pl

from retail_brain.decisions.audience import build_audience
from retail_brain.decisions.audience_request import AudienceFacts, AudienceRequest
from retail_brain.decisions.consents import channel_states, doubt_lines, with_refusals_of_persons
from retail_brain.settings import AudienceSettings

CONSENTS = pl.DataFrame(
    [
        ("open", "sms", True, 1, None),
        ("open", "email", False, 1, "granted: missing"),
        ("unread", "sms", True, 1, None),
        ("unread", "any", False, 2, "channel: not one of the known values"),
        ("tie", "sms", True, 3, None),
        ("tie", "sms", False, 3, None),
        ("later", "sms", True, 1, None),
        ("later", "sms", False, 30, None),
        ("refused", "sms", False, 1, None),
    ],
    schema=["customer_id", "channel", "granted", "day", "problem"],
    orient="row",
).select("customer_id", "channel", "granted", "problem", changed_at=pl.datetime(2025, 1, pl.col("day")))


def test_exclusions_name_each_reason_once_per_person() -> None:
    people = CONSENTS["customer_id"].unique().sort()
    pairs = pl.DataFrame({"customer_id": people, "product_id": "p", "probability": 0.5})
    facts = AudienceFacts(customers=people.to_frame(), consents=CONSENTS)
    request = AudienceRequest(("p",), size=10, holdout_share=0.0)
    audience, exclusions = build_audience(pairs, facts, request, date(2025, 1, 20), AudienceSettings())
    assert audience.select("customer_id", "channel").rows() == [("open", "sms")]
    assert dict(exclusions.select("code", "customers").iter_rows()) == {
        "consent_unreadable": 1,
        "consent_tie": 1,
        "no_consent": 2,
    }
    assert all(exclusions["reason_zh"].str.contains("拒绝|未同意"))


PERSONS = pl.DataFrame({"customer_id": ["open", "refused", "later"], "person_id": ["p", "p", "p2"]})
DAY = date(2025, 1, 20)


def open_channels(consents: pl.DataFrame) -> set[tuple[str, str]]:
    states = channel_states(consents.lazy(), DAY).filter("granted").collect()
    return set(states.select("customer_id", "channel").iter_rows())


def test_a_refusal_of_one_account_closes_the_channel_for_every_account_of_the_person() -> None:
    assert open_channels(CONSENTS) == {("open", "sms")}
    assert open_channels(with_refusals_of_persons(CONSENTS, PERSONS, DAY)) == set()
    apart = PERSONS.with_columns(person_id=pl.col("customer_id"))
    assert with_refusals_of_persons(CONSENTS, apart, DAY).equals(CONSENTS)


def test_another_channel_of_the_person_stays_open() -> None:
    mail = CONSENTS.filter(customer_id="open", channel="sms").with_columns(channel=pl.lit("email"))
    both = pl.concat([CONSENTS.filter(pl.col("customer_id") != "open"), mail])
    assert ("open", "email") in open_channels(with_refusals_of_persons(both, PERSONS, DAY))


def test_the_account_that_refused_opens_the_channel_again_for_the_person() -> None:
    again = CONSENTS.filter(customer_id="open", channel="sms").with_columns(
        customer_id=pl.lit("refused"), changed_at=pl.datetime(2025, 1, 9)
    )
    known = with_refusals_of_persons(pl.concat([CONSENTS, again]), PERSONS, DAY)
    assert open_channels(known) == {("open", "sms"), ("refused", "sms")}


def test_consents_published_by_older_versions_have_no_problem() -> None:
    older = CONSENTS.drop("problem").lazy()
    states = channel_states(older).filter(pl.col("customer_id") == "unread", pl.col("channel") == "sms").collect()
    assert states.select("granted", "code").row(0) == (False, "no_consent")


def test_sentences_count_channels_and_people() -> None:
    states = channel_states(CONSENTS.lazy()).collect()
    assert doubt_lines(states) == [
        "6 channels of 2 customers are closed because a consent entry cannot be read: open, unread",
        "1 channels of 1 customers are closed because a consent and a refusal have the same moment: tie",
    ]
    open_only = CONSENTS.filter(pl.col("granted"), pl.col("changed_at") < datetime(2025, 1, 2))
    assert doubt_lines(channel_states(open_only.lazy()).collect()) == []
