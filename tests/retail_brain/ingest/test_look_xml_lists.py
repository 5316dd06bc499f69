"""Lists of goods and of people as XML, whose elements hold lists and names of their own."""

from pathlib import Path

from retail_brain.ingest.look import look


def test_ways_of_delivery_multiply_no_goods(tmp_path: Path) -> None:
    ways = "".join(
        f"<DELIVERY><DELIVERY_ID>{way}</DELIVERY_ID><DELIVERY_PRICE>2,90</DELIVERY_PRICE></DELIVERY>"
        for way in ("PACKETA", "POSTA")
    )
    goods = "".join(
        f"<SHOPITEM><ITEM_ID>KU{n:04}</ITEM_ID><PRODUCTNAME>Item {n}</PRODUCTNAME>"
        f"<PRICE_VAT>{10 + n * 7 % 60},{n * 13 % 100:02}</PRICE_VAT>{ways}</SHOPITEM>"
        for n in range(40)
    )
    path = tmp_path / "feed.xml"
    path.write_text(f"<SHOP>{goods}</SHOP>", encoding="utf-8")
    seen = look(str(path))
    assert "[tables.products]" in seen.mapping
    assert 'product_id = "ITEM_ID"' in seen.mapping
    assert 'list_price = { column = "PRICE_VAT", decimal = "," }' in seen.mapping
    assert any("one row per 'SHOPITEM'; DELIVERY (80) are not read" in line for line in seen.lines)


def test_a_field_that_says_yes_or_no_is_nobody(tmp_path: Path) -> None:
    people = "".join(
        f"<Customer><Id>{1834000 + n * 7}</Id><Email>p{n}@example.hu</Email>"
        f"<Contact><Name>Name {n % 30}</Name><Phone>+3670952{n:04}</Phone></Contact>"
        f"<Addresses><Invoice><Name>Name {n % 30}</Name><City>City {n % 5}</City></Invoice></Addresses>"
        f"<Authorize><Customer>{'yes' if n % 9 else 'no'}</Customer></Authorize></Customer>"
        for n in range(60)
    )
    path = tmp_path / "vevok.xml"
    path.write_text(f"<Customers>{people}</Customers>", encoding="utf-8")
    mapping = look(str(path)).mapping
    assert '[tables.customers.columns]\ncustomer_id = "Email"' in mapping
