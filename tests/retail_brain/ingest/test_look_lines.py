"""What of a file is a line of goods: units without a known name, texts between lines, parents, orders beside lines."""

import tomllib
from pathlib import Path

import pytest

from retail_brain.ingest.look import look
from retail_brain.ingest.look.words import role_scores
from tests.retail_brain.ingest.test_look import Row, load, moment, write

PRICES = {"g0": 3.5, "g1": 12.25, "g2": 0.8, "g3": 21.9}
LINES = [(n, line, f"g{(n + line) % 4}", (n + 2 * line) % 4 + 1) for n in range(30) for line in range(n % 3 + 1)]
"""Receipt, line, product and units."""


@pytest.mark.parametrize(
    "name",
    [
        "Q.tà",
        "Qta venduta",
        "Cantd.",
        "Anz.",
        "Stck",
        "Unités",
        "Uds.",
        "К-во",
        "Količina",
        "Kiekis",
        "Buc.",
        "Db",
        "Ks",
        "Jml",
        "จำนวนชิ้น",
        "판매량",
        "件",
    ],
)
def test_short_names_of_units_are_known(name: str) -> None:
    scores = role_scores(name)
    assert max(scores, key=lambda one: scores[one], default="") == "units", scores


def test_weights_and_pieces_without_a_known_name_are_found_by_price_and_amount(tmp_path: Path) -> None:
    def units(count: int, good: str) -> float:
        return count + 0.34 if good == "g3" else float(count)

    rows = [
        [n, moment(n), good, units(count, good), PRICES[good], round(units(count, good) * PRICES[good], 2)]
        for n, _, good, count in LINES
    ]
    lines = load(tmp_path, write(tmp_path / "sales.csv", ["Receipt", "Date", "SKU", "Zqx", "Price", "Amount"], rows))
    assert [row["units"] for row in lines] == [units(count, good) for _, _, good, count in LINES]


def test_texts_and_carriage_between_the_lines_of_documents_are_no_goods(tmp_path: Path) -> None:
    rows: list[Row] = []
    for n, line, good, count in LINES:
        if line == 1:
            rows.append([n, moment(n), "", f"Your order no. {n}", "", "", ""])
        rows.append([n, moment(n), good, f"Tea {good}", count, PRICES[good], round(count * PRICES[good], 2)])
        if line == 2:
            rows.append([n, moment(n), "", "Spese di trasporto", 1, 9, 9])
    path = write(tmp_path / "lines.csv", ["Doc no", "Date", "SKU", "Description", "Qty", "Price", "Amount"], rows)
    lines = load(tmp_path, path)
    assert [(row["product_id"], row["units"]) for row in lines] == [(good, count) for _, _, good, count in LINES]
    said = "\n".join(look(str(path)).lines)
    assert "20 rows have a text in 'Description'" in said
    assert "10 rows whose 'Description'" in said


@pytest.mark.parametrize("kind", ["Versandposition", "Versandpauschale", "Frachtkosten"])
def test_positions_of_carriage_without_a_code_are_left_out_by_their_kind(tmp_path: Path, kind: str) -> None:
    rows: list[Row] = []
    for n, line, good, count in LINES:
        rows.append([n, moment(n), "Artikel", good, f"Tee {good}", count, PRICES[good], round(count * PRICES[good], 2)])
        if line == n % 3 and n % 4:
            rows.append([n, moment(n), kind, "", "DHL Paket", 1, 4.9, 4.9])
    header = ["Beleg", "Datum", "Positionstyp", "Artikelnummer", "Positionsname", "Menge", "Preis", "Betrag"]
    lines = load(tmp_path, write(tmp_path / "lines.csv", header, rows))
    assert [(row["product_id"], row["units"]) for row in lines] == [(good, count) for _, _, good, count in LINES]


