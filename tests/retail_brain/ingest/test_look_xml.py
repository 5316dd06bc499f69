"""Orders in XML: looked at and loaded as tables of text are."""

from pathlib import Path

from retail_brain.ingest.look import look
from tests.retail_brain.ingest.test_look import load, moment

GOODS = [("C-1", "Cap", 9.5), ("M-2", "Mug", 3.0), ("T-3", "Tea", 4.25)]


def order(number: int) -> str:
    lines = "".join(
        f"<Item><Sku>{code}</Sku><Title>{name}</Title><Quantity>{1 + (number + n) % 3}</Quantity>"
        f"<UnitPrice>{price:.2f}</UnitPrice></Item>"
        for n, (code, name, price) in enumerate(GOODS[: 1 + number % 3])
    )
    state = "cancelled" if number % 10 == 9 else "paid"
    return (
        f"<Order><OrderNo>O-{number}</OrderNo><OrderDate>{moment(number):%Y-%m-%dT%H:%M:%S}</OrderDate>"
        f"<Buyer><CustomerNo>K{number % 7}</CustomerNo></Buyer><OrderStatus>{state}</OrderStatus>"
        f"<Items>{lines}</Items></Order>"
    )


def written(folder: Path) -> Path:
    goods = "".join(f"<Product><Sku>{code}</Sku><Title>{name}</Title></Product>" for code, name, _ in GOODS)
    orders = "".join(map(order, range(40)))
    path = folder / "export.xml"
    text = f'<?xml version="1.0"?><Shop><Products>{goods}</Products><Orders>{orders}</Orders></Shop>'
    path.write_text(text, encoding="utf-8")
    return path


def test_orders_and_goods_of_one_file_feed_their_tables(tmp_path: Path) -> None:
    sold = load(tmp_path, written(tmp_path))
    assert len(sold) == sum(1 + n % 3 for n in range(40) if n % 10 != 9)
    first = sold[0]
    assert (first["transaction_id"], first["product_id"], first["units"], first["unit_price"]) == ("O-0", "C-1", 1, 9.5)
    assert (first["customer_id"], first["sold_at"]) == ("K0", moment(0))
    seen = look(str(tmp_path / "export.xml"))
    assert 'element = "Orders/Order/Items/Item"' in seen.mapping
    assert 'element = "Products/Product"' in seen.mapping


def test_xml_without_rows_is_said_beside_what_can_be_read(tmp_path: Path) -> None:
    written(tmp_path)
    (tmp_path / "settings.xml").write_text("<a><b>1</b></a>", encoding="utf-8")
    seen = look(str(tmp_path))
    assert any("settings.xml has no element that comes again" in line for line in seen.lines)
    assert "[tables.transactions]" in seen.mapping


def invoices(folder: Path, *, of_lines: bool) -> Path:
    """Invoices of two shops, which the heads call centres; lines of goods name the stock that they came from."""
    text = ""
    for number in range(40):
        shop, lines = ("NORTE", "SUR")[number % 3 == 1], ""
        for code, name, price in [*GOODS[: 1 + number % 3], *([("", "Portes", 4.0)] if number % 4 == 0 else [])]:
            stock = f"<Almacen><Codigo>{shop}</Codigo></Almacen>" if of_lines and code else ""
            lines += f"<Linea><Articulo>{code}</Articulo><Descripcion>{name}</Descripcion><Cantidad>1</Cantidad>"
            lines += f"<Precio>{price:.2f}</Precio>{stock}</Linea>"
        text += (
            f"<Factura><Cabecera><Clave>{7300 + number}</Clave><Fecha>{moment(number):%Y-%m-%d}</Fecha>"
            f"<Serie>{('A1', 'B7')[number % 5 == 2]}</Serie><CentroCoste><Codigo>{shop}</Codigo></CentroCoste>"
            f"</Cabecera><Lineas>{lines}</Lineas></Factura>"
        )
    path = folder / "x" / "facturas.xml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f'<?xml version="1.0"?><Facturas>{text}</Facturas>', encoding="utf-8")
    return path


def test_heads_say_the_shop_of_lines_that_come_from_no_stock(tmp_path: Path) -> None:
    sold = load(tmp_path, invoices(tmp_path, of_lines=True))
    assert len(sold) == sum(1 + n % 3 for n in range(40))
    assert len({one["transaction_id"] for one in sold}) == 40
    assert {one["store_id"] for one in sold} == {"NORTE", "SUR"}
    asked = look(str(invoices(tmp_path, of_lines=False)))
    assert any("CentroCoste/Codigo' the shop (its values: NORTE, SUR)" in question for question in asked.questions)
