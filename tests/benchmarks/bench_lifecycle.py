"""Person features of the sample chain against its truth and its own future: churn risk, stages, expected purchases.

    python tests/benchmarks/bench_lifecycle.py HOME

HOME is a home with the sample chain (`retail-brain --home HOME demo --no-serve`). The truth of who has left is in
data/sample/truth; expected purchases as of 91 days before the last day are compared with what was bought after it.
"""

import itertools
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

import polars as pl
from scipy.stats import rankdata

from features.jobs import build_features, feature_options, scan_features
from retail_brain.api import open_tenant
from retail_brain.dataset import Dataset

TRUTH = Path(__file__).parents[2] / "data" / "sample" / "truth" / "persons.parquet"
RISKS = (0.0, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.95, 1.01)
PURCHASES = (0.0, 0.05, 0.2, 0.5, 1.0, 2.0, 4.0, 1e9)


def auc(score: pl.Series, truth: pl.Series) -> float:
    """Area under the ROC curve."""
    ranks, positives = rankdata(score.to_numpy()), int(truth.sum())
    rest = len(truth) - positives
    return float((ranks[truth.to_numpy()].sum() - positives * (positives + 1) / 2) / (positives * rest))


def against_truth(person: pl.DataFrame) -> None:
    """Prints AUC and the calibration of the churn risk, and the share that has left by stage."""
    truth = pl.read_parquet(TRUTH).select(customer_ids="customer_id", left=pl.col("left_on").is_not_null())
    buyers = person.filter(pl.col("recency_days").is_not_null()).explode("customer_ids").join(truth, on="customer_ids")
    print("AUC churn_risk", round(auc(buyers["churn_risk"], buyers["left"]), 4))
    print("AUC recency", round(auc(buyers["recency_days"], buyers["left"]), 4))
    said = [pl.len().alias("people"), pl.col("churn_risk").mean().alias("said"), pl.col("left").mean().alias("left")]
    print(buyers.group_by("stage").agg(said).sort("left"))
    for low, high in itertools.pairwise(RISKS):
        row = buyers.filter(pl.col("churn_risk") >= low, pl.col("churn_risk") < high).select(said).row(0)
        print(f"risk {low:4.2f} to {min(high, 1):4.2f}", row)


def against_the_future(person: pl.DataFrame, dataset: Dataset, cut: object) -> None:
    """Prints expected against actual purchase days of the next 28 days."""
    day = pl.col("sold_at").dt.date()
    after = dataset.scan("transactions").filter(pl.col("units") > 0, day > cut, day <= cut + timedelta(days=28))  # type: ignore[operator]
    bought = after.group_by(customer_ids="customer_id").agg(actual=day.n_unique()).collect()
    buyers = (
        person.filter(pl.col("recency_days").is_not_null())
        .explode("customer_ids")
        .join(bought, on="customer_ids", how="left")
        .group_by("person_id")
        .agg(pl.col("expected_purchases_28d").first().alias("expected"), pl.col("actual").fill_null(0).sum())
    )
    print("expected", round(buyers["expected"].sum()), "actual", buyers["actual"].sum())
    for low, high in itertools.pairwise(PURCHASES):
        group = buyers.filter(pl.col("expected") >= low, pl.col("expected") < high)
        print(
            f"expected from {low}", group.height, round(group["expected"].mean(), 3), round(group["actual"].mean(), 3)
        )  # type: ignore[arg-type]


def main(home: str) -> None:
    """Builds the features as of the last day and of 91 days earlier, and prints both comparisons."""
    tenant = open_tenant(home=home)
    dataset, options = tenant.dataset, feature_options(tenant.settings)
    last = dataset.as_of or dataset.last_day()
    cut = last - timedelta(days=91)
    with tempfile.TemporaryDirectory() as folder:
        for day in (last, cut):
            build_features(dataset, Path(folder) / str(day), day, options=options)
        against_truth(scan_features(Path(folder) / str(last), "person").collect())
        against_the_future(scan_features(Path(folder) / str(cut), "person").collect(), dataset, cut)


if __name__ == "__main__":
    main(sys.argv[1])
