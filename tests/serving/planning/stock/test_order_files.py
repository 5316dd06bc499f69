"""Orders leave with what the receiver needs: suppliers, sources, days, packs, costs and names, in their form."""

import csv
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from retail_brain.cli.app import app
from retail_brain.dataset import Dataset
from retail_brain.errors import UsageError
from retail_brain.export_mapping import ExportMapping, mapped, read_export_mapping
from retail_brain.ingest import ingest
from retail_brain.operational.database import Database
from retail_brain.operational.decisions import Decision, store_decisions
from retail_brain.operational.exports import pending_exports
from retail_brain.operational.upgrade import upgrade
from retail_brain.progress import SILENT
from retail_brain.settings import Settings
from retail_brain.workspace import Workspace
from serving.planning.stock.order_details import short_orders, with_details
from serving.planning.stock.order_export import OrderForm, export_orders
from serving.planning.stock.order_files import write_orders
from serving.planning.stock.webhook import Delivery
from serving.store.suggested_orders import suggested_orders

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
DAY = date(2026, 2, 28)
LINES = (("S1", "tea", 12.0), ("S1", "=cup", 5.0), ("S2", "tea", 6.0), ("S2", "jam", 4.0), ("S3", "odd", 1.0))


LINE = ["store_id", "product_id", "order_quantity"]


def supply() -> pl.DataFrame:
    terms = [("S1", "tea", "Acme", None, 6.0, 1.5), ("S1", "=cup", "Acme", None, 1.0, None)]
    moved = [("S2", "tea", None, "S1", 6.0, None), ("S2", "jam", "Beta/Co", None, 2.0, 3.0)]
    names = ["store_id", "product_id", "supplier_id", "source_store_id", "case_pack", "unit_cost"]
    frame = pl.DataFrame([*terms, *moved], schema=names, orient="row")
    return frame.with_columns(lead_time_days=pl.lit(2.0), review_period_days=pl.lit(7.0))


def products() -> pl.DataFrame:
    return pl.DataFrame(
        {"product_id": ["tea", "=cup", "jam"], "name": ["Tea", "=1+1", "Jam"], "unit_cost": [9.0, 2.0, 9.0]}
    )


def stores() -> pl.DataFrame:
    return pl.DataFrame({"store_id": ["S1", "S2"], "name": ["North", "South"]})


def detailed() -> pl.DataFrame:
    lines = pl.DataFrame(LINES, schema=["store_id", "product_id", "order_quantity"], orient="row")
    called = pl.DataFrame({"supplier_id": ["Acme"], "name": ["Acme Foods"]})
    tables = {"supply": supply(), "products": products(), "stores": stores(), "suppliers": called}
    data = Dataset.from_frames(tables)
    return with_details(lines.with_columns(as_of=pl.lit(DAY)), data, None, "€")


@pytest.fixture
def decided(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'o.db'}")
    upgrade(database)
    decisions = [
        Decision(f"d{n}", f"s{n}", shop, good, DAY, "approved", units, units, None, "Li")
        for n, (shop, good, units) in enumerate(LINES)
    ]
    store_decisions("main", database, decisions, now=NOW)
    yield database
    database.close()


def deliver(
    database: Database, target: Path, mapping: ExportMapping | None = None, *, by_supplier: bool = False
) -> None:
    data = Dataset.from_frames({"supply": supply(), "products": products(), "stores": stores()})
    form = OrderForm(lambda lines: with_details(lines, data, None, "€"), mapping or ExportMapping(), by_supplier)
    export_orders("main", database, target=str(target), made_by="x", now=NOW, delivery=Delivery(1), form=form)


