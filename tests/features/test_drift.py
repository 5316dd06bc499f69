"""Drift against the build before: worked by hand, by simulation, and as the job and the verbs tell it."""

import math
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from features.drift import DRIFT_COLUMNS, drift, stability
from features.jobs import FEATURE_TABLES, build_features, read_drift
from features.sketches import read_sketches, take_sketches, write_sketches
from retail_brain.cli.app import app
from retail_brain.dataset import Dataset
from retail_brain.errors import NotFoundError, UsageError

DAY = date(2026, 2, 28)


def write(folder: Path, **columns: object) -> Path:
    """A folder with a person table of some columns."""
    (folder / "person").mkdir(parents=True)
    frame = pl.DataFrame(columns, strict=False)
    frame.with_row_index("person_id").with_columns(pl.col("person_id").cast(pl.String)).write_parquet(
        folder / "person" / "part.parquet"
    )
    return folder


def compared(tmp_path: Path, before: dict[str, object], after: dict[str, object], day: date = DAY) -> dict[str, dict]:
    old, new = write(tmp_path / "old", **before), write(tmp_path / "new", **after)
    rows = drift(old, new, DAY, day, ["identity", "person"])
    assert rows.schema == DRIFT_COLUMNS
    return {row["column"]: row for row in rows.iter_rows(named=True)}


def test_the_index_is_that_of_its_formula() -> None:
    before, after = np.array([30.0, 50.0, 20.0]), np.array([10.0, 60.0, 30.0])
    p, q = [(counts + 0.5) / 101.5 for counts in (before, after)]
    expected = sum((b - a) * math.log(b / a) for a, b in zip(p, q, strict=True))
    psi, chance = stability(before, after)
    assert psi == pytest.approx(expected)
    assert chance == pytest.approx(13.8155 * 0.02, rel=1e-4)  # chi squared with 2 degrees of freedom at .999


def test_chance_alone_is_stable_whatever_the_number_of_rows() -> None:
    random = np.random.default_rng(7)
    for size in (8, 300, 20_000):
        draws = [stability(*random.multinomial(size, [0.1] * 10, 2).astype(float)) for _ in range(200)]
        assert sum(psi > chance for psi, chance in draws) <= 2, size


def test_nulls_ranges_and_shifts_are_told(tmp_path: Path) -> None:
    n = 1000
    same = [float(i % 100) for i in range(n)]
    found = compared(
        tmp_path,
        {"spend": same, "units": same, "trend": ["up", "down"] * 500, "is_contactable": [True] * n},
        {
            "spend": [value + 60 for value in same],
            "units": [None if i < 200 else value for i, value in enumerate(same)],
            "trend": ["up", "side"] * 500,
            "is_contactable": [True, False] * 500,
        },
    )
    spend = found["spend"]
    assert (spend["level"], spend["low_before"], spend["high_before"], spend["low"], spend["high"]) == (
        *("large", 0.0, 99.0, 60.0, 159.0),
    )
    assert spend["outside"] == 0.6
    assert (found["units"]["nulls_before"], found["units"]["nulls"], found["units"]["outside"]) == (0.0, 0.2, 0.0)
    assert found["units"]["level"] == "large"  # a fifth of the rows is null now, and none was
    assert (found["trend"]["outside"], found["trend"]["low"], found["trend"]["level"]) == (0.5, None, "large")
    assert found["is_contactable"]["level"] == "large"
    assert "person_id" not in found


def test_values_without_end_fall_into_the_last_bin(tmp_path: Path) -> None:
    same = [float(i % 10) for i in range(200)]
    endless = [math.inf if i % 2 else value for i, value in enumerate(same)]
    found = compared(tmp_path, {"ratio": endless}, {"ratio": endless})["ratio"]
    assert (found["psi"], found["level"]) == (0.0, "stable")


def test_days_are_counted_from_each_builds_own_last_day_and_lists_by_their_length(tmp_path: Path) -> None:
    days = [DAY - timedelta(days=i % 30) for i in range(300)]
    later = [day + timedelta(days=7) for day in days]
    found = compared(
        tmp_path,
        {"last_purchase_on": days, "top_categories": [["a"]] * 300},
        {"last_purchase_on": later, "top_categories": [["a", "b"]] * 300},
        DAY + timedelta(days=7),
    )
    assert (found["last_purchase_on"]["level"], found["last_purchase_on"]["psi"]) == ("stable", 0.0)
    assert (found["top_categories"]["low_before"], found["top_categories"]["low"]) == (1.0, 2.0)


