"""JSON of orders with objects and lists of objects in a line."""

import json
from pathlib import Path

import polars as pl
import pytest

from retail_brain.errors import DataError
from retail_brain.sources.files import open_file


def opened(tmp_path: Path, *orders: object) -> tuple[list[dict[str, object]], tuple[str, ...]]:
    place = tmp_path / "orders.jsonl"
    place.write_text("\n".join(map(json.dumps, orders)), encoding="utf-8")
    table = open_file(place, tmp_path)
    return table.frame.collect().to_dicts(), table.notes


def test_objects_become_columns_and_the_list_of_lines_a_row_each(tmp_path: Path) -> None:
    rows, notes = opened(
        tmp_path,
        {
            "id": 1,
            "shop": {"id": "a", "at": {"city": "Ulm"}},
            "items": [{"sku": "x", "qty": 2}, {"sku": "y", "qty": 1}],
        },
        {"id": 2, "shop": None, "items": []},
    )
    assert rows == [
        {"id": 1, "shop_id": "a", "shop_at_city": "Ulm", "items/sku": "x", "items/qty": 2},
        {"id": 1, "shop_id": "a", "shop_at_city": "Ulm", "items/sku": "y", "items/qty": 1},
        {"id": 2, "shop_id": None, "shop_at_city": None, "items/sku": None, "items/qty": None},
    ]
    assert notes == ("orders.jsonl: one row per object in 'items'",)


def test_lists_beside_the_lines_are_named_as_not_read(tmp_path: Path) -> None:
    rows, notes = opened(tmp_path, {"id": 1, "items": [{"sku": "x"}, {"sku": "y"}], "payments": [{"by": "card"}]})
    assert [row["items/sku"] for row in rows] == ["x", "y"]
    assert "['payments'] are not read" in notes[0]


def test_several_lists_that_may_be_the_lines_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"several lists of objects in a line: got \['a', 'b'\]"):
        opened(tmp_path, {"id": 1, "a": [{"x": 1}], "b": [{"x": 1}]})


def test_a_field_whose_name_is_taken_keeps_its_own(tmp_path: Path) -> None:
    rows, _ = opened(tmp_path, {"shop_id": "1", "shop": {"id": "a"}})
    assert rows == [{"shop_id": "1", "shop//id": "a"}]


def test_lists_of_plain_values_stay(tmp_path: Path) -> None:
    place = tmp_path / "campaigns.jsonl"
    place.write_text('{"id": 1, "product_ids": ["a", "b"]}', encoding="utf-8")
    assert open_file(place, tmp_path).frame.collect_schema()["product_ids"] == pl.List(pl.String)


@pytest.mark.parametrize("text", ['[{"id": 1}, {"id": 2}]', '{"next": null,\n "orders": [{"id": 1},\n {"id": 2}]}'])
def test_a_document_gives_a_row_per_object_of_its_list(tmp_path: Path, text: str) -> None:
    place = tmp_path / "orders.json"
    place.write_text(text, encoding="utf-8")
    (tmp_path / "scratch").mkdir()
    assert open_file(place, tmp_path / "scratch").frame.collect().to_dicts()[:2] == [{"id": 1}, {"id": 2}]


def test_a_document_of_several_lists_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "orders.json"
    place.write_text('{"a": [{"id": 1}], "b": [{"id": 2}]}', encoding="utf-8")
    (tmp_path / "scratch").mkdir()
    with pytest.raises(DataError, match="2 lists of objects"):
        open_file(place, tmp_path / "scratch")


def test_lines_of_any_language_are_the_list_that_counts_goods(tmp_path: Path) -> None:
    rows, notes = opened(
        tmp_path, {"id": 1, "itens": [{"cod": "x", "qtd": 2}, {"cod": "y", "qtd": 1}], "pagamentos": [{"por": "pix"}]}
    )
    assert [(row["itens/cod"], row["itens/qtd"]) for row in rows] == [("x", 2), ("y", 1)]
    assert "['pagamentos'] are not read" in notes[0]


def test_a_list_within_the_lines_gives_no_further_rows(tmp_path: Path) -> None:
    line = {"sku": "x", "quantity": 2, "extras": [{"name": "ice"}, {"name": "straw"}]}
    rows, notes = opened(tmp_path, {"id": 1, "items": [line]})
    assert rows == [{"id": 1, "items/sku": "x", "items/quantity": 2}]
    assert "['items/extras'] within the lines are not read" in notes[1]


def test_lines_within_parcels_are_read(tmp_path: Path) -> None:
    rows, _ = opened(tmp_path, {"id": 1, "parcels": [{"no": "p", "rows": [{"sku": "x", "qty": 2}]}]})
    assert rows == [{"id": 1, "parcels/no": "p", "parcels/rows/sku": "x", "parcels/rows/qty": 2}]


def test_many_fields_stand_in_the_order_of_the_file(tmp_path: Path) -> None:
    # of more than 32 fields of an object Polars makes another order in each process
    names = [f"field {number}" for number in range(40)]
    items = [{"sku": "x", **dict.fromkeys(names, 1)}, {"sku": "y", **dict.fromkeys(names, 1.5), "later": 2}]
    orders = [{"id": number, **dict.fromkeys(names, number), "items": items} for number in range(2)]
    rows, _ = opened(tmp_path, *orders)
    assert list(rows[0]) == ["id", *names, "items/sku", *(f"items/{name}" for name in names), "items/later"]
    assert (rows[0]["items/field 3"], rows[1]["items/field 3"], rows[3]["field 39"]) == (1.0, 1.5, 1)