def test_lines_know_supplier_source_packs_costs_and_names() -> None:
    table = detailed()
    wanted = ["kind", "supplier_id", "source_store_id", "store_id", "product_id", "packs", "unit_cost", "line_cost"]
    assert table.select(wanted).rows() == [
        ("purchase", "Acme", None, "S1", "=cup", 5.0, 2.0, 10.0),
        ("purchase", "Acme", None, "S1", "tea", 2.0, 1.5, 18.0),
        ("purchase", "Beta/Co", None, "S2", "jam", 2.0, 3.0, 12.0),
        ("purchase", None, None, "S3", "odd", 1.0, None, None),
        ("transfer", None, "S1", "S2", "tea", 1.0, 9.0, 54.0),
    ]
    assert table["store_name"].to_list() == ["North", "North", "South", None, "South"]
    assert table["supplier_name"].to_list() == ["Acme Foods", "Acme Foods", None, None, None]
    assert table["source_store_name"].to_list() == [None, None, None, None, "North"]
    dear = table.head(1).with_columns(below_minimum=pl.lit(value=True), min_order_value=pl.lit(99.0))
    assert short_orders(dear)[0].startswith("the purchase order of Acme Foods (Acme) on ")
    assert set(table["currency"]) == {"€"}


def test_purchase_orders_below_the_minimum_of_their_supplier_say_so(decided: Database, tmp_path: Path) -> None:
    """Acme sells from 50 on: 10 + 18 are below. Beta/Co sells from 12 on, and 4 jams of 8 a truck are half a load."""
    least = pl.DataFrame({"supplier_id": ["Acme", "Beta/Co"], "min_order_value": [50.0, 12.0]})
    loads = pl.col("supplier_id").replace_strict({"Beta/Co": 8.0}, default=None)
    terms = supply().join(least, on="supplier_id", how="left").with_columns(units_per_truck=loads)
    data = Dataset.from_frames({"supply": terms, "products": products(), "stores": stores()})
    form = OrderForm(lambda lines: with_details(lines, data, None, "€"))
    done = export_orders(
        "main", decided, target=str(tmp_path / "o.json"), made_by="x", now=NOW, delivery=Delivery(1), form=form
    )
    assert done.short == [
        "the purchase order of Acme on an unknown day comes to €28.00, below the supplier's minimum of €50.00."
    ]
    told = json.loads((tmp_path / "o.json").read_text(encoding="utf-8"))["purchase_orders"]
    names = ("purchase_order_cost", "min_order_value", "below_minimum", "trucks")
    assert [tuple(one["lines"][0][name] for name in names) for one in told] == [
        (28.0, 50.0, True, None),
        (12.0, 12.0, False, 0.5),
        (None, None, None, None),
    ]


def test_a_line_that_takes_an_order_back_is_no_part_of_a_purchase_order() -> None:
    """Acme: 12 tea for 18, and cups of an unknown cost that are taken back. Beta/Co: all is taken back."""
    lines = pl.DataFrame([("S1", "tea", 12.0), ("S1", "=cup", 0.0), ("S2", "jam", 0.0)], schema=LINE, orient="row")
    terms = supply().with_columns(min_order_value=pl.lit(50.0), units_per_truck=pl.lit(24.0))
    terms = terms.with_columns(pl.when(pl.col("product_id") != "=cup").then("units_per_truck"))
    table = with_details(lines.with_columns(as_of=pl.lit(DAY)), Dataset.from_frames({"supply": terms}), None, "€")
    names = ("product_id", "line_cost", "purchase_order_cost", "min_order_value", "below_minimum", "trucks")
    assert table.select(names).rows() == [
        ("=cup", 0.0, 18.0, 50.0, None, 0.5),
        ("tea", 18.0, 18.0, 50.0, True, 0.5),
        ("jam", 0.0, 0.0, None, None, 0.0),
    ]
    assert len(short_orders(table)) == 1


def test_a_published_suggestion_of_the_day_gives_source_and_days() -> None:
    lines = pl.DataFrame(LINES[:2], schema=["store_id", "product_id", "order_quantity"], orient="row")
    days = {"order_on": [DAY] * 2, "arrives_on": [date(2026, 3, 3)] * 2}
    told = {"store_id": ["S1"] * 2, "product_id": ["tea", "=cup"], "as_of": [DAY, date(2026, 2, 1)]}
    suggested = pl.DataFrame({**told, "source": ["transfer:S2", "transfer:S2"], **days})
    data = Dataset.from_frames({"supply": supply()})
    table = with_details(lines.with_columns(as_of=pl.lit(DAY)), data, suggested, "€")
    assert table.select("product_id", "kind", "source_store_id", "supplier_id", "arrives_on").rows() == [
        ("=cup", "purchase", None, "Acme", None),
        ("tea", "transfer", "S2", None, date(2026, 3, 3)),
    ]


