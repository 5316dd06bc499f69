"""Looks at invented exports with heads and lines in pairs of files: credit memos, months, heads in states."""

from pathlib import Path

import polars as pl
import pytest

from retail_brain.ingest import ingest
from retail_brain.ingest.look import look
from retail_brain.lake import open_lake
from retail_brain.progress import SILENT
from retail_brain.settings import Settings
from tests.retail_brain.ingest.test_look import Row, write

HEAD = ["EntryKey", "Number", "Cancelled", "PostingDate", "PartnerCode", "PartnerName"]
LINE = ["EntryKey", "ItemCode", "Quantity", "Price", "ShipDate"]
PAIR = {5: "Y", 6: "C", 25: "Y", 26: "C", 45: "Y", 46: "C"}


def _pair(folder: Path, names: tuple[str, str], entries: range, lines: int, below: tuple[int, ...] = ()) -> None:
    """Heads and lines; entries of `below` have units with a minus."""
    heads: list[Row] = []
    rows: list[Row] = []
    for n in entries:
        same = n - 1 if PAIR.get(n) == "C" else n
        who = ["K9000", "Laufkundschaft"] if same % 2 else [f"K{100 + same % 7}", f"Firma {'abcdefg'[same % 7]}"]
        day = f"2026-05-{1 + (same % 60) // 3:02d}"
        heads.append([n, 500_000 + n, PAIR.get(n, "N"), day, *who])
        sign = -1 if n in below else 1
        rows += [
            [n, f"A{(same * 3 + k) % 8}X", sign * (1 + (same + k) % 3), 2.5 + (same * 3 + k) % 8, day]
            for k in range(lines)
        ]
    write(folder / f"{names[0]}.csv", HEAD, heads)
    write(folder / f"{names[1]}.csv", LINE, rows)


def _read(folder: Path) -> pl.DataFrame:
    (folder / "m.toml").write_text(look(str(folder)).mapping, encoding="utf-8")
    ingest(str(folder / "m.toml"), str(folder / "lake"), Settings(), SILENT)
    return open_lake(str(folder / "lake")).scan("transactions").collect()


def test_credit_memos_in_a_pair_of_their_own_are_returns(tmp_path: Path) -> None:
    """A minus on lines that were sold, such as a rebate, changes nothing."""
    _pair(tmp_path, ("invoices", "invoice_lines"), range(60), 2, below=(7,))
    _pair(tmp_path, ("credit_memos", "credit_memo_lines"), range(900, 908), 2)
    lines = _read(tmp_path)
    assert lines.height == 2 * (60 - len(PAIR)) + 16
    assert set(lines.filter(pl.col("units") < 0)["transaction_id"]) == {"7", *(str(n) for n in range(900, 908))}
    assert "K9000" not in lines["customer_id"].to_list()
    assert lines["customer_id"].null_count() > 0
    (tmp_path / "m.toml").unlink()
    seen = look(str(tmp_path)).lines
    assert not any("cannot be read" in line for line in seen)
    assert any(line.startswith("transactions: ") for line in seen)


@pytest.mark.parametrize(("below", "is_read"), [(range(900, 908), True), (range(900, 902), False)])
def test_credit_memos_with_a_minus_are_read_as_they_are_or_asked_about(
    tmp_path: Path, below: range, *, is_read: bool
) -> None:
    _pair(tmp_path, ("invoices", "invoice_lines"), range(60), 2)
    _pair(tmp_path, ("credit_memos", "credit_memo_lines"), range(900, 908), 2, below=tuple(below))
    seen = look(str(tmp_path))
    assert "returns = " not in seen.mapping
    assert ("credit_memo_lines.csv" in seen.mapping) == is_read
    assert any("credit_memo_lines.csv is of returns" in question for question in seen.questions) != is_read


def test_credit_memos_without_prices_are_left_out_and_asked_about(tmp_path: Path) -> None:
    """`returns` needs prices: without them what came back would count as sold."""
    _pair(tmp_path, ("bons", "bonregels"), range(60), 2)
    _pair(tmp_path, ("retour_bons", "retour_bonregels"), range(900, 908), 2)
    for name in ("bonregels", "retour_bonregels"):
        pl.read_csv(tmp_path / f"{name}.csv").drop("Price").write_csv(tmp_path / f"{name}.csv")
    seen = look(str(tmp_path))
    assert "retour_bonregels.csv" not in seen.mapping
    assert any("retour_bonregels.csv is of returns" in question for question in seen.questions)


