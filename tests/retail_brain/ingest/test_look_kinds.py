"""Looks at exports of many kinds: what the rows decide where the names of columns leave it open."""

import re
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest

from retail_brain.ingest import ingest
from retail_brain.ingest.look import look
from retail_brain.ingest.look.columns import columns_of
from retail_brain.lake import open_lake
from retail_brain.progress import SILENT
from retail_brain.settings import Settings
from tests.retail_brain.ingest.test_look import Row, load, moment, write
from tests.retail_brain.sources.workbooks import write_xlsx


def sold(row: dict[str, object], *names: str) -> tuple[object, ...]:
    return tuple(row[name] for name in names)


def goods_sold_often() -> list[tuple[int, str, int, float]]:
    """Receipt, good, units and price of one: three goods, each one, two and three at a time."""
    return [(n, f"g{n % 3}", n % 4 + 1, 2.0 + n % 3) for n in range(36)]


def test_lines_among_heads_and_payments_are_kept_alone(tmp_path: Path) -> None:
    header = ["Sale Date", "Receipt Number", "Line Type", "Quantity", "Total", "Details", "Register", "Sku"]
    rows: list[Row] = []
    for n, good, units, price in goods_sold_often():
        at = moment(n)
        rows.append([at, n, "Sale", units, units * price, "all goods", "Main", ""])
        rows.append([at, n, "Sale Line", units, units * price, "Tea", "Main", good])
        rows.append([at, n, "Payment", "", units * price, "Card", "Main", ""])
    lines = load(tmp_path, write(tmp_path / "sales.csv", header, rows))
    assert len(lines) == 36
    assert {row["product_id"] for row in lines} == {"g0", "g1", "g2"}
    assert {row["store_id"] for row in lines} == {"Main"}


def test_rows_with_a_void_flag_are_left_out(tmp_path: Path) -> None:
    header = [
        "Location",
        "Order Id",
        "Order Date",
        "SKU",
        "Gross Price",
        "Discount",
        "Net Price",
        "Qty",
        "Tax",
        "Void?",
    ]
    rows = [
        ["A", n, moment(n).strftime("%m/%d/%y %I:%M %p"), good, units * price, 0, units * price, units, 0.1,
         str(n == 5).lower()]
        for n, good, units, price in goods_sold_often()
    ]  # fmt: skip
    lines = load(tmp_path, write(tmp_path / "items.csv", header, rows))
    assert len(lines) == 35
    assert {row["unit_price"] for row in lines} == {2.0, 3.0, 4.0}


def test_price_that_grows_with_the_units_is_the_amount_of_the_line(tmp_path: Path) -> None:
    header = ["amazon-order-id", "purchase-date", "order-status", "sku", "quantity", "item-price", "item-tax"]
    rows = [
        [f"113-{n}", moment(n), "Shipped", good, units, units * price, 0.2]
        for n, good, units, price in goods_sold_often()
    ]
    assert {row["unit_price"] for row in load(tmp_path, write(tmp_path / "all.txt", header, rows, mark="\t"))} == {
        2,
        3,
        4,
    }


def test_amount_that_the_price_grows_with_counts_units(tmp_path: Path) -> None:
    header = ["TRANSACTION_DT", "CUSTOMER_ID", "PRODUCT_ID", "AMOUNT", "SALES_PRICE"]
    rows = [[moment(n).date(), "c1", good, units, units * price] for n, good, units, price in goods_sold_often()]
    mapping = look(str(write(tmp_path / "t.csv", header, rows))).mapping
    assert 'units = "AMOUNT"' in mapping
    assert 'unit_price = { column = "SALES_PRICE", total = true }' in mapping
    assert "[tables.transactions]" in mapping


def test_names_of_fields_of_an_erp_with_times_without_marks_and_one_decimal_mark(tmp_path: Path) -> None:
    header = ["VBELN", "POSNR", "ERDAT", "ERZET", "WERKS", "MATNR", "FKIMG", "NETWR", "KUNAG"]
    rows = []
    for n, good, units, price in goods_sold_often():
        day, time, minus = moment(n).strftime("%Y%m%d"), moment(n).strftime("%H%M%S"), "-" if n == 7 else ""
        amount = f"{units * price:.2f}{minus}".replace(".", ",")
        rows.append([9000 + n, "000010", day, time, "D001", f"00{good}", f"{units},000{minus}", amount, "C1"])
    lines = load(tmp_path, write(tmp_path / "pos.txt", header, rows, mark=";"))
    first, returned = (next(row for row in lines if row["transaction_id"] == str(9000 + n)) for n in (0, 7))
    assert sold(first, "sold_at", "store_id", "units", "unit_price") == (moment(0), "D001", 1.0, 2.0)
    assert sold(returned, "units", "unit_price") == (-4.0, 3.0)


