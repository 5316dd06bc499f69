"""Contacts handed over to files and addresses, and opt-outs that count at once."""

import csv
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from retail_brain.dataset import Dataset
from retail_brain.decisions.goods_ends import GOODS_ENDS
from retail_brain.errors import ImpossibleError, RetailBrainError, UsageError
from retail_brain.operational.campaign_contacts import (
    Moving,
    approve_campaign,
    campaign_contacts,
    contact_id,
    release_contacts,
    take_contacts,
)
from retail_brain.operational.campaign_receipts import ContactReceipt, store_receipts
from retail_brain.operational.campaigns import campaign
from retail_brain.operational.database import Database
from retail_brain.operational.leases import Lease
from retail_brain.operational.repeated_contacts import read_contacts_mark
from retail_brain.processes import kernel_prefix
from retail_brain.settings import AudienceSettings, Settings
from serving.planning.campaigns import life
from serving.planning.campaigns.lateness import within_caps
from serving.planning.campaigns.other_plans import other_plans
from serving.planning.campaigns.push import COLUMNS, Push, Pushed, push_contacts, secret_of, write_contacts
from serving.planning.campaigns.push_hours import usual_day
from serving.planning.stock.webhook import Delivery

NOW = datetime(2025, 3, 1, 9, tzinfo=UTC)
DAY = date(2025, 3, 1)
LEASE = timedelta(minutes=5)
USUAL = AudienceSettings()


