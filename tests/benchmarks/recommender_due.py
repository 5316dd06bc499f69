"""How well due dates keep their word on Complete Journey, beside simple rules and BG/NBD; see docs/benchmarks.md."""

import time
from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
from scipy.optimize import minimize
from scipy.special import gammaln

from retail_brain.dataset import Dataset
from training.recommender.config import RecommenderConfig
from training.recommender.due_features import days_until_bought
from training.recommender.due_model import (
    HORIZONS,
    PROBABILITIES,
    fit_due,
)
from training.recommender.history import History, build_history
from training.recommender.metrics import expected_calibration_error

SAMPLE = 40_000
BINS = 10


LAST_DAYS = (date(2017, 10, 8), date(2017, 12, 31))
"""Ends of the tested windows: the features were chosen on the second, among a sixth of its households."""


def due(dataset: Dataset) -> None:
    """Both windows; on the second also what users are given."""
    for last_day in LAST_DAYS:
        print(f"window of 28 days up to {last_day}")
        measure(dataset, last_day, with_ranker=last_day == LAST_DAYS[-1])


def measure(dataset: Dataset, last_day: date, *, with_ranker: bool) -> None:
    """Everything is fitted 28 days before the test's cutoff, which lies 28 days before the last day."""
    cutoff = last_day - timedelta(days=HORIZONS[-1])
    config = RecommenderConfig()
    known = dataset.at(cutoff)
    began = time.perf_counter()
    model = fit_due(known, cutoff, config)
    print(f"due model fitted in {time.perf_counter() - began:.1f} s")
    history = build_history(known, cutoff, config)
    began = time.perf_counter()
    ours = model.probabilities(history)
    print(f"{history.pairs.height:,} pairs answered in {time.perf_counter() - began:.1f} s")
    bought = history.bought
    waited = days_until_bought(dataset, history, last_day)[bought]
    often = history.pairs["purchase_days"].to_numpy()[bought] > 1
    earlier = build_history(known, cutoff - timedelta(days=HORIZONS[-1]), config)
    before = days_until_bought(known, earlier, cutoff)[earlier.bought]
    before_often = earlier.pairs["purchase_days"].to_numpy()[earlier.bought] > 1
    life = Life.of(history)
    fitted = bg_nbd(Life.of(earlier))
    for place, days in enumerate(HORIZONS):
        rates = [(before[~before_often] <= days).mean(), (before[before_often] <= days).mean()]
        forecasts = {
            "due model": ours[bought, place].astype(np.float64),
            "base rate of the window before": np.where(often, rates[1], rates[0]),
            "personal mean gap, exponential": life.exponential(days, rates[0]),
            "personal mean gap, 0/1": life.overdue(days),
            "BG/NBD": life.bg_nbd(fitted, days),
        }
        for name, rows in (("bought at least twice", often), ("bought once", ~often), ("all", often | ~often)):
            print(f"P({days} days), {name}: {int(rows.sum()):,} pairs, bought {(waited[rows] <= days).mean():.4f}")
            report({what: p[rows] for what, p in forecasts.items()}, waited[rows] <= days)
        if days == 14:
            reliability(forecasts["due model"][often], waited[often] <= days)
    if with_ranker:
        delivered(dataset, known, cutoff, config, history, ours)


def report(forecasts: Mapping[str, np.ndarray], label: np.ndarray) -> None:
    """Brier score, its skill over the base rate known beforehand, log loss and ECE of each forecast."""
    base = ((forecasts["base rate of the window before"] - label) ** 2).mean()
    for name, probability in forecasts.items():
        brier = ((probability - label) ** 2).mean()
        safe = np.clip(probability, 1e-4, 1 - 1e-4)
        loss = -np.where(label, np.log(safe), np.log1p(-safe)).mean()
        error = expected_calibration_error(probability, label)
        print(
            f"  {name:<32} Brier {brier:.5f}  skill {1 - brier / base:+.4f}  log loss {loss:.4f}  ECE {error:.4f}  "
            f"stated {probability.mean():.4f}",
            flush=True,
        )


def reliability(probability: np.ndarray, label: np.ndarray) -> None:
    """Stated and observed share in ten bins of equal size."""
    order = np.argsort(probability, kind="stable")
    for number, rows in enumerate(np.array_split(order, BINS), start=1):
        print(
            f"  bin {number}: stated {probability[rows].mean():.4f} observed {label[rows].mean():.4f} ({rows.size:,})"
        )


