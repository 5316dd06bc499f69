"""A chain from receipts to published answers: every verb's time, processor time and peak memory, for so many people.

The lines are those of `bench_ingest_lines.py` (200 shops, 20,000 goods, ten lines a person, two years, four lines a
receipt), but people have a taste: a home shop, three categories, and goods of their own in them; some come often. There
is no demand model: 200 shops x 20,000 goods are a work of their own.
"""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import polars as pl

SHOPS, GOODS, CATEGORIES, DAYS = 200, 20_000, 200, 730
LINES_OF_PERSON, LINES_OF_RECEIPT = 10, 4
OWN_GOODS, OWN_CATEGORIES = 15, 3
OWN, OF_CATEGORY, AT_HOME = 0.55, 0.8, 0.85
"""Share of the lines with goods of a person's own, of those and any of their categories; of receipts at home."""
UNEVEN = 1.6
"""Power by which receipts fall on people: 1 = evenly; 1.6 = the busiest hundredth comes four times as often."""
PART_LINES = 2_000_000
"""Lines drawn at once, a file each."""
FIRST_SECOND = 1_700_000_000
VERBS = {
    "ingest": ["ingest", "{folder}/chain"],
    "features": ["features"],
    "train": ["train", "recommender"],
    "promote": ["promote", "recommender", "--force", "--no-publish"],
    "recommend": ["recommend", "--out", "{folder}/recommendations.parquet"],
    "recommend, again": ["recommend", "--out", "{folder}/recommendations.parquet"],
    "publish": ["publish"],
}
LOOKS_SECONDS = 0.5


def chain(folder: Path, people: int, verbs: list[str]) -> None:
    """Draws the chain if it is not there, runs the verbs one after another, and prints a line for each.

    Args:
        folder: of the chain and its home; what is there is used.
        people: their number.
        verbs: keys of VERBS.
    """
    if not (folder / "chain").exists():
        draw(folder / "chain", people)
        print(f"{people:,} people, {people * LINES_OF_PERSON:,} lines, {size_of(folder / 'chain'):.2f} GB", flush=True)
    for verb in verbs:
        measured(verb, [word.format(folder=folder) for word in VERBS[verb]], folder)


def draw(folder: Path, people: int) -> None:
    """Writes transactions (a file per part), products, stores and customers."""
    (folder / "transactions").mkdir(parents=True)
    rng, lines = np.random.default_rng(1), people * LINES_OF_PERSON
    for number, first in enumerate(range(0, lines, PART_LINES)):
        part = drawn_lines(rng, first, min(PART_LINES, lines - first), people)
        part.write_parquet(folder / "transactions" / f"{number:03}.parquet")
    goods = np.arange(GOODS)
    category = goods * CATEGORIES // GOODS
    pl.DataFrame(
        {
            "product_id": (goods + 10_000).astype(str),
            "department": [f"D{one // 20:02}" for one in category],
            "category": [f"C{one:03}" for one in category],
            "subcategory": [f"S{one // 20:04}" for one in goods],
            "brand": [f"B{one:03}" for one in goods * 7919 % 600],
            "list_price": prices(goods),
        }
    ).write_parquet(folder / "products.parquet")
    pl.DataFrame({"store_id": (np.arange(SHOPS) + 100).astype(str)}).write_parquet(folder / "stores.parquet")
    codes = np.arange(people)
    homes = pl.Series(home_of(codes) + 100).cast(pl.String)
    pl.DataFrame({"customer_id": pl.Series(codes).cast(pl.String), "home_store_id": homes}).write_parquet(
        folder / "customers.parquet"
    )


