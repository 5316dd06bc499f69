"""Tables of XML files: a row per repeated element, read safely, and clear refusals of what holds no rows."""

import gzip
from pathlib import Path

import pytest

from retail_brain.errors import DataError, UsageError
from retail_brain.sources.base import FileOptions
from retail_brain.sources.files import open_file
from retail_brain.sources.unpacking import unpacked_at_most
from retail_brain.sources.xml_tables import element_names

ORDERS = """<o:orders xmlns:o="urn:x"><o:exported>2026</o:exported>
<o:order id="1"><date>2026-03-01</date><lines><line><sku>A</sku><qty unit="pc">2</qty></line>
<line><sku>B</sku><qty unit="kg">1</qty></line></lines><total>5.00</total><tag>x</tag><tag>y</tag></o:order>
<o:order id="2"><date>2026-03-02</date><lines><line><sku>茶</sku><qty unit="pc">1</qty></line></lines></o:order>
<o:order id="3"><date>2026-03-02</date></o:order></o:orders>"""


def rows_of(path: Path, scratch: Path, element: str | None = None) -> list[dict[str, str | None]]:
    return open_file(path, scratch, FileOptions(element=element)).frame.collect().to_dicts()


def written(folder: Path, text: str, encoding: str = "utf-8", declared: str | None = None) -> Path:
    path = folder / "orders.xml"
    head = f'<?xml version="1.0" encoding="{declared or encoding}"?>\n'
    path.write_bytes((head + text).encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "gb18030", "gbk"])
def test_a_row_per_line_has_the_fields_of_its_order(tmp_path: Path, encoding: str) -> None:
    first, second, third, bare = rows_of(written(tmp_path, ORDERS, encoding), tmp_path)
    assert (first["id"], first["date"], first["total"], first["tag"]) == ("1", "2026-03-01", "5.00", "x;y")
    assert (first["lines/line/sku"], first["lines/line/qty"], first["lines/line/qty/unit"]) == ("A", "2", "pc")
    assert (second["id"], second["lines/line/sku"]) == ("1", "B")
    assert third["lines/line/sku"] == "茶"
    assert (bare["id"], bare["lines/line/sku"]) == ("3", None)


def test_packed_files_are_read_as_well(tmp_path: Path) -> None:
    path = tmp_path / "orders.xml.gz"
    path.write_bytes(gzip.compress(ORDERS.encode()))
    assert len(rows_of(path, tmp_path)) == 4


def test_each_repeated_element_is_a_table(tmp_path: Path) -> None:
    goods = "".join(f"<good><sku>{n}</sku></good>" for n in range(3))
    shops = "".join(f"<shop><name>{n}</name></shop>" for n in range(2))
    path = written(tmp_path, f"<all><goods>{goods}</goods><shops>{shops}</shops></all>")
    assert list(element_names(path)) == ["goods/good", "shops/shop"]
    assert [row["sku"] for row in rows_of(path, tmp_path, "goods/good")] == ["0", "1", "2"]
    with pytest.raises(UsageError, match=r"has the tables \['goods/good', 'shops/shop'\]"):
        rows_of(path, tmp_path)


def test_lines_are_taken_before_payments_which_are_said(tmp_path: Path) -> None:
    inner = "<line><sku>A</sku></line><line><sku>B</sku></line>" + "<paid><sum>1</sum></paid>" * 3
    path = written(tmp_path, f"<all>{f'<order><no>1</no>{inner}</order>' * 2}</all>")
    table = open_file(path, tmp_path)
    assert table.notes == ("orders.xml: one row per 'line'; paid (6) are not read",)
    assert table.frame.collect().columns == ["no", "line/sku"]


def test_a_line_that_comes_once_has_the_same_columns(tmp_path: Path) -> None:
    path = written(tmp_path, "<all>" + "<order><no>1</no><line><sku>A</sku></line></order>" * 2 + "</all>")
    assert rows_of(path, tmp_path, "order/line") == [{"no": "1", "line/sku": "A"}] * 2


ENTITIES = '<!DOCTYPE a [<!ENTITY x "boom"><!ENTITY y "&x;&x;">]><a><b><c>&y;</c></b><b><c>1</c></b></a>'
FILES = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a><b><c>&x;</c></b><b><c>1</c></b></a>'


