"""Uplift and response on campaigns that the models never saw; see docs/benchmarks.md, section Uplift.

    python tests/benchmarks/bench_uplift.py hillstrom email.parquet [--draws 500]
    python tests/benchmarks/bench_uplift.py sample
    python tests/benchmarks/bench_uplift.py coupons

`hillstrom`: visits after a randomised e-mail; every part of the people is ordered by models of the others. `sample`:
the campaigns of the built-in sample, ordered by models of the others, against its true uplift. `coupons`: who redeems
a coupon of the ten latest campaigns of Complete Journey, by a model of the redemptions before each of them.
"""

import argparse
import time
from datetime import timedelta
from pathlib import Path

import lightgbm as lgb
import numpy as np
import polars as pl
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from features.person.contact_state import DAYS, PERSON_FEATURES, person_state
from retail_brain.dataset import Dataset, conform
from retail_brain.sources.complete_journey import complete_journey_source
from retail_brain.tables import TABLES
from training.uplift.examples import campaigns_of, contact_examples
from training.uplift.learners import LEARNERS, RESPONSE, Contacts, response
from training.uplift.model import choose_uplift, held_out_scores, matrix
from training.uplift.qini import qini, uplift_at

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"
TOP, PARTS, LATEST, MANY = 0.3, 5, 10, 10
"""Share that is contacted, parts of the people of Hillstrom's test, campaigns of coupons, and redeemers without whom
an AUC says little: as the page says."""
METHODS = {RESPONSE: response, **LEARNERS}


def hillstrom(path: Path, draws: int) -> None:
    """Prints Qini and uplift at 30 % of each method with 95 % bootstrap intervals, and above the response model."""
    people = pl.read_parquet(path)
    sent = pl.col("treatment").cast(pl.String)
    none = sent == "No E-Mail"
    for name in ("Womens E-Mail", "Mens E-Mail"):
        kept = people.filter(none | (sent == name))
        treated = kept.select(~none).to_series().to_numpy()
        inputs = kept.select("recency", "history", "mens", "womens", "newbie", "zip_code", "channel").to_dummies(
            ["zip_code", "channel"]
        )
        share = np.full(kept.height, treated.mean())
        outcome = kept["visit"].cast(pl.Float64).to_numpy()
        known = Contacts(matrix(inputs), outcome, treated, share)
        rng = np.random.default_rng(1)
        part = rng.integers(0, PARTS, kept.height).astype(str)
        scores = {method: held_out_scores(known, part, learner, seed=1) for method, learner in METHODS.items()}
        scores["random"] = rng.random(kept.height)
        print(f"{name}: {kept.height:,} people, uplift of all {uplift_at(scores['random'], outcome, treated, 1.0):.4f}")
        drawn = [rng.integers(0, kept.height, kept.height) for _ in range(draws)]
        base = [qini(scores[RESPONSE][rows], outcome[rows], treated[rows]) for rows in drawn]
        for method, score in scores.items():
            areas = [qini(score[rows], outcome[rows], treated[rows]) for rows in drawn]
            tops = [uplift_at(score[rows], outcome[rows], treated[rows], TOP) for rows in drawn]
            above = np.array(areas) - np.array(base)
            print(
                f"  {method:<12} Qini {qini(score, outcome, treated):.5f} ({_interval(areas)})  "
                f"uplift of the first 30 % {uplift_at(score, outcome, treated, TOP):.4f} ({_interval(tops)})  "
                f"above response {_interval(above)}",
                flush=True,
            )


TRAITS = ("gender", "age_band", "member_level")
"""What the sample knows of people and no purchase changes."""


