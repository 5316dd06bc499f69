"""Datasets that nobody should have to send, through `ingest` and what comes after it."""

# ruff: noqa: E501  # one case a line reads best

import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from fault_tools import Outcome, print_table, run, shown


@dataclass(frozen=True)
class Input:
    """One bad dataset.

    Attributes:
        what: in words.
        spoil: changes a folder of good CSV files.
        codes: exit codes of `ingest` that are right.
        says: a text that the message has to have.
        then: verbs that follow, each with its right exit codes.
    """

    what: str
    spoil: Callable[[Path], None]
    codes: tuple[int, ...] = (0,)
    says: str = ""
    then: tuple[tuple[tuple[str, ...], tuple[int, ...]], ...] = ()


def lines_of(folder: Path, name: str = "transactions") -> list[str]:
    return (folder / f"{name}.csv").read_text(encoding="utf-8").splitlines()


def put(folder: Path, lines: list[str], name: str = "transactions") -> None:
    (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def set_column(
    column: str, value: str, share: float, name: str = "transactions", extra: str = ""
) -> Callable[[Path], None]:
    """Puts a value into a share of the rows of a column (`extra`: made if it is not there)."""

    def spoil(folder: Path) -> None:
        path = folder / f"{name}.csv"
        frame = pl.read_csv(path, infer_schema=False)
        hit = pl.int_range(pl.len()) < pl.len() * share
        old = pl.col(column) if column in frame.columns else pl.lit(extra)
        frame.with_columns(pl.when(hit).then(pl.lit(value)).otherwise(old).alias(column)).write_csv(path)

    return spoil


def keep(expression: Callable[[pl.DataFrame], pl.Expr]) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        path = folder / "transactions.csv"
        frame = pl.read_csv(path, infer_schema=False)
        frame.filter(expression(frame)).write_csv(path)

    return spoil


def ragged(folder: Path) -> None:
    lines = lines_of(folder)
    put(folder, [*lines[:5], lines[5] + ",more,and,more", *lines[6:40], "only,three,fields", *lines[40:]])


def delimiter(folder: Path) -> None:
    put(folder, [line.replace(",", "~") for line in lines_of(folder)])


def binary(folder: Path) -> None:
    (folder / "transactions.csv").write_bytes(random.Random(1).randbytes(50_000))


def not_parquet(folder: Path) -> None:
    (folder / "transactions.csv").rename(folder / "transactions.parquet")


def cut_parquet(folder: Path) -> None:
    frame = pl.read_csv(folder / "transactions.csv")
    (folder / "transactions.csv").unlink()
    frame.write_parquet(folder / "transactions.parquet")
    whole = (folder / "transactions.parquet").read_bytes()
    (folder / "transactions.parquet").write_bytes(whole[: len(whole) // 2])


def quote(folder: Path) -> None:
    lines = lines_of(folder)
    put(folder, [*lines[:9], '"' + lines[9], *lines[10:]])


def nothing(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


def no_folder(folder: Path) -> None:
    shutil.rmtree(folder)


def empty_files(folder: Path) -> None:
    for path in folder.iterdir():
        path.write_bytes(b"")


def header_only(folder: Path) -> None:
    for path in folder.iterdir():
        path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")


def without(column: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        path = folder / "transactions.csv"
        pl.read_csv(path, infer_schema=False).drop(column).write_csv(path)

    return spoil


def twice(folder: Path) -> None:
    lines = lines_of(folder, "products")
    put(folder, [*lines, lines[1], lines[2]], "products")


def twice_a_column(folder: Path) -> None:
    lines = lines_of(folder)
    put(folder, [lines[0] + ",units", *(line + ",1" for line in lines[1:])])


def gbk(folder: Path) -> None:
    path = folder / "products.csv"
    path.write_bytes(path.read_text(encoding="utf-8").encode("gbk"))


def written_days(folder: Path) -> None:
    path = folder / "transactions.csv"
    frame = pl.read_csv(path, infer_schema=False)
    day = pl.col("sold_at").str.slice(0, 10).str.to_date()
    frame.with_columns(day.dt.strftime("%d/%m/%Y").alias("sold_at")).write_csv(path)


def brackets(folder: Path) -> None:
    shutil.copy(folder / "stores.csv", folder / "[red]stores 店.csv")


def only_old_tables(folder: Path) -> None:
    (folder / "transactions.csv").unlink()


SMALL = (
    (("train", "demand"), (0, 1)),
    (("train", "recommender"), (0, 1)),
    (("promote", "demand", "--no-publish"), (0, 1)),
    (("promote", "recommender", "--no-publish"), (0, 1)),
    (("forecast", "--horizon", "7", "--out", "OUT.csv"), (0, 1)),
    (("replenish", "--out", "OUT.csv"), (0, 1)),
    (("recommend", "--out", "OUT.csv"), (0, 1)),
    (("publish",), (0,)),
)

INPUTS = (
    Input("no such folder", no_folder, (1,), "no dataset folder"),
    Input("an empty folder", nothing, (1,), "no table"),
    Input("every file empty", empty_files, (1,), "empty"),
    Input("headers without rows", header_only, (0, 1), "", ((("train", "demand"), (1,)), (("publish",), (1,)))),
    Input("no sales table", only_old_tables, (1,), "holds no sales"),
    Input("a line with more fields, a line with fewer", ragged, (0,), "fields, the header"),
    Input("a delimiter that nobody knows (~)", delimiter, (1,), "lacks the columns"),
    Input("random bytes named .csv", binary, (1,)),
    Input("CSV named .parquet", not_parquet, (1,), "Parquet"),
    Input("half of a Parquet file", cut_parquet, (1,), "Parquet"),
    Input("a quote that never closes", quote, (0, 1)),
    Input("required column missing (units)", without("units"), (1,), "units"),
    Input("a column twice", twice_a_column, (1,), "more than once"),
    Input("GBK instead of UTF-8", gbk, (1,), "gb18030"),
    Input("days as 31/12/2025", written_days, (1,), "31/12/2025"),
    Input("text for units, 60 % of the rows", set_column("units", "many", 0.6), (1,), "60.0%"),
    Input("text for units, 1 % of the rows", set_column("units", "many", 0.01), (0,), "set aside"),
    Input("NaN units, 1 % of the rows", set_column("units", "NaN", 0.01), (0,), "set aside"),
    Input("infinite price, 1 % of the rows", set_column("unit_price", "inf", 0.01), (0,), "set aside"),
    Input("negative prices, 1 % of the rows", set_column("unit_price", "-3.5", 0.01), (0,), "set aside"),
    Input("all units 1e300", set_column("units", "1e300", 1.0), (1,), "above"),
    Input("a barcode for units, 1 % of the rows", set_column("units", "6901234567892", 0.01), (0,), "set aside"),
    Input("no product id, 1 % of the rows", set_column("product_id", "", 0.01), (0,), "set aside"),
    Input("unknown product ids in all sales", set_column("product_id", "X-1", 1.0), (0,), "no such table"),
    Input("sales on 9999-12-31, 1 % of the rows", set_column("sold_at", "9999-12-31", 0.01), (0,), "set aside"),
    Input("the same product twice", twice, (0,), "comes again"),
    Input("file names with markup", brackets, (0,), "[red]stores 店.csv"),
    Input("one customer", keep(lambda f: pl.col("customer_id") == f["customer_id"].drop_nulls()[0]), (0,), "", SMALL),
    Input("one product in one shop", keep(lambda f: (pl.col("product_id") == f["product_id"].mode()[0]) & (pl.col("store_id") == f["store_id"].mode()[0])), (0,), "", SMALL),
    Input("one day of data", keep(lambda f: pl.col("sold_at").str.starts_with(f["sold_at"].max()[:10])), (0,), "", SMALL),
)  # fmt: skip


def report(csv: Path, work: Path) -> list[str]:
    """Prints the table; returns what was wrong."""
    rows, wrong = [], []
    for number, case in enumerate(INPUTS):
        folder, home = work / f"data-{number}", work / f"home-{number}"
        shutil.copytree(csv, folder)
        case.spoil(folder)
        done = run(home, "ingest", folder)
        rows.append((case.what, "`ingest`", done.code, shown(_telling(done, case.says), [folder, home, work])))
        wrong += _problems(case.what, done, case.codes, case.says)
        for arguments, codes in case.then if done.code == 0 else ():
            done = run(home, *(word.replace("OUT", str(home / "out")) for word in arguments))
            rows.append((case.what, f"`{' '.join(arguments[:2])}`", done.code, shown(done.message, [home, work])))
            wrong += _problems(f"{case.what}: {' '.join(arguments)}", done, codes, "")
        shutil.rmtree(home, ignore_errors=True)
    print_table("Datasets", ("dataset", "verb", "exit", "first words"), rows)
    return wrong


def _telling(done: Outcome, says: str) -> str:
    if done.code or not says:
        return done.message
    lines = [line.strip() for line in done.said.splitlines() if says in line]
    return lines[0] if lines else done.message


def _problems(what: str, done: Outcome, codes: tuple[int, ...], says: str) -> list[str]:
    found = [f"{what}: traceback: {done.said[-1500:]}"] if done.crashed else []
    if done.code not in codes:
        found.append(f"{what}: exit {done.code}, wanted {codes}: {done.message}")
    if says and says not in done.said:
        found.append(f"{what}: does not say {says!r}: {done.message}")
    return found
