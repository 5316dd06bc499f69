"""Looking at exports before they are loaded: what is recognised, what is asked, and that the mapping loads."""

import csv
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from retail_brain.errors import DataError
from retail_brain.ingest import ingest
from retail_brain.ingest.look import look
from retail_brain.ingest.look.evidence import evidence
from retail_brain.ingest.look.words import role_scores
from retail_brain.lake import open_lake
from retail_brain.progress import SILENT
from retail_brain.settings import Settings
from tests.retail_brain.sources.workbooks import write_xlsx

Row = Sequence[object]


def write(
    path: Path, header: Row, rows: Iterable[Row], *, encoding: str = "utf-8", mark: str = ",", above: Iterable[Row] = ()
) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=mark).writerows([*above, header, *rows])
    return path


def moment(number: int) -> datetime:
    return datetime(2026, 1, 2, 9) + timedelta(minutes=977 * number)


def load(tmp_path: Path, dataset: Path, table: str = "transactions") -> list[dict[str, object]]:
    """Loads the dataset with the mapping that a look at it proposes."""
    seen = look(str(dataset))
    assert not seen.questions, seen.questions
    mapping = (dataset if dataset.is_dir() else dataset.parent) / "proposed.toml"
    mapping.write_text(seen.mapping, encoding="utf-8")
    ingest(str(mapping), str(tmp_path / "lake"), Settings(), SILENT)
    return open_lake(str(tmp_path / "lake")).scan(table).collect().to_dicts()


def test_orders_of_a_web_shop_fill_down_and_leave_sums_of_orders_alone(tmp_path: Path) -> None:
    header = ["Name", "Email", "Financial Status", "Paid at", "Total", "Lineitem quantity", "Lineitem name",
              "Lineitem price", "Lineitem sku", "Id"]  # fmt: skip
    rows: list[Row] = []
    for order in range(30):
        paid = moment(order).strftime("%Y-%m-%d %H:%M:%S -0500")
        rows.append([f"#{order}", f"u{order}@x.org", "paid", paid, "31.00", 2, "Mug", "9.50", "M1", 70 + order])
        rows.append([f"#{order}", "", "", "", "", 1, "Cap", "12.00", "", ""])
    first, second, *_ = load(tmp_path, write(tmp_path / "orders_export.csv", header, rows))
    assert (first["transaction_id"], first["customer_id"], first["unit_price"]) == ("#0", "u0@x.org", 9.5)
    assert (second["transaction_id"], second["customer_id"], second["sold_at"]) == ("#0", "u0@x.org", moment(0))
    assert (second["product_id"], second["unit_price"]) == ("Cap", 12.0)


def test_till_with_net_amounts_in_dollars_and_time_in_a_column_of_its_own(tmp_path: Path) -> None:
    header = [
        "Date",
        "Time",
        "Item",
        "Qty",
        "SKU",
        "Gross Sales",
        "Discounts",
        "Net Sales",
        "Transaction ID",
        "Location",
    ]
    rows = [
        [moment(n).strftime("%m/%d/%y"), moment(n).strftime("%H:%M:%S"), "Latte", "2.0", "L1", "$2,400.00", "-$200.00",
         "$2,200.00", f"T{n}", "Main St"]
        for n in range(40)
    ]  # fmt: skip
    first, *_ = load(tmp_path, write(tmp_path / "items.csv", header, rows))
    assert (first["sold_at"], first["unit_price"], first["store_id"]) == (moment(0), 1100.0, "Main St")


def test_german_till_with_title_total_decimal_comma_and_its_encoding(tmp_path: Path) -> None:
    header = ["Bon-Nr", "Datum", "Uhrzeit", "Filiale", "Artikel-Nr", "Bezeichnung", "Menge", "Einzelpreis"]
    rows: list[Row] = [
        [n, moment(n).strftime("%d.%m.%Y"), moment(n).strftime("%H:%M"), "Süd", "04001", "Äpfel", "0,5", "1.299,00 €"]
        for n in range(40)
    ]
    rows.append(["Summe", "", "", "", "", "", "20", ""])
    path = write(tmp_path / "u.csv", header, rows, encoding="cp1252", mark=";", above=[["Umsatzliste"], []])
    first, *_ = load(tmp_path, path)
    assert first["sold_at"] == moment(0)
    assert (first["store_id"], first["product_id"], first["units"], first["unit_price"]) == (
        "Süd",
        "04001",
        0.5,
        1299.0,
    )


