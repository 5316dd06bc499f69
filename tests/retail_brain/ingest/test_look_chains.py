"""Looks at invented exports whose money stands in chains of columns, and that have lines which are no sales."""

from pathlib import Path

import polars as pl
import pytest

from retail_brain.ingest.look import look
from retail_brain.ingest.look.not_goods import says_no_goods
from retail_brain.ingest.look.word_parts import is_extra, is_tax
from retail_brain.sources import RawTable
from retail_brain.sources.shaping import rows_where

RECEIPTS = 60
PRICES = (4.5, 5.5, 7.95, 16.0, 3.25)


def _look(folder: Path, head: str, rows: list[str]) -> tuple[str, list[str], list[str]]:
    (folder / "export.csv").write_text("\n".join([head, *rows, ""]), encoding="utf-8")
    seen = look(str(folder))
    return seen.mapping, list(seen.questions), list(seen.lines)


def _line(number: int, good: int) -> str:
    moment = f"2026-03-{1 + number // 20:02d} {8 + number % 9:02d}:{number % 60:02d}"
    return f"{moment},K{number}Q,G{good}X,Good {'abcde'[good]}"


@pytest.mark.parametrize("extra", ["Modifiers", "Aufpreis", "Supplément", "追加料金", "Опции"])
def test_extras_are_paid_and_a_discount_proved_by_the_sum_with_tax_is_taken_off(tmp_path: Path, extra: str) -> None:
    rows = []
    for number in range(RECEIPTS):
        for good in (number % 5, (number + 2) % 5):
            more = (0.0, 0.75, 0.0, 1.25)[(number + good) % 4]
            off = -round(0.1 * (PRICES[good] + more), 2) if (number + good) % 3 == 0 else 0.0
            tax = round(0.083 * (PRICES[good] + more + off), 2)
            money = (PRICES[good], more, PRICES[good] + more, off, tax, PRICES[good] + more + off + tax)
            rows.append(f"{_line(number, good)},{','.join(f'{one:.2f}' for one in money)}")
    head = f"Line Date,Order ID,Item ID,Item Name,Item Revenue,{extra} Revenue,Total Revenue,Discount,Tax,Item Total"
    mapping, questions, _ = _look(tmp_path, head, rows)
    assert 'unit_price = { column = "Total Revenue", total = true, before_discount = true }' in mapping
    assert not any("Discount" in question for question in questions)


def test_a_part_of_an_unknown_name_before_the_sum_is_asked_about(tmp_path: Path) -> None:
    rows = []
    for number in range(RECEIPTS):
        good, units = number % 5, 1 + number % 3
        more = (0.0, 0.35, 0.0, 1.2)[number % 4]
        base = units * PRICES[good]
        rows.append(f"{_line(number, good)},{units},{base:.2f},{more:.2f},{base + more:.2f}")
    mapping, questions, _ = _look(tmp_path, "Date,Order ID,Item ID,Item Name,Qty,Amount,Zorb,Total", rows)
    assert any("'Zorb'" in question for question in questions)
    assert mapping.count("# unit_price = ") == 2


def test_carriage_and_refunds_are_neither_units_nor_prices(tmp_path: Path) -> None:
    rows = []
    for number in range(RECEIPTS):
        good = number % 5
        off = -round(0.1 * PRICES[good], 2) if number % 4 == 0 else 0.0
        back = f"{PRICES[good]:.2f}" if number in (9, 21) else ""
        ship = 0 if off else 45
        money = f"{PRICES[good] + off:.2f},{PRICES[good]:.2f},{off:.2f},{ship},{back}"
        rows.append(f"{_line(number, good)},{money},ready_to_ship")
    money = "paidPrice,unitPrice,sellerDiscountTotal,shippingFee,refundAmount"
    head = f"createTime,orderNumber,sellerSku,itemName,{money},status"
    mapping, questions, _ = _look(tmp_path, head, rows)
    assert "units = { constant = 1 }" in mapping
    assert 'unit_price = "paidPrice"' in mapping
    assert not any("ready_to_ship" in question for question in questions)


DESCRIPTIONS = {
    "texts": "When it was made.,Unique number.,Code of the seller.,The name.,Units sold.,Price of one.,What was paid.",
    "names in another language": "销售时间,订单号,商品编码,商品名称,数量,单价,金额",
    "types": "datetime,varchar,varchar,varchar,integer,decimal,decimal",
    "numbers": "1,2,3,4,5,6,7",
    "units": ",,,,Stk,EUR,EUR",
}


@pytest.mark.parametrize("line", DESCRIPTIONS.values(), ids=DESCRIPTIONS)
def test_a_line_below_the_header_that_describes_columns_is_no_row(tmp_path: Path, line: str) -> None:
    rows = [
        f"{_line(number, number % 5)},{1 + number % 3},{PRICES[number % 5]},{(1 + number % 3) * PRICES[number % 5]:.2f}"
        for number in range(RECEIPTS)
    ]
    mapping, _, lines = _look(tmp_path, "Sold,Order No,SKU,Product,Qty,Unit price,Line total", [line, *rows])
    assert "[tables.transactions]" in mapping
    assert 'units = "Qty"' in mapping
    assert "where = " in mapping
    assert any("1 lines below the header describe the columns" in text for text in lines)
    assert any(f"transactions: {RECEIPTS} rows looked at, 0 would be set aside" in text for text in lines)