def delivered(
    dataset: Dataset, known: Dataset, cutoff: date, config: RecommenderConfig, history: History, ours: np.ndarray
) -> None:
    """The columns that users get: the due model's shares of time under the ranker's level, for candidates."""
    from training.recommender.model import RecommenderModel

    model = RecommenderModel.fit(known, config, as_of=cutoff)
    waited = days_until_bought(dataset, history, cutoff + timedelta(days=HORIZONS[-1]))
    codes = [history.customers["customer_id"], history.products["product_id"]]
    rows, given = [], []
    for block in model.score(known.at(cutoff)):
        repeat = block.filter(block["kind"] == "repeat")
        places = [codes[0].search_sorted(repeat["customer_id"]), codes[1].search_sorted(repeat["product_id"])]
        rows.append(history.find(*(place.to_numpy().astype(np.int64) for place in places)))
        given.append(repeat.select(PROBABILITIES).to_numpy())
    at, probability = np.concatenate(rows), np.vstack(given)
    for place, days in enumerate(HORIZONS):
        label = waited[at] <= days
        print(f"P({days} days), repeat pairs offered: {at.size:,} pairs, bought {label.mean():.4f}")
        base = np.full(at.size, label.mean())
        report(
            {
                "delivered (ranker x due model)": probability[:, place],
                "due model alone": ours[at, place].astype(np.float64),
                "base rate of the window before": base,
            },
            label,
        )
        if days == 14:
            reliability(probability[:, place], label)


class Life:
    """Repeat purchases, recency and age of each pair, in days."""

    def __init__(self, count: np.ndarray, recency: np.ndarray, age: np.ndarray) -> None:
        self.count, self.recency, self.age = count, recency, age

    @classmethod
    def of(cls, history: History) -> "Life":
        """Of the pairs with a purchase."""
        pairs = history.pairs.filter(history.bought)
        first, last = (pairs[name].to_physical().to_numpy() for name in ("first_on", "last_on"))
        today = (history.as_of - date(1970, 1, 1)).days
        count = pairs["purchase_days"].to_numpy() - 1.0
        return cls(count, (last - first).astype(float), (today - first).astype(float))

    def exponential(self, days: int, once: float) -> np.ndarray:
        """The personal mean gap as a Poisson rate; pairs bought once have none and get the base rate."""
        gap = self.recency / np.maximum(self.count, 1)
        return np.where(self.count > 0, -np.expm1(-days / np.maximum(gap, 1)), once)

    def overdue(self, days: int) -> np.ndarray:
        """1 where the last purchase plus the personal mean gap falls within the days; bought once: never."""
        due_in = self.recency + self.recency / np.maximum(self.count, 1) - self.age
        return ((self.count > 0) & (due_in > 0) & (due_in <= days)).astype(float)

    def bg_nbd(self, fitted: np.ndarray, days: int) -> np.ndarray:
        """P(at least one purchase) of Fader, Hardie and Lee (2005): alive, and the gamma-Poisson has an event."""
        r, alpha, a, b = fitted
        odds = (
            a / (b + np.maximum(self.count, 1) - 1) * ((alpha + self.age) / (alpha + self.recency)) ** (r + self.count)
        )
        alive = np.where(self.count > 0, 1 / (1 + odds), 1.0)
        return alive * (1 - ((alpha + self.age) / (alpha + self.age + days)) ** (r + self.count))


def bg_nbd(life: Life) -> np.ndarray:
    """Maximum likelihood of the BG/NBD's r, alpha, a, b on at most 40,000 pairs of the window before."""
    some = np.random.default_rng(0).permutation(life.count.size)[:SAMPLE]
    x, recency, age = life.count[some], life.recency[some], life.age[some] + 1e-9

    def loss(logs: np.ndarray) -> float:
        r, alpha, a, b = np.exp(logs)
        front = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
        beta = gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
        gone = np.log(a) - np.log(b + np.maximum(x, 1) - 1) - (r + x) * np.log(alpha + recency)
        return -(front + beta + np.logaddexp(-(r + x) * np.log(alpha + age), np.where(x > 0, gone, -np.inf))).mean()

    return np.exp(minimize(loss, np.log([0.5, 50, 0.5, 2]), method="Nelder-Mead", options={"maxiter": 600}).x)