def sample() -> None:
    """Prints each method's Qini and share of the best possible true uplift of 30 %, and the method that is chosen."""
    dataset = Dataset.from_frames(
        {path.stem: conform(pl.scan_parquet(path), TABLES[path.stem]).collect() for path in SAMPLE.glob("*.parquet")}
    )
    found = contact_examples(dataset.at(dataset.last_day()), 14, TRAITS)
    assert found is not None
    rows, known = found
    campaigns = campaigns_of(rows)
    truth = rows.join(
        pl.read_parquet(SAMPLE / "truth" / "uplift.parquet"),
        on=["campaign_id", "customer_id"],
        how="left",
        maintain_order="left",
    )["uplift"].to_numpy()
    print(f"{len(truth):,} contacts of {len(np.unique(campaigns))} campaigns")
    for name, learner in METHODS.items():
        shares = [
            _share_of_best(held_out_scores(known, campaigns, learner, seed=seed), truth, campaigns)
            for seed in range(1, 6)
        ]
        second = _of_second(held_out_scores(known, campaigns, learner, seed=1), truth, campaigns)
        ends = f"{min(shares):.3f} to {max(shares):.3f}, 5 seeds"
        print(f"  {name:<12} {np.mean(shares):.3f} of the best possible ({ends}); every second campaign {second}")
    rng = np.random.default_rng(1)
    print(f"  {'random':<12} {_share_of_best(rng.random(len(truth)), truth, campaigns):.3f}")
    told = Contacts(known.features, truth.astype(np.float64), np.ones(len(truth), dtype=bool), known.share)
    best = held_out_scores(told, campaigns, _of_truth, seed=1)
    print(
        f"  a model that is told the true uplift of the other campaigns: {_share_of_best(best, truth, campaigns):.3f}; "
        f"every second campaign {_of_second(best, truth, campaigns)}"
    )
    chosen = choose_uplift(known, campaigns)
    print(f"chosen by Qini: {chosen.method}")
    print(chosen.validation)


def _of_second(scores, truth, campaigns, draws: int = 300) -> str:  # type: ignore[no-untyped-def]
    """The share over the campaigns that nothing was chosen on, with a 95 % interval by bootstrap of their people."""
    second = np.flatnonzero(np.isin(campaigns, np.unique(campaigns)[1::2]))
    rng = np.random.default_rng(1)
    drawn = [second, *(rng.choice(second, len(second)) for _ in range(draws))]
    shares = [_share_of_best(scores[rows], truth[rows], campaigns[rows]) for rows in drawn]
    low, high = np.quantile(shares[1:], [0.025, 0.975])
    return f"{shares[0]:.3f} ({low:.3f} to {high:.3f})"


def _of_truth(known, seed):  # type: ignore[no-untyped-def]
    trees = {"objective": "regression", "num_leaves": 16, "min_data_in_leaf": 30, "learning_rate": 0.05}
    fixed = {"verbose": -1, "num_threads": 1, "seed": seed, "deterministic": True}
    model = lgb.train({**trees, **fixed}, lgb.Dataset(known.features, known.outcome), 100)
    return model.predict


def _share_of_best(scores, truth, campaigns) -> float:  # type: ignore[no-untyped-def]
    """True uplift of the first 30 % of each campaign over that of the best 30 %."""
    gained = best = 0.0
    for name in np.unique(campaigns):
        part = campaigns == name
        most = round(TOP * part.sum())
        gained += truth[part][np.argsort(-scores[part], kind="stable")[:most]].sum()
        best += np.sort(truth[part])[::-1][:most].sum()
    return float(gained / best)


