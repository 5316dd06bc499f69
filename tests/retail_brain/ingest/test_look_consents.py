"""Looks at files of consents: what is passed over there leaves a channel open to who has refused it."""

import tomllib
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from retail_brain.ingest import ingest
from retail_brain.ingest.look import Look, look
from retail_brain.lake import open_lake
from retail_brain.progress import SILENT
from retail_brain.settings import Settings
from tests.retail_brain.ingest.test_look import write
from tests.retail_brain.ingest.test_look_datasets import sold


def answers(folder: Path, header: list[str], *rows: list[str], name: str = "consent.csv") -> Look:
    write(folder / name, header, list(rows))
    return look(str(folder))


def consents(seen: Look) -> dict[str, Any]:
    columns: dict[str, Any] = tomllib.loads(seen.mapping)["tables"]["consents"]["columns"]
    return columns


@pytest.mark.parametrize(
    ("channels", "answer", "yes", "no"),
    [
        (["sms", "email"], "agreed", "yes", "no"),
        (["短信", "微信"], "允许", "是", "否"),
        (["sms", "phone"], "status", "subscribed", "unsubscribed"),
        (["SMS", "WeChat"], "ok", "1", "0"),
        (["SMS", "Zalo"], "Đồng ý", "Có", "Không"),
    ],
)
def test_people_with_a_channel_and_an_answer_are_consents_whatever_their_names(
    tmp_path: Path, channels: list[str], answer: str, yes: str, no: str
) -> None:
    first, second = channels
    header = ["member", "via", answer, "date"]
    rows = [["m1", first, yes, "2026-11-01"], ["m1", second, no, "2026-10-02"], ["m2", first, no, "2026-11-02"]]
    seen = answers(tmp_path, header, *rows)
    assert not seen.questions
    assert consents(seen) == {"customer_id": "member", "channel": "via", "granted": answer, "changed_at": "date"}


def test_answers_without_a_day_keep_their_channel_and_ask_since_when(tmp_path: Path) -> None:
    seen = answers(tmp_path, ["member", "channel", "consent"], ["m1", "sms", "yes"], ["m2", "sms", "no"])
    assert consents(seen) == {"customer_id": "member", "channel": "channel", "granted": "consent"}
    assert [question for question in seen.questions if "since when" in question]


def test_a_yes_that_may_mean_anything_is_asked_about(tmp_path: Path) -> None:
    rows = [["m1", "sms", "yes", "2026-11-01"], ["m2", "email", "no", "2026-11-02"]]
    seen = answers(tmp_path, ["member", "channel", "flag", "date"], *rows, name="people.csv")
    assert "granted" not in consents(seen)
    assert [question for question in seen.questions if "'flag'" in question and "refuse" in question]
    assert '# granted = { column = "flag", true = ["no"], false = ["yes"] }' in seen.mapping


@pytest.mark.parametrize("as_parquet", [False, True])
def test_the_yes_of_a_refusal_refuses_also_where_nobody_says_no(tmp_path: Path, *, as_parquet: bool) -> None:
    rows = {"member": ["m1", "m2"], "channel": ["sms", "sms"], "opted_out": [True, True], "date": ["2026-11-01"] * 2}
    frame = pl.DataFrame(rows)
    sold(tmp_path)
    if as_parquet:
        frame.write_parquet(tmp_path / "answers.parquet")
    else:
        frame.write_csv(tmp_path / "answers.csv")
    (tmp_path / "m.toml").write_text(look(str(tmp_path)).mapping, encoding="utf-8")
    ingest(str(tmp_path / "m.toml"), str(tmp_path / "lake"), Settings(), SILENT)
    read = open_lake(str(tmp_path / "lake")).scan("consents").collect()
    assert read["granted"].to_list() == [False, False]
    assert read["problem"].null_count() == 2


@pytest.mark.parametrize(
    ("name", "header"), [("opt_ins.csv", ["member", "x"]), ("people.csv", ["member", "city", "agreed"])]
)
def test_a_yes_of_people_in_words_or_files_of_consent_is_asked_about(
    tmp_path: Path, name: str, header: list[str]
) -> None:
    rows = [[f"m{n}", *["Bern"] * (len(header) - 2), "yes" if n % 2 else "no"] for n in range(4)]
    seen = answers(tmp_path, header, *rows, name=name)
    assert [question for question in seen.questions if repr(header[-1])[1:-1] in question and "consents" in question]


def test_a_yes_in_a_list_of_people_without_contact_is_a_fact_of_them(tmp_path: Path) -> None:
    seen = answers(tmp_path, ["member", "city", "vip"], ["m1", "Bern", "yes"], ["m2", "Bern", "no"], name="people.csv")
    assert not seen.questions
    assert set(tomllib.loads(seen.mapping)["tables"]) == {"customers"}


DOUBTFUL = ("Newsletter abgemeldet", "Marketing beendet", "SMS STOP", "SMS baja", "Sin publicidad",
            "Désabonné newsletter",
            "Email STOP", "Telefon abgemeldet", "Désabonné", "停止邮件",
            "不推送", "停止短信", "未授权短信", "Newsletter", "Consent expired")  # fmt: skip
REFUSING = ("Kein Newsletter", "No Newsletter", "Marketing declined")


