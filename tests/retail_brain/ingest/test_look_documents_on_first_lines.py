"""Looks at documents whose fields stand on the first of their lines alone: times, states and credit notes."""

from pathlib import Path

import pytest

from retail_brain.ingest.look import look
from tests.retail_brain.ingest.test_look import Row, load, write

NAMES = ["ID", "Posting Date", "Posting Time", "Customer", "Status", "Return Against"]
LINES = ["Item", "Quantity", "Rate", "Amount"]


def invoices(path: Path, names: list[str], moments: list[list[str]], against: bool = True) -> Path:
    """60 invoices of two lines each; every tenth came back, and a credit note with units below 0 follows it."""
    rows: list[Row] = []
    for n in range(60):
        back = n % 10 == 5
        status = "Credit Note Issued" if back else "Overdue" if n % 6 == 1 else "Paid"
        rows.append([f"INV-{n:04}", *moments[n], f"C{n % 7}", status, None, f"g{n % 5}", 2, 3.5, 7.0])
        rows.append([*[None] * (len(names) - len(LINES)), f"g{(n + 2) % 5}", 1, 4.0, 4.0])
        if back:
            named = f"INV-{n:04}" if against else None
            rows.append([f"RET-{n:04}", *moments[n], f"C{n % 7}", "Return", named, f"g{n % 5}", -2, 3.5, -7.0])
    return write(path, names, rows)


def moments_of(form: str) -> list[list[str]]:
    return [[f"2026-03-{n // 3 + 1:02}", form.format(n % 60)] for n in range(60)]


def test_credit_notes_take_back_the_invoices_that_they_name(tmp_path: Path) -> None:
    place = invoices(tmp_path / "Sales Invoice.csv", [*NAMES, *LINES], moments_of("15:{:02}:17.123742"))
    seen = look(str(place))
    assert not seen.questions
    lines = load(tmp_path, place)
    assert len(lines) == 126
    assert sum(float(str(row["units"])) for row in lines) == 60 * 3 - 6 * 2
    assert str(lines[0]["sold_at"])[:10] == "2026-03-01"


def test_invoices_that_no_credit_note_names_are_asked_about(tmp_path: Path) -> None:
    place = invoices(tmp_path / "Sales Invoice.csv", [*NAMES, *LINES], moments_of("15:{:02}:17"), against=False)
    assert any("Credit Note Issued" in question for question in look(str(place)).questions)


@pytest.mark.parametrize("half", ["م", "PM", "μ.μ.", "مساء"])
def test_times_with_the_halves_of_the_day_of_other_alphabets(tmp_path: Path, half: str) -> None:
    names = [
        "رقم الطلب",
        "تاريخ الطلب",
        "العميل",
        "حالة الطلب",
        "ملاحظات",
        "رمز المنتج",
        "الكمية",
        "سعر المنتج",
        "المبلغ",
    ]
    rows: list[Row] = []
    for n in range(60):
        moment = f"{n // 3 + 1:02}/03/2026 03:{n % 60:02} {half}"
        status = "ملغي" if n % 10 == 5 else "تم التوصيل"
        rows.append([1000 + n, moment, f"C{n % 7}", status, None, f"g{n % 5}", 2, 3.5, 7.0])
        rows.append([*[None] * 5, f"g{(n + 2) % 5}", 1, 4.0, 4.0])
    lines = load(tmp_path, write(tmp_path / "orders.csv", names, rows))
    assert len(lines) == 108
    assert {str(row["sold_at"])[11:13] for row in lines} == {"15"}