def test_a_first_row_of_sales_with_words_among_its_numbers_stays(tmp_path: Path) -> None:
    rows = [f"{_line(number, number % 5)},{1 + number % 3},{PRICES[number % 5]},1" for number in range(1, RECEIPTS)]
    rows.insert(0, f"{_line(0, 0)},1,free,gift")
    _, _, lines = _look(tmp_path, "Sold,Order No,SKU,Product,Qty,Unit price,Pages", rows)
    assert not any("describe the columns" in text for text in lines)


def test_guests_without_a_number_are_no_sums(tmp_path: Path) -> None:
    rows = []
    for number in range(RECEIPTS):
        person, units = ("", 2) if number % 3 == 2 else (f"M{number % 7}", 1)
        goods = (number % 5, (number + 1) % 5)
        rows += [f"{_line(number, good)},{person},{units},{PRICES[good]}" for good in goods]
    mapping, _, lines = _look(tmp_path, "Date,Order ID,Item ID,Item Name,Member ID,Qty,Price", rows)
    assert not any("are sums of" in text for text in lines)
    assert "where" not in mapping


@pytest.mark.parametrize("fee", ["手数料", "ポイント", "Gebühr", "Comisión", "Opłata", "수수료", "Quux"])
def test_a_kind_of_rows_that_is_the_only_name_in_the_place_of_goods_is_none(tmp_path: Path, fee: str) -> None:
    rows = []
    for number in range(RECEIPTS):
        rows += [
            f"{_line(number, good)},{1 + good % 2},{PRICES[good]},Goods" for good in (number % 5, (number + 1) % 5)
        ]
        date, order, *_ = _line(number, 0).split(",")
        rows.append(f"{date},{order},,{fee},1,3.30,{fee}")
    mapping, questions, _ = _look(tmp_path, "Date,Order ID,Item ID,Item Name,Qty,Price,Line type", rows)
    assert "\"Line type\" IN ('Goods')" in mapping
    assert 'product_id = "Item ID"' in mapping
    assert not questions


def test_a_return_marked_on_the_row_of_its_sale_is_asked_about(tmp_path: Path) -> None:
    back = "Return/Refund"
    rows = [
        f"{_line(number, number % 5)},{1 + number % 3},{PRICES[number % 5]},{back if number % 20 == 7 else ''},\t"
        for number in range(RECEIPTS)
    ]
    rows[3] = rows[3][:-1] + "2026-03-04 10:00\t"
    head = "Date,Order ID,Item ID,Item Name,Qty,Price,Cancelation/Return Type,Cancelled Time"
    mapping, questions, _ = _look(tmp_path, head, rows)
    assert "returns" not in mapping
    assert any("Return/Refund" in question for question in questions)


def test_words_of_taxes_extras_and_fees() -> None:
    assert [is_tax(name) for name in ("vat", "tax_amount", "net_amount", "消費税", "含税金额")] == [
        True,
        True,
        False,
        True,
        False,
    ]
    assert [is_extra(name) for name in ("options_price", "optional", "トッピング代", "tax")] == [
        True,
        False,
        True,
        False,
    ]
    assert [says_no_goods(kind) for kind in ("積分", "Bearbeitungsgebühr", "Point of sale kit")] == [True, True, False]


@pytest.mark.parametrize("mark", [".", ","])
@pytest.mark.parametrize(
    "head",
    [
        "Ngày bán,Mã hóa đơn,Mã hàng,Tên hàng,Số lượng,Đơn giá,Thành tiền",
        "Tanggal,No Struk,Kode Barang,Nama Barang,Jumlah,Harga Satuan,Total Harga",
    ],
)
def test_money_without_decimals_has_points_and_commas_of_thousands(tmp_path: Path, head: str, mark: str) -> None:
    rows = []
    for number in range(RECEIPTS):
        units, price = 1 + number % 3, int(PRICES[number % 5] * 10_000)
        money = (f"{one:,}".replace(",", mark) for one in (price, units * price))
        rows.append(f'{_line(number, number % 5)},{units},"{next(money)}","{next(money)}"')
    mapping, _, _ = _look(tmp_path, head, rows)
    wanted = 'decimal = ","' if mark == "." else 'thousands = ","'
    assert f"unit_price = {{ column = {head.split(',')[5]!r}, {wanted} }}".replace("'", '"') in mapping