def test_published_suggestions_give_source_and_days() -> None:
    table = pl.DataFrame({"store_id": ["S1"], "product_id": ["tea"], "source": ["supplier"], "order_on": [DAY]})
    suggestions = SimpleNamespace(table=lambda *_: table.with_columns(arrives_on=pl.lit(DAY), order_cost=pl.lit(1.0)))
    names = SimpleNamespace(ids=SimpleNamespace(take=list))
    answers: Any = SimpleNamespace(
        suggestions=suggestions,
        stores=Named(names),
        products=Named(names),
        manifest=SimpleNamespace(as_of="2026-02-28"),
    )
    assert suggested_orders(answers).rows() == [("S1", "tea", DAY, "supplier", DAY, DAY)]
    answers.suggestions = None
    assert suggested_orders(answers).is_empty()


class Named:
    """A catalog without entries."""

    def __init__(self, names: Any) -> None:
        self.ids = names.ids

    def __len__(self) -> int:
        return 0


def test_json_groups_purchase_orders_by_supplier_and_keeps_transfers_apart(decided: Database, tmp_path: Path) -> None:
    deliver(decided, tmp_path / "o.json")
    body = json.loads((tmp_path / "o.json").read_text(encoding="utf-8"))
    assert [(one["supplier_id"], one["total_cost"], len(one["lines"])) for one in body["purchase_orders"]] == [
        ("Acme", 28.0, 2),
        ("Beta/Co", 12.0, 1),
        (None, None, 1),
    ]
    assert [line["source_store_id"] for line in body["transfers"]] == ["S1"]


def test_a_workbook_has_a_sheet_per_supplier_and_runs_no_formula(decided: Database, tmp_path: Path) -> None:
    deliver(decided, tmp_path / "o.xlsx")
    sheets = pl.read_excel(tmp_path / "o.xlsx", sheet_id=0)
    assert list(sheets) == ["Acme", "Beta_Co", "without supplier", "transfers"]
    assert sheets["Acme"]["product_name"].to_list() == ["=1+1", "Tea"]
    assert sheets["Acme"]["line_cost"].to_list() == [10, 18]