def test_days_that_stay_where_they_are_do_not_drift_from_day_to_day(tmp_path: Path) -> None:
    first = [date(2024, 1, 1)] * 300
    rows = compared(tmp_path, {"first_sale_on": first}, {"first_sale_on": first}, DAY + timedelta(days=1))
    assert rows["first_sale_on"]["level"] == "stable"
    assert rows["first_sale_on"]["outside"] == 0


def test_kept_sketches_say_what_the_tables_before_say(tmp_path: Path) -> None:
    random = np.random.default_rng(3)

    def draw(folder: str, shift: float) -> Path:
        days = [DAY - timedelta(days=int(n)) for n in random.integers(0, 90, 500)]
        texts = [f"T{n}" for n in random.integers(0, 30 + int(shift), 500)]
        numbers = [None if n > 1.5 + shift else float(n) for n in random.normal(shift, 1, 500)]
        return write(tmp_path / folder, spend=numbers, trend=texts, last_purchase_on=days, flag=[True, False] * 250)

    old, new = draw("old", 0.0), draw("new", 1.0)
    write_sketches(take_sketches(old, DAY, ["person"]), tmp_path / "kept")
    later = DAY + timedelta(days=3)
    kept = read_sketches(tmp_path / "kept")
    found = drift(old, new, DAY, later, ["person"], kept, tmp_path / "keep")
    assert found.equals(drift(old, new, DAY, later, ["person"]))
    assert found.filter(pl.col("outside") > 0).height >= 2
    assert read_sketches(tmp_path / "keep")
    (tmp_path / "kept").write_bytes(b"PAR1 damaged")
    assert read_sketches(tmp_path / "kept") is None
    assert read_sketches(tmp_path / "absent") is None


def test_sums_added_in_another_order_make_the_same_sketches(tmp_path: Path) -> None:
    parts = np.random.default_rng(5).uniform(0, 100, (400, 7)).round(2)
    parts[200:] = parts[:200]  # the same sums twice, near which borders lie
    one, other = parts.sum(axis=1), sum(parts[:, place] for place in range(6, -1, -1))
    assert (one != other).sum() > 50
    for name, values in (("one", one), ("other", np.append(one[:200], other[200:]))):
        write_sketches(
            take_sketches(write(tmp_path / name, spend=values.tolist()), DAY, ["person"]), tmp_path / f"{name}.kept"
        )
    assert (tmp_path / "one.kept").read_bytes() == (tmp_path / "other.kept").read_bytes()


def test_columns_of_one_build_alone_and_empty_ones_are_said(tmp_path: Path) -> None:
    found = compared(
        tmp_path,
        {"old": [1.0, 2.0], "nothing": pl.Series([None, None], dtype=pl.Float64), "was_number": [1.0, 2.0]},
        {"new": [1.0, 2.0], "nothing": pl.Series([None, None], dtype=pl.Float64), "was_number": ["a", "b"]},
    )
    assert {name: row["level"] for name, row in found.items()} == {
        "old": "gone",
        "new": "new",
        "nothing": "stable",
        "was_number": "new",
    }


def chain(days: int) -> Dataset:
    rows = [
        (f"T{day}", datetime(2026, 1, 1, 9) + timedelta(days=day), f"c{day % 3}", float(1 + day % 2))
        for day in range(days)
    ]
    sold = pl.DataFrame(rows, schema=["transaction_id", "sold_at", "customer_id", "units"], orient="row")
    lines = sold.with_columns(store_id=pl.lit("S"), product_id=pl.lit("P"), unit_price=pl.lit(2.0))
    return Dataset.from_frames({"transactions": lines})


