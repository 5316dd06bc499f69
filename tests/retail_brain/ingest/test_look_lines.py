"""What of a file is a line of goods: units without a known name, texts between lines, parents, orders beside lines."""

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
