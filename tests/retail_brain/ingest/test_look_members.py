"""Lists of members with sums of what they bought, and with an answer and its day for each way to reach them."""

import tomllib
from pathlib import Path

import pytest

from retail_brain.errors import DataError
from retail_brain.ingest.look import look
from retail_brain.ingest.look.words_of_consent import what_yes_means
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