def test_chinese_till_in_gbk_with_paid_amounts(tmp_path: Path) -> None:
    header = [
        "小票流水号",
        "销售时间",
        "门店编号",
        "商品条码",
        "商品名称",
        "销售数量",
        "零售价",
        "实收金额",
        "会员手机号",
        "收银员",
    ]
    rows: list[Row] = [
        [n, moment(n).strftime("%Y年%m月%d日 %H:%M:%S"), "0001", "6901", "苹果", 2, "12.8", "23.04", "138", "01"]
        for n in range(40)
    ]
    rows.append(["合计", "", "", "", "", 80, "", "921.6", "", ""])
    path = write(tmp_path / "销售.csv", header, rows, encoding="gb18030", above=[["某某超市销售明细"]])
    first, *_ = load(tmp_path, path)
    assert (first["store_id"], first["customer_id"], first["unit_price"]) == ("0001", "138", 11.52)
    assert first["sold_at"] == moment(0).replace(microsecond=0)


def test_closed_orders_are_left_out(tmp_path: Path) -> None:
    header = [
        "订单号",
        "订单状态",
        "付款时间",
        "归属店铺",
        "规格编码",
        "商品单价",
        "商品数量",
        "商品实付金额",
        "买家手机号",
    ]
    rows = [
        [f"E{n}", "交易关闭" if n == 3 else "交易完成", moment(n), "旗舰店", "SP1", "39.90", 2, "74.80", "139"]
        for n in range(20)
    ]
    sold = load(tmp_path, write(tmp_path / "订单.csv", header, rows))
    assert len(sold) == 19
    assert (sold[0]["store_id"], sold[0]["unit_price"]) == ("旗舰店", 37.4)


def test_workbook_with_a_column_per_day(tmp_path: Path) -> None:
    days = [f"2026-01-{day:02}" for day in range(1, 8)]
    write_xlsx(
        tmp_path / "d.xlsx",
        {
            "S": [
                ["日销量"],
                ["门店", "商品编码", *days, "合计"],
                ["A", "P1", *range(7), 21],
                ["合计", None, *range(7), 21],
            ]
        },
    )
    sold = load(tmp_path, tmp_path / "d.xlsx", "daily_sales")
    assert [row["units"] for row in sorted(sold, key=lambda row: str(row["date"]))] == [0, 1, 2, 3, 4, 5, 6]


def test_orders_and_their_lines_in_two_files_are_joined(tmp_path: Path) -> None:
    place = tmp_path / "shop"
    write(
        place / "orders.csv",
        ["order_id", "user_id", "store_id", "created_at"],
        [[n, f"u{n}", "S1", moment(n)] for n in range(20)],
    )
    write(
        place / "order_lines.csv",
        ["order_id", "product_id", "quantity", "price"],
        [[n, "7", 2, "2.5"] for n in range(20)],
    )
    write(place / "products.csv", ["product_id", "product_name", "department"], [["7", "Tea", "Drinks"]])
    sold = sorted(load(tmp_path, place), key=lambda row: str(row["sold_at"]))
    assert (sold[3]["customer_id"], sold[3]["sold_at"], sold[3]["unit_price"]) == ("u3", moment(3), 2.5)
    lines = look(str(place)).lines
    assert any("100% of the 1 product_id are in products" in line for line in lines)


def test_fields_of_related_records_with_blanks_below_the_first_line(tmp_path: Path) -> None:
    header = ["Order Ref", "Date", "Customer", "Order Lines/Product", "Order Lines/Quantity", "Order Lines/Unit Price"]
    rows: list[Row] = []
    for n in range(20):
        rows.append([f"Shop/{n}", moment(n), "Azure", "Desk", "1.00", "1,025.50"])
        rows.append(["", "", "", "Lamp", "2.00", "10.00"])
    sold = load(tmp_path, write(tmp_path / "pos.csv", header, rows))
    assert [(row["transaction_id"], row["product_id"], row["unit_price"]) for row in sold[:2]] == [
        ("Shop/0", "Desk", 1025.5),
        ("Shop/0", "Lamp", 10.0),
    ]


def test_french_till_with_accents_in_names_and_amounts_of_lines(tmp_path: Path) -> None:
    header = ["Ticket", "Date heure", "Magasin", "Code article", "Libellé", "Quantité", "Montant TTC"]
    rows = [[f"T{n}", moment(n).strftime("%d/%m/%Y %H:%M:%S"), "M1", "33", "Pain", 3, "3,30"] for n in range(40)]
    first, *_ = load(tmp_path, write(tmp_path / "v.csv", header, rows, encoding="cp1252", mark="\t"))
    assert first["sold_at"] == moment(0)
    assert first["unit_price"] == pytest.approx(1.1)