def test_stock_names_the_goods_where_sales_leave_rows_out(tmp_path: Path) -> None:
    rows: list[Row] = [
        [n, moment(n), "Annulé" if n % 9 == 4 else "Vente", good, f"Thé {good}", count, PRICES[good]]
        for n, _, good, count in LINES
    ]
    write(tmp_path / "ventes.csv", ["Ticket", "Date", "Nature", "Code article", "Titre", "Qté", "PU"], rows)
    stock = [[good, f"Thé {good}", "Boissons", 5 + place] for place, good in enumerate(PRICES)]
    write(tmp_path / "stock_2026-02-28.csv", ["Code article", "Titre", "Rayon", "Stock"], stock)
    found = tomllib.loads(look(str(tmp_path)).mapping)["tables"]
    assert "where" in found["transactions"]
    assert found["products"]["files"] == "stock_2026-02-28.csv"
    assert found["products"]["columns"] == {"product_id": "Code article", "name": "Titre", "category": "Rayon"}


@pytest.mark.parametrize("names", ["Zamówienie|Pozycja", "订单编号|订单号"])
def test_orders_that_sum_up_their_goods_are_heads_of_the_lines_beside_them(tmp_path: Path, names: str) -> None:
    ours, theirs = names.split("|")
    bought: dict[int, list[tuple[str, int]]] = {}
    for n, _, good, count in LINES:
        bought.setdefault(n, []).append((good, count))
    heads: list[Row] = [
        [f"=\"{70000 + n}\"", moment(n), f"u{n % 7}", "，".join(f"Tea {good}" for good, _ in some),
         sum(c for _, c in some),
         round(sum(c * PRICES[good] for good, c in some), 2), "等待买家付款" if n == 4 else "交易成功"]
        for n, some in bought.items()
    ]  # fmt: skip
    header = [theirs, "订单创建时间", "买家会员名", "宝贝标题", "宝贝总数量", "买家实际支付金额", "订单状态"]
    write(tmp_path / "orders.csv", header, heads)
    write(tmp_path / "details.csv", [ours, "标题", "价格", "购买数量", "商家编码"],
          [[f"=\"{70000 + n}\"", f"Tea {good}", PRICES[good], count, good] for n, _, good, count in LINES])  # fmt: skip
    lines = load(tmp_path, tmp_path)
    assert [(row["transaction_id"], row["customer_id"], row["product_id"], row["units"], row["unit_price"])
            for row in lines] == [
        (str(70000 + n), f"u{n % 7}", good, count, PRICES[good]) for n, _, good, count in LINES if n != 4
    ]  # fmt: skip


def test_kind_of_returns_without_a_minus_is_found_beside_cancelled_receipts_that_have_one(tmp_path: Path) -> None:
    rows: list[Row] = []
    for n, _, good, count in LINES:
        receipt = [count * PRICES[good] for m, _, good, count in LINES if m == n]
        sign = -1 if n % 5 == 2 else 1
        rows.append([n, moment(n), good, count, PRICES[good], round(sign * sum(receipt), 2), 2 if sign < 0 else 1])
    rows += [
        [90 + n, moment(30 + n), "g1", count, PRICES["g1"], round(count * PRICES["g1"], 2), 1]
        for n, count in enumerate((2, -2, 1, -1))
    ]
    header = ["Receipt", "Date", "SKU", "Qty", "Price", "Total", "Doc kind"]
    lines = load(tmp_path, write(tmp_path / "sales.csv", header, rows))
    assert [row["units"] for row in lines] == [
        *(-count if n % 5 == 2 else count for n, _, _, count in LINES), *(2, -2, 1, -1)
    ]  # fmt: skip


