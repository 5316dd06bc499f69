"""Gross is paid where it is net and its tax, by the values; where a discount lies between the two, net is."""

import tomllib
from pathlib import Path
from typing import Any

from retail_brain.ingest.look import look
from tests.retail_brain.ingest.test_look import load, moment, write
from tests.retail_brain.ingest.test_look_sums import HEAD, LINES, sums


def columns(folder: Path) -> dict[str, Any]:
    return dict(tomllib.loads(look(str(folder)).mapping)["tables"]["transactions"]["columns"])


def test_gross_that_is_net_and_the_tax_beside_it_is_paid(tmp_path: Path) -> None:
    rows: list[list[object]] = []
    for n, _, good, price, units in LINES:
        tax = 0.0 if good in ("g1", "g3") else round(0.2 * price, 2)  # food has none
        off = 0.1 if n % 4 == 1 else 0.0
        both = [round(one * units * (1 - off), 2) for one in (price, tax)]
        rows.append([n, moment(n), good, units, price, round(price + tax, 2), both[0], both[1], round(sum(both), 2)])
        rows[-1] += [round(price * units * off, 2), round((price + tax) * units * off, 2)]
    header = ["Net price", "Gross price", "Net amount", "VAT amount", "Gross amount", "Net discount", "Gross discount"]
    write(tmp_path / "a" / "x.csv", [*HEAD, *header], rows)
    lines = load(tmp_path, tmp_path / "a")
    paid = sum(float(str(row["units"])) * float(str(row["unit_price"])) for row in lines)
    assert round(paid, 2) == round(sum(float(str(row[8])) for row in rows), 2)
    assert columns(tmp_path / "a")["discount"] == "Gross discount"


def test_gross_of_one_rate_beside_that_rate_is_paid(tmp_path: Path) -> None:
    rows = [
        [n, moment(n), good, units, 17, round(price * units, 2), round(1.17 * price * units, 2)]
        for n, _, good, price, units in LINES
    ]
    write(tmp_path / "x.csv", [*HEAD, "IVA %", "Valor líquido", "Valor bruto"], rows)
    assert columns(tmp_path)["unit_price"] == {"column": "Valor bruto", "total": True}


def test_gross_of_one_rate_of_nothing_is_asked_about(tmp_path: Path) -> None:
    for place, share in enumerate([1.17, 1.25]):  # a tax, or 20 % off everything: nothing tells
        rows = [
            [n, moment(n), good, units, round(share * price * units, 2), round(price * units, 2)]
            for n, _, good, price, units in LINES
        ]
        write(tmp_path / str(place) / "x.csv", [*HEAD, "Gross Sales", "Net Sales"], rows)
        seen = look(str(tmp_path / str(place)))
        assert any("with tax, which buyers pay, or before a discount" in question for question in seen.questions)
        assert '# unit_price = { column = "Gross Sales", total = true }' in seen.mapping
        assert '# unit_price = { column = "Net Sales", total = true }' in seen.mapping


def test_gross_is_paid_where_the_price_is_without_tax(tmp_path: Path) -> None:
    for place, (price_head, off) in enumerate([("Unit Price", 0.0), ("Net Price", 0.0), ("Einzelpreis", 0.1)]):
        rows: list[list[object]] = []
        for n, line, good, price, units in LINES:
            less = round(price * units * off * ((n + line) % 2), 2)
            net = round(price * units - less, 2)
            tax = round(0.19 * net, 2)
            rows.append([n, moment(n), good, units, price, less, net, tax, round(net + tax, 2)])
        head = [*HEAD, price_head, "Rabatt", "Net Amount", "VAT", "Gross Amount"]
        if not off:
            rows, head = [[*row[:5], *row[6:]] for row in rows], [one for one in head if one != "Rabatt"]
        write(tmp_path / str(place) / "x.csv", head, rows)
        assert columns(tmp_path / str(place))["unit_price"] == {"column": "Gross Amount", "total": True}, price_head


def test_sums_of_receipts_without_tax_do_not_make_net_what_was_paid(tmp_path: Path) -> None:
    totals = sums(lambda _n, _l, price, units: price * units)
    rows = [
        [
            n,
            moment(n),
            good,
            units,
            price * units,
            round(1.21 * price * units, 2),
            round(0.21 * price * units, 2),
            totals[n],
            round(1.21 * totals[n], 2),
        ]
        for n, _, good, price, units in LINES
    ]
    write(tmp_path / "x.csv", [*HEAD, "Importe neto", "Importe bruto", "IVA", "Total neto", "Total bruto"], rows)
    assert columns(tmp_path)["unit_price"]["column"] == "Importe bruto"
    heads = {n: [n, moment(n), round(totals[n], 2)] for n, *_ in LINES}
    write(tmp_path / "y" / "orders.csv", ["Order No", "Date", "Net total"], heads.values())
    lines = [[row[0], *row[2:7]] for row in rows]
    write(tmp_path / "y" / "lines.csv", ["Order No", "SKU", "Qty", "Importe neto", "Importe bruto", "IVA"], lines)
    assert columns(tmp_path / "y")["unit_price"]["column"] == "Importe bruto"


def test_net_stays_where_a_discount_lies_between(tmp_path: Path) -> None:
    for place, header in enumerate([["Ventas brutas", "Dcto", "Ventas netas"], ["Gross", "Discount", "Net"]]):
        folder = tmp_path / str(place)
        rows: list[list[object]] = []
        for n, line, good, price, units in LINES:
            share = 0.1 if place else 0.25 * ((n + line) % 2)  # 10 % on all lines, as staff has, or 25 % on some
            off = round(price * units * share, 2)
            rows.append([n, moment(n), good, units, price * units, off, round(price * units - off, 2)])
        write(folder / "x.csv", [*HEAD, *header], rows)
        assert columns(folder)["unit_price"]["column"] == header[2]