def test_csv_files_by_supplier_under_their_names_and_forms(decided: Database, tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text(
        'delimiter = ";"\nencoding = "cp1252"\n[constants]\nMandant = "01"\n[columns]\nproduct_id = "Artikel"\n'
        'line_cost = { column = "Wert", decimal = ",", digits = 1 }\nas_of = { column = "Größe", format = "%d.%m.%Y" }'
        "\n",
        encoding="utf-8",
    )
    deliver(decided, tmp_path / "o.csv", read_export_mapping(tmp_path / "m.toml"), by_supplier=True)
    assert {path.name for path in tmp_path.glob("o_*.csv")} == {
        "o_Acme.csv", "o_Beta_Co.csv", "o_without_supplier.csv", "o_transfers.csv"
    }  # fmt: skip
    lines = (tmp_path / "o_Acme.csv").read_text(encoding="cp1252").splitlines()
    assert lines == ["Artikel;Wert;Größe;Mandant", "'=cup;10,0;28.02.2026;01", "tea;18,0;28.02.2026;01"]


def suppliers_of_like_names() -> pl.DataFrame:
    """A line of each of five suppliers whose names are one as file names or are ours, one without, and a transfer."""
    named = ["A/B", "A_B", "a b", "transfers", "Without supplier", None, None]
    return pl.DataFrame(
        {
            "supplier_name": [None] * 7,
            "kind": ["purchase"] * 6 + ["transfer"],
            "supplier_id": named,
            "source_store_id": [None] * 6 + ["S1"],
            "product_id": [f"p{place}" for place in range(7)],
            "currency": ["€"] * 7,
            "line_cost": [1.0] * 7,
        }
    )


def test_suppliers_of_like_names_lose_no_line(tmp_path: Path) -> None:
    lines = suppliers_of_like_names()
    files = write_orders(lines, tmp_path / "o.csv", ExportMapping(), by_supplier=True)
    assert [file.name for file in files] == [
        "o_A_B.csv", "o_A_B_2.csv", "o_a_b_3.csv", "o_supplier_transfers.csv", "o_supplier_Without_supplier.csv",
        "o_without_supplier.csv", "o_transfers.csv",
    ]  # fmt: skip
    assert [pl.read_csv(file)["product_id"].to_list() for file in files] == [[f"p{place}"] for place in range(7)]
    [book] = write_orders(lines, tmp_path / "o.xlsx", ExportMapping())
    sheets = pl.read_excel(book, sheet_id=0)
    assert list(sheets)[:4] == ["A_B", "A_B 2", "a b", "supplier transfers"]
    assert [sheet["product_id"].to_list() for sheet in sheets.values()] == [[f"p{place}"] for place in range(7)]
    [text] = write_orders(lines, tmp_path / "o.json", ExportMapping())
    body = json.loads(text.read_text(encoding="utf-8"))
    assert [order["supplier_id"] for order in body["purchase_orders"]] == lines["supplier_id"][:6].to_list()
    assert [line["product_id"] for line in body["transfers"]] == ["p6"]


@pytest.mark.parametrize("name", ["o.txt", "o.parquet"])
def test_a_file_of_another_kind_is_refused_before_anything_is_exported(
    decided: Database, tmp_path: Path, name: str
) -> None:
    with pytest.raises(UsageError, match=r"\.xlsx"):
        deliver(decided, tmp_path / name)
    assert not pending_exports("main", decided)


def test_a_mapping_that_does_not_fit_is_refused_before_anything_is_exported(decided: Database, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'price'"):
        deliver(decided, tmp_path / "o.csv", ExportMapping(columns={"price": "Preis"}))
    assert not pending_exports("main", decided)


@pytest.mark.parametrize(
    ("text", "said"),
    [("columns = 3", "columns"), ("[columns]\nx = { colum = 'a' }", "columns.x"), ("not toml", "is not TOML")],
)
def test_a_mapping_that_cannot_be_read_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "m.toml").write_text(text)
    with pytest.raises(UsageError, match=said):
        read_export_mapping(tmp_path / "m.toml")


def test_a_format_goes_with_days_alone() -> None:
    wanted = ExportMapping.model_validate({"columns": {"units": {"column": "u", "format": "%d"}}})
    with pytest.raises(UsageError, match="goes with days"):
        mapped(pl.DataFrame({"units": [1.5]}), wanted)


def test_the_verb_takes_terms_from_the_lake_and_says_what_is_not_known(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    (tmp_path / "data").mkdir()
    sold = "transaction_id,sold_at,store_id,product_id,units,unit_price\n"
    sold += "".join(f"t{n},2026-02-{n:02} 10:00,S{n % 3 + 1},tea,1,2\n" for n in range(1, 28))
    (tmp_path / "data" / "transactions.csv").write_text(sold)
    for name, table in (("supply", supply()), ("stores", stores())):
        table.write_csv(tmp_path / "data" / f"{name}.csv")
    ingest(str(tmp_path / "data"), str(workspace.lake), Settings(), SILENT)
    database = Database(workspace.database_url)
    upgrade(database)
    store_decisions("main", database, [Decision("d", "s", "S1", "tea", DAY, "approved", 6.0, 6.0, None, "Li")], now=NOW)
    database.close()
    words = ["--home", str(tmp_path), "orders", "export", "--to", str(tmp_path / "o.csv")]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert "without days of order and arrival" in done.stderr
    row = next(csv.DictReader((tmp_path / "o.csv").read_text(encoding="utf-8").splitlines()))
    assert (row["supplier_id"], row["packs"], row["store_name"], row["currency"]) == ("Acme", "1.0", "North", "¥")
