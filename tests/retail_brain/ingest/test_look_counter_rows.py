"""Documents that were cancelled and the ones that cancel them, told by their equal lines."""

from pathlib import Path

import pytest

from retail_brain.ingest.look import look

_LINES = [
    (f"R{n:03}", f"2026-09-{1 + n // 4:02}", "N", f"C{n % 7}", f"G{n % 5}", 1 + n % 3, 4.5 + n % 5) for n in range(60)
]
_TWICE = [(f"R9{n}", "2026-09-20", "Y", f"C{n}", f"G{n % 5}", 2, 4.5 + n % 5) for n in range(4)]


def _seen(folder: Path, name: str, counter: list[tuple[object, ...]]) -> tuple[str, str]:
    rows = [("Receipt no", "Date", name, "Customer no", "SKU", "Quantity", "Price"), *_LINES, *_TWICE, *counter]
    path = folder / "sales.csv"
    path.write_text("\n".join(",".join(map(str, row)) for row in rows) + "\n", encoding="utf-8")
    seen = look(str(path))
    return seen.mapping, "\n".join(seen.lines)


@pytest.mark.parametrize("name", ["Cancelled", "Anulado", "Storniert"])
def test_lines_written_twice_under_two_codes_are_no_sales(tmp_path: Path, name: str) -> None:
    mapping, lines = _seen(tmp_path, name, [(f"X{row[0]}", "2026-09-21", "C", *row[3:]) for row in _TWICE])
    assert f"""where = '''"{name}" IS NULL OR "{name}" NOT IN ('C', 'Y')'''""" in mapping
    assert "8 rows" in lines
    assert "the same lines twice" in lines


def test_codes_of_other_lines_are_not_told_by_numbers(tmp_path: Path) -> None:
    _, lines = _seen(tmp_path, "Cancelled", [(f"X{row[0]}", "2026-09-21", "C", *row[3:5], 7, 1) for row in _TWICE])
    assert "the same lines twice" not in lines


def _boxes(folder: Path, name: str, kinds: tuple[str, str], goods: int = 1) -> tuple[str, list[str]]:
    """A shop of few products: 32 orders of a usual state, and four of each of two others."""
    rows = [("Order number", "Order date", "SKU", "Quantity", "Price", name)]
    for n in range(40):
        state = "completed" if n < 32 else kinds[n // 36]
        rows.append((f"A{n}", f"2026-03-{1 + n // 2:02}", f"BOX{n % 4 % goods}", "1", "29.00", state))
    path = folder / "orders.csv"
    path.write_text("\n".join(",".join(row) for row in rows) + "\n", encoding="utf-8")
    seen = look(str(path))
    return seen.mapping, [*seen.questions]


@pytest.mark.parametrize("kinds", [("paid", "fulfilled"), ("ready for pickup", "shipped"), ("bezahlt", "versandt")])
def test_equal_sales_of_two_states_stay(tmp_path: Path, kinds: tuple[str, str]) -> None:
    mapping, questions = _boxes(tmp_path, "Status", kinds)
    assert "where" not in mapping
    assert not questions


@pytest.mark.parametrize(("name", "kinds", "goods"), [("Cancelled", ("Y", "C"), 1), ("Status", ("Zq", "Xy"), 4)])
def test_equal_lines_of_few_goods_or_unknown_states_are_asked_about(
    tmp_path: Path, name: str, kinds: tuple[str, str], goods: int
) -> None:
    mapping, questions = _boxes(tmp_path, name, kinds, goods)
    assert any("the same lines twice" in question for question in questions)
    assert "# where = '''TRUE'''" in mapping