def coupons() -> None:
    """Prints AUC, pooled and by campaign, and the share of redeemers among the first 20 %."""
    source = complete_journey_source()
    names = ("transactions", "products", "campaigns", "contacts", "responses")
    dataset = Dataset.from_frames({one: conform(source.tables[one].frame, TABLES[one]).collect() for one in names})
    frame = _redemption_frame(dataset)
    started = frame.select("campaign_id", "day").unique().sort("day", "campaign_id")
    redeemed = frame.filter("redeemed")["campaign_id"].unique().to_list()
    latest = started.filter(pl.col("campaign_id").is_in(redeemed)).tail(LATEST)
    columns = [*PERSON_FEATURES, *_GOODS_FEATURES, *_HISTORY_FEATURES]
    parts = []
    for name, day in latest.iter_rows():
        # a redemption after the day is not known on it
        seen = frame.filter(pl.col("day") < day).with_columns(label=pl.col("redeemed_on").fill_null(day) < day)
        asked = frame.filter(pl.col("campaign_id") == name)
        label = seen["label"].cast(pl.Float64).to_numpy()
        scores = _redeemers(matrix(seen.select(columns)), label, matrix(asked.select(columns)))
        parts.append(asked.with_columns(score=pl.Series(scores)))
    table = pl.concat(parts)
    aucs = [(part["campaign_id"][0], part.height, int(part["redeemed"].sum()), _auc(part, "score")) for part in parts]
    for name, people, buyers, auc in aucs:
        print(f"  campaign {name}: {people:,} households, {buyers} redeemed, AUC {auc:.3f}")
    for score in ("score", "responses", "goods_days", "spend"):
        filled = [part.with_columns(pl.col(score).fill_null(0)) for part in table.partition_by("campaign_id")]
        by = [_auc(part, score) for part in filled]
        some = [_auc(part, score) for part in filled if part["redeemed"].sum() >= MANY]
        whole = table.with_columns(pl.col(score).fill_null(0))
        first = whole.sort(score, descending=True).head(round(0.2 * whole.height))["redeemed"].sum()
        print(
            f"{score:<12} pooled AUC {_auc(whole, score):.3f}, mean of campaigns {np.mean(by):.3f}, "
            f"of the {len(some)} with {MANY} redeemers or more {np.mean(some):.3f}, "
            f"redeemers among the first 20 %: {first / whole['redeemed'].sum():.1%}"
        )


_GOODS_FEATURES = ("goods_days", "goods_known", "goods_share", "goods_coupon_days", "campaign_goods")
_HISTORY_FEATURES = ("received", "redeemed_before", "redeemed_share", "days_since_redemption", "is_type_a", "is_type_c")


def _redeemers(known, label, asked):  # type: ignore[no-untyped-def]
    """Log odds by trees and by a logistic regression, added."""
    trees = {"objective": "binary", "num_leaves": 4, "min_data_in_leaf": 30, "learning_rate": 0.05, "seed": 1}
    fixed = {"verbose": -1, "num_threads": 1, "deterministic": True, "feature_fraction": 0.7}
    boosted = lgb.train({**trees, **fixed}, lgb.Dataset(known, label), 100)
    scaler = StandardScaler().fit(_log(known))
    logistic = LogisticRegression(C=0.02, max_iter=500).fit(scaler.transform(_log(known)), label)
    return boosted.predict(asked, raw_score=True) + logistic.decision_function(scaler.transform(_log(asked)))


def _log(features):  # type: ignore[no-untyped-def]
    known = np.nan_to_num(features.astype(np.float64))
    return np.sign(known) * np.log1p(np.abs(known))


def _with_history(rows: pl.DataFrame, dataset: Dataset) -> pl.DataFrame:
    """The rows with what was known of earlier campaigns of the household on the day, and the type of the campaign."""
    others = rows.select("customer_id", sent="day", used="redeemed_on")
    earlier = rows.select("campaign_id", "customer_id", "day").join(others, on="customer_id")
    was_used = pl.col("used") < pl.col("day")
    history = (
        earlier.filter(pl.col("sent") < pl.col("day"))
        .group_by("campaign_id", "customer_id", "day")
        .agg(received=pl.len(), redeemed_before=was_used.sum(), last=pl.col("used").filter(was_used).max())
        .with_columns(
            redeemed_share=(pl.col("redeemed_before") + 0.1) / (pl.col("received") + 1),
            days_since_redemption=(pl.col("day") - pl.col("last")).dt.total_days(),
        )
        .drop("last")
    )
    types = dataset.scan("campaigns").select("campaign_id", kind=pl.col("name").str.slice(-1)).collect()
    known = rows.join(history, on=["campaign_id", "customer_id", "day"], how="left", maintain_order="left")
    typed = known.join(types, on="campaign_id", how="left", maintain_order="left")
    return typed.with_columns(is_type_a=pl.col("kind") == "A", is_type_c=pl.col("kind") == "C")


