"""Lists of members with sums of what they bought, and with an answer and its day for each way to reach them."""

import re
import tomllib
from pathlib import Path

import polars as pl
import pytest

from retail_brain.errors import DataError
from retail_brain.ingest.look import look
from retail_brain.ingest.look.columns import columns_of
from retail_brain.ingest.look.words import bare_name
from retail_brain.ingest.look.words_of_consent import what_yes_means
from retail_brain.ingest.look.words_of_roles import NO_SHOPS, contacts_of
from retail_brain.sources.mapping import mapping_source
from tests.retail_brain.ingest.test_look import Row, write

HEADER = [
    "회원번호",
    "이름",
    "회원가입일",
    "총구매금액",
    "SMS수신동의",
    "SMS수신동의 변경일",
    "메일수신동의",
    "메일수신동의 변경일",
]
MEMBERS: list[Row] = [
    [
        f"M{n}",
        f"사람{n}",
        f"2025-01-{n + 1:02}",
        1000 * n,
        "yn"[n % 2],
        f"2025-02-{n + 1:02}",
        "ny"[n % 3 == 0],
        f"2025-03-{n + 1:02}",
    ]
    for n in range(20)
]


def test_members_in_korean_are_people_with_an_answer_and_its_day_for_each_channel(tmp_path: Path) -> None:
    seen = look(str(write(tmp_path / "members.csv", HEADER, MEMBERS, encoding="cp949")))
    assert not seen.questions
    tables = tomllib.loads(seen.mapping)["tables"]
    assert tables["customers"]["columns"] == {"customer_id": "회원번호", "joined_on": "회원가입일"}
    assert tables["consents"]["wide"]["beside"] == {"changed_at": "{} 변경일"}
    (tmp_path / "m.toml").write_text(seen.mapping, encoding="utf-8")
    rows = mapping_source(tmp_path / "m.toml", tmp_path).tables["consents"].frame.collect()
    found = {(row["customer_id"], row["channel"]): (row["granted"], row["changed_at"]) for row in rows.to_dicts()}
    assert len(found) == 2 * len(MEMBERS)
    assert found["M1", "SMS"] == ("n", "2025-02-02")
    assert found["M3", "메일"] == ("y", "2025-03-04")


def test_column_of_a_day_that_is_missing_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "members.csv", HEADER, MEMBERS)
    text = look(str(path)).mapping.replace("{} 변경일", "{} 날짜")
    (tmp_path / "m.toml").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match="SMS수신동의 날짜"):
        mapping_source(tmp_path / "m.toml", tmp_path)


def test_receipts_of_people_without_a_day_of_joining_are_no_list_of_people(tmp_path: Path) -> None:
    rows: list[Row] = [[f"M{n}", 1000 * n + 10] for n in range(30)]
    assert "[tables.customers]" not in look(str(write(tmp_path / "x.csv", ["회원번호", "결제금액"], rows))).mapping


@pytest.mark.parametrize(
    ("name", "means"),
    [
        ("SMS수신동의", True),
        ("이메일 수신동의 여부", True),
        ("SMS수신거부", False),
        ("마케팅 미동의", False),
        ("개인정보 동의", None),
    ],
)
def test_yes_in_korean_allows_only_where_nothing_could_turn_it(name: str, means: bool | None) -> None:
    assert what_yes_means(name) is means


def members(n: int) -> Row:
    contact = "" if n == 3 else f"u{n}@example.org"
    return [f"M{n}", f"Nom {n}", contact, f"+33 6 12 34 56 {n + 10}", f"{n + 1:02}/02/2025", n % 2, n % 3 == 0]


@pytest.mark.parametrize(
    ("newsletter", "partners"),
    [("Lettre d'information", "Offres des partenaires"), ("Newsletter", "Offers of partners")],
)
def test_a_newsletter_is_a_consent_to_email_and_offers_of_other_firms_open_nothing(
    tmp_path: Path, newsletter: str, partners: str
) -> None:
    header = ["Customer ID", "Nom", "Adresse e-mail", "Mobile", "Inscription", newsletter, partners]
    rows = [[*members(n)[:6], int(bool(members(n)[6]))] for n in range(20)]
    seen = look(str(write(tmp_path / "customers.csv", header, rows)))
    made = tomllib.loads(seen.mapping)["tables"]
    assert made["consents"]["columns"] == {"customer_id": "Customer ID", "channel": {"constant": "email"}}
    assert f'# granted = {{ column = "{newsletter}"' in seen.mapping
    assert any(f"{partners!r} says by its name who may get offers of other firms" in line for line in seen.lines)


