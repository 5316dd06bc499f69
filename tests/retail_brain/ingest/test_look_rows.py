"""Looks at exports whose rows are of several kinds: goods and what stands beside them, what takes sales back."""

from pathlib import Path

from retail_brain.ingest.look import look
from tests.retail_brain.ingest.test_look import Row, load, moment, write
from tests.retail_brain.ingest.test_look_kinds import goods_sold_often

HEADER = ["Bill No", "Billed At", "Row Kind", "Item Code", "Item Name", "Qty", "Unit Price", "Line Total"]


def test_rows_without_a_code_are_no_goods_where_they_count_nothing_or_say_so(tmp_path: Path) -> None:
    rows: list[Row] = []
    for n, good, units, price in goods_sold_often():
        at = moment(n)
        rows.append([n, at, "Article", good, f"name of {good}", units, price, units * price])
        rows.append([n, at, "Sum", "", "all above", "", "", units * price])
        rows += [[n, at, "Carriage Shipping", "", f"van {n}", 1, 5, 5]] if n % 3 == 0 else []
    lines = load(tmp_path, write(tmp_path / "bills.csv", HEADER, rows))
    assert len(lines) == 36
    assert {row["product_id"] for row in lines} == {"g0", "g1", "g2"}


def test_goods_that_are_keyed_in_by_hand_have_no_code_and_stay(tmp_path: Path) -> None:
    rows: list[Row] = []
    for n, good, units, price in goods_sold_often():
        at = moment(n)
        rows.append([n, at, "Article", good, f"name of {good}", units, price, units * price])
        rows += [[n, at, "By hand", "", "honey", 2, 4, 8]] if n % 6 == 0 else []
    assert len(load(tmp_path, write(tmp_path / "bills.csv", HEADER, rows))) == 42


def test_rows_that_cancel_others_by_units_below_zero_stay_beside_them(tmp_path: Path) -> None:
    rows: list[Row] = []
    for n, good, units, price in goods_sold_often():
        rows.append([n, moment(n), "invoice", good, good, f"{units},00", f"{price:.0f},00", f"{units * price:.0f},00"])
        if n % 9 == 0:
            back = [f"-{units},00", f"{price:.0f},00", f"-{units * price:.0f},00"]
            rows.append([100 + n, moment(n), "cancelled invoice", good, good, *back])
    lines = load(tmp_path, write(tmp_path / "bills.csv", HEADER, rows, mark=";"))
    assert len(lines) == 40
    sold = sum(units for n, _, units, _ in goods_sold_often() if n % 9)
    assert sum(float(str(row["units"])) for row in lines) == sold


def test_share_that_is_taken_off_is_no_sum_of_money(tmp_path: Path) -> None:
    header = ["Bill No", "Billed At", "Warehouse Name", "Item Code", "Qty", "Price", "Discount", "Discount Amount",
              "Item Total"]  # fmt: skip
    rows: list[Row] = []
    for n, good, units, price in goods_sold_often():
        off = n % 3 * 10
        less = units * price * off / 100
        rows.append([n, moment(n), f"Hall {n % 2}", good, units, price, f"{off}.00%", less, units * price - less])
    lines = load(tmp_path, write(tmp_path / "bills.csv", header, rows))
    assert {row["store_id"] for row in lines} == {"Hall 0", "Hall 1"}
    paid = sum(float(str(row["units"])) * float(str(row["unit_price"])) for row in lines)
    wanted = sum(units * price * (1 - n % 3 / 10) for n, _, units, price in goods_sold_often())
    assert abs(paid - wanted) < 0.05


def heads_and_lines(folder: Path, states: dict[int, str]) -> None:
    heads: list[Row] = []
    lines: list[Row] = []
    for n, good, units, price in goods_sold_often():
        back = n % 9 == 0
        total = (units + 1) * price * (-1 if back else 1)
        heads.append([70_000 + n, moment(n), f"b{n % 2}", "BA"[back], states.get(n, "4"), total])
        lines += [[70_000 + n, good, units, price], [70_000 + n, good, 1, price]]
    write(folder / "heads.csv", ["KEY", "POSTED_AT", "BRANCH", "SORT", "STATUS", "TOTAL"], heads)
    write(folder / "lines.csv", ["HEAD_KEY", "ITEM_CODE", "QTY", "PRICE"], lines)


def test_kind_that_goes_with_sums_below_zero_is_a_return(tmp_path: Path) -> None:
    folder = tmp_path / "till"
    folder.mkdir()
    heads_and_lines(folder, {})
    lines = load(tmp_path, folder)
    back = {str(70_000 + n) for n in range(0, 36, 9)}
    assert {row["transaction_id"] for row in lines if float(str(row["units"])) < 0} == back


def test_codes_of_a_state_that_no_word_explains_are_asked_about(tmp_path: Path) -> None:
    heads_and_lines(tmp_path, {5: "3", 14: "3"})
    seen = look(str(tmp_path))
    assert any("'STATUS'" in question and "['3']" in question for question in seen.questions)
    assert """# where = '''"STATUS" IS NULL OR "STATUS" NOT IN ('3')'''""" in seen.mapping


def test_price_from_each_day_on_holds_until_the_next(tmp_path: Path) -> None:
    sold: list[Row] = [
        [n, moment(n), "Article", good, good, units, price, units * price]
        for n, good, units, price in goods_sold_often()
    ]
    write(tmp_path / "sold.csv", HEADER, sold)
    changes: list[Row] = [[f"g{n}", 2 + n + k / 10, f"2026-0{k + 1}-01"] for n in range(3) for k in range(3)]
    write(tmp_path / "changes.csv", ["Item Code", "New Price", "Effective"], changes)
    prices = load(tmp_path, tmp_path, "prices")
    assert len(prices) == 9
    assert {row["valid_to"] for row in prices} == {None}


def test_names_that_say_nothing_leave_moment_receipt_and_money_to_the_values(tmp_path: Path) -> None:
    rows: list[Row] = []
    for n, kind in ((n, (n + 2 * line) % 3) for n in range(36) for line in range(2)):
        good, units, price = f"g{kind}", n % 4 + 1, 2.0 + kind
        day, due = moment(n).date(), moment(n + 30).date()
        joined = moment(n * 17 % 36).date().replace(year=2025)
        money = [f"{one:.2f}".replace(".", ",") for one in (price + 0.25, units * (price + 0.25))]
        rows.append([joined, due, day, f"N{n}", 900 + n, f"name of {good}", *money, units])
    header = ["Aaa", "Bbb", "Ccc", "Ddd", "Eee", "Fff", "Ggg", "Hhh", "Iii"]
    lines = load(tmp_path, write(tmp_path / "x.csv", header, rows, mark=";"))
    assert {str(row["sold_at"])[:10] for row in lines} == {str(row[2]) for row in rows}
    assert {row["transaction_id"] for row in lines} == {f"N{n}" for n in range(36)}
