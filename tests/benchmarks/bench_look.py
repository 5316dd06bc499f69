"""Looks at exports that the code was not made for, ingests what the look proposes, and compares with the truth.

    python tests/benchmarks/bench_look.py FOLDER TRUTH [--answers ANSWERS] [--keep MAPPINGS] [--json FILE]

FOLDER has a folder per export, `NAME/` with its files as a shop got them. TRUTH has `NAME.json` with `kinds`: table ->
figures of it (`rows`, `units`, `money`, `receipts`, `products`, `customers`, `rows_without_customer`, `stores`,
`first_day`, `last_day`). A figure with several right values has them as a list or under further names, such as
`rows_nonzero` and `products_by_barcode`; null or 0 stores means that the file does not say. Money of several
currencies is a table by currency, of which the sum counts. Empty `kinds` say that the export feeds no table.

The mapping is taken as printed. Where it leaves readings open every combination of them is tried, and an export counts
as asked and right where one is right. What only a person can write, such as a day that no file holds, is a mapping
`ANSWERS/NAME.toml` in the place of the printed one: that export counts as asked as well.
"""

import argparse
import itertools
import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from retail_brain.errors import RetailBrainError
from retail_brain.ingest import ingest
from retail_brain.ingest.look import look
from retail_brain.lake import open_lake
from retail_brain.progress import SILENT
from retail_brain.settings import DataSettings, Settings

