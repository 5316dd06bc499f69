"""Ghosts: shops and goods that one odd line knows are left out until a table or further sales confirm them."""

from datetime import date
from pathlib import Path
from typing import Any

from features.jobs import build_features, scan_features
from retail_brain.lake import describe_lake, open_lake


def usual(shops: int = 3, lines: int = 60) -> list[str]:
    return [
        f"r{s}-{n},2025-01-{n % 28 + 1:02} 10:00:00,S{s},g{n % 4},c{n % 9},1,2"
        for s in range(shops)
        for n in range(lines)
    ]


ODD = "odd,2025-01-09 10:00:00,S9,g1,c1,1,2"
SLIP = "slip,2025-01-09 10:00:00,S1,9999,c1,1,2"
GOODS = "product_id\n" + "".join(f"g{n}\n" for n in range(4))


def ids(chain: Any, column: str) -> set[str]:
    return set(open_lake(chain.lake).scan("transactions").collect()[column])


def test_a_shop_of_one_line_is_named_and_has_no_features(chain: Any, tmp_path: Path) -> None:
    chain.sell(*usual(), ODD)
    report = chain.ingest()
    assert [text for text in report.warnings if text.startswith("1 shops") and "such as S9" in text]
    assert ids(chain, "store_id") == {"S0", "S1", "S2"}
    build_features(open_lake(chain.lake), tmp_path / "features", date(2025, 1, 28))
    places = scan_features(tmp_path / "features", "place").collect()
    assert places["store_id"].to_list() == ["S0", "S1", "S2"]
    assert next(table.rows for table in describe_lake(chain.lake) if table.name == "transactions") == 181


def test_a_product_of_one_line_is_left_out_where_there_is_a_table_of_products(chain: Any) -> None:
    chain.sell(*usual(), SLIP)
    chain.ingest()
    assert "9999" in ids(chain, "product_id")
    chain.write("products.csv", GOODS)
    report = chain.ingest()
    assert [text for text in report.warnings if text.startswith("1 goods") and "such as 9999" in text]
    assert "9999" not in ids(chain, "product_id")


def test_a_table_or_volume_confirms(chain: Any) -> None:
    chain.sell(*usual(), ODD, SLIP)
    chain.write("products.csv", GOODS)
    chain.ingest()
    chain.write("stores.csv", "store_id\nS0\nS1\nS2\nS9\n")
    chain.ingest()
    assert "S9" in ids(chain, "store_id")
    chain.sell(*usual(), ODD, SLIP, *(SLIP.replace("slip", f"slip{n}") for n in range(2)))
    assert not chain.ingest().warnings
    assert "9999" in ids(chain, "product_id")


def test_shops_of_a_new_chain_with_few_lines_are_no_ghosts(chain: Any) -> None:
    chain.sell(*usual(lines=2))
    assert not chain.ingest().warnings
    assert ids(chain, "store_id") == {"S0", "S1", "S2"}


def test_the_limit_is_a_setting(chain: Any) -> None:
    chain.sell(*usual(), ODD)
    assert not chain.ingest(ghost_most_lines=0).warnings
    assert "S9" in ids(chain, "store_id")