@pytest.mark.parametrize("text", [ENTITIES, FILES])
def test_entities_of_a_file_are_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(DataError, match="declares entities of its own"):
        rows_of(written(tmp_path, text), tmp_path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("<a><b>1</b><c>2</c></a>", r"no element that comes again .* got 3 elements at 3 places \(a 1, b 1, c 1\)"),
        ("<a><b><c>1</c></b>", "is no whole XML"),
        ("<html><body><p>1</p><p>2</p></body></html>", "web page"),
        ("<Workbook><Row><Cell>1</Cell></Row><Row><Cell>1</Cell></Row></Workbook>", "workbook of Excel 2003"),
        ("<a>" * 70 + "</a>" * 70, "64 deep"),
    ],
)
def test_what_holds_no_rows_is_refused_with_what_was_found(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(DataError, match=says):
        rows_of(written(tmp_path, text), tmp_path)


def test_a_packed_file_counts_what_it_unpacks_to(tmp_path: Path) -> None:
    path = tmp_path / "orders.xml.gz"
    path.write_bytes(gzip.compress(f"<a>{'<b><c>1</c></b>' * 100_000}</a>".encode()))
    with unpacked_at_most(10_000_000, 1_000_000), pytest.raises(DataError, match=r"data\.workbook_bytes"):
        rows_of(path, tmp_path)


def test_another_encoding_than_the_one_declared_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not in the encoding that it declares"):
        rows_of(written(tmp_path, ORDERS, "gb18030", declared="utf-8"), tmp_path)


@pytest.mark.parametrize("name", ["hex", "zlib", "rot13", "undefined", "nonsense"])
def test_a_declared_encoding_that_is_none_of_text_is_an_error(tmp_path: Path, name: str) -> None:
    path = tmp_path / "odd.xml"
    path.write_bytes(f'<?xml version="1.0" encoding="{name}"?><a><b>1</b><b>2</b></a>'.encode())
    with pytest.raises(DataError, match="not in the encoding that it declares"):
        element_names(path)


def test_the_rows_of_a_document_have_the_fields_of_all_of_it(tmp_path: Path) -> None:
    path = written(tmp_path, "<r><no>7</no><line><sku>A</sku></line><line><sku>B</sku></line><paid>3</paid></r>")
    assert rows_of(path, tmp_path, "/r/line") == [
        {"no": "7", "line/sku": "A", "paid": "3"},
        {"no": "7", "line/sku": "B", "paid": "3"},
    ]
    single = written(tmp_path, "<r><no>8</no><line><sku>C</sku></line><paid>1</paid></r>")
    assert rows_of(single, tmp_path, "/r/line") == [{"no": "8", "line/sku": "C", "paid": "1"}]
    with pytest.raises(DataError, match="begins with 'r', wanted 'event'"):
        rows_of(single, tmp_path, "/event")


PEOPLE = "".join(
    f'<customer no="K{n}"><name>P{n}</name><addresses>{f"<address><city>C{n}</city></address>" * (n % 4)}</addresses>'
    f'<more><field name="optIn">{n % 2}</field><field name="tier">gold</field></more></customer>'
    for n in range(6)
)


def test_fields_that_an_attribute_names_are_columns_and_addresses_multiply_nobody(tmp_path: Path) -> None:
    path = written(tmp_path, f"<list>{PEOPLE}</list>")
    table = open_file(path, tmp_path)
    rows = table.frame.collect()
    assert rows["no"].to_list() == [f"K{n}" for n in range(6)]
    assert rows["more/optIn"].to_list() == ["0", "1"] * 3
    assert rows["more/tier"].to_list() == ["gold"] * 6
    assert rows.columns == ["no", "name", "more/optIn", "more/tier"]
    assert table.notes == ("orders.xml: one row per 'customer'; address (7) are not read",)


def test_what_people_bought_has_a_row_each(tmp_path: Path) -> None:
    orders = "<order><sku>A</sku></order><order><sku>B</sku></order>"
    path = written(tmp_path, "<list>" + f"<customer><no>1</no>{orders}</customer>" * 3 + "</list>")
    assert [row["order/sku"] for row in rows_of(path, tmp_path)] == ["A", "B"] * 3


def test_a_list_of_named_values_that_comes_once_has_a_row_each(tmp_path: Path) -> None:
    path = written(tmp_path, '<stock><day>1</day><item name="A">5</item><item name="B">3</item></stock>')
    assert rows_of(path, tmp_path) == [{"name": "A", "item": "5"}, {"name": "B", "item": "3"}]


def test_a_mapping_may_still_name_the_element_of_named_fields(tmp_path: Path) -> None:
    path = written(tmp_path, f"<list>{PEOPLE}</list>")
    first = rows_of(path, tmp_path, "customer/more/field")[0]
    assert (first["no"], first["more/field/name"], first["more/field"]) == ("K0", "optIn", "0")
