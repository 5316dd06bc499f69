"""The data dictionary names every column that there is; `test_documents.py` compares its page with the code.

`python tests/features/test_dictionary.py` writes docs/dictionary.md anew.
"""

import sys
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from features import registry
from features.dictionary import entries
from features.dictionary.canonical import COLUMNS, TABLE_NAMES
from features.dictionary.entries import FEATURE_SETS, dictionary, grains
from features.dictionary.features import FEATURE_COLUMNS, SOURCES
from features.jobs import build_features, scan_features
from features.protocol import Feature, FeatureColumn
from retail_brain.cli.app import app
from retail_brain.dataset import Dataset
from retail_brain.errors import UsageError
from retail_brain.tables import TABLES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "dictionary.md"
INTRODUCTION = """# Data dictionary 数据字典

This page is made from the code: after a change run `python tests/features/test_dictionary.py`. A test fails while the
page is out of date. `retail-brain dictionary` prints it, with the features of installed packages among them, and
`--out FILE` writes it as a table; `dictionary "features: person" --language zh` prints one table in Chinese.

A share lies between 0 and 1, money is in the dataset's one currency, and a window of d days ends with the last visible
day. *Source* is `dataset` for what comes in with the data; of features it names the canonical tables that they are
computed from (of `daily_sales` and `transactions` the one that is there).
"""


def render() -> str:
    """The page."""
    rows, parts = dictionary(), [INTRODUCTION]
    for table, (en, zh) in grains().items():
        own = rows.filter(pl.col("table") == table)
        head = ["", f"## {table}", "", f"One row per {en}.", "", f"{zh}。", ""]
        table_head = ["| column | unit | meaning | 含义 | source |", "|---|---|---|---|---|"]
        cells = [
            f"| `{row['column']}` | {row['unit']} | {row['meaning']} | {row['meaning_zh']} | {row['source']} |"
            for row in own.iter_rows(named=True)
        ]
        parts.append("\n".join([*head, *table_head, *cells]))
    return "\n".join(parts) + "\n"


def test_every_canonical_column_has_a_meaning_and_no_meaning_is_left_over() -> None:
    rows = dictionary().filter(pl.col("source") == "dataset").select("table", "column").rows()
    assert rows == [(name, column) for name, table in TABLES.items() for column in table.types]
    assert TABLE_NAMES.keys() == TABLES.keys()
    used = {f"{table}.{column}" if f"{table}.{column}" in COLUMNS else column for table, column in rows}
    assert used == set(COLUMNS)


def test_every_feature_column_has_a_meaning_and_no_meaning_is_left_over() -> None:
    named = {column for sets in FEATURE_SETS.values() for columns in sets.values() for column in columns}
    assert named == {name.rpartition(".")[2] for name in FEATURE_COLUMNS}
    assert {table: set(sets) for table, sets in FEATURE_SETS.items()} == {
        table: set(sources) for table, sources in SOURCES.items()
    }
    sources = {name for sets in SOURCES.values() for names in sets.values() for name in names}
    assert sources <= TABLES.keys()


def test_the_dictionary_lists_the_columns_of_the_tables_that_are_built(tmp_path: Path) -> None:
    sold = {"date": ["2025-01-01", "2025-01-02"], "store_id": ["A"] * 2, "product_id": ["P"] * 2, "units": [1.0, 2.0]}
    sales = pl.DataFrame(sold).with_columns(pl.col("date").str.to_date())
    dataset = Dataset.from_frames({"daily_sales": sales, "customers": pl.DataFrame({"customer_id": ["c"]})})
    build_features(dataset, tmp_path, sales["date"][1])
    for table in ("identity", "person", "goods", "series", "place"):
        built = scan_features(tmp_path, table).collect_schema().names()  # type: ignore[arg-type]
        assert dictionary(f"features: {table}")["column"].to_list() == built
        assert dictionary(table)["column"].to_list() == built


def test_no_text_is_missing_and_both_languages_are_what_they_say() -> None:
    rows = dictionary()
    assert rows.select(pl.col("meaning", "meaning_zh", "grain").str.len_chars().min()).row(0) > (0, 0, 0)
    is_chinese = pl.col("meaning_zh").str.contains(r"\p{Han}")
    assert rows.filter(~is_chinese | pl.col("meaning").str.contains(r"\p{Han}")).is_empty()


def test_features_of_packages_are_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    column = FeatureColumn(pl.Float64(), {"en": "Sun", "zh": "日照"}, {"en": "hours", "zh": "小时"})
    feature = Feature("place", {"sun": column}, lambda records, _: records)
    monkeypatch.setattr(entries, "installed_features", lambda: {"weather": feature})
    row = dictionary("features: place").row(-1, named=True)
    assert (row["column"], row["unit"], row["meaning"], row["meaning_zh"]) == ("sun", "hours", "Sun", "日照")
    assert "weather" in row["source"]
    assert registry.installed_features() == {}


def test_the_verb_prints_a_table_in_either_language_and_writes_all(tmp_path: Path) -> None:
    said = CliRunner().invoke(app, ["dictionary", "events", "--language", "zh"]).stdout
    assert said.startswith("\nevents: 每次互动一行\n  occurred_at                 发生时刻 [time]\n")
    assert (
        "  occurred_at                 moment of the interaction [time]\n"
        in CliRunner().invoke(app, ["dictionary"]).stdout
    )
    out = tmp_path / "d.csv"
    assert CliRunner().invoke(app, ["dictionary", "--out", str(out)]).exit_code == 0
    assert pl.read_csv(out).height == dictionary().height
    with pytest.raises(UsageError, match="there is no table 'nonsense'"):
        dictionary("nonsense")


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
    sys.stdout.write(f"{PAGE}\n")
