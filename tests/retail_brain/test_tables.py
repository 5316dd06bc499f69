"""The canonical tables against the contract and against themselves."""

import re
from pathlib import Path

import polars as pl
import pytest

from retail_brain.lake.layout import layout
from retail_brain.tables import TABLES

CONTRACT = Path(__file__).resolve().parents[2] / "docs" / "contract.md"
ROW = re.compile(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)


def contract_columns() -> dict[str, dict[str, bool]]:
    """Table -> column -> whether it may be missing, as section 1 of the contract says."""
    section = CONTRACT.read_text(encoding="utf-8").split("## 2.")[0]
    tables = {}
    for name, text in ROW.findall(section):
        plain = re.sub(r"\([^()]*\)", "", text)
        words = [word.strip().split(".")[0].strip() for word in plain.split(",")]
        tables[name] = {word.rstrip("? "): word.endswith("?") for word in words if re.fullmatch(r"\w+ ?\??", word)}
    return tables


@pytest.mark.parametrize("name", TABLES)
def test_table_has_the_columns_of_the_contract(name: str) -> None:
    promised = contract_columns()[name]
    assert list(TABLES[name].types) == list(promised)
    assert TABLES[name].optional >= {column for column, optional in promised.items() if optional}


@pytest.mark.parametrize("name", TABLES)
def test_optional_columns_may_be_null_and_references_exist(name: str) -> None:
    table = TABLES[name]
    columns = table.schema.columns()
    assert all(columns[column].nullable for column in table.optional)
    for column, other in table.references.items():
        assert column in columns
        assert len(TABLES[other].schema.primary_key()) == 1
    if table.observed_at:
        assert columns[table.observed_at].dtype in (pl.Date, pl.Datetime)


@pytest.mark.parametrize("name", TABLES)
def test_layout_names_columns_of_the_table(name: str) -> None:
    kept = layout(name)
    assert set(kept.key) <= set(TABLES[name].types)
    if kept.day and kept.key:
        assert kept.day in kept.key


def test_contract_is_read_whole() -> None:
    assert set(contract_columns()) == set(TABLES)