def test_addresses_and_numbers_of_people_are_identities_and_blank_ones_are_none(tmp_path: Path) -> None:
    header = ["Customer ID", "Nom", "Adresse e-mail", "Mobile", "Inscription", "Guide e-mail"]
    rows = [[*members(n)[:5], f"g{n % 3}@example.org"] for n in range(20)]
    path = write(tmp_path / "customers.csv", header, rows)
    quoted = "\n".join(",".join(f'"{cell}"' for cell in row) for row in [header, *rows])
    path.write_text(quoted, encoding="utf-8")
    seen = look(str(path))
    assert not seen.questions
    assert "identities: 39 rows looked at, 0 would be set aside" in seen.lines
    (tmp_path / "m.toml").write_text(seen.mapping, encoding="utf-8")
    found = mapping_source(tmp_path / "m.toml", tmp_path).tables["identities"].frame.collect()
    assert found["id_type"].value_counts().sort("id_type").rows() == [("email", 19), ("phone", 20)]
    assert not found["id_value"].str.starts_with("g").any()


def test_a_called_column_that_is_missing_is_named_and_a_blank_answer_stays(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text('"id","news"\n"1","y"\n"2",""\n', encoding="utf-8")
    text = """[tables.consents]
files = "people.csv"
wide = { names = "channel", values = "granted", columns = "^news$", called = { "news" = "email" } }
columns = { customer_id = "id", changed_at = { constant = "2026-01-01" } }
"""
    (tmp_path / "m.toml").write_text(text, encoding="utf-8")
    rows = mapping_source(tmp_path / "m.toml", tmp_path).tables["consents"].frame.collect()
    assert rows["channel"].to_list() == ["email", "email"]
    (tmp_path / "m.toml").write_text(text.replace('"news" =', '"letters" ='), encoding="utf-8")
    with pytest.raises(DataError, match=r"letters.*called"):
        mapping_source(tmp_path / "m.toml", tmp_path)


@pytest.mark.parametrize("rest", ["_expires", " valid until", " 만료일", "_end", "_review_date"])
@pytest.mark.parametrize("channels", [["email"], ["email", "sms"]])
def test_the_day_on_which_an_answer_ends_is_not_the_day_of_the_answer(
    tmp_path: Path, rest: str, channels: list[str]
) -> None:
    header = ["member_id", "first_name", "joined_on"]
    header += [name for channel in channels for name in (f"{channel}_consent", f"{channel}_consent{rest}")]
    answers = [["yn"[n % 2], f"2027-02-{n + 1:02}"] * len(channels) for n in range(20)]
    people: list[Row] = [[f"M{n}", f"Ann{n}", f"2025-01-{n + 1:02}", *answers[n]] for n in range(20)]
    seen = look(str(write(tmp_path / "members.csv", header, people)))
    assert any("since when?" in question for question in seen.questions)
    assert rest not in seen.mapping


def test_who_wrote_a_row_and_addresses_of_machines_are_no_contacts() -> None:
    names = [
        "created_by",
        "Changed by",
        "ip_address",
        "IP地址",
        "MAC-Adresse",
        "ship_address",
        "by",
        "Adresse",
        "Phone",
    ]
    found = columns_of(pl.DataFrame({name: ["x"] for name in names}))
    assert contacts_of(found) == ["ship_address", "by", "Adresse", "Phone"]


def test_a_code_of_a_post_office_is_no_shop_and_a_name_with_its_letters_may_be_one() -> None:
    names = ["plz", "kunde_plz", "Postal code", "Complztor"]
    assert [re.search(NO_SHOPS, bare_name(name)) is not None for name in names] == [True, True, True, False]