@pytest.mark.parametrize("is_each", [True, False])
def test_extras_and_a_discount_between_a_price_and_the_sum_are_told_apart(tmp_path: Path, is_each: bool) -> None:
    rows = []
    for number in range(RECEIPTS):
        units, price = 1 + number % 3, PRICES[number % 5] * 100
        more, off = (0, 50, 0, 100)[number % 4], (0, 0, 30)[number % 3]
        total = price * units + more * (units if is_each else 1) - off
        rows.append(f"{_line(number, number % 5)},{units},{price:.0f},{more},{off},{total:.0f}")
    mapping, questions, _ = _look(
        tmp_path, "会計日時,会計ID,商品コード,商品名,数量,単価,オプション金額,割引額,小計", rows
    )
    assert 'unit_price = { column = "小計", total = true }' in mapping
    assert 'discount = "割引額"' in mapping
    assert not questions


@pytest.mark.parametrize("kinds", [("product", "shipping", "discount-coupon"), ("商品", "送料", "値引")])
def test_fees_with_codes_of_their_own_are_no_goods(tmp_path: Path, kinds: tuple[str, str, str]) -> None:
    rows = []
    for number in range(RECEIPTS):
        goods = (number % 5, (number + 1) % 5)
        rows += [f"{_line(number, good)},{1 + good % 2},{PRICES[good]},{kinds[0]}" for good in goods]
        date, order, *_ = _line(number, 0).split(",")
        rows.append(f"{date},{order},SHIP{number % 2},Carrier {number % 2},1,3.30,{kinds[1]}")
        rows += [f"{date},{order},C1,Spring,1,-2,{kinds[2]}"] if number % 4 == 0 else []
    mapping, _, _ = _look(tmp_path, "date,order no,item code,item name,qty,unit price,itemType", rows)
    assert f"\"itemType\" IN ('{kinds[0]}')" in mapping


def test_a_department_called_discount_sells_goods(tmp_path: Path) -> None:
    rows = [
        f"{_line(number, number % 5)},{1 + number % 3},{PRICES[number % 5]},{'Discount' if number % 5 > 2 else 'Food'}"
        for number in range(RECEIPTS)
    ]
    mapping, _, _ = _look(tmp_path, "date,receipt no,item code,item name,qty,unit price,area", rows)
    assert "where" not in mapping


@pytest.mark.parametrize(
    ("kinds", "box"),
    [(("Ware", "Versand"), "Versandkarton M"), (("商品", "送料"), "配送箱"), (("item", "Shipping"), "Box")],
)
def test_goods_to_send_things_in_are_goods(tmp_path: Path, kinds: tuple[str, str], box: str) -> None:
    rows = [
        line.replace("Good a", box) + f",1,{PRICES[number % 5]},{kinds[number % 5 == 0]}"
        for number in range(RECEIPTS)
        for line in [_line(number, number % 5)]
    ]
    mapping, _, _ = _look(tmp_path, "date,order no,item code,item name,qty,unit price,itemType", rows)
    assert "where" not in mapping


@pytest.mark.parametrize(
    ("kinds", "is_sure"), [(("Ware", "Friseur"), False), (("Paket", "Satuan"), False), (("x", "Gebühr"), True)]
)
def test_rows_without_codes_that_are_named_by_their_kind_are_asked_about(
    tmp_path: Path, kinds: tuple[str, str], is_sure: bool
) -> None:
    rows = []
    for number in range(RECEIPTS):
        date, order, code, name = _line(number, number % 5).split(",")
        good = f",{kinds[1]}" if number % 5 == 0 else f"{code},{name}"
        rows.append(f"{date},{order},{good},{1 + number % 3},{PRICES[number % 5]},{kinds[number % 5 == 0]}")
    mapping, questions, _ = _look(tmp_path, "date,order no,item code,item name,qty,unit price,itemType", rows)
    assert f"\"itemType\" IN ('{kinds[0]}')" in mapping
    assert any("or goods?" in question for question in questions) is not is_sure
    assert ("where = '''TRUE'''" in mapping) is not is_sure


def test_small_whole_amounts_below_the_price_count_units(tmp_path: Path) -> None:
    rows = [f"{_line(number, number % 5)},{1 + number % 3},{PRICES[number % 5]}" for number in range(RECEIPTS)]
    mapping, questions, _ = _look(tmp_path, "date,order no,itemCode,itemName,itemAmount,itemUnitPrice", rows)
    assert 'units = "itemAmount"' in mapping
    assert 'unit_price = "itemUnitPrice"' in mapping
    assert not questions


def test_whole_money_of_a_sale_below_every_price_is_no_units(tmp_path: Path) -> None:
    rows = [
        f"{_line(number, number % 5)},{(9, 15, 7, 12, 18)[number % 5]},{(12, 20, 9, 16, 24)[number % 5]}"
        for number in range(RECEIPTS)
    ]
    mapping, _, _ = _look(tmp_path, "date,order no,itemCode,itemName,Amount,Unit Price", rows)
    assert 'units = "Amount"' not in mapping
    assert "units = { constant = 1 }" in mapping


def test_a_cell_of_tabs_is_blank_in_a_condition() -> None:
    rows = RawTable("x", pl.LazyFrame({"when": ["\t", "", None, "2026-03-01\t"], "n": [1, 2, 3, 4]}), "x.csv")
    kept = rows_where(rows, '"when" IS NULL OR "when" = \'\'')
    assert kept.frame.collect()["n"].to_list() == [1, 2, 3]
