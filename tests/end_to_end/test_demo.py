from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from subprocess import CompletedProcess

import polars as pl
import pytest

from retail_brain.outputs import AUDIENCE, EXCLUSIONS, RECOMMENDATIONS, SUGGESTIONS

Run = Callable[..., CompletedProcess[str]]
Invoke = Callable[..., tuple[int, str]]
Succeed = Callable[..., str]


@pytest.fixture
def succeed(invoke: Invoke, demo_home: Path) -> Callable[..., str]:
    """Runs a verb on the demo's home in this process, whose libraries are loaded; gives what it said."""

    def run(*arguments: str) -> str:
        code, said = invoke("--home", demo_home, *arguments)
        assert code == 0, said
        return said

    return run


def test_second_demo_finds_everything_done(demo_home: Path, succeed: Succeed) -> None:
    before = (demo_home / "var" / "main" / "answers" / "CURRENT").read_text(encoding="utf-8")
    succeed("demo", "--no-serve")
    assert (demo_home / "var" / "main" / "answers" / "CURRENT").read_text(encoding="utf-8") == before


def test_forecast_covers_every_listed_product_and_its_quantiles_do_not_cross(
    succeed: Succeed, tmp_path: Path, sample_folder: Path
) -> None:
    out = tmp_path / "forecasts.parquet"
    succeed("forecast", "--horizon", "14", "--out", str(out))
    table = pl.read_parquet(out)
    quantiles = [name for name in table.columns if name.startswith("forecast_p")]
    assert table.columns[:4] == ["store_id", "product_id", "date", "forecast"]
    assert {"forecast_p05", "forecast_p50", "forecast_p95"} <= set(quantiles)
    crossed = [pl.col(low) > pl.col(high) for low, high in pairwise(quantiles)]
    assert table.filter(pl.any_horizontal(crossed)).is_empty()
    assert table.filter((pl.col("forecast") < 0) | pl.any_horizontal(pl.all().is_null())).is_empty()
    assert table.select("store_id", "product_id", "date").is_unique().all()
    last = pl.read_parquet(sample_folder / "transactions.parquet")["sold_at"].max().date()
    assert table["date"].min() > last
    listed = (
        pl.read_parquet(sample_folder / "assortment.parquet")
        .filter(pl.col("listed_until").is_null() & (pl.col("listed_from") <= last))
        .select("store_id", "product_id")
        .unique()
    )
    days = table.group_by("store_id", "product_id").len()
    assert listed.join(days, on=["store_id", "product_id"], how="anti").is_empty()
    assert (days["len"] == 14).all()


def test_replenish_writes_whole_case_packs_with_reasons(succeed: Succeed, tmp_path: Path, sample_folder: Path) -> None:
    out = tmp_path / "suggestions.parquet"
    succeed("replenish", "--out", str(out))
    table = pl.read_parquet(out)
    assert set(SUGGESTIONS) <= set(table.columns)
    assert table.filter(pl.col("order_quantity") > 0).height > 20
    packs = pl.read_parquet(sample_folder / "supply.parquet").select("store_id", "product_id", "case_pack")
    checked = table.join(packs, on=["store_id", "product_id"])
    assert checked.height > 0
    rest = checked["order_quantity"] % checked["case_pack"].fill_null(1)
    assert rest.abs().max() < 1e-9
    assert table.filter(pl.col("order_quantity") < 0).is_empty()
    assert table["reason"].null_count() == 0


def test_recommend_ranks_without_gaps(succeed: Succeed, tmp_path: Path) -> None:
    out = tmp_path / "recommendations.parquet"
    succeed("recommend", "--k", "10", "--out", str(out))
    table = pl.read_parquet(out)
    assert set(RECOMMENDATIONS) <= set(table.columns)
    ranks = table.group_by("customer_id").agg(pl.col("rank").sort())
    assert all(row == list(range(1, len(row) + 1)) for row in ranks["rank"].to_list())
    assert table["probability"].is_between(0, 1).all()
    assert table.select("customer_id", "product_id").is_unique().all()


def test_audience_accounts_for_everybody(succeed: Succeed, tmp_path: Path, sample_folder: Path) -> None:
    product = pl.read_parquet(sample_folder / "transactions.parquet")["product_id"].value_counts(sort=True)[
        "product_id"
    ][0]
    out = tmp_path / "audience.csv"
    succeed("audience", "--product", product, "--size", "200", "--out", str(out))
    table = pl.read_csv(out)
    assert set(AUDIENCE) <= set(table.columns)
    assert 0 < table.height <= 200
    assert set(table["group"].unique()) == {"contact", "holdout"}
    exclusions = pl.read_csv(tmp_path / "audience_exclusions.csv")
    assert set(EXCLUSIONS) <= set(exclusions.columns)
    assert (exclusions["customers"] > 0).all()


def test_promoting_the_champion_again_changes_nothing(succeed: Succeed) -> None:
    assert "it is the champion already" in succeed("promote", "demand", "--no-publish")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["forecast", "--horizon", "7", "--as-of", "yesterday", "--out", "x.parquet"], 2, "YYYY-MM-DD"),
        (["train", "weather"], 2, "weather"),
        (["promote", "demand", "99"], 1, "no demand version 99"),
        (["audience", "--product", "no-such-product", "--size", "5", "--out", "x.csv"], 1, "no-such-product"),
        (["ingest", "no/such/folder"], 1, "no/such/folder"),
        (["--tenant", "nobody", "forecast", "--horizon", "7", "--out", "x.parquet"], 1, "nobody"),
        (["--tenant", "Not A Name", "forecast", "--horizon", "7", "--out", "x.parquet"], 2, "Not A Name"),
    ],
)
def test_bad_calls_are_explained_in_one_paragraph(
    invoke: Invoke, demo_home: Path, arguments: list[str], code: int, words: str
) -> None:
    ended, said = invoke("--home", demo_home, *arguments)
    assert ended == code, said
    assert words in said
    assert "Traceback" not in said


def test_a_bad_call_ends_the_process_with_its_code_and_words_on_stderr(command: Run) -> None:
    done = command("ingest", "no/such/folder")
    assert (done.returncode, done.stdout) == (1, "")
    assert "no/such/folder" in done.stderr
    assert "Traceback" not in done.stderr
