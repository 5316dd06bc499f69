"""Looks at invented stars of warehouses of data: facts, dimensions and keys without a meaning, as lines of JSON."""

import json
from pathlib import Path

import polars as pl

from retail_brain.ingest.look import look
from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.dimensions import without_roles_of_facts
from retail_brain.ingest.look.words import role_scores

GOODS, SHOPS, PEOPLE = 12, 3, 30


def _write(path: Path, rows: list[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def _star(folder: Path) -> None:
    """Bills of a German chain: numbers of people as whole numbers, with 0 for those whom nobody knows."""
    goods = [
        {"artikel_sk": 40 + n, "bezeichnung": f"Lampe Modell {'abcdefghijkl'[n]}", "listenpreis": 5.5 + 3 * n,
         "gueltig_von": "2024-01-01"}
        for n in range(GOODS)
    ]  # fmt: skip
    shops = [
        {"filiale_sk": 1 + n, "filialname": f"Licht {'XYZ'[n]}", "stadt": ["Ulm", "Bonn", "Kiel"][n],
         "eroeffnet_am": f"201{n}-05-01"}
        for n in range(SHOPS)
    ]  # fmt: skip
    people = [{"kunde_sk": 7000 + n, "email": f"k{n}@example.de"} for n in range(PEOPLE)]
    sales: list[dict[str, object]] = []
    for bon in range(60):
        for line in range(1 + bon % 3):
            good, units = (bon * 5 + line) % GOODS, 1 + (bon + line) % 3
            who = -1 if bon % 2 else 7000 + bon % PEOPLE
            sales.append({
                "verkauf_zeile_sk": 90000 + len(sales), "datum_sk": 20260301 + bon // 4, "filiale_sk": 1 + bon % SHOPS,
                "bonnummer": 8000 + bon, "artikel_sk": 40 + good, "kunde_sk": who, "menge": units,
                "umsatz_brutto": round(units * (5.5 + 3 * good), 2),
            })  # fmt: skip
    for name, rows in (("dim_artikel", goods), ("dim_filiale", shops), ("dim_kunde", people), ("fakt_verkauf", sales)):
        _write(folder / f"{name}.jsonl", rows)


def test_facts_are_the_sales_and_dimensions_lists(tmp_path: Path) -> None:
    _star(tmp_path)
    seen = look(str(tmp_path))
    tables = {block.split("]")[0]: block for block in seen.mapping.split("[tables.")[1:]}
    assert 'files = "fakt_verkauf.jsonl"' in tables["transactions"]
    assert 'files = "dim_artikel.jsonl"' in tables["products"]
    assert 'files = "dim_filiale.jsonl"' in tables["stores"]
    columns = tables["transactions.columns"]
    for written in ('transaction_id = "bonnummer"', 'product_id = "artikel_sk"', 'store_id = "filiale_sk"'):
        assert written in columns
    assert 'customer_id = { column = "kunde_sk", blank = ["-1"] }' in columns
    assert not any("cannot be read" in line for line in seen.lines)


def test_keys_of_warehouses_are_ids() -> None:
    assert role_scores("sk_artikel") == role_scores("artikel_id") == role_scores("artikel_fk")
    assert "product" in role_scores("item_sk")
    assert "store" not in role_scores("desk")


def test_only_dimensions_lose_roles_of_sales() -> None:
    rows = pl.DataFrame({"a": ["x", "y"], "b": ["2026-01-02", "2026-01-03"], "c": ["1", "2"]})
    found = Columns({"product": "a", "moment": "b", "receipt": "c"}, {}, {})
    for stem in ("dim_item", "DimProduct", "dwh_dim_store", "item_dim", "商品维度表"):
        lost = without_roles_of_facts(rows, found, stem)
        assert lost.roles == {"product": "a"}, stem
        assert "['b', 'c'] are of no sales" in lost.remarks[0]
    for stem in ("dimmer_sales", "fact_sales", "dim"):
        assert without_roles_of_facts(rows, found, stem) is found, stem
    people = Columns({"customer": "a", "moment": "b"}, {}, {})
    assert without_roles_of_facts(rows, people, "dim_member") is people


def test_sales_of_a_restaurant_whose_name_begins_like_a_dimension_stay_sales() -> None:
    found = Columns({"product": "a", "moment": "b", "units": "c"}, {}, {})
    sold = pl.DataFrame({"a": ["x", "y"] * 3, "b": ["2026-01-02"] * 6, "c": list("123456")})
    for stem in ("dim_sum_sales", "dim_sum_march"):
        assert without_roles_of_facts(sold, found, stem) is found, stem
    versions = sold.with_columns(c=pl.lit("6"))  # each version of a product has the units of its case
    for stem in ("dim_item", "dim_sales_channel"):
        assert without_roles_of_facts(versions, found, stem).roles == {"product": "a"}, stem