class Receiver(BaseHTTPRequestHandler):
    calls: list[tuple[dict[str, str], bytes]]
    answers: list[int]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.calls.append(({name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(self.answers.pop(0) if self.answers else 200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Silent."""


@pytest.fixture
def receiver() -> Iterator[tuple[str, type[Receiver]]]:
    kind = type("Own", (Receiver,), {"calls": [], "answers": []})
    server = HTTPServer(("127.0.0.1", 0), kind)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hook", kind
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def desk(database: Database, make_source: Any, define: Any, change: Any) -> life.Desk:
    made = life.Desk(database, make_source(people=40), Settings())
    life.save(made, change("spring"), define(holdout_share=0.3))
    life.preview(made, change("spring", 1))
    life.approve(made, change("spring", 2))
    return made


def hand_over(
    database: Database, asked: Push, lake: Dataset, at: datetime = NOW, caps: AudienceSettings = USUAL
) -> Pushed:
    return push_contacts(
        "main",
        database,
        lake,
        asked,
        settings=Settings(audience=caps),
        lease=Lease(LEASE, at),
        delivery=Delivery(5, 1, 0),
    )


def push(database: Database, target: str, tables: dict[str, pl.DataFrame] | None = None, **changes: Any) -> int:
    asked = Push("spring", **({"day": DAY, "target": target, "by": "Li"} | changes))
    lake = Dataset.from_frames(tables or {})
    return hand_over(database, asked, lake).contacts


def consents(*rows: tuple[str, bool, datetime]) -> pl.DataFrame:
    names = ["customer_id", "granted", "changed_at"]
    return pl.DataFrame(rows, schema=names, orient="row").with_columns(channel=pl.lit("sms"))


def cards(*people: str) -> pl.DataFrame:
    """Cards that one phone joins to one person."""
    one = {"id_type": "phone", "id_value": "13800138000", "source": "t"}
    return pl.DataFrame([{"customer_id": name} | one for name in people])


def told(database: Database, state: str = "planned") -> set[str]:
    rows = campaign_contacts("main", database, "spring")
    return {one.contact.customer_id for one in rows if one.contact.group == "contact" and one.state == state}


def test_a_message_stands_in_the_file_as_customers_shall_read_it(tmp_path: Path) -> None:
    row = dict.fromkeys(COLUMNS, "x") | {"product_id": "=1+1", "text": "-20 % on tea", "text_zh": "-20%, 茶叶"}
    with write_contacts(tmp_path / "out.csv", [row]).open(encoding="utf-8") as file:
        assert list(csv.DictReader(file)) == [row | {"product_id": "'=1+1"}]


def test_a_file_holds_the_contacts_with_their_message_and_nobody_held_out(desk: life.Desk, tmp_path: Path) -> None:
    people = told(desk.database)
    assert 0 < len(people) < 40
    assert push(desk.database, str(tmp_path / "out.csv")) == len(people)
    with (tmp_path / "out.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["customer_id"] for row in rows} == people == told(desk.database, "sent")
    assert tuple(rows[0]) == COLUMNS
    assert (rows[0]["text_zh"], rows[0]["channel"]) == ("茶", "sms")
    assert push(desk.database, str(tmp_path / "again.csv")) == 0
    assert not (tmp_path / "again.csv").exists()


def test_an_address_gets_a_signed_call_and_a_repeat_has_the_same_key(
    desk: life.Desk, receiver: tuple[str, type[Receiver]]
) -> None:
    address, kind = receiver
    kind.answers = [503, 200]
    with pytest.raises(RetailBrainError, match="did not take"):
        push(desk.database, address, secret="key")
    assert told(desk.database, "sent") == set()
    assert push(desk.database, address, secret="key") == len(told(desk.database, "sent"))
    (first, body), (second, again) = kind.calls
    assert (first["idempotency-key"], body) == (second["idempotency-key"], again)
    assert first["retail-brain-signature"] == hmac.new(b"key", body, hashlib.sha256).hexdigest()
    sent = json.loads(body)
    assert sent["campaign_id"] == "spring"
    one = sent["contacts"][0]
    assert one["contact_id"] == contact_id("spring", one["customer_id"])


def test_a_push_leaves_out_what_another_hands_over_until_its_lease_ends(desk: life.Desk, tmp_path: Path) -> None:
    due = [one.contact for one in campaign_contacts("main", desk.database, "spring") if one.contact.group == "contact"]
    held = take_contacts("main", desk.database, "spring", due[:3], Lease(LEASE, NOW))
    assert held == due[:3]
    lake, asked = Dataset.from_frames({}), Push("spring", DAY, str(tmp_path / "out.csv"), "Li")

    def pushed(at: datetime) -> tuple[int, int]:
        done = hand_over(desk.database, asked, lake, at)
        return done.contacts, done.elsewhere

    assert pushed(NOW + timedelta(minutes=1)) == (len(due) - 3, 3)
    assert pushed(NOW + timedelta(minutes=6)) == (3, 0)  # whoever held them ended


def test_what_a_killed_push_had_in_hand_goes_out_at_once_in_a_call_that_is_the_same(
    desk: life.Desk, receiver: tuple[str, type[Receiver]]
) -> None:
    due = [one.contact for one in campaign_contacts("main", desk.database, "spring") if one.contact.group == "contact"]
    killed = f"{kernel_prefix()}{2**22 + 1}.x"  # a number that no process can have
    assert take_contacts("main", desk.database, "spring", due[1:4], Lease(LEASE, NOW, killed)) == due[1:4]
    address, kind = receiver
    assert push(desk.database, address) == len(due)
    calls = [[one["contact_id"] for one in json.loads(body)["contacts"]] for _, body in kind.calls]
    assert calls[0] == [contact_id("spring", one.customer_id) for one in due[1:4]]
    assert sorted(calls[0] + calls[1]) == sorted(contact_id("spring", one.customer_id) for one in due)
    keys = [hashlib.sha256("".join(call).encode()).hexdigest()[:32] for call in calls]
    assert [headers["idempotency-key"] for headers, _ in kind.calls] == keys


def test_a_killed_push_into_a_file_is_repeated_whole_in_one_file(desk: life.Desk, tmp_path: Path) -> None:
    due = [one.contact for one in campaign_contacts("main", desk.database, "spring") if one.contact.group == "contact"]
    take_contacts("main", desk.database, "spring", due[:3], Lease(LEASE, NOW, f"{kernel_prefix()}{2**22 + 1}.x"))
    assert push(desk.database, str(tmp_path / "out.csv")) == len(due)
    assert [path.name for path in tmp_path.glob("out*.csv")] == ["out.csv"]


def test_what_an_address_did_not_take_is_free_for_the_next_push_at_once(
    desk: life.Desk, receiver: tuple[str, type[Receiver]]
) -> None:
    address, kind = receiver
    kind.answers = [503]
    with pytest.raises(RetailBrainError):
        push(desk.database, address)
    assert push(desk.database, address) == len(told(desk.database, "sent")) > 0


def test_a_late_contact_counts_on_the_day_on_which_it_was_sent(desk: life.Desk, tmp_path: Path) -> None:
    late = datetime(2025, 3, 4, 12).astimezone(UTC)
    asked, lake = Push("spring", DAY, str(tmp_path / "out.csv"), "Li"), Dataset.from_frames({})
    hand_over(desk.database, asked, lake, late)
    sent = [one for one in campaign_contacts("main", desk.database, "spring") if one.state == "sent"]
    assert {(one.contact.day, one.sent_on, one.counted_on) for one in sent} == {(DAY, late.date(), late.date())}
    counted = other_plans("main", desk.database, None, late.date(), Settings()).contacts
    assert (set(counted["day"]), counted.height) == ({late.date()}, len(sent))
    with (tmp_path / "out.csv").open(encoding="utf-8") as file:
        assert {row["day"] for row in csv.DictReader(file)} == {"2025-03-04"}
    assert life.contact_row(sent[0])["sent_on"] == "2025-03-04"
    assert tuple(life.contact_row(sent[0])) == life.CONTACT_COLUMNS


def test_a_late_contact_waits_where_it_would_meet_another_beyond_the_caps(
    database: Database, make_source: Any, define: Any, change: Any, tmp_path: Path
) -> None:
    caps = AudienceSettings(max_contacts=1, contact_window_days=3)
    desk = life.Desk(database, make_source(people=2), Settings(audience=caps))
    for name, day, goods in (("spring", 1, "P1"), ("next", 5, "P2")):
        life.save(desk, change(name), define(starts_on=f"2025-03-0{day}", ends_on="2025-03-09", product_ids=[goods]))
        life.preview(desk, change(name, 1))
        life.approve(desk, change(name, 2))
    first, second = (
        {one.contact.day for one in campaign_contacts("main", database, name)} for name in ("spring", "next")
    )
    assert (first, second) == ({DAY}, {date(2025, 3, 5)})
    lake = Dataset.from_frames({"identities": cards("c0", "old card")} | log("old card"))
    asked = Push("spring", DAY, str(tmp_path / "out.csv"), "Li")
    late = hand_over(database, asked, lake, datetime(2025, 3, 4, 12).astimezone(UTC), caps)
    assert (late.contacts, late.capped) == (0, 2)  # 4 March is a day before the other campaign
    assert told(database) == {"c0", "c1"}
    later = hand_over(database, asked, lake, datetime(2025, 3, 8, 12).astimezone(UTC), caps)
    assert (later.contacts, later.capped) == (1, 1)  # c0 was told by another card on 7 March
    assert told(database, "sent") == {"c1"}


@pytest.mark.parametrize("comes", ["while the caps are counted", "after the contacts are taken"])
def test_a_plan_that_is_made_while_a_late_contact_moves_keeps_the_caps(
    database: Database, make_source: Any, define: Any, change: Any, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, comes: str,
) -> None:  # fmt: skip
    caps = AudienceSettings(max_contacts=1, contact_window_days=3)
    desk = life.Desk(database, make_source(people=2), Settings(audience=caps))
    for name, day, goods in (("spring", 1, "P1"), ("next", 4, "P2")):
        life.save(desk, change(name), define(starts_on=f"2025-03-0{day}", ends_on="2025-03-05", product_ids=[goods]))
        life.preview(desk, change(name, 1))
    life.approve(desk, change("spring", 2))
    at, asked = datetime(2025, 3, 4, 12).astimezone(UTC), Push("spring", DAY, str(tmp_path / "out.csv"), "Li")
    if comes == "while the caps are counted":

        def counted(*given: Any) -> set[str]:
            kept = within_caps(*given)
            if campaign("main", database, "next").state == "previewed":
                life.approve(desk, change("next", 2))
            return kept

        monkeypatch.setattr("serving.planning.campaigns.push.within_caps", counted)
        done = hand_over(database, asked, Dataset.from_frames({}), at, caps)
        assert (done.contacts, done.capped, done.elsewhere) == (0, 2, 0)
        return
    mark = read_contacts_mark("main", database)
    (planned, _) = campaign_contacts("main", database, "spring")
    moving = Moving(at.date(), mark)
    lease = Lease(LEASE, at)
    assert take_contacts("main", database, "spring", [planned.contact], lease, moving) == [planned.contact]
    assert moving.mark == read_contacts_mark("main", database) != mark
    assert approve_campaign(database, change("next", 2), [], mark) is None
    release_contacts("main", database, "spring", [planned.contact], lease)
    assert read_contacts_mark("main", database) == mark
    assert {one.counted_on for one in campaign_contacts("main", database, "spring")} == {DAY}


def log(card: str) -> dict[str, pl.DataFrame]:
    """A contact of another campaign on 7 March that the lake knows."""
    row = {"campaign_id": "K", "customer_id": card, "channel": "sms", "contacted_at": datetime(2025, 3, 7, 9)}
    return {"contacts": pl.DataFrame([row | {"is_holdout": False}])}


def test_past_days_that_are_replayed_keep_the_day_that_was_asked_for(
    database: Database, make_source: Any, define: Any, change: Any, tmp_path: Path
) -> None:
    made, later = life.Desk(database, make_source(people=4), Settings()), datetime(2026, 1, 1, 12, tzinfo=UTC)
    life.save(made, replace(change("spring"), now=later), define())
    life.preview(made, replace(change("spring", 1), now=later))
    life.approve(made, replace(change("spring", 2), now=later))
    asked, lake = Push("spring", date(2025, 3, 3), str(tmp_path / "out.csv"), "Li"), Dataset.from_frames({})
    assert hand_over(database, asked, lake, later).contacts == 4
    assert {one.sent_on for one in campaign_contacts("main", database, "spring")} == {date(2025, 3, 3)}


def test_contacts_are_due_by_the_clock_though_the_answers_are_older(desk: life.Desk, tmp_path: Path) -> None:
    stored, at = campaign("main", desk.database, "spring"), datetime(2025, 3, 3, 12).astimezone()
    assert usual_day(stored, date(2025, 2, 28), at) == date(2025, 3, 3)
    assert usual_day(stored, date(2025, 3, 4), at) == date(2025, 3, 5), "no day that the answers have seen"
    # approved after its last day, it replays past days: those of the answers
    replayed = replace(stored, approved_at=datetime(2026, 1, 1, 12, tzinfo=UTC))
    assert usual_day(replayed, date(2025, 2, 28), datetime(2026, 1, 1, 12).astimezone()) == DAY


def test_what_no_hour_of_the_last_day_is_left_for_is_never_sent(desk: life.Desk, tmp_path: Path) -> None:
    people, last = len(told(desk.database)), date(2025, 3, 7)
    asked, lake = Push("spring", last, str(tmp_path / "out.csv"), "Li"), Dataset.from_frames({})
    done = hand_over(desk.database, asked, lake, datetime(2025, 3, 7, 21, 30).astimezone(UTC))
    assert (done.contacts, done.quiet, done.over) == (0, 0, people)
    with pytest.raises(ImpossibleError, match="on a day that is over") as refused:
        hand_over(desk.database, asked, lake, datetime(2025, 3, 8, 10).astimezone(UTC))
    assert refused.value.details["day"] == "2025-03-08"
    assert told(desk.database, "sent") == set()


def test_who_opted_out_since_the_approval_is_not_told_by_any_campaign(
    desk: life.Desk, define: Any, change: Any, tmp_path: Path
) -> None:
    gone = min(told(desk.database))
    refusal = ContactReceipt("r", "other", gone, "sms", "opted_out", NOW)
    store_receipts("main", desk.database, [refusal], by="gateway", now=NOW)
    push(desk.database, str(tmp_path / "out.csv"))
    assert gone not in (tmp_path / "out.csv").read_text(encoding="utf-8").replace(",", "\n").splitlines()
    life.save(desk, change("next"), define(product_ids=["P2"]))
    seen = life.preview(desk, change("next", 1)).preview
    assert seen is not None
    assert [(step["code"], step["customers"]) for step in seen["steps"]] == [("no_consent", 1)]


def test_who_refused_in_the_lake_since_the_approval_is_not_told(desk: life.Desk, tmp_path: Path) -> None:
    people = sorted(told(desk.database))
    before, after = datetime(2025, 1, 1), datetime(2025, 3, 1, 8)
    known = consents(*((name, True, before) for name in people[:3]), (people[0], False, after))
    assert push(desk.database, str(tmp_path / "out.csv"), {"consents": known}) == 2
    assert told(desk.database, "sent") == set(people[1:3])


def test_a_consent_after_an_opt_out_opens_the_channel_again(
    database: Database, make_source: Any, define: Any, change: Any, tmp_path: Path
) -> None:
    refusal = ContactReceipt("r", "old", "c0", "sms", "opted_out", datetime(2025, 1, 5, tzinfo=UTC))
    store_receipts("main", database, [refusal], by="gateway", now=NOW)
    known = consents(("c0", True, datetime(2025, 2, 1)))
    desk = life.Desk(database, make_source(people=1, changes={"consents": known}), Settings())
    life.save(desk, change("spring"), define())
    life.preview(desk, change("spring", 1))
    life.approve(desk, change("spring", 2))
    assert push(database, str(tmp_path / "out.csv"), {"consents": known}) == 1


@pytest.mark.parametrize("is_asked", [True, False])
def test_an_opt_out_of_one_card_closes_the_channel_for_every_card_of_the_person(
    desk: life.Desk, tmp_path: Path, is_asked: bool
) -> None:
    people = sorted(told(desk.database))
    refusal = ContactReceipt("r", "other", "another card", "sms", "opted_out", NOW)
    store_receipts("main", desk.database, [refusal], by="gateway", now=NOW)
    known = consents(*((name, True, datetime(2025, 1, 1)) for name in people))
    tables = {"identities": cards("another card", people[0])} | ({"consents": known} if is_asked else {})
    assert push(desk.database, str(tmp_path / "out.csv"), tables) == len(people) - 1
    assert told(desk.database, "opted_out") == {people[0]}
    assert told(desk.database) == set()


def test_who_was_never_asked_waits_and_is_not_taken_back(desk: life.Desk, tmp_path: Path) -> None:
    first, *others = sorted(told(desk.database))
    known = consents(*((name, True, datetime(2025, 1, 1)) for name in others))
    asked = Push("spring", DAY, str(tmp_path / "out.csv"), "Li")
    lake = Dataset.from_frames({"consents": known})
    done = hand_over(desk.database, asked, lake)
    assert (done.contacts, done.closed, done.taken_back) == (len(others), 1, 0)
    assert told(desk.database) == {first}


def test_earlier_days_are_caught_up_while_a_campaign_runs_and_never_after_it(desk: life.Desk, tmp_path: Path) -> None:
    with pytest.raises(ImpossibleError, match="is over"):
        push(desk.database, str(tmp_path / "out.csv"), day=date(2025, 3, 8))
    people = len(told(desk.database))
    assert push(desk.database, str(tmp_path / "out.csv"), day=date(2025, 3, 7)) == people > 0


def test_an_opt_out_closes_a_channel_that_the_lake_still_grants(
    database: Database, make_source: Any, define: Any, change: Any
) -> None:
    granted = pl.DataFrame(
        {"customer_id": ["c0", "c0"], "channel": ["sms", "app"], "granted": [True, True],
         "changed_at": [datetime(2025, 1, 1)] * 2}
    )  # fmt: skip
    desk = life.Desk(database, make_source(people=1, changes={"consents": granted}), Settings())
    store_receipts("main", database, [ContactReceipt("r", "k", "c0", "sms", "opted_out", NOW)], by="g", now=NOW)
    both = [{"channel": channel, "text": "a", "text_zh": "b"} for channel in ("sms", "app")]
    for name, slots, contacts in (("one", both[:1], 0), ("both", both, 1)):
        life.save(desk, change(name), define(slots=slots))
        seen = life.preview(desk, change(name, 1)).preview
        assert seen is not None
        assert seen["contacts"] == contacts


def test_what_is_not_approved_or_has_no_target_is_refused(
    desk: life.Desk, change: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for target in ("ftp://host/x", "env:NO_SUCH_VARIABLE"):
        with pytest.raises(UsageError):
            push(desk.database, target)
    monkeypatch.setenv("HOOK_KEY", "k")
    assert (secret_of("HOOK_KEY"), secret_of(None)) == ("k", None)
    with pytest.raises(UsageError, match="NOT_SET"):
        secret_of("NOT_SET")
    life.stop(desk, change("spring", 3), "why")
    with pytest.raises(ImpossibleError, match="is stopped"):
        push(desk.database, "x.csv")


def test_a_day_that_has_not_come_is_refused_since_people_may_refuse_until_then(desk: life.Desk, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="2090-01-01 has not come yet"):
        push(desk.database, str(tmp_path / "out.csv"), day=date(2090, 1, 1))
    assert told(desk.database, "sent") == set()
    assert not list(tmp_path.glob("*.csv"))


def test_a_late_contact_is_not_sent_once_its_goods_have_ended(
    database: Database, make_source: Any, define: Any, change: Any, tmp_path: Path
) -> None:
    rows = [("S1", "P1", date(2025, 3, 3)), ("S2", "P1", date(2025, 3, 4))]
    ends = pl.DataFrame(rows, schema=GOODS_ENDS, orient="row")
    desk = life.Desk(database, make_source(people=4, changes={"ends": ends}), Settings())
    life.save(desk, change("spring"), define())
    life.preview(desk, change("spring", 1))
    life.approve(desk, change("spring", 2))
    asked = Push("spring", DAY, str(tmp_path / "out.csv"), "Li")
    late = hand_over(database, asked, Dataset.from_frames({}), datetime(2025, 3, 4, 12).astimezone(UTC))
    assert (late.contacts, late.ended, late.elsewhere) == (2, 2, 0)
    assert told(database, "sent") == {"c1", "c3"}


@pytest.mark.parametrize(("hour", "handed", "told_at"), [(8, 6, {9}), (12, 6, {12}), (20, 6, {20}), (21, 0, set())])
def test_a_contact_whose_hour_is_past_gets_the_next_open_one_or_waits_for_the_morning(
    database: Database, make_source: Any, define: Any, change: Any, tmp_path: Path,
    hour: int, handed: int, told_at: set[int],
) -> None:  # fmt: skip
    made = life.Desk(database, make_source(people=6), Settings())
    life.save(made, change("spring"), define())
    life.preview(made, change("spring", 1))
    life.approve(made, change("spring", 2))
    asked, lake = Push("spring", DAY, str(tmp_path / "out.csv"), "Li"), Dataset.from_frames({})
    done = hand_over(database, asked, lake, datetime(2025, 3, 1, hour, 30).astimezone(UTC))
    assert (done.contacts, done.quiet) == (handed, 6 - handed)
    if handed:
        assert set(pl.read_csv(tmp_path / "out.csv")["hour"]) == told_at
    else:
        morning = hand_over(database, asked, lake, datetime(2025, 3, 2, 9).astimezone(UTC))
        assert (morning.contacts, morning.quiet) == (6, 0)
        assert pl.read_csv(tmp_path / "out.csv").select("day", "hour").unique().rows() == [("2025-03-02", 9)]


def test_a_late_contact_waits_for_a_day_of_the_week_of_its_campaign(
    database: Database, make_source: Any, define: Any, change: Any, tmp_path: Path
) -> None:
    made = life.Desk(database, make_source(people=6), Settings())
    life.save(made, change("spring"), define(weekdays=[6, 1]))  # Saturday, 1 March, and Monday
    life.preview(made, change("spring", 1))
    life.approve(made, change("spring", 2))
    asked, lake = Push("spring", DAY, str(tmp_path / "out.csv"), "Li"), Dataset.from_frames({})
    sunday, monday = (datetime(2025, 3, day, 12).astimezone(UTC) for day in (2, 3))
    done = [hand_over(database, asked, lake, at) for at in (sunday, monday)]
    assert [(one.contacts, one.quiet, one.over) for one in done] == [(0, 6, 0), (6, 0, 0)]


def test_a_late_contact_with_no_day_of_the_week_to_come_is_never_sent(
    database: Database, make_source: Any, define: Any, change: Any, tmp_path: Path
) -> None:
    made = life.Desk(database, make_source(people=6), Settings())
    life.save(made, change("spring"), define(weekdays=[6]))  # Saturday, 1 March alone
    life.preview(made, change("spring", 1))
    life.approve(made, change("spring", 2))
    asked, lake = Push("spring", DAY, str(tmp_path / "out.csv"), "Li"), Dataset.from_frames({})
    done = hand_over(database, asked, lake, datetime(2025, 3, 2, 12).astimezone(UTC))
    assert (done.contacts, done.quiet, done.over) == (0, 0, 6)
