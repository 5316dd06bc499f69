"""Lists of people whom sales know by name, and tills that are of lines and not of receipts."""

from pathlib import Path

import pytest

from retail_brain.ingest.look import look

_GIVEN, _FAMILY = ("Ava", "Liam", "Noah", "Zoé", "Mia", "Léo"), ("Roy", "Chen", "Singh", "Gagnon")
_PEOPLE = [(1000 + n, _GIVEN[n % 6], _FAMILY[n // 6], f"p{n}@example.ca") for n in range(24)]


def _seen(folder: Path, people: list[tuple[object, ...]], *, one_time: bool = True) -> tuple[str, str]:
    sales = ["Sale ID,Completed Time,Shop,Register,Customer,SKU,Item,Quantity,Price"]
    for n in range(60):
        _, given, family, _ = _PEOPLE[n * 7 % 24]
        for line in range(1 + n % 3):
            time = f"2026-09-{1 + n // 3:02} 10:{n % 60 if one_time else (n + 17 * line) % 60:02}"
            goods = f"A{(n + line) % 6},Bike tube {(n + line) % 6}"
            sales.append(f"{9000 + n},{time},North,Reg {1 + (n + line) % 2},{given} {family},{goods},1,{4 + line}.50")
    (folder / "sales_lines.csv").write_text("\n".join(sales) + "\n", encoding="utf-8")
    rows = [("ID", "First Name", "Last Name", "Email"), *people]
    (folder / "customers.csv").write_text("\n".join(",".join(map(str, row)) for row in rows), encoding="utf-8")
    seen = look(str(folder))
    return seen.mapping, "\n".join(seen.lines)


def test_people_whom_sales_name_are_keyed_by_both_names(tmp_path: Path) -> None:
    mapping, lines = _seen(tmp_path, list(_PEOPLE))
    assert mapping.count('customer_id = { columns = ["First Name", "Last Name"], join = " " }') == 2  # identities too
    assert "together are the id: sales name people by them" in lines
    assert "100% of the 24 customer_id are in customers" in lines


def test_list_in_which_people_share_a_name_is_left_out_and_said(tmp_path: Path) -> None:
    mapping, lines = _seen(tmp_path, [*_PEOPLE, (2000, "Ava", "Roy", "other@example.ca")])
    assert "[tables.customers]" not in mapping
    assert "several people of the list share a name: the list is left out" in lines


@pytest.mark.parametrize("one_time", [True, False])
def test_till_that_changes_within_one_sale_and_time_is_of_the_line(tmp_path: Path, *, one_time: bool) -> None:
    mapping, _ = _seen(tmp_path, list(_PEOPLE), one_time=one_time)
    assert ('transaction_id = "Sale ID"' in mapping) is one_time
