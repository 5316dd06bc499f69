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


def test_people_in_a_file_with_a_word_of_shop_assistants_are_customers(tmp_path: Path) -> None:
    rows = [[f"C{n}", f"Name {n}", f"a{n}@x.example", "yes" if n % 2 else "no"] for n in range(30)]
    header = ["Customer number", "Customer name", "Email", "Newsletter"]
    seen = look(str(write(tmp_path / "employee_customers.csv", header, rows)))
    assert "[tables.customers]" in seen.mapping
    assert "[tables.consents]" in seen.mapping
    assert "[tables.guides]" not in seen.mapping


@pytest.mark.parametrize("first", ["Customer no", "ID"])
def test_customers_with_a_shop_assistant_each_are_no_shop_assistants(tmp_path: Path, first: str) -> None:
    rows = [[f"C{n}", f"Name {n}", f"a{n}@x.example", f"R{n}", f"Rep {n}"] for n in range(8)]
    header = [first, "Name", "Email", "Sales rep id", "Sales rep name"]
    seen = look(str(write(tmp_path / "customers.csv", header, rows)))
    assert "customer_id" in seen.mapping
    assert "[tables.identities]" in seen.mapping
    assert 'guide_id = "Sales rep id"\nname = "Sales rep name"' in seen.mapping  # beside the customers


def test_prices_of_a_supplier_are_a_list_of_goods(tmp_path: Path) -> None:
    rows = [[f"P{n}", f"Good {n}", "Food", 2 + n] for n in range(12)]
    seen = look(str(write(tmp_path / "supplier_price_list.csv", ["Item code", "Item name", "Category", "Cost"], rows)))
    assert "[tables.products]" in seen.mapping
    assert "[tables.suppliers]" not in seen.mapping


def test_a_file_of_shop_assistants_or_customers_is_asked_about(tmp_path: Path) -> None:
    rows = [[f"{n}", f"Name {n}", f"a{n}@x.example"] for n in range(30)]
    seen = look(str(write(tmp_path / "staff_discount.csv", ["ID", "Name", "Email"], rows)))
    assert any("[tables.guides] with guide_id = " in question for question in seen.questions)
    assert "[tables.guides]" not in seen.mapping
    seen = look(str(write(tmp_path / "staff list 2026.csv", ["ID", "Name", "Email"], rows)))
    assert "[tables.guides]" in seen.mapping
    assert not seen.questions


def test_reports_of_sales_are_not_named_after_salesmen(tmp_path: Path) -> None:
    rows = [[f"{n}", f"Region {n}"] for n in range(12)]
    seen = look(str(write(tmp_path / "sales_report.csv", ["Code", "Name"], rows)))
    assert "guides" not in seen.mapping


def test_a_quote_in_the_name_of_a_column_is_read(tmp_path: Path) -> None:
    rows = [[f"P{n}", f"Good {n}", f"S{n % 3}" if n else "", f"Firm {n % 3}" if n else ""] for n in range(12)]
    header = ["SKU", "Product name", '"Supplier ""main"" no"', "Supplier name"]
    path = tmp_path / "products.csv"
    path.write_text("\n".join(",".join(row) for row in [header, *rows]) + "\n", encoding="utf-8")
    seen = look(str(path))
    assert '"Supplier ""main"" no" IS NOT NULL' in seen.mapping
    assert any("suppliers: 11 rows looked at, 0 would be set aside" in line for line in seen.lines)


def _with_vouchers(folder: Path, name: str, tenders: tuple[str, ...], *, whole: bool = True) -> Path:
    """Lines of which some are paid with a voucher, the others in turn by the means of payment."""
    rows = []
    for n in range(90):
        price = 4.45 + n % 5
        voucher = 0 if n % 4 else price if whole else 2.0
        cash = [price - voucher if n % len(tenders) == place else 0 for place in range(len(tenders))] if tenders else []
        rows.append([f"R{n}", f"{moment(n):%Y-%m-%d %H:%M:%S}", f"g{n % 5}", 1, price, *cash, voucher])
    return write(folder / "sales.csv", ["Receipt", "Sold at", "SKU", "Qty", "Price", *tenders, name], rows)


@pytest.mark.parametrize(
    ("name", "tenders"), [("Gutschein", ("Bar", "Karte")), ("Voucher", ("Cash", "Card")), ("代金券", ("现金", "微信"))]
)
def test_voucher_beside_other_means_of_payment_is_no_discount(
    tmp_path: Path, name: str, tenders: tuple[str, ...]
) -> None:
    seen = look(str(_with_vouchers(tmp_path, name, tenders)))
    assert not seen.questions
    assert name not in seen.mapping
    assert any("means of payment" in line for line in seen.lines)


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("name", ["Gutschein", "Voucher", "代金券", "Coupon"])
def test_voucher_of_which_nothing_says_that_it_was_taken_off_is_asked_about(
    tmp_path: Path, name: str, *, whole: bool
) -> None:
    seen = look(str(_with_vouchers(tmp_path, name, (), whole=whole)))
    is_given_away = name == "Coupon" and not whole  # nobody pays with these
    assert any("a means of payment" in question for question in seen.questions) is not is_given_away
    assert ("\ncoupon_discount = " in seen.mapping) is is_given_away
