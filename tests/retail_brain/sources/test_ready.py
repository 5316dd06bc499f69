"""Ready mappings: a small invented export of each source, and that every mapping says what it is."""

import csv
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pytest

from retail_brain.errors import DataError, NotFoundError
from retail_brain.ingest import ingest
from retail_brain.lake import open_lake
from retail_brain.progress import SILENT
from retail_brain.settings import Settings
from retail_brain.sources.ready import describe_ready, ready_names, ready_text

Lines = Sequence[Sequence[object]]
LINE = ("transaction_id", "sold_at", "store_id", "product_id", "customer_id", "units", "unit_price")

EXPORTS: dict[str, tuple[Lines, list[tuple[object, ...]]]] = {
    "shopify-orders": (
        [
            ["Name", "Email", "Financial Status", "Created at", "Cancelled at", "Location", "Total",
             "Lineitem quantity", "Lineitem name", "Lineitem price", "Lineitem sku", "Lineitem discount"],
            ["#1", "a@x.org", "paid", "2026-02-20 23:30:00 +0500", "", "", "30", "2", "Mug", "10.00", "M1", "2.00"],
            ["#1", "a@x.org", "", "", "", "", "", "1", "Cap", "12.00", "", "0.00"],
            ["#2", "b@x.org", "voided", "2026-02-21 10:00:00 +0500", "", "High St", "9", "1", "Mug", "9", "M1", "0.00"],
            ["#3", "b@x.org", "paid", "2026-02-22 10:00:00 +0500", "", "High St", "9", "1", "Mug", "9", "M1", "0.00"],
        ],
        [
            ("#1", datetime(2026, 2, 20, 23, 30), "web", "M1", "a@x.org", 2.0, 9.0),
            ("#1", datetime(2026, 2, 20, 23, 30), "web", "Cap", "a@x.org", 1.0, 12.0),
            ("#3", datetime(2026, 2, 22, 10), "High St", "M1", "b@x.org", 1.0, 9.0),
        ],
    ),
    "woocommerce-orders": (
        [
            ["order_id", "date", "status", "billing_email", "item_name", "item_sku", "item_quantity", "item_total"],
            ["7", "2026-02-20 10:00:00", "completed", "a@x.org", "Tea", "T1", "2", "9.00"],
            ["8", "2026-02-20 11:00:00", "cancelled", "a@x.org", "Tea", "T1", "2", "9.00"],
        ],
        [("7", datetime(2026, 2, 20, 10), "web", "T1", "a@x.org", 2.0, 4.5)],
    ),
    "square-items": (
        [
            ["Date", "Time", "Item", "Qty", "SKU", "Discounts", "Net Sales", "Transaction ID", "Location",
             "Customer ID"],
            ["02/20/26", "18:30:05", "Latte", "2.0", "", "-$1.00", "$1,009.00", "T1", "Main St", "C1"],
            ["02/20/26", "19:30:05", "Latte", "-1.0", "L1", "$0.00", "-$5.00", "T2", "Main St", ""],
        ],
        [
            ("T1", datetime(2026, 2, 20, 18, 30, 5), "Main St", "Latte", "C1", 2.0, 504.5),
            ("T2", datetime(2026, 2, 20, 19, 30, 5), "Main St", "L1", None, -1.0, 5.0),
        ],
    ),
    "loyverse-receipts": (
        [
            ["Date", "Receipt number", "Receipt type", "SKU", "Item", "Quantity", "Net sales", "Store",
             "Customer contacts", "Status"],
            ["2/20/26 06:30 PM", "1-1", "Sale", "10", "Cola", "2.000", "6.00", "A", "ann", "Closed"],
            ["2/21/26 06:30 PM", "1-2", "Refund", "10", "Cola", "1.000", "3.00", "A", "ann", "Closed"],
            ["2/21/26 07:30 PM", "1-3", "Sale", "10", "Cola", "1.000", "3.00", "A", "ann", "Cancelled"],
        ],
        [
            ("1-1", datetime(2026, 2, 20, 18, 30), "A", "10", "ann", 2.0, 3.0),
            ("1-2", datetime(2026, 2, 21, 18, 30), "A", "10", "ann", -1.0, 3.0),
        ],
    ),
    "odoo-pos": (
        [
            ["name", "date_order", "config_id", "partner_id", "lines/product_id", "lines/qty",
             "lines/price_subtotal_incl"],
            ["Shop/1", "2026-02-20 10:00:00", "Shop", "Azure", "[D1] Desk", "2.0", "1,020.00"],
            ["", "", "", "", "[L1] Lamp", "1.0", "10.00"],
        ],
        [
            ("Shop/1", datetime(2026, 2, 20, 10), "Shop", "[D1] Desk", "Azure", 2.0, 510.0),
            ("Shop/1", datetime(2026, 2, 20, 10), "Shop", "[L1] Lamp", "Azure", 1.0, 10.0),
        ],
    ),
    "youzan-orders": (
        [
            ["订单号", "订单状态", "买家付款时间", "归属店铺", "商品名称", "规格编码", "商品编码", "商品数量",
             "商品实际成交金额", "买家手机号"],
            ["E1", "交易完成", "2026-02-20 10:00:00", "", "面霜", "", "S1", "2", "79.80", "139"],
            ["E2", "交易关闭", "", "", "面霜", "", "S1", "2", "79.80", "139"],
        ],
        [("E1", datetime(2026, 2, 20, 10), "web", "S1", "139", 2.0, 39.9)],
    ),
    "cn-till": (
        [
            ["流水号", "销售时间", "门店", "商品条码", "商品名称", "销售数量", "实收金额", "会员号"],
            ["1", "2026年2月20日 10:00:00", "人民路", "", "苹果", "2 斤", "¥10.00", "13"],
            ["合计", "", "", "", "", "2", "10.00", ""],
        ],
        [("1", datetime(2026, 2, 20, 10), "人民路", "苹果", "13", 2.0, 5.0)],
    ),
    "jinxiaocun-sales": (
        [
            ["单据编号", "单据日期", "仓库", "客户", "商品编号", "数量", "金额"],
            ["XS1", "2026-02-20", "主仓", "张三", "P1", "2", "1,234"],
            ["", "", "", "", "P2", "1", "5"],
        ],
        [
            ("XS1", datetime(2026, 2, 20), "主仓", "P1", "张三", 2.0, 617.0),
            ("XS1", datetime(2026, 2, 20), "主仓", "P2", "张三", 1.0, 5.0),
        ],
    ),
    "online-retail": (
        [
            ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"],
            ["C5", "85A", "HEART", "-1", "12/1/2010 8:26", "2.55", "17850", "United Kingdom"],
            ["6", "85A", "lost", "-9", "12/1/2010 9:26", "0", "", "United Kingdom"],
        ],
        [("C5", datetime(2010, 12, 1, 8, 26), "web", "85A", "17850", -1.0, 2.55)],
    ),
}  # fmt: skip