def test_numbers_of_lines_are_no_goods_and_lines_of_one_price_no_sums_of_orders(tmp_path: Path) -> None:
    header = ["Line Item Date", "Order ID", "Line Item ID", "Item Name", "Quantity", "Item Total"]
    rows = [[moment(n).strftime("%d-%b-%Y %I:%M %p"), n // 2, f"L{n}", "Tea", 2, "7.00"] for n in range(60)]
    first, *_ = load(tmp_path, write(tmp_path / "lines.csv", header, rows))
    assert (first["product_id"], first["unit_price"]) == ("Tea", 3.5)


def test_goods_report_of_a_chinese_market_place(tmp_path: Path) -> None:
    header = [
        "订单编号",
        "标题",
        "价格",
        "购买数量",
        "外部系统编号",
        "订单状态",
        "订单付款时间",
        "买家实际支付金额",
        "买家会员名",
    ]
    rows = [[f'="{n}"', "数据线", 39.9, 2, '="TB1"', "交易成功", moment(n), 75, "甲"] for n in range(30)]
    first, *_ = load(tmp_path, write(tmp_path / "宝贝.csv", header, rows, encoding="gb18030"))
    assert (first["transaction_id"], first["product_id"], first["customer_id"]) == ("0", "TB1", "甲")
    assert first["unit_price"] == 37.5


def test_japanese_till_in_shift_jis(tmp_path: Path) -> None:
    header = ["レシート番号", "取引日時", "店舗名", "商品コード", "商品名", "数量", "単価", "金額", "会員番号"]
    rows = [[n, moment(n), "渋谷店", "49", "お茶", 2, 150, 300, "M1"] for n in range(30)]
    first, *_ = load(tmp_path, write(tmp_path / "u.csv", header, rows, encoding="cp932"))
    assert (first["store_id"], first["product_id"], first["customer_id"]) == ("渋谷店", "49", "M1")


def test_days_without_units_have_no_price_and_are_no_mistake(tmp_path: Path) -> None:
    header = ["营业日期", "门店名称", "商品条码", "销售数量", "销售额"]
    rows = [[f"202601{day:02}", "A", "69", day % 3, day % 3 * 3.5] for day in range(1, 29)]
    sold = load(tmp_path, write(tmp_path / "日报.csv", header, rows), "daily_sales")
    assert len(sold) == 28
    assert {row["unit_price"] for row in sold} == {None, 3.5}


def test_sales_in_whole_numbers_are_asked_whether_units_or_money(tmp_path: Path) -> None:
    rows = [[f"2026-01-{day:02}", 1, 2, day] for day in range(1, 29)]
    seen = look(str(write(tmp_path / "train.csv", ["date", "store", "item", "sales"], rows)))
    assert seen.questions == ("is 'sales' units, as whole numbers suggest, or money of lines of one unit each?",)


HEADER = ["Receipt", "Date", "SKU", "Qty", "Price"]


def test_order_of_day_and_month_is_asked_with_both_readings(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", HEADER, [[n, f"0{n % 9 + 1}/02/2026 10:00", "a", 1, 2] for n in range(20)])
    seen = look(str(path))
    assert seen.questions == ("'Date' has two readings, such as 01/02/2026 10:00, 02/02/2026 10:00, 03/02/2026 10:00",)
    assert '# sold_at = { column = "Date", format = "%d/%m/%Y %H:%M" }' in seen.mapping
    assert '# sold_at = { column = "Date", format = "%m/%d/%Y %H:%M" }' in seen.mapping


def test_evidence_for_the_order_of_day_and_month_is_shown(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", HEADER, [[n, f"{n + 10}/02/2026 10:00", "a", 1, 2] for n in range(9)])
    assert any(
        "the first number is a day: 6 values beyond 12, such as 13/02/2026 10:00" in x for x in look(str(path)).lines
    )


def test_price_beside_an_amount_that_it_does_not_explain_is_asked(tmp_path: Path) -> None:
    rows = [[n, moment(n), "a", 2, "3.00", "9.99"] for n in range(20)]
    seen = look(str(write(tmp_path / "t.csv", [*HEADER, "Amount"], rows)))
    assert seen.questions == ("which is paid, 'Price' for a unit or 'Amount' for the line?",)
    assert '# unit_price = { column = "Amount", total = true }' in seen.mapping


def test_price_that_a_discount_may_still_lower_is_asked(tmp_path: Path) -> None:
    rows = [[n, moment(n), "a", 2, "3.00", "0.50"] for n in range(20)]
    seen = look(str(write(tmp_path / "t.csv", [*HEADER, "Discount"], rows)))
    assert seen.questions == ("is 'Price' what was paid, or has 'Discount' still to be taken off?",)


def test_refunds_with_units_above_zero_become_returns(tmp_path: Path) -> None:
    rows = [[n, moment(n), "a", 2, "3.00", "Refund" if n == 4 else "Sale"] for n in range(20)]
    sold = load(tmp_path, write(tmp_path / "t.csv", [*HEADER, "Receipt type"], rows))
    assert [row["units"] for row in sold if row["transaction_id"] == "4"] == [-2.0]
    assert {row["unit_price"] for row in sold} == {3.0}


def test_what_the_rows_hold_is_said(tmp_path: Path) -> None:
    header = ["Receipt", "Date", "SKU", "Qty", "Price", "Card"]
    rows = [[n, moment(n), f"g{n % 4}", -1 if n % 10 == 0 else 1, 2, "0000" if n % 2 else ""] for n in range(200)]
    place = tmp_path / "shop"
    write(place / "t.csv", [*HEADER, "Card number"], [*rows, [201, "soon", "g1", 1, 2, ""]])
    assert header
    said = " | ".join(look(str(place)).lines)
    assert "201 rows looked at, 1 would be set aside" in said
    assert "4 goods; 10.0% of lines are returns" in said
    assert "50% of lines have no customer" in said
    assert "card 0000 has 100 of 200 receipts: the tills' own?" in said


def test_files_with_the_same_columns_are_one_table_by_a_glob(tmp_path: Path) -> None:
    for month in (1, 2):
        write(
            tmp_path / "shop" / f"2026-{month}.csv", HEADER, [[f"{month}-{n}", moment(n), "a", 1, 2] for n in range(9)]
        )
    write(tmp_path / "shop" / "goods.csv", ["SKU", "Product name", "Brand"], [["a", "Tea", "B"]])
    seen = look(str(tmp_path / "shop"))
    assert 'files = "2026-*.csv"' in seen.mapping
    assert 'files = "goods.csv"' in seen.mapping


def test_refusal_of_unknown_headers_brings_the_mapping(tmp_path: Path) -> None:
    header = ["小票号", "销售时间", "门店编码", "商品编码", "会员卡号", "数量", "单价"]
    write(tmp_path / "shop" / "transactions.csv", header, [[n, moment(n), "S1", "P1", "C1", 1, 2] for n in range(9)])
    with pytest.raises(DataError, match="lacks the columns") as refused:
        ingest(str(tmp_path / "shop"), str(tmp_path / "lake"), Settings(), SILENT)
    mapping = str(refused.value).partition("to save beside them and ingest:\n\n")[2]
    (tmp_path / "shop" / "m.toml").write_text(mapping, encoding="utf-8")
    ingest(str(tmp_path / "shop" / "m.toml"), str(tmp_path / "lake"), Settings(), SILENT)
    row = open_lake(str(tmp_path / "lake")).scan("transactions").collect().row(0, named=True)
    assert (row["customer_id"], row["store_id"], row["unit_price"]) == ("C1", "S1", 2.0)


def test_single_file_is_refused_with_its_mapping(tmp_path: Path) -> None:
    path = write(tmp_path / "till.csv", HEADER, [[n, moment(n), "a", 1, 2] for n in range(9)])
    with pytest.raises(DataError, match=r"is a file.*\n.*\n\n\[tables.transactions\]"):
        ingest(str(path), str(tmp_path / "lake"), Settings(), SILENT)


@pytest.mark.parametrize(
    ("values", "dates"),
    [
        (["2026-01-02", "2026年1月3日"], (None,)),
        (["13/02/2026", "01/02/2026"], ("%d/%m/%Y",)),
        (["02/13/26", "02/01/26"], ("%m/%d/%y",)),
        (["46073.5", "46074"], ("excel",)),
        (["1767225600", "1767312000"], ("unix",)),
        (["3 Jan 2026", "14 Feb 2026"], ("%d %b %Y",)),
        (["1234", "1235"], ()),
        (["abc", "2026-01-02"], ()),
    ],
)
def test_dates_are_known_by_their_values(values: list[str], dates: tuple[str | None, ...]) -> None:
    assert evidence(pl.Series(values)).dates == dates


@pytest.mark.parametrize(
    ("header", "role"),
    [
        ("Lineitem quantity", "units"),
        ("商品实付金额", "amount"),
        ("Order Lines/Unit Price", "price"),
        ("金额(元)", "amount"),
        ("Store ID", "store"),
        ("货号", "product"),
        ("手机号", "customer"),
        ("Libellé", "product_name"),
        ("amazon-order-id", "receipt"),
        ("商品コード", "product"),
        ("PROD_CODE", "product"),
        ("Fakturadatum", "moment"),
        ("Bonnummer", "receipt"),
        ("id_order", "receipt"),
        ("商品实付(元)", "amount"),
        ("Ext Price", "amount"),
    ],
)
def test_names_say_their_role(header: str, role: str) -> None:
    scores = role_scores(header)
    assert max(scores, key=lambda one: scores[one]) == role
