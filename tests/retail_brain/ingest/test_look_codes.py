"""Codes of states and kinds of sales that no word explains: asked about, with rows and money of each."""

from pathlib import Path

import pytest

from retail_brain.ingest.look import look
from tests.retail_brain.ingest.test_look import load, moment, write

HEADER = ["Receipt", "Sold at", "Shop", "SKU", "Qty", "Price"]


def lines(tmp_path: Path, name: str, codes: list[object], count: int = 60) -> Path:
    """A till's lines with one more column, whose values come one after the other."""
    rows = [
        [f"R{n}", f"{moment(n):%Y-%m-%d %H:%M:%S}", "S1", f"g{n % 7}", n % 4 + 1, 2.5 + n % 7,
         codes[n * 5 // 3 % len(codes)]]
        for n in range(count)
    ]  # fmt: skip
    return write(tmp_path / "sales.csv", [*HEADER, name], rows)


@pytest.mark.parametrize("name", ["Status", "OrderState", "Document type", "订单状态", "Belegart", "取引区分"])
def test_codes_spread_evenly_are_asked_about_with_rows_and_money_of_each(tmp_path: Path, name: str) -> None:
    seen = look(str(lines(tmp_path, name, [1, 2, 3])))
    (question,) = seen.questions
    assert f"{name!r} is a code that nothing explains" in question
    assert "1: 21 rows with 288.00 of money; 3: 20 rows with 258.50 of money" in question
    assert f"""# where = '''"{name}" IN ('1')'''""" in seen.mapping
    assert f"""# where = '''"{name}" IS NULL OR "{name}" NOT IN ('3')'''""" in seen.mapping
    assert "# where = '''TRUE'''" in seen.mapping


def test_code_of_a_kind_may_be_of_returns_without_a_minus(tmp_path: Path) -> None:
    seen = look(str(lines(tmp_path, "Document type", ["A", "A", "A", "B"])))
    assert '# returns = { column = "Document type", values = [] }' in seen.mapping
    assert '# returns = { column = "Document type", values = ["B"] }' in seen.mapping


@pytest.mark.parametrize(
    "name", ["Payment type", "Channel type", "支付方式", "支付类型", "Customer type", "Zahlungsart", "Shipping state"]
)
def test_codes_of_payment_channel_people_and_places_are_not_asked_about(tmp_path: Path, name: str) -> None:
    assert len(load(tmp_path, lines(tmp_path, name, [1, 2, 3]))) == 60


def test_codes_that_go_with_goods_or_a_word_are_not_asked_about(tmp_path: Path) -> None:
    rows = [[f"R{n}", f"{moment(n):%Y-%m-%d %H:%M:%S}", "S1", f"g{n % 7}", 1, 2.5, n % 7 % 3 + 1] for n in range(60)]
    assert len(load(tmp_path / "1", write(tmp_path / "1" / "sales.csv", [*HEADER, "Type"], rows))) == 60
    words = ["completed", "shipped", "cancelled"]
    rows = [[*row[:6], n % 3 + 1, words[n % 3]] for n, row in enumerate(rows)]
    header = [*HEADER, "Status code", "Status"]
    assert len(load(tmp_path / "2", write(tmp_path / "2" / "sales.csv", header, rows))) == 40


def test_code_that_goes_with_units_below_0_is_explained(tmp_path: Path) -> None:
    rows = [
        [
            f"R{n}",
            f"{moment(n):%Y-%m-%d %H:%M:%S}",
            "S1",
            f"g{n % 7}",
            -1 if n % 3 == 1 else 2,
            2.5,
            2 if n % 3 == 1 else 1,
        ]
        for n in range(60)
    ]
    assert len(load(tmp_path, write(tmp_path / "sales.csv", [*HEADER, "Type"], rows))) == 60


def test_two_columns_of_codes_can_be_answered_each_and_with_none(tmp_path: Path) -> None:
    rows = [
        [f"R{n}", f"{moment(n):%Y-%m-%d %H:%M:%S}", "S1", f"g{n % 7}", 1, 2.5, n * 7 % 11 % 6 + 1, n * 5 % 13 % 6 + 1]
        for n in range(120)
    ]
    seen = look(str(write(tmp_path / "sales.csv", [*HEADER, "Order status", "Document type"], rows)))
    for name in ("Order status", "Document type"):
        for code in range(1, 7):
            assert f"""# where = '''"{name}" IN ('{code}')'''""" in seen.mapping
    assert "# where = '''TRUE'''" in seen.mapping
    assert any("144 of 169 ways to join these conditions are not written" in question for question in seen.questions)
    assert sum("rows looked at: 120" in question for question in seen.questions) == 2


def test_rare_codes_of_a_state_are_left_out_together_or_each_alone(tmp_path: Path) -> None:
    seen = look(str(lines(tmp_path, "Status", [*[2] * 16, 0, 2, 1, 2])))
    wheres = [line for line in seen.mapping.splitlines() if line.startswith("# where = ")]
    assert [line.count("'0'") + 2 * line.count("'1'") for line in wheres] == [3, 1, 2, 0]


@pytest.mark.parametrize("name", ["OrderState", "Order status id"])
def test_of_four_codes_with_one_below_0_two_may_be_left_out(tmp_path: Path, name: str) -> None:
    seen = look(str(lines(tmp_path, name, [2, 7, 2, 4, 2, -1, 7])))
    assert f"""# where = '''"{name}" IS NULL OR "{name}" NOT IN ('-1', '4')'''""" in seen.mapping
    assert 'transaction_id = "Receipt"' in seen.mapping
    assert len(seen.questions) == 1
