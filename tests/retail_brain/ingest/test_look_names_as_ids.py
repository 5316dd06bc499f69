"""Lists of people whom sales know by name, and tills that are of lines and not of receipts."""

from pathlib import Path

import pytest

from retail_brain.ingest import ingest
from retail_brain.ingest.look import look, report
from retail_brain.lake import open_lake
from retail_brain.progress import SILENT
from retail_brain.settings import DataSettings, Settings

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


def test_list_whose_ids_another_file_has_is_asked_about(tmp_path: Path) -> None:
    rows = [
        "customer_id,channel,granted,changed_at",
        *(f"{1000 + n},email,no,2026-09-01 10:00:00" for n in range(0, 24, 5)),
    ]
    (tmp_path / "consents.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    mapping, _ = _seen(tmp_path, list(_PEOPLE))
    questions = look(str(tmp_path)).questions
    assert any("who is a person, 'ID', which ['consents.csv'] name people by" in question for question in questions)
    assert mapping.count('# customer_id = { column = "ID" }') == 2
    assert mapping.count('# customer_id = { columns = ["First Name", "Last Name"], join = " " }') == 2


def test_shared_names_are_found_in_the_whole_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "SAMPLE_ROWS", 24)
    mapping, lines = _seen(tmp_path, [*_PEOPLE, (2000, "ava", "Roy", "other@example.ca")])
    assert "[tables.customers]" not in mapping
    assert "several people of the list share a name" in lines


def test_consents_of_names_that_a_later_list_shares_are_refusals(tmp_path: Path) -> None:
    people = [("Ava", "Roy", "a@x.ca", "yes"), ("Liam", "Chen", "l@x.ca", "yes"), ("Ava", "Roy", "b@x.ca", "no"),
              ("Mia", "Roy", "m@x.ca", "yes"), ("Mia", "Roy", "m@x.ca", "yes")]  # fmt: skip
    rows = [("First", "Last", "Email", "opt_in"), *people]
    (tmp_path / "people.csv").write_text("\n".join(map(",".join, rows)) + "\n", encoding="utf-8")
    head = "transaction_id,sold_at,store_id,product_id,units,unit_price"
    (tmp_path / "transactions.csv").write_text(f"{head}\n1,2026-09-01 10:00:00,s,a,1,2\n", encoding="utf-8")
    person = 'customer_id = { columns = ["First", "Last"], join = " " }\n'
    (tmp_path / "mapping.toml").write_text(
        '[tables.transactions]\nfiles = "transactions.csv"\n\n'
        f'[tables.customers]\nfiles = "people.csv"\n\n[tables.customers.columns]\n{person}'
        f'\n[tables.consents]\nfiles = "people.csv"\n\n[tables.consents.columns]\n{person}'
        'channel = { constant = "email" }\ngranted = "opt_in"\nchanged_at = { constant = "2026-09-01 10:00:00" }\n',
        encoding="utf-8",
    )
    settings = Settings(data=DataSettings(max_quarantine_share=1.0))
    told = ingest(str(tmp_path / "mapping.toml"), str(tmp_path / "lake"), settings, SILENT)
    consents = open_lake(str(tmp_path / "lake")).scan("consents").collect()
    granted = dict(consents.select("customer_id", "granted").iter_rows())
    assert granted == {"Ava Roy": False, "Liam Chen": True, "Mia Roy": True}
    assert any(warning.startswith("1 names of customers are of several people") for warning in told.warnings)