@pytest.mark.parametrize("name", [*DOUBTFUL, *REFUSING])
@pytest.mark.parametrize("is_list", [True, False])
def test_a_yes_beside_any_other_word_than_of_consent_grants_nothing(
    tmp_path: Path, name: str, *, is_list: bool
) -> None:
    header = ["Member no", "First name", "Last name", "Post code", "Created", name]
    people = [[f"m{n}", "Ann", "Ash", "12345", f"2025-01-{n:02d}", "ja" if n % 2 else "nein"] for n in range(1, 21)]
    if not is_list:
        header, people = ["Member no", "Channel", "Date", name], [[row[0], "sms", row[4], row[5]] for row in people]
    sold(tmp_path)
    seen = answers(tmp_path, header, *people, name="people.csv")
    granted = consents(seen).get("granted")
    assert '"ja"' not in str(granted).partition("false")[0].replace("'", '"')
    is_asked = [question for question in seen.questions if repr(name) in question and "refuse" in question]
    assert (granted is None and is_asked) if name in DOUBTFUL else granted
    if name in DOUBTFUL:
        readings = [line for line in seen.mapping.splitlines() if line.startswith("# granted = ")]
        assert ['true = ["ja"]' in line for line in readings] == [True, False]


@pytest.mark.parametrize(
    ("name", "yes", "no"),
    [
        ("Accepte e-mailing", "O", "N"),
        ("Accetta email", "S", "N"),
        ("Acepta SMS", "Sí", "No"),
        ("Autorise SMS", "oui", "non"),
    ],
)
def test_a_yes_beside_words_of_acceptance_and_a_channel_grants_it_and_the_day_is_asked(
    tmp_path: Path, name: str, yes: str, no: str
) -> None:
    sold(tmp_path)
    header = ["Member no", "First name", "Last name", "Post code", "Created", name]
    people = [[f"m{n}", "Ann", "Ash", "12345", f"2025-01-{n:02d}", yes if n % 3 else no] for n in range(1, 21)]
    seen = answers(tmp_path, header, *people, name="people.csv")
    channel = "sms" if "SMS" in name else "email"
    granted = {"column": name, "true": [yes], "false": [no]}
    assert consents(seen) == {"customer_id": "Member no", "channel": {"constant": channel}, "granted": granted}
    assert [question for question in seen.questions if "since when" in question]


def test_doubts_of_several_answers_are_asked_about_one_by_one_unless_they_are_one(tmp_path: Path) -> None:
    def seen(*names: str) -> Look:
        header = ["Member no", "First name", "Last name", "Post code", "Created", *names]
        rows = [
            [f"m{n}", "Ann", "Ash", "12345", f"2025-01-{n:02d}", *"yn"[n % 2], *"yn"[n // 2 % 2]] for n in range(1, 21)
        ]
        return answers(tmp_path, header, *rows, name="people.csv")

    sold(tmp_path)
    assert "granted" not in consents(seen("SMS STOP", "Email STOP"))
    for names in (("SMS STOP", "Email opt in"), ("SMS baja", "WeChat newsletter")):
        told = seen(*names)
        assert "consents" not in tomllib.loads(told.mapping)["tables"]
        assert all(any(repr(name) in question for question in told.questions) for name in names)


def test_answers_in_words_that_nobody_knows_are_read_and_named(tmp_path: Path) -> None:
    rows = [["K1", "SMS", "Tak", "2024-01-05"], ["K2", "SMS", "Wycofana", "2024-01-06"]]
    seen = answers(tmp_path, ["Nr karty", "Kanał", "Status zgody", "Data zmiany"], *rows, name="zgody.csv")
    assert consents(seen)["granted"] == "Status zgody"
    assert "['Wycofana'] in 'Status zgody' are words that nobody knows" in "\n".join(seen.lines)


def test_a_file_of_ways_to_reach_people_without_a_known_answer_is_asked_about(tmp_path: Path) -> None:
    rows = [["K1", "SMS", "xyz", "2024-01-05"], ["K2", "SMS", "abc", "2024-01-06"]]
    seen = answers(tmp_path, ["Nr karty", "Kanał", "Stan", "Data zmiany"], *rows, name="kontakty.csv")
    assert any("'Stan' may hold who refuses to be contacted" in question for question in seen.questions)


@pytest.mark.parametrize(("header", "is_sure"), [("Opt-out", True), ("Stan", False)])
def test_a_yes_beside_unknown_words_grants_nothing_by_itself(tmp_path: Path, header: str, is_sure: bool) -> None:
    rows = [["K1", "SMS", "Tak", "2024-01-05"], ["K2", "SMS", "xyz", "2024-01-06"]]
    seen = answers(tmp_path, ["Nr karty", "Kanał", header, "Data zmiany"], *rows)
    assert (not seen.questions) == is_sure
    if is_sure:
        assert consents(seen)["granted"] == {"column": header, "true": ["nie"], "false": ["Tak"]}


def test_contacts_of_any_file_name_are_contacts_by_their_columns_and_no_consents(tmp_path: Path) -> None:
    sold(tmp_path)
    header = ["campaign_id", "customer_id", "channel", "contacted_at", "is_holdout"]
    rows = [["K1", f"c{i}", "sms", "2026-01-05 09:00:00", str(i % 2 == 0).lower()] for i in range(30)]
    seen = answers(tmp_path, header, *rows, name="lien_he.csv")
    tables = tomllib.loads(seen.mapping)["tables"]
    assert "consents" not in tables
    assert tables["contacts"]["columns"]["is_holdout"] == "is_holdout"
