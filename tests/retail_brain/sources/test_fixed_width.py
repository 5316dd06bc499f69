"""Lists whose columns are kept apart by blanks: cut where every line is blank, or as a line of dashes says."""

from pathlib import Path

import pytest

from retail_brain.sources.files import data_files, open_file


def rows(tmp_path: Path, text: str) -> list[dict[str, str | None]]:
    place = tmp_path / "list.txt"
    place.write_text(text, encoding="utf-8")
    (tmp_path / "scratch").mkdir()
    return open_file(place, tmp_path / "scratch").frame.collect().to_dicts()


def test_columns_are_cut_where_all_lines_are_blank_and_the_header_has_another_name(tmp_path: Path) -> None:
    lines = [f"{n:04}  GREEN TEA {n:<3}  {n * 3:>6} {n + 0.5:>8.2f}" for n in range(1, 20)]
    head = f"{'TRANS':<5} {'ITEM':<13}  {'QTY':>6} {'PRICE':>8}"
    found = rows(tmp_path, "\n".join(["Journal of till 1", "", head, *lines]))
    assert found[4] == {"TRANS": "0005", "ITEM": "GREEN TEA 5", "QTY": "15", "PRICE": "5.50"}
    assert len(found) == 19


def test_letters_of_east_asia_are_as_wide_as_two(tmp_path: Path) -> None:
    names = ["茶", "绿茶", "乌龙茶", "红", "tea", "tea 2"]
    lines = [
        f"{n:<5}{name}{' ' * (10 - sum(2 if one > 'z' else 1 for one in name))}{n:>5}" for n, name in enumerate(names)
    ]
    found = rows(tmp_path, "\n".join([f"{'NO':<5}{'名称':<8}{'QTY':>5}", *lines]))
    assert [row["名称"] for row in found] == names
    assert [row["QTY"] for row in found] == [str(n) for n in range(6)]


def test_a_line_of_dashes_says_how_wide_the_columns_are(tmp_path: Path) -> None:
    text = "id  name       qty\n--- ---------- ---\n1   tea          5\n2   tea    pot   6\n3              7\n"
    found = rows(tmp_path, text)
    assert found[1] == {"id": "2", "name": "tea    pot", "qty": "6"}
    assert [row["qty"] for row in found][:2] == ["5", "6"]


@pytest.mark.parametrize(
    "text", ["a,b c,d\n" + "1,2 3,4\n" * 9, "one two three\n" + "x y z\n" * 3, "a word\n" + "some word\n" * 9]
)
def test_other_texts_stay_as_they_are(tmp_path: Path, text: str) -> None:
    (first, *_) = rows(tmp_path, text)
    assert list(first) in (["a", "b c", "d"], ["one two three"], ["a word"])


def test_text_files_are_data(tmp_path: Path) -> None:
    for name in ("sales.txt", "sales.dat", "sales.txt.gz", "sales.doc"):
        (tmp_path / name).touch()
    assert [path.name for path in data_files(tmp_path)] == ["sales.dat", "sales.txt", "sales.txt.gz"]


def test_marks_within_quotes_do_not_make_a_list_of_fixed_width(tmp_path: Path) -> None:
    lines = [
        f'"{n % 9 + 1} sept. 2026 04:0{n % 9}:37 UTC","A{n}","{n},50","{"1,5" if n % 3 else 7}"' for n in range(30)
    ]
    text = "\n".join(["Report of a month", "All amounts in euro and cents", '"day","code","price","fee"', *lines])
    assert rows(tmp_path, text)[3] == {"day": "4 sept. 2026 04:03:37 UTC", "code": "A3", "price": "3,50", "fee": "7"}


_QUERIED = """\
CUST_NO    NAM                  ADRS_1               FST_SAL_DAT
---------- -------------------- -------------------- ----------
CASH       Cash Customer        NULL                 NULL
10021      Abbott, Karen        12, Hill Road        2024-01-11
10022      Bryce, Tom           NULL                 2024-09-11
10023      Chen, Wei            3, Elm Street        2024-03-11
10024      Delgado, Rosa        7, Oak Street        2021-05-11

"""


@pytest.mark.parametrize(
    "below", ["(5 rows affected)", "(5 rows)", "5 rows selected.", "(5 行受影响)", "(5 row(s) affected)"]
)
def test_what_a_database_prints_is_cut_below_names_with_digits_in_spite_of_commas(tmp_path: Path, below: str) -> None:
    found = rows(tmp_path, _QUERIED + below + "\n")
    assert len(found) == 5
    assert found[0] == {"CUST_NO": "CASH", "NAM": "Cash Customer", "ADRS_1": None, "FST_SAL_DAT": None}
    assert found[4]["NAM"] == "Delgado, Rosa"


def test_lines_that_count_the_rows_are_counted_and_others_stay(tmp_path: Path) -> None:
    place = tmp_path / "list.csv"
    place.write_text("id,name\n1,a\n12 rows,b\n(2 rows affected),\n", encoding="utf-8")
    (tmp_path / "scratch").mkdir()
    table = open_file(place, tmp_path / "scratch")
    assert table.frame.collect()["id"].to_list() == ["1", "12 rows"]
    assert ("lines that count the rows", 1) in table.left_out.rows()