def test_the_job_compares_with_what_was_at_its_place(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="there are no features"):
        read_drift(tmp_path)
    first = build_features(chain(10), tmp_path / "f", date(2026, 1, 10))
    assert first.drift is None
    second = build_features(chain(20), tmp_path / "f", date(2026, 1, 20))
    assert second.drift is not None
    assert (second.drift.before, second.drift.as_of) == (date(2026, 1, 10), date(2026, 1, 20))
    assert set(second.drift.columns["table"]) == set(FEATURE_TABLES) - {"identity"}
    again = read_drift(tmp_path / "f")
    assert again is not None
    assert again.columns.equals(second.drift.columns)
    # one of a version with fewer tables is compared with nothing
    (tmp_path / "f" / "place" / "part.parquet").unlink()
    assert build_features(chain(21), tmp_path / "f", date(2026, 1, 21)).drift is None


def test_the_verbs_say_it(tmp_path: Path) -> None:
    def run(*words: str) -> str:
        done = CliRunner().invoke(app, ["--home", str(tmp_path), *words])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.stdout + done.stderr

    (tmp_path / "data").mkdir()
    chain(40).scan("transactions").collect().write_parquet(tmp_path / "data" / "transactions.parquet")
    run("ingest", str(tmp_path / "data"))
    with pytest.raises(NotFoundError, match="Run `retail-brain features`"):
        run("drift")
    run("features", "--as-of", "2026-01-20")
    with pytest.raises(NotFoundError, match="not compared with any before"):
        run("drift")
    said = run("features", "--as-of", "2026-02-08")
    assert "drift of the features as of 2026-02-08 against those as of 2026-01-20: " in said
    assert "person.recency_days: PSI" in run("drift", "--all", "--table", "person")
    out = tmp_path / "drift.csv"
    run("drift", "--out", str(out))
    assert pl.read_csv(out).columns == DRIFT_COLUMNS.names()
    with pytest.raises(UsageError, match="no table of features"):
        run("drift", "--table", "identity")


def test_a_days_growth_of_a_counter_is_no_drift_and_more_than_that_is(tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    rate = np.minimum(random.beta(2, 1, 300) * 1.3, 1)
    sold = random.binomial(500, rate)
    day = {"sale_days": sold.tolist(), "age_days": [900, 1200] * 150}
    later = {"sale_days": (sold + (random.random(300) < rate)).tolist(), "age_days": [901, 1201] * 150}
    found = compared(tmp_path, day, later, DAY + timedelta(days=1))
    assert {name: (row["level"], row["outside"]) for name, row in found.items()} == {
        "sale_days": ("stable", 0.0),
        "age_days": ("stable", 0.0),
    }
    assert (found["age_days"]["high_before"], found["age_days"]["high"]) == (1200.0, 1201.0)
    # counted twice, or a week of growth in a day
    jumped = {"sale_days": (sold * 2).tolist(), "age_days": [907, 1207] * 150}
    told = compared(tmp_path / "jump", day, jumped, DAY + timedelta(days=1))
    assert {row["level"] for row in told.values()} == {"large"}


def test_of_very_many_texts_a_bounded_sample_tells_how_many_are_new(tmp_path: Path) -> None:
    texts = [f"T{n}" for n in range(40_000)]
    sketches = take_sketches(write(tmp_path / "old", trend=texts), DAY, ["person"])
    assert sketches["person"]["trend"].texts.len() == 10_000
    write_sketches(sketches, tmp_path / "kept")
    new = write(tmp_path / "new", trend=[*texts[:30_000], *(f"N{n}" for n in range(10_000))])
    found = drift(tmp_path / "old", new, DAY, DAY, ["person"], read_sketches(tmp_path / "kept"))
    assert found["outside"].item() == pytest.approx(0.25, abs=0.02)
    same = drift(tmp_path / "old", tmp_path / "old", DAY, DAY, ["person"], read_sketches(tmp_path / "kept"))
    assert same["outside"].item() == 0


def test_shares_of_the_days_of_a_window_do_not_drift_when_the_window_loses_a_day(tmp_path: Path) -> None:
    random = np.random.default_rng(11)
    empty = random.poisson(3, 1000)
    counted = np.where(random.random(1000) < 0.9, 91, random.integers(60, 91, 1000))
    found = compared(
        tmp_path,
        {"stockout_share": empty / counted, "on_hand": empty},
        {"stockout_share": empty / (counted - 2), "on_hand": empty + 1},
    )
    assert (found["stockout_share"]["level"], found["on_hand"]["level"]) == ("stable", "large")