def test_number_of_lines_beside_one_that_groups_them_is_no_receipt(tmp_path: Path) -> None:
    header = ["Sale Date", "Item Name", "Buyer", "Quantity", "Price", "Item Total", "Transaction ID", "Order ID", "SKU"]
    rows = [
        [moment(n // 2 * 3).strftime("%m/%d/%y"), "Tea", "b", units, price, units * price, 700 + n, n // 2, good]
        for n, good, units, price in goods_sold_often()
    ]
    lines = load(tmp_path, write(tmp_path / "sold.csv", header, rows))
    assert {row["transaction_id"] for row in lines} == {str(n) for n in range(18)}


def test_lines_with_a_day_of_dispatch_take_moment_state_and_person_from_their_orders(tmp_path: Path) -> None:
    place = tmp_path / "shop"
    write(place / "items.csv", ["order_id", "order_item_id", "product_id", "shipping_limit_date", "price"],
          [[n, 1, "p", moment(n + 9), "2.5"] for n in range(20)])  # fmt: skip
    header = ["order_id", "customer_id", "order_status", "order_purchase_timestamp", "order_estimated_delivery_date"]
    write(place / "orders.csv", header,
          [[n, f"u{n}", "delivered" if n - 3 else "canceled", moment(n), moment(n + 20)]
           for n in range(20)])  # fmt: skip
    seen = look(str(place))
    assert seen.questions == ("no column holds units: is every row one unit, as written below?",)
    assert "NOT IN ('canceled')" in seen.mapping
    assert 'sold_at = "order_purchase_timestamp"' in seen.mapping
    assert 'customer_id = "customer_id"' in seen.mapping


def test_totals_of_departments_take_the_place_of_goods(tmp_path: Path) -> None:
    rows = [[1, dept, f"2026-01-{day:02}", f"{day * 10}.5", "FALSE"] for dept in (5, 72) for day in range(2, 30, 7)]
    days = load(
        tmp_path,
        write(tmp_path / "train.csv", ["Store", "Dept", "Date", "Weekly_Sales", "IsHoliday"], rows),
        "daily_sales",
    )
    assert min((str(row["product_id"]), row["units"]) for row in days) == ("5", 20.5)


def test_totals_of_shops_beside_lines_of_goods_are_not_used(tmp_path: Path) -> None:
    place = tmp_path / "set"
    write(place / "train.csv", ["id", "date", "store_nbr", "item_nbr", "unit_sales", "onpromotion"],
          [[100 + n, f"2026-01-{n + 1:02}", 1, 7, n, False] for n in range(20)])  # fmt: skip
    write(place / "totals.csv", ["date", "store_nbr", "sales"], [[f"2026-01-{n + 1:02}", 1, 5.5] for n in range(20)])
    seen = look(str(place))
    assert seen.questions == ()
    assert seen.mapping.count("[tables.daily_sales]") == 1
    assert 'units = "unit_sales"' in seen.mapping


@pytest.mark.parametrize(("taken_off", "key"), [(False, ", before_discount = true"), (True, "")])
def test_goods_with_and_without_a_discount_show_whether_it_was_taken_off(
    tmp_path: Path, taken_off: bool, key: str
) -> None:
    rows = []
    for n, good, units, price in goods_sold_often():
        off = 0.5 * units if n % 4 == 1 else 0.0
        rows.append([n, moment(n), good, units, price - (off / units if taken_off else 0), off])
    path = write(tmp_path / "t.csv", ["Receipt", "Date", "SKU", "Qty", "Price", "Discount"], rows)
    seen = look(str(path))
    assert seen.questions == ()
    assert f'unit_price = {{ column = "Price"{key} }}' in seen.mapping or (
        not key and 'unit_price = "Price"' in seen.mapping
    )
    assert sum(row["unit_price"] * row["units"] for row in load(tmp_path, path)) == pytest.approx(  # type: ignore[operator]
        sum(units * price - (0.5 * units if n % 4 == 1 else 0) for n, _, units, price in goods_sold_often())
    )


def test_amount_that_price_and_units_explain_is_taken_before_one_after_fees(tmp_path: Path) -> None:
    header = [
        "# de venta",
        "Fecha de venta",
        "Unidades",
        "Ingresos por productos",
        "Total",
        "SKU",
        "Precio unitario",
        "Comprador",
    ]
    rows = [
        [n, moment(n).strftime("%d/%m/%Y %H:%M"), units, units * price, units * price * 0.87, good, price, "X"]
        for n, good, units, price in goods_sold_often()
    ]
    assert {row["unit_price"] for row in load(tmp_path, write(tmp_path / "v.csv", header, rows))} == {2.0, 3.0, 4.0}


def test_day_of_business_beside_the_moment_gives_way_to_it(tmp_path: Path) -> None:
    header = ["店铺名称", "营业日期", "账单号", "点菜时间", "商品编码", "点菜数量", "单价", "实收金额", "会员卡号"]
    rows = [
        ["A", moment(n).date(), n, moment(n), good, units, price, units * price, "V1"]
        for n, good, units, price in goods_sold_often()
    ]
    assert load(tmp_path, write(tmp_path / "明细.csv", header, rows))[0]["sold_at"] == moment(0)


def test_units_that_are_nearly_all_below_zero_are_turned(tmp_path: Path) -> None:
    header = ["TRANSACTIONID", "STORE", "TRANSDATE", "ITEMID", "QTY", "NETAMOUNT"]
    rows = [
        [n, "S1", moment(n), good, units if n == 9 else -units, (units if n == 9 else -units) * price]
        for n, good, units, price in goods_sold_often()
    ]
    lines = load(tmp_path, write(tmp_path / "t.csv", header, rows))
    assert sorted(row["units"] for row in lines)[:2] == [-2.0, 1.0]  # type: ignore[type-var]
    assert {row["unit_price"] for row in lines} == {2.0, 3.0, 4.0}


@pytest.mark.parametrize(
    ("names", "roles"),
    [
        (["sellerSku", "orderItemId", "orderNumber", "createTime", "paidPrice", "unitPrice", "itemName"],
         {"product": "sellerSku", "receipt": "orderNumber", "moment": "createTime", "price": "paidPrice"}),
        (["存货编码", "存货名称", "单据编号", "单据日期", "仓库", "客户", "数量", "含税单价", "价税合计"],
         {"product": "存货编码", "receipt": "单据编号", "store": "仓库", "customer": "客户", "price": "含税单价"}),
        (["Auftragsnummer", "Auftragsdatum", "Kundennummer", "Artikelnummer", "Anzahl", "VK Brutto", "VK Netto"],
         {"product": "Artikelnummer", "receipt": "Auftragsnummer", "customer": "Kundennummer", "price": "VK Brutto"}),
        (["N° ticket", "Date", "Code client", "Code barres", "Qté", "Prix unitaire TTC", "Montant TTC"],
         {"product": "Code barres", "receipt": "N° ticket", "customer": "Code client", "units": "Qté"}),
        (["Numero scontrino", "Data", "Codice cliente", "Codice articolo", "Quantità", "Prezzo", "Importo"],
         {"product": "Codice articolo", "receipt": "Numero scontrino", "customer": "Codice cliente"}),
    ],
)  # fmt: skip
def test_names_are_read_by_their_parts(names: Sequence[str], roles: dict[str, str]) -> None:
    kinds = {"moment": "2026-01-{:02} 10:00", "number": "{}.5"}
    dated = {"createTime", "单据日期", "Auftragsdatum", "Date", "Data"}
    numbers = {"数量", "Anzahl", "Qté", "Quantità"} | {
        name for name in names if re.search("preis|price|价|vk|prix|montant|prezzo|importo", name.lower())
    }
    rows = {
        name: [
            kinds["moment"].format(n)
            if name in dated
            else kinds["number"].format(n)
            if name in numbers
            else f"x{n // 3}"
            for n in range(1, 25)
        ]
        for name in names
    }
    found = columns_of(pl.DataFrame(rows)).roles
    assert {role: found.get(role) for role in roles} == roles


def test_total_row_in_other_words_is_left_out(tmp_path: Path) -> None:
    rows: list[Row] = [[n, moment(n), good, units, price] for n, good, units, price in goods_sold_often()]
    path = write(
        tmp_path / "t.csv",
        ["Document Number", "Date", "Item", "Quantity", "Item Rate"],
        [*rows, ["Overall Total", "", "", 90, ""]],
    )
    assert len(load(tmp_path, path)) == 36


def test_accents_are_no_chinese_and_the_only_clock_is_the_time_of_day(tmp_path: Path) -> None:
    header = ["Número do Pedido", "E-mail", "Data", "Hora da venda", "Nome", "Quantidade Comprada", "Valor", "SKU"]
    rows = [
        [n, "a@x.br", moment(n).strftime("%d/%m/%Y"), moment(n).strftime("%H:%M:%S"), "Pão", units, units * price, good]
        for n, good, units, price in goods_sold_often()
    ]
    first, *_ = load(tmp_path, write(tmp_path / "v.csv", header, rows, encoding="cp1252", mark=";"))
    assert sold(first, "transaction_id", "customer_id", "sold_at", "units") == ("0", "a@x.br", moment(0), 1.0)


def test_units_of_measure_behind_numbers_are_taken_off(tmp_path: Path) -> None:
    header = ["订单编号", "下单时间", "店铺名称", "商家编码", "购买数量", "商品单价"]
    rows = [[n, moment(n), "旗舰店", good, f"{units}{'件' if n % 2 else ' 盒'}", f"￥{price}"]
            for n, good, units, price in goods_sold_often()]  # fmt: skip
    path = write(tmp_path / "订单.csv", header, rows)
    assert 'strip = ["盒", "件"]' in look(str(path)).mapping
    assert {row["transaction_id"]: row["units"] for row in load(tmp_path, path)} == {
        str(n): units for n, _, units, _ in goods_sold_often()
    }


def test_sheets_of_different_tables_are_tables_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    sales = [["Receipt", "Sold at", "Shop", "SKU", "Qty", "Price"]]
    sales += [[str(n), str(moment(n)), "A", good, units, price] for n, good, units, price in goods_sold_often()]
    goods = [["SKU", "Product name", "Category"], *[[f"g{n}", f"Tea {n}", "Drinks"] for n in range(3)]]
    path = write_xlsx(tmp_path / "in" / "e.xlsx", {"Sales": sales, "Goods": goods, "Read me": [["by the till"]]})
    assert len(load(tmp_path, path)) == 36
    assert 'sheet = "Goods"' in look(str(path)).mapping
    assert "  100% of the 3 product_id are in products" in look(str(path)).lines


def test_columns_of_numbers_beside_days_and_goods_are_asked_for_as_shops(tmp_path: Path) -> None:
    rows = [[moment(9 * day).date(), good, 1, 2, 3, 6] for day in range(6) for good in ("g0", "g1")]
    seen = look(str(write(tmp_path / "units.csv", ["Date", "SKU", "Mitte", "Nord", "Süd", "Summe"], rows)))
    assert seen.questions == ("are ['Mitte', 'Nord', 'Süd'] shops and their cells units sold, as written below?",)
    (tmp_path / "m.toml").write_text(seen.mapping, encoding="utf-8")
    ingest(str(tmp_path / "m.toml"), str(tmp_path / "lake"), Settings(), SILENT)
    sold = open_lake(str(tmp_path / "lake")).scan("daily_sales").collect()
    assert sold.group_by("store_id").agg(pl.col("units").sum()).sort("store_id").rows() == [
        ("Mitte", 12.0), ("Nord", 24.0), ("Süd", 36.0)
    ]  # fmt: skip


def test_till_of_korea_asks_nothing(tmp_path: Path) -> None:
    header = ["영수증번호", "판매일자", "판매시간", "매장", "상품코드", "상품명", "수량", "단가", "금액"]
    rows = [
        [n, moment(n).date(), f"{'오전' if moment(n).hour < 12 else '오후'} {moment(n):%I:%M}", "강남점", good, "차", u,
         f"{1000 * p:,.0f}", f"{1000 * u * p:,.0f}"]
        for n, good, u, p in goods_sold_often()
    ]  # fmt: skip
    seen = look(str(write(tmp_path / "판매.csv", header, rows)))
    assert seen.questions == ()
    assert 'sold_at = { columns = ["판매일자", "판매시간"], format = "%Y-%m-%d %p %I:%M" }' in seen.mapping


@pytest.mark.parametrize(
    ("gross", "net"),
    [
        ("Ventas brutas", "Ventas netas"),
        ("Vendas brutas", "Vendas líquidas"),
        ("Ventes brutes", "Ventes nettes"),
        ("Bruttoumsatz", "Nettoumsatz"),
        ("Bruto-omzet", "Netto-omzet"),
        ("Vendite lorde", "Vendite nette"),
        ("Валовые продажи", "Чистые продажи"),
        ("Penjualan kotor", "Penjualan bersih"),
        ("Doanh thu gộp", "Doanh thu thuần"),
        ("ยอดขายรวม", "ยอดขายสุทธิ"),
        ("総売上", "純売上"),
        ("총매출", "순매출"),
        ("总销售额", "净销售额"),
        ("Brüt satışlar", "Net satışlar"),
        ("Sprzedaż brutto", "Sprzedaż netto"),
    ],
)
def test_net_sales_are_the_amount_that_was_paid(gross: str, net: str) -> None:
    rows = [[str(n), f"g{n % 3}", str(n % 4 + 1), f"{(n % 4 + 1) * 3:.2f}"] for n in range(12)]
    header = ["Receipt number", "SKU", "Quantity"]
    both = pl.DataFrame([[*row, f"{float(row[3]) - 1:.2f}"] for row in rows], [*header, gross, net], orient="row")
    assert columns_of(both).roles["amount"] == net
    assert columns_of(both.drop(net)).roles["amount"] == gross


def test_reference_is_the_code_of_goods_where_each_has_one_name() -> None:
    header = ["Número de recibo", "REF", "Artículo", "Cantidad", "Ventas netas"]
    lines = [[str(n), f"0{n % 3}", f"Queso {'abc'[n % 3]}", "1", "2.50"] for n in range(12)]
    assert columns_of(pl.DataFrame(lines, header, orient="row")).roles["product"] == "REF"
    orders = [[str(n), f"A{n // 2}", f"Queso {'abc'[n % 3]}", "1", "2.50"] for n in range(12)]
    assert columns_of(pl.DataFrame(orders, header, orient="row")).roles.get("product") != "REF"


def test_brand_of_cards_is_no_customer() -> None:
    header = ["Receipt number", "SKU", "Qty", "Net sales", "Customer ID", "Card Brand"]
    rows = [[str(n), f"g{n % 3}", "1", "2.50", f"c{n % 9}" if n % 3 == 0 else None, "Visa"] for n in range(60)]
    lines = pl.DataFrame(rows, header, orient="row")
    assert columns_of(lines).roles["customer"] == "Customer ID"
    assert "customer" not in columns_of(lines.drop("Customer ID")).roles


@pytest.mark.parametrize(("state", "asked"), [("订单未关闭", False), ("not cancelled", False), ("cancelled", True)])
def test_state_of_most_rows_is_never_left_out(tmp_path: Path, state: str, asked: bool) -> None:
    header = ["receipt_no", "sold_at", "store", "sku", "qty", "price", "order_status"]
    rows: list[Row] = [
        [n, moment(n), "S", good, units, price, "done" if n % 6 == 0 else state]
        for n, good, units, price in goods_sold_often()
    ]
    path = write(tmp_path / "sales.csv", header, rows)
    seen = look(str(path))
    assert "where" not in seen.mapping
    assert any("reads as no sale" in question for question in seen.questions) == asked


def test_finer_of_two_codes_of_goods_is_taken() -> None:
    header = ["Receipt number", "Date", "Parent SKU", "SKU", "Qty", "Net sales", "ชื่อผู้ใช้ (ผู้ซื้อ)"]
    rows = [[str(n), str(moment(n)), f"P{n % 6 // 2}", f"P{n % 6}x", "1", "2.50", f"u{n % 9}"] for n in range(36)]
    lines = pl.DataFrame(rows, header, orient="row")
    for order in (header, ["SKU", "Parent SKU", *[name for name in header if "SKU" not in name]]):
        found = columns_of(lines.select(order))
        assert found.roles["product"] == "SKU"
        assert found.roles["customer"] == header[-1]
    found = columns_of(lines.rename({"Parent SKU": "SKU", "SKU": "Item code"}))
    assert found.roles["product"] == "Item code"
    assert "'Item code' is finer than 'SKU' (6 and 3 codes): taken" in found.remarks