def test_a_pair_that_is_called_otherwise_is_left_out_and_asked_about(tmp_path: Path) -> None:
    _pair(tmp_path, ("heads_2026_05", "lines_2026_05"), range(60), 2)
    _pair(tmp_path, ("heads_2026_06", "lines_2026_06"), range(120, 160), 2)
    _pair(tmp_path, ("heads_web", "lines_web"), range(220, 240), 2)
    seen = look(str(tmp_path))
    assert "returns" not in seen.mapping
    assert "web" not in seen.mapping
    assert any("is lines_web.csv of further sales" in question for question in seen.questions)
    assert not any("cannot be read" in line for line in seen.lines)
    assert _read(tmp_path).height == 2 * (60 - len(PAIR) + 40)


def test_purchases_quotations_and_drafts_are_no_further_sales(tmp_path: Path) -> None:
    _pair(tmp_path, ("factures", "factures_lignes"), range(60), 2)
    others = ("achats", "devis", "brouillons", "transferts", "retours_achats")
    for place, name in enumerate(others):
        _pair(tmp_path, (name, f"{name}_lignes"), range(300 + 50 * place, 320 + 50 * place), 2)
    seen = look(str(tmp_path))
    assert not any(name in seen.mapping for name in others)
    assert 'files = "factures_lignes.csv"' in seen.mapping
    assert all(any(line.strip().startswith(f"{name}_lignes.csv has") for line in seen.lines) for name in others)


def test_a_pair_whose_numbers_come_again_is_left_out_and_asked_about(tmp_path: Path) -> None:
    _pair(tmp_path, ("invoices", "invoice_lines"), range(60), 2)
    _pair(tmp_path, ("credit_memos", "credit_memo_lines"), range(8), 1)
    seen = look(str(tmp_path))
    assert "credit_memo_lines.csv" not in seen.mapping
    assert any("credit_memos.csv that come again" in question for question in seen.questions)


def test_files_of_one_name_in_several_folders_are_no_returns_by_it(tmp_path: Path) -> None:
    for folder, entries in (("a_sold", range(60)), ("returned", range(900, 908))):
        (tmp_path / folder).mkdir()
        _pair(tmp_path / folder, ("heads", "lines"), entries, 2)
    seen = look(str(tmp_path))
    assert "returns = " not in seen.mapping
    assert 'files = "a_sold/lines.csv"' in seen.mapping
    assert any("returned/lines.csv" in question for question in seen.questions)


def test_states_of_heads_that_count_their_items_leave_lines_out(tmp_path: Path) -> None:
    states = ["xy-completed"] * 8 + ["xy-pending", "xy-cancelled"]
    heads: list[Row] = []
    lines: list[Row] = []
    people: list[Row] = []
    for n in range(60):
        day, who = f"2026-06-{1 + n // 4:02d} 10:{n:02d}:00", n % 20
        units = [1 + (n + k) % 3 for k in range(2)]
        heads.append([7000 + n, day, sum(units), sum(u * 4.5 for u in units), states[n % 10], who])
        lines += [[7000 + n, day, f"P{(n + k) % 9}Q", u, u * 4.5, who] for k, u in enumerate(units)]
    people = [[n, f"p{n}@example.com", "NULL" if n % 3 else f"2025-02-{n + 1:02d}"] for n in range(20)]
    write(tmp_path / "orders.csv", ["order_id", "created_at", "num_items_sold", "net_total", "status", "member"], heads)
    write(tmp_path / "lines.csv", ["order_id", "created_at", "sku", "qty", "net_amount", "member"], lines)
    write(tmp_path / "customers.csv", ["customer_id", "email", "registered_at"], people)
    assert _read(tmp_path).height == 2 * 48
    assert open_lake(str(tmp_path / "lake")).scan("customers").collect().height == 20


def test_goods_that_link_lines_to_a_file_of_moments_are_counted(tmp_path: Path) -> None:
    """The column of goods itself is the key that both files have."""
    lines = [[f"R{n // 2:04d}", f"SKU{n % 12:03d}", 1 + n % 3, 2.5 + n % 12] for n in range(60)]
    goods = [[f"SKU{n:03d}", f"Thing {'abcdefghijkl'[n]}", f"2026-03-{1 + n:02d} 09:00:00", n + 3] for n in range(12)]
    write(tmp_path / "order_lines.csv", ["order_id", "product_id", "quantity", "unit_price"], lines)
    write(tmp_path / "last_seen.csv", ["ref", "product_name", "created_at", "quantity"], goods)
    seen = look(str(tmp_path))
    assert any(line.startswith("order_lines.csv: ") for line in seen.lines)
    assert not any("'product_id'" in line and "receipt" in line for line in seen.lines)