def write(path: Path, lines: Lines) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(lines)


def sold(tmp_path: Path) -> list[tuple[object, ...]]:
    return open_lake(str(tmp_path / "lake")).scan("transactions").select(LINE).collect().rows()


@pytest.mark.parametrize("name", EXPORTS)
@pytest.mark.parametrize("of", ["file", "folder"])
def test_export_is_read_as_it_comes(tmp_path: Path, name: str, of: str) -> None:
    lines, rows = EXPORTS[name]
    (tmp_path / "export").mkdir()
    write(tmp_path / "export" / "export.csv", lines)
    place = tmp_path / "export" / ("export.csv" if of == "file" else "")
    ingest(f"{name}://{place}", str(tmp_path / "lake"), Settings(), SILENT)
    assert sold(tmp_path) == rows


def test_instacart_files_count_days_from_the_first_order(tmp_path: Path) -> None:
    orders = [
        "order_id",
        "user_id",
        "eval_set",
        "order_number",
        "order_dow",
        "order_hour_of_day",
        "days_since_prior_order",
    ]
    write(
        tmp_path / "orders.csv", [orders, ["9", "u", "prior", 1, 2, "08", ""], ["8", "u", "prior", 2, 3, "07", "15.0"]]
    )
    lines = ["order_id", "product_id", "add_to_cart_order", "reordered"]
    write(tmp_path / "order_products__prior.csv", [lines, ["9", "1", 1, 0], ["8", "1", 1, 1]])
    write(
        tmp_path / "products.csv", [["product_id", "product_name", "aisle_id", "department_id"], ["1", "Tea", "2", "3"]]
    )
    write(tmp_path / "aisles.csv", [["aisle_id", "aisle"], ["2", "tea"]])
    write(tmp_path / "departments.csv", [["department_id", "department"], ["3", "beverages"]])
    report = ingest(f"instacart://{tmp_path}", str(tmp_path / "lake"), Settings(), SILENT)
    assert sorted(row[1] for row in sold(tmp_path)) == [datetime(2017, 1, 1, 8), datetime(2017, 1, 16, 7)]
    assert report.warnings[0].startswith("instacart: These files hold no prices and no dates")
    product = open_lake(str(tmp_path / "lake")).scan("products").collect().row(0, named=True)
    assert (product["name"], product["department"], product["category"]) == ("Tea", "beverages", "tea")


