"""Who bought, what takes a sale back, and which rows say a line or a stock twice, told by names and values."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from retail_brain.ingest.look import look
from retail_brain.ingest.look.words import role_scores
from tests.retail_brain.ingest.test_look import load, moment, write
from tests.retail_brain.ingest.test_look_sums import HEAD, LINES

ORDERS = len({n for n, *_ in LINES})


def transactions(folder: Path) -> dict[str, Any]:
    return dict(tomllib.loads(look(str(folder)).mapping)["tables"]["transactions"])


@pytest.mark.parametrize("name", ["Username (Pembeli)", "Buyer username", "User name"])
def test_plain_user_name_goes_before_a_masked_phone(tmp_path: Path, name: str) -> None:
    rows = [
        [n, moment(n), good, units, price, f"******{10 + n % 23}", f"user.{n % 23}"]
        for n, _, good, price, units in LINES
    ]
    write(tmp_path / "orders.csv", [*HEAD, "Price", "Customer phone", name], rows)
    assert transactions(tmp_path)["columns"]["customer_id"] == name
    assert not look(str(tmp_path)).questions


@pytest.mark.parametrize("of_line", [True, False])
def test_number_of_a_document_is_no_customer(tmp_path: Path, of_line: bool) -> None:
    rows = [
        [n, moment(n), good, units, price, f"FA{n:04d}{line if of_line else ''}"]
        for n, line, good, price, units in LINES
    ]
    write(tmp_path / "orders.csv", [*HEAD, "Price", "Buyer Invoice ID"], rows)
    assert "customer_id" not in transactions(tmp_path)["columns"]


def test_people_who_came_once_each_are_customers(tmp_path: Path) -> None:
    rows = [[n, moment(n), good, units, price, f"c{n}@shop.example"] for n, _, good, price, units in LINES]
    write(tmp_path / "orders.csv", [*HEAD, "Price", "Buyer email"], rows)
    assert transactions(tmp_path)["columns"]["customer_id"] == "Buyer email"


def events(folder: Path, back: list[tuple[int, str]], *, beside: bool = True) -> Path:
    """Events of sales, and further ones with money below 0 and units above it."""
    of_lines = list(enumerate(LINES))
    rows = [
        [n, moment(n), good, units, "Sale", price * units]
        for place, (n, _, good, price, units) in of_lines
        if beside or place not in dict(back)
    ]
    for place, kind in back:
        n, _, good, price, units = LINES[place]
        rows.append([n, moment(n + 2), good, units, kind, -price * units])
    return write(folder / "x" / "events.csv", [*HEAD, "Event Type", "Line total"], rows)


BACK = [(place, "Return" if place % 2 else "Cancellation") for place in range(0, 45, 3)]


def test_cancellations_with_money_below_0_take_their_sales_back(tmp_path: Path) -> None:
    lines = load(tmp_path, events(tmp_path, BACK))
    assert len(lines) == len(LINES) + len(BACK)
    sold = sum(units for *_, units in LINES) - sum(LINES[place][4] for place, _ in BACK)
    assert sum(float(str(row["units"])) for row in lines) == sold


def test_cancellations_without_a_sale_beside_them_are_no_sales(tmp_path: Path) -> None:
    lines = load(tmp_path, events(tmp_path, [(place, "Cancellation") for place in (3, 8, 14, 21)], beside=False))
    assert len(lines) == len(LINES) - 4


def test_reason_of_rows_that_a_state_calls_cancelled_is_not_asked_about(tmp_path: Path) -> None:
    rows = [
        [n, moment(n), good, units, price, *(("Batal", "Ubah pesanan") if n % 9 == 4 else ("Selesai", ""))]
        for n, _, good, price, units in LINES
    ]
    write(tmp_path / "x" / "orders.csv", [*HEAD, "Price", "Status Pesanan", "Alasan Pembatalan"], rows)
    assert len(load(tmp_path, tmp_path / "x")) == sum(n % 9 != 4 for n, *_ in LINES)


def test_codes_of_receipts_may_have_no_digit(tmp_path: Path) -> None:
    codes = ["".join("ABCDEFGHKM"[int(one)] for one in f"{n * 7919 % 10**6:06d}") for n in range(ORDERS)]
    codes = [code if n % 9 == 5 else f"{code}{n}" for n, code in enumerate(codes)]
    rows = [[codes[n], moment(n), good, units, price] for n, _, good, price, units in LINES]
    write(tmp_path / "lines.csv", ["Zxq", *HEAD[1:], "Price"], rows)
    assert transactions(tmp_path)["columns"]["transaction_id"] == "Zxq"


def test_price_before_a_discount_is_a_price() -> None:
    for name in ("Price before discount", "Harga Sebelum Diskon", "Harga Setelah Diskon", "Prix avant remise"):
        assert role_scores(name).keys() == {"price"}
    assert role_scores("Numéro de reçu").keys() == {"receipt"}


def family(folder: Path, *, worth: float = 0, parts: int = 1, listed: float | None = None, once: bool = False) -> Path:
    """Lines of models, each with rows of its sizes below it that name it; perhaps with prices of a list and sums."""
    rows: list[list[object]] = []
    sums = {n: sum(price * units for other, _, _, price, units in LINES if other == n) for n, *_ in LINES}
    for n, _, good, price, units in LINES:
        rows.append([len(rows) + 900, n, "", moment(n), good, units, price, price, sums[n]])
        parent = len(rows) + 899
        for part in range(parts):
            row = [len(rows) + 900, n, parent, moment(n), f"{good}-{part}", units, price * worth]
            rows.append([*row, price * (listed or 0), sums[n]])
    head = ["row", "Order No", "belongs to", "Date", "SKU", "Qty", "Price", "Katalogpreis", "Belegsumme"]
    width = len(head) if once else len(head) - 1 if listed is not None else len(head) - 2
    return write(folder / "x" / "lines.csv", head[:width], [row[:width] for row in rows])


@pytest.mark.parametrize(("worth", "listed", "once"), [(0, None, False), (0, 1, False), (1, 1, True)])
def test_child_that_repeats_its_parent_is_the_same_line_once_more(
    tmp_path: Path, worth: float, listed: float | None, once: bool
) -> None:
    assert len(load(tmp_path, family(tmp_path, worth=worth, listed=listed, once=once))) == len(LINES)


@pytest.mark.parametrize(("worth", "parts", "listed"), [(0.5, 1, None), (0, 2, None), (1, 1, None), (0, 1, 0.3)])
def test_parts_of_a_set_and_gifts_are_asked_about(
    tmp_path: Path, worth: float, parts: int, listed: float | None
) -> None:
    seen = look(str(family(tmp_path, worth=worth, parts=parts, listed=listed).parent))
    assert any("belongs to" in question and "parts of it" in question for question in seen.questions)
    assert '"belongs to" IS NULL' in seen.mapping


def stock(folder: Path, *, reserved: int) -> list[str]:
    goods = [f"GOOD{n:02d}-X" for n in range(12)]
    write(folder / "articles.csv", ["SKU", "Name"], [[good, f"Ware {n}"] for n, good in enumerate(goods)])
    rows = [
        [good, f"00{place}", 3 + (n * 5 + place) % 11, (n + place) % reserved]
        for n, good in enumerate(goods)
        for place in (1, 2, 7)
    ]
    write(folder / "dispo.csv", ["qq_art", "qq_depot", "qq_phy", "qq_res"], rows)
    seen = look(str(folder))
    read = seen.mapping.partition("[tables.inventory.columns]")[2].partition("[tables")[0]
    return [line for line in read.splitlines() if "on_hand" in line] + list(seen.questions)


def test_counts_of_goods_in_places_are_stock_and_asked_about(tmp_path: Path) -> None:
    said = stock(tmp_path, reserved=2)
    assert said[0] == 'on_hand = "qq_phy"'
    assert any("is 'qq_phy' the stock on hand" in question for question in said)


def test_several_counts_of_goods_in_places_are_all_shown(tmp_path: Path) -> None:
    said = stock(tmp_path, reserved=5)
    assert said[1:3] == ['# on_hand = { column = "qq_phy" }', '# on_hand = { column = "qq_res" }']


def test_money_off_each_unit_is_money(tmp_path: Path) -> None:
    off = [50 if place % 4 == 0 else 100 if place % 4 == 1 else 0 for place in range(len(LINES))]
    rows = [
        [n, moment(n), good, units, price * 1000, off[place], (price * 1000 - off[place]) * units, 7000 + n]
        for place, (n, _, good, price, units) in enumerate(LINES)
    ]
    write(tmp_path / "lines.csv", [*HEAD, "Price", "Discount", "Line total", "Transaction ID"], rows)
    assert "rate" not in look(str(tmp_path)).mapping