def test_lines_of_a_parcel_with_a_row_of_its_own_are_paid_by_price_and_units(tmp_path: Path) -> None:
    rows: list[Row] = []
    for n, line, good, count in LINES:
        several = n % 3 > 0
        if several and line == 0:
            rows.append([2000018518870000 + n, moment(n), "", "", "", "", 40.0 + n, f"u{n % 7}"])
        paid, who = ("", "") if several else (round(count * PRICES[good] * 0.8, 2), f"u{n % 7}")
        rows.append([2000018518871000 + 10 * n + line, moment(n), good, f"Tea {good}", count, PRICES[good], paid, who])
    header = ["Sale no", "Date", "SKU", "Title", "Qty", "Unit price", "Total", "Buyer ID"]
    path = write(tmp_path / "sales.csv", header, rows)
    lines = load(tmp_path, path)
    assert [(row["product_id"], row["units"], row["unit_price"]) for row in lines] == [
        (good, count, PRICES[good]) for _, _, good, count in LINES
    ]
    assert any("'Total' is blank on 50 lines" in line for line in look(str(path)).lines)


def test_amount_that_is_lower_where_a_unit_has_a_discount_is_what_was_paid(tmp_path: Path) -> None:
    def off(n: int, line: int) -> float:
        return 0.25 if (n + line) % 5 == 0 else 0.0

    rows = [
        [n, moment(n), good, count, PRICES[good], off(n, line), round(count * PRICES[good], 2),
         round(count * off(n, line), 2), round(count * (PRICES[good] - off(n, line)), 2)]
        for n, line, good, count in LINES
    ]  # fmt: skip
    header = [
        "レシート番号",
        "取引日時",
        "商品コード",
        "数量",
        "商品単価",
        "単品値引",
        "値引き前計",
        "値引き計",
        "値引き後計",
    ]
    write(tmp_path / "sales.csv", header, rows)
    columns = tomllib.loads(look(str(tmp_path)).mapping)["tables"]["transactions"]["columns"]
    assert columns["unit_price"] == {"column": "値引き後計", "total": True}
    assert columns["discount"] == "値引き計"


def test_long_numbers_beside_blank_cells_are_no_sums(tmp_path: Path) -> None:
    rows = [[90_000_018_518_870_000 + 977 * n, moment(n), f"g{n % 4}", n % 3 + 1, 2.5, "x" if n % 9 else ""]
            for n in range(90)]  # fmt: skip
    lines = load(tmp_path, write(tmp_path / "sales.csv", ["Order no", "Date", "SKU", "Qty", "Price", "Note"], rows))
    assert len(lines) == 90


def test_list_of_people_with_sums_of_their_life_is_known_by_the_phone_that_sales_have(tmp_path: Path) -> None:
    people = [[f"{n:04x}ab", f"Ann B{n}", f"8120000{n:04}", "", "Bergen", 17 * n, 3 + n, 250.5 * n] for n in range(12)]
    header = ["Customer ID", "Customer name", "Phone", "Address", "City", "Points", "Total visits", "Total spent"]
    write(tmp_path / "export_customers.csv", header, people)
    sales = [[n, moment(n), good, count, PRICES[good], f"8120000{n % 9:04}"] for n, _, good, count in LINES]
    write(tmp_path / "receipts.csv", ["Receipt number", "Date", "SKU", "Quantity", "Price", "Customer contacts"], sales)
    listed = load(tmp_path, tmp_path, "customers")
    assert [row["customer_id"] for row in listed] == [f"8120000{n:04}" for n in range(12)]


@pytest.mark.parametrize(
    "name", ["Line kind (1: sale, 2: return, 9: void)", "取引明細区分（1：通常、2：返品、9：取消）"]
)
def test_codes_mean_what_the_name_of_their_column_says(tmp_path: Path, name: str) -> None:
    kinds = {n: 2 if n % 9 == 4 else 9 if n % 11 == 5 else 1 for n in range(30)}
    rows = [[n, moment(n), good, count, PRICES[good], kinds[n]] for n, _, good, count in LINES]
    lines = load(tmp_path, write(tmp_path / "sales.csv", ["Receipt", "Date", "SKU", "Qty", "Price", name], rows))
    assert [row["units"] for row in lines] == [
        -count if kinds[n] == 2 else count for n, _, _, count in LINES if kinds[n] != 9
    ]