def drawn_lines(rng: np.random.Generator, first: int, size: int, people: int) -> pl.DataFrame:
    """Lines `first` to `first + size` of all, in the order of time."""
    receipts = size // LINES_OF_RECEIPT
    who = (np.floor(people * rng.random(receipts) ** UNEVEN).astype(np.int64) * 7919) % people
    shop = np.where(rng.random(receipts) < AT_HOME, home_of(who), rng.integers(0, SHOPS, receipts))
    person = np.repeat(who, LINES_OF_RECEIPT)
    drawn, good = rng.random(size), np.floor(GOODS * rng.random(size) ** 2).astype(np.int64)
    # popular goods of the whole chain are spread over its categories
    good = good * 7_919 % GOODS
    own = drawn < OWN
    good[own] = own_good(person[own], rng.integers(0, OWN_GOODS, int(own.sum())))
    kind = (drawn >= OWN) & (drawn < OF_CATEGORY)
    category = category_of(person[kind], rng.integers(0, OWN_CATEGORIES, int(kind.sum())))
    good[kind] = of_category(category, rng.random(int(kind.sum())))
    line = np.arange(first, first + size)
    second = (line // LINES_OF_RECEIPT) * (DAYS * 86_400 * LINES_OF_RECEIPT / (people * LINES_OF_PERSON))
    return pl.DataFrame(
        {
            "transaction_id": pl.select(pl.format("R{}", pl.Series(line // LINES_OF_RECEIPT))).to_series(),
            "sold_at": pl.Series((second.astype(np.int64) + FIRST_SECOND) * 1_000_000).cast(pl.Datetime("us")),
            "store_id": pl.Series(np.repeat(shop, LINES_OF_RECEIPT) + 100).cast(pl.String),
            "product_id": pl.Series(good + 10_000).cast(pl.String),
            "customer_id": pl.Series(person).cast(pl.String),
            "units": rng.integers(1, 4, size).astype(float),
            "unit_price": prices(good),
        }
    )


def share(*codes: np.ndarray | int) -> np.ndarray:
    """The same number between 0 and 1 whenever the same codes are given: splitmix64 over them."""
    state = np.uint64(0x9E3779B97F4A7C15)
    with np.errstate(over="ignore"):
        for code in codes:
            state = (state ^ np.asarray(code).astype(np.uint64)) * np.uint64(0xBF58476D1CE4E5B9)
            state = (state ^ (state >> np.uint64(29))) * np.uint64(0x94D049BB133111EB)
            state = state ^ (state >> np.uint64(32))
    return (state >> np.uint64(11)).astype(np.float64) / 2**53


def home_of(person: np.ndarray) -> np.ndarray:
    return np.floor(SHOPS * share(person, 1)).astype(np.int64)


def category_of(person: np.ndarray, number: np.ndarray) -> np.ndarray:
    return np.floor(CATEGORIES * share(person, number, 2) ** 1.5).astype(np.int64)


def of_category(category: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """A good of a category, the first ones far more often."""
    size = GOODS // CATEGORIES
    return category * size + np.floor(size * drawn**3).astype(np.int64)


def own_good(person: np.ndarray, number: np.ndarray) -> np.ndarray:
    return of_category(category_of(person, number % OWN_CATEGORIES), share(person, number, 3))


def prices(good: np.ndarray) -> np.ndarray:
    return np.round(1 + 49 * share(good, 4) ** 2, 2)


def measured(name: str, words: list[str], folder: Path) -> None:
    """Runs a verb and prints seconds by the clock and of the processor, peak memory, and the size of the home."""
    began, load = time.monotonic(), os.getloadavg()[0]
    code = "from retail_brain.cli import main; main()"
    with (folder / f"{name.replace(', ', '-')}.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", code, "--home", str(folder / "home"), *words], stdout=log, stderr=subprocess.STDOUT
        )
        watch = Watch(process.pid)
        watch.start()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        watch.ended.set()
        watch.join()
    print(
        f"{name:<18} {time.monotonic() - began:7.0f} s {usage.ru_utime + usage.ru_stime:8.1f} s of processor, "
        f"{usage.ru_maxrss / 2**20:5.2f} GB ({watch.own / 2**20:5.2f} without mapped files, "
        f"{watch.processes} processes), home {size_of(folder / 'home'):5.2f} GB, "
        f"load {load:.1f} to {os.getloadavg()[0]:.1f}" + ("" if status == 0 else f"  FAILED {process.returncode}"),
        flush=True,
    )


class Watch(threading.Thread):
    """Looks at a process and its children: the most memory of their own, together, in kB."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.ended, self.own, self.processes, self._pid = threading.Event(), 0, 1, pid

    def run(self) -> None:
        while not self.ended.wait(LOOKS_SECONDS):
            pids = [self._pid]
            for pid in pids:
                try:
                    for task in Path(f"/proc/{pid}/task").iterdir():
                        pids += map(int, (task / "children").read_text().split())
                except OSError:
                    continue  # it has just ended
            own = sum(map(own_memory, pids))
            self.own, self.processes = max(self.own, own), max(self.processes, len(pids))


def own_memory(pid: int) -> int:
    """Anonymous memory of a process in kB; 0 where it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("RssAnon")), 0)


def size_of(folder: Path) -> float:
    """GB of the files in a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 2**30