def test_german_tills_join_heads_and_lines_whose_numbers_begin_anew(tmp_path: Path) -> None:
    def text(rows: Lines) -> str:
        return "".join(";".join(map(str, row)) + "\r\n" for row in rows)

    heads = [
        ["Z_KASSE_ID", "Z_NR", "BON_ID", "BON_TYP", "BON_ENDE", "KUNDE_ID"],
        ["K1", 1, 1, "Beleg", "2026-02-20T09:00:00Z", "C1"],
        ["K1", 2, 1, "Beleg", "2026-02-21T10:00:00", ""],
        ["K2", 1, 1, "AVTraining", "2026-02-20T11:00:00", ""],
    ]
    lines = [
        ["Z_KASSE_ID", "Z_NR", "BON_ID", "POS_ZEILE", "ARTIKELTEXT", "GV_TYP", "ART_NR", "GTIN", "WARENGR", "MENGE",
         "STK_BR"],
        ["K1", 1, 1, 1, "Tee", "Umsatz", "7", "40", "Getränke", "2,000", "1.249,50000"],
        ["K1", 1, 1, 2, "Trinkgeld", "TrinkgeldAN", "", "", "", "1,000", "2,00000"],
        ["K1", 2, 1, 1, "Brot", "Umsatz", "", "", "", "-1,000", "2,50000"],
        ["K2", 1, 1, 1, "Tee", "Umsatz", "7", "40", "Getränke", "1,000", "5,00000"],
    ]  # fmt: skip
    (tmp_path / "transactions.csv").write_text(text(heads), encoding="utf-8")
    (tmp_path / "lines.csv").write_text(text(lines), encoding="utf-8")
    ingest(f"dsfinv-k://{tmp_path}", str(tmp_path / "lake"), Settings(), SILENT)
    assert sold(tmp_path) == [
        ("K1-1-1", datetime(2026, 2, 20, 10), "K1", "7", "C1", 2.0, 1249.5),
        ("K1-2-1", datetime(2026, 2, 21, 10), "K1", "Brot", None, -1.0, 2.5),
    ]


def test_every_ready_mapping_is_tried_here_and_says_what_it_is() -> None:
    assert {*EXPORTS, "instacart", "dsfinv-k"} == set(ready_names())
    assert all(mapping.description and mapping.note for _, mapping in describe_ready())
    assert ready_text("shopify-orders").startswith("description = ")


def test_wrong_name_place_or_export_is_explained(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no ready mapping 'till'"):
        ready_text("till")
    with pytest.raises(NotFoundError, match="wanted square-items://PATH"):
        ingest("square-items://nowhere.csv", str(tmp_path / "lake"), Settings(), SILENT)
    write(tmp_path / "other.csv", [["a", "b"], [1, 2]])
    with pytest.raises(DataError, match=r"has no columns \['Customer ID', 'Date'"):
        ingest(f"square-items://{tmp_path / 'other.csv'}", str(tmp_path / "lake"), Settings(), SILENT)
