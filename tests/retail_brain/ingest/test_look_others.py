"""Lists of suppliers and shop assistants, and what coupons took off lines."""

from pathlib import Path

import pytest

from retail_brain.ingest.look import look
from tests.retail_brain.ingest.test_look import load, moment, write


@pytest.mark.parametrize(
    ("file", "header", "columns"),
    [
        ("vendors.csv", ["Vendor No.", "Vendor Name", "Phone", "E-mail"], ("Vendor No.", "Vendor Name")),
        ("Lieferanten.csv", ["Nummer", "Firma", "Telefon", "E-Mail"], ("Nummer", "Firma")),
        ("liste.csv", ["供应商编号", "供应商名称", "联系电话", "邮箱"], ("供应商编号", "供应商名称")),
    ],
)
def test_list_of_suppliers_is_no_list_of_people(
    tmp_path: Path, file: str, header: list[str], columns: tuple[str, str]
) -> None:
    rows = [[f"V{n}", f"Firm {n}", f"+49 30 12345{n:02}", f"v{n}@firm.example"] for n in range(30)]
    seen = look(str(write(tmp_path / file, header, rows)))
    assert "[tables.suppliers]" in seen.mapping
    assert "customers" not in seen.mapping
    assert f'supplier_id = "{columns[0]}"\nname = "{columns[1]}"' in seen.mapping


def test_list_of_shop_assistants_feeds_guides(tmp_path: Path) -> None:
    rows = [[f"10{n}", f"张{n}", "门店A", f"138{n:08}"] for n in range(12)]
    seen = look(str(write(tmp_path / "导购.csv", ["工号", "姓名", "门店", "手机号"], rows)))
    assert "[tables.guides]" in seen.mapping
    assert 'guide_id = "工号"\nname = "姓名"' in seen.mapping


def test_suppliers_of_a_list_of_goods_have_their_names(tmp_path: Path) -> None:
    rows = [[f"g{n}", f"Tea {n}", f"S{n % 3}" if n else "", f"Firm {n % 3}" if n else "", 2.5] for n in range(30)]
    header = ["SKU", "Product name", "Supplier code", "Supplier name", "Cost price"]
    seen = look(str(write(tmp_path / "products.csv", header, rows)))
    assert 'supplier_id = "Supplier code"\nname = "Supplier name"' in seen.mapping
    assert "[tables.products]" in seen.mapping
    assert not seen.questions


@pytest.mark.parametrize(
    "name", ["Coupon discount", "优惠券金额", "Gutschein Betrag", "クーポン値引", "Voucher Amount"]
)
def test_what_coupons_took_off_lines_is_apart_from_other_discounts(tmp_path: Path, name: str) -> None:
    rows = []
    for n in range(60):
        off, coupon, gross = (n % 3) * 0.5, 1.0 if n % 4 == 0 else 0.0, (n % 2 + 1) * 8.0
        day = f"{moment(n):%Y-%m-%d %H:%M:%S}"
        rows.append([f"R{n // 2}", day, f"g{n % 5}", n % 2 + 1, 8.0, off, coupon, gross - off - coupon])
    header = ["Receipt", "Sold at", "SKU", "Qty", "Price", "Discount", name, "Net amount"]
    lines = load(tmp_path, write(tmp_path / "sales.csv", header, rows))
    assert sum(float(str(row["coupon_discount"])) for row in lines) == 15
    assert sum(float(str(row["discount"])) for row in lines) == 30