def _redemption_frame(dataset: Dataset) -> pl.DataFrame:
    """One row per household x campaign sent to it: the state on the day before, `redeemed`, `redeemed_on`."""
    sent = dataset.scan("contacts").select("campaign_id", "customer_id", day=pl.col("contacted_at").dt.date())
    ends = dataset.scan("campaigns").select("campaign_id", "ends_on")
    first = (
        dataset.scan("responses")
        .group_by("campaign_id", "customer_id")
        .agg(redeemed_on=pl.col("responded_at").min().dt.date())
    )
    rows = sent.join(ends, on="campaign_id").join(first, on=["campaign_id", "customer_id"], how="left").collect()
    rows = rows.with_columns(redeemed=pl.col("redeemed_on").is_not_null()).sort("campaign_id", "customer_id")
    person = person_state(dataset, rows.select("customer_id", "day").unique())
    goods = dataset.scan("campaigns").select("campaign_id", product_id="product_ids").explode("product_id")
    used = (pl.col("coupon_discount") > 0).fill_null(value=False)
    bought = dataset.scan("transactions").select("customer_id", "product_id", used=used, on=pl.col("sold_at").dt.date())
    before = (pl.col("on") < pl.col("day")) & (pl.col("on") >= pl.col("day") - timedelta(days=DAYS))
    own = (
        rows.lazy()
        .select("campaign_id", "customer_id", "day")
        .join(bought, on="customer_id")
        .filter(before)
        .join(goods.with_columns(valid=pl.lit(value=True)), on=["campaign_id", "product_id"], how="left")
        .group_by("campaign_id", "customer_id")
        .agg(
            goods_days=pl.col("on").filter(pl.col("valid").is_not_null()).n_unique(),
            goods_known=pl.col("product_id").filter(pl.col("valid").is_not_null()).n_unique(),
            goods_share=pl.col("valid").is_not_null().mean(),
            goods_coupon_days=pl.col("on").filter(pl.col("valid").is_not_null() & pl.col("used")).n_unique(),
        )
        .collect(engine="streaming")
    )
    sizes = goods.group_by("campaign_id").agg(campaign_goods=pl.len()).collect()
    joined = rows.join(person, on=["customer_id", "day"], how="left", maintain_order="left")
    joined = joined.join(own, on=["campaign_id", "customer_id"], how="left", maintain_order="left")
    return _with_history(joined.join(sizes, on="campaign_id", how="left", maintain_order="left"), dataset)


def _auc(part: pl.DataFrame, score: str) -> float:
    return float(roc_auc_score(part["redeemed"].to_numpy(), part[score].to_numpy()))


def _interval(values) -> str:  # type: ignore[no-untyped-def]
    low, high = np.quantile(values, [0.025, 0.975])
    return f"{low:.5f} to {high:.5f}"


def main() -> None:
    """Runs one measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("measure", choices=["hillstrom", "sample", "coupons"])
    parser.add_argument("file", nargs="?", type=Path, help="Hillstrom's e-mail test as Parquet")
    parser.add_argument("--draws", type=int, default=500)
    asked = parser.parse_args()
    began = time.process_time()
    if asked.measure == "hillstrom":
        hillstrom(asked.file, asked.draws)
    elif asked.measure == "sample":
        sample()
    else:
        coupons()
    print(f"{time.process_time() - began:,.0f} s of processor time")


if __name__ == "__main__":
    main()