MOST_READINGS = 64
"""Combinations of open readings that are tried."""
PER_LINE = 0.0055
"""Money by which a sum may differ for each line: half a cent of rounding of its price, and a tenth of that to spare."""
SOME_DAY = "2024-12-31"
"""What a person writes where the look asks for a day."""
ONLINE = "online"
"""The shop of rows that name none."""
FURTHER = {
    "rows": r"rows(?:_all_cells|_nonblank_cells|_nonzero)?",
    "products": r"products(?:_by_\w+)?",
    "stores": r"(?:stores|outlets)(?:_truth)?",
    **{name: name for name in ("units", "receipts", "customers", "rows_without_customer", "first_day", "last_day")},
}
"""Figure -> names of its right values in the truth."""
SALES = ("transactions", "daily_sales", "inventory")
"""Tables of which the first that the truth has is the one that the export is about."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("truth", type=Path)
    parser.add_argument("--answers", type=Path, help="mappings that a person made of the printed ones")
    parser.add_argument("--keep", type=Path, help="folder for the printed mappings and reports")
    parser.add_argument("--json", type=Path, help="file for the verdicts")
    given = parser.parse_args()
    verdicts = {}
    for export in sorted(path for path in given.folder.iterdir() if path.is_dir()):
        truth = json.loads((given.truth / f"{export.name}.json").read_text(encoding="utf-8"))
        answer = given.answers / f"{export.name}.toml" if given.answers else None
        verdict = score(export, truth, answer, given.keep)
        verdicts[export.name] = verdict
        print(f"{export.name} {verdict['sales']:<6} {verdict['whole']:<6} {truth['source']}", flush=True)
        for line in verdict["lines"]:
            print(f"      {line}", flush=True)
    for what in ("sales", "whole"):
        counts = {word: sum(one[what] == word for one in verdicts.values()) for word in ("right", "asked", "wrong")}
        print(f"{what}: {counts['right']} right, {counts['asked']} asked and right, {counts['wrong']} wrong")
    if given.json:
        given.json.write_text(json.dumps(verdicts, ensure_ascii=False, indent=1), encoding="utf-8")


def score(export: Path, truth: dict[str, Any], answer: Path | None, keep: Path | None) -> dict[str, Any]:
    """`sales` and `whole` (right, asked, wrong) of an export, with lines that say why."""
    try:
        seen = look(str(export))
    except RetailBrainError as error:
        return {"sales": "wrong", "whole": "wrong", "lines": [f"not read: {str(error)[:200]}"]}
    if keep:
        keep.mkdir(parents=True, exist_ok=True)
        questions = "".join(f"# ? {question}\n" for question in seen.questions)
        (keep / f"{export.name}.toml").write_text(seen.mapping + questions, encoding="utf-8")
        (keep / f"{export.name}.txt").write_text("\n".join(seen.lines), encoding="utf-8")
    lines = [f"? {question[:220]}" for question in seen.questions]
    if not seen.mapping and not truth["kinds"]:
        word = "asked" if seen.questions else "right"
        return {"sales": word, "whole": word, "lines": lines}
    if not seen.mapping:
        return {"sales": "wrong", "whole": "wrong", "lines": ["nothing was recognised", *lines]}
    asked = bool(seen.questions)
    texts = list(itertools.islice(readings(seen.mapping), MOST_READINGS))
    if answer is not None and answer.exists():
        texts, asked = [answer.read_text(encoding="utf-8")], True
    best: tuple[int, list[str], set[str]] | None = None
    for text in texts:
        wrong, tables = compare(ingested(export, text), truth)
        if best is None or len(wrong) < best[0]:
            best = (len(wrong), wrong, tables)
        if not wrong:
            break
    assert best is not None
    _, wrong, tables = best
    good = "asked" if asked else "right"
    main = next((table for table in SALES if table in truth["kinds"]), "")
    verdict = {"sales": "wrong" if main in tables else good, "whole": "wrong" if wrong else good}
    return {**verdict, "lines": [*lines, *wrong]}


def readings(mapping: str) -> Iterator[str]:
    """The mapping with each combination of the readings that stand in it as comments."""
    parts = re.split(r"(# (?:choose one|fill in and uncomment) for \w+:\n(?:# \w+ = .*\n?)+)", mapping)
    choices = [
        [line.removeprefix("# ") + "\n" for line in part.splitlines()[1:]] if part.startswith("# ") else [part]
        for part in parts
    ]
    return map("".join, itertools.product(*choices))


def ingested(export: Path, mapping: str) -> dict[str, pl.DataFrame] | str:
    """The tables of the lake after an ingest of the export with a mapping; what went wrong where it was refused."""
    with tempfile.TemporaryDirectory(prefix="bench-look.") as scratch:
        folder = Path(scratch) / "export"
        shutil.copytree(export, folder)
        mapping = mapping.replace("YYYY-MM-DD", SOME_DAY)
        (folder / "mapping-of-the-look.toml").write_text(mapping, encoding="utf-8")
        settings = Settings(data=DataSettings(max_quarantine_share=1.0))
        try:
            if not re.search(r"^\[tables\.(?:transactions|daily_sales)\]", mapping, re.MULTILINE):
                _sell_one(Path(scratch) / "sold", f"{scratch}/lake", settings)  # a lake needs sales before all else
            report = ingest(str(folder / "mapping-of-the-look.toml"), f"{scratch}/lake", settings, SILENT)
        except RetailBrainError as error:
            return str(error).splitlines()[0][:300]
        return {name: open_lake(f"{scratch}/lake").scan(name).collect() for name in report.tables}


def _sell_one(folder: Path, lake: str, settings: Settings) -> None:
    folder.mkdir()
    line = "transaction_id,sold_at,store_id,product_id,units,unit_price\n1,2020-01-01 10:00:00,s,p,1,1\n"
    (folder / "transactions.csv").write_text(line, encoding="utf-8")
    ingest(str(folder), lake, settings, SILENT)


def compare(tables: dict[str, pl.DataFrame] | str, truth: dict[str, Any]) -> tuple[list[str], set[str]]:
    """What differs from the truth, and the tables in which something does."""
    if isinstance(tables, str):
        return [f"ingest refuses: {tables}", *truth["kinds"]], set(truth["kinds"])
    wrong, names = [], set()
    for name, wanted in truth["kinds"].items():
        if not any(re.fullmatch(FURTHER["rows"], key) for key in wanted):
            continue  # a remark
        got = figures(name, tables[name]) if name in tables else None
        differs = [f"{name}: missing"] if got is None else [f"{name}: {text}" for text in differences(got, wanted)]
        wrong += differs
        names |= {name} if differs else set()
    return wrong, names


def figures(name: str, rows: pl.DataFrame) -> dict[str, Any]:
    """The figures of a table that the truth may have."""
    got: dict[str, Any] = {"rows": rows.height}
    day = {"transactions": "sold_at", "daily_sales": "date", "inventory": "date"}.get(name)
    units = {"inventory": "on_hand"}.get(name, "units")
    ids = {"receipts": "transaction_id", "products": "product_id", "customers": "customer_id", "stores": "store_id"}
    got |= {what: rows[column].drop_nulls().n_unique() for what, column in ids.items() if column in rows.columns}
    if "store_id" in rows.columns and got["stores"] > 1:
        got["stores"] -= (rows["store_id"] == ONLINE).any()  # rows without a shop, which the truth does not count
    if "customer_id" in rows.columns:
        got["rows_without_customer"] = rows["customer_id"].null_count()
    if units in rows.columns and rows[units].dtype.is_numeric():  # a list of goods may have a text of that name
        got["units"] = float(rows[units].sum())
    if "unit_price" in rows.columns and "units" in rows.columns:
        got["money"] = float((rows["units"] * rows["unit_price"]).sum())
    if day is not None and rows.height:
        days = rows[day].cast(pl.Date)
        got |= {"first_day": _day(days.min()), "last_day": _day(days.max())}
    return got


def differences(got: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    """What of the figures is not one of the right values; money is right to PER_LINE."""
    found = []
    for figure, pattern in FURTHER.items():
        values = [value for key, value in wanted.items() if re.fullmatch(pattern, key)]
        right = [one for value in values for one in (value if isinstance(value, list) else [value])]
        if not right or None in right or (figure == "stores" and 0 in right):
            continue
        value = got.get(figure)
        if not any(_same(value, one) for one in right):
            found.append(f"{figure} {value}, right is {' or '.join(map(str, right))}")
    money = wanted.get("money")
    money = sum(money.values()) if isinstance(money, dict) else money
    rights = [one for one in (money if isinstance(money, list) else [money]) if one is not None]
    if rights and not any(abs((got.get("money") or 0.0) - one) <= PER_LINE * max(1, got["rows"]) for one in rights):
        found.append(f"money {got.get('money')}, right is {' or '.join(map(str, rights))}")
    return found


def _same(value: Any, right: Any) -> bool:
    if isinstance(value, float | int) and isinstance(right, float | int):
        return abs(value - right) < 1e-6 * max(1.0, abs(right))
    return str(value) == str(right)[:10]


def _day(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else ""


if __name__ == "__main__":
    main()
