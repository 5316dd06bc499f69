"""Lines of an order in one cell: read whole by one way of writing, or not at all."""

import pytest

from retail_brain.sources.items_in_cells import items_in

CAP = ["Cap", "2"]
READ = [
    ("2 x Cap; 1 x Mug, blue", "2 x Cap"),
    ("2x Cap, 1x Mug, blue", "2x Cap"),
    ("Cap x 2 | Mug, blue x 1", "Cap x 2"),
    ("Cap (2), Mug, blue (1)", "Cap (2)"),
    ("Cap*2；Mug, blue*1", "Cap*2"),
    ("Cap, Qty: 2\nMug, blue, Qty: 1", "Cap, Qty: 2"),
    ('[{"name": "Cap", "quantity": 2}, {"name": "Mug, blue", "quantity": 1}]', '[{"name": "Cap", "quantity": 2}]'),
    ("name:Cap|quantity:2;name:Mug, blue|quantity:1", "name:Cap|quantity:2"),
    ("[{'name': 'Cap', 'quantity': 2}, {'name': 'Mug, blue', 'quantity': 1}]", "[{'name': 'Cap', 'quantity': 2}]"),
]


@pytest.mark.parametrize("cells", READ)
def test_lines_are_read_however_they_are_written(cells: tuple[str, str]) -> None:
    found = items_in(cells)
    assert found is not None
    assert not found.unread
    assert [[list(item.values()) for item in found.lines[cell]] for cell in cells] == [[CAP, ["Mug, blue", "1"]], [CAP]]


def test_codes_and_prices_behind_goods_stand_apart() -> None:
    found = items_in(["2 x Cap [C-1] @ $9.50; 1 x Mug [M-2] @ $3.00"])
    assert found is not None
    (first, _), *_ = found.lines.values()
    assert first == {"name": "Cap", "quantity": "2", "price": "9.50", "sku": "C-1"}


@pytest.mark.parametrize(
    "cell",
    [
        "Cap; Mug",
        "2 x Cap; Mug and 1 x Tea; Hat (3)",
        "Cap, Mug x 2; Tea",
        "",
        "12.50",
        "[1, 2]",
        "[{",
        "{{1}}",
        "[" * 5000,
        "4 x AA batt",
    ],
)
def test_what_is_no_list_of_counted_goods_is_not_read(cell: str) -> None:
    found = items_in([cell, "Mug"])
    assert found is None


def test_a_cell_that_is_written_otherwise_is_counted() -> None:
    cells = [f"{n} x Cap; 1 x Mug" for n in range(1, 20)]
    found = items_in([*cells, "to be agreed by phone"])
    assert found is not None
    assert found.unread == ("to be agreed by phone",)


def test_a_very_long_cell_is_not_read() -> None:
    assert items_in(["2 x Cap; " * 10_000]) is None
