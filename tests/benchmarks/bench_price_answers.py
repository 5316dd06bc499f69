"""Do `/what_if`, profiles and the forecast's own trees say the same of a price? And what does the sample's truth say?

On a home of the sample with published answers:

    python tests/benchmarks/bench_price_answers.py --home HOME
"""

import argparse
from pathlib import Path

import numpy as np
import polars as pl

from retail_brain.workspace import Workspace
from serving.store.answer_set import Answers
from serving.store.current_answers import open_current
from training.demand.what_if import Sheet, ask

TRUTH = Path(__file__).resolve().parents[2] / "data" / "sample" / "truth" / "elasticities.parquet"
ASKED = 0.9
"""Part of the usual price that is asked about."""
CHANGED = 0.02
"""Relative change (log) from which a price counts as another one."""


def compared(name: str, found: np.ndarray, truth: np.ndarray) -> None:
    """Prints correlation and mean absolute error where both are known."""
    known = np.isfinite(found) & np.isfinite(truth)
    apart = np.abs(found - truth)[known].mean()
    related = np.corrcoef(found[known], truth[known])[0, 1]
    print(f"{name}: {known.sum()} products, correlation {related:.3f}, MAE {apart:.3f}")


def asked(answers: Answers, sheet: Sheet, elasticity: float | None) -> float:
    """Elasticity that the answer to another price implies, over the forecast."""
    price = sheet.usual_price * ASKED
    told = ask(
        answers.what_if.mean(), sheet, len(answers.forecasts.days), price=price, promotion=None, elasticity=elasticity
    )
    other = (told.base > 0) & (np.abs(np.log(price / told.base_price)) > CHANGED)
    if not other.any():
        return float("nan")
    return float(np.median(np.log(told.changed[other] / told.base[other]) / np.log(price / told.base_price[other])))


def planned(answers: Answers, sheet: Sheet) -> np.ndarray:
    """Elasticities of the trees at the planned prices that differ from the usual one."""
    mean = answers.what_if.mean()
    at = mean.columns.index("price_to_usual")
    rows = sheet.rows[np.abs(np.log(sheet.rows[:, at])) > CHANGED]
    if not len(rows):
        return np.zeros(0)
    plain = rows.copy()
    plain[:, at] = 1
    now, without = mean.factor(np.concatenate([rows, plain])).reshape(2, -1)
    return np.log(now / without) / np.log(rows[:, at])


def main() -> None:
    """Compares the published, the asked and the trees' elasticities with the truth."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    answers = open_current(Workspace(parser.parse_args().home.resolve()).answers)
    truth = pl.read_parquet(TRUTH).select("product_id", true="elasticity")
    table = answers.rows["elasticities"].with_row_index("place").join(truth, on="product_id")
    told, trees, driver = [], [], []
    for row in table.rows(named=True):
        known = row["elasticity"] if row["elasticity"] is not None else row["category_elasticity"]
        sheets = [answers.what_if.get(store, row["place"]) for store in range(len(answers.stores))]
        usable = [sheet for sheet in sheets if sheet is not None and np.isfinite(sheet.usual_price)]
        told.append(np.nanmedian([asked(answers, sheet, known) for sheet in usable] or [np.nan]))
        trees.append(np.nanmean([asked(answers, sheet, None) for sheet in usable] or [np.nan]))
        driver.append(np.mean(np.concatenate([planned(answers, sheet) for sheet in usable]) if usable else [np.nan]))
    true = table["true"].to_numpy()
    published = table["elasticity"].to_numpy()
    compared("published against the truth", published, true)
    compared("/what_if against the truth", np.array(told), true)
    compared("/what_if against the published", np.array(told), published)
    compared("the trees at another price against the truth", np.array(trees), true)
    compared("the trees at planned prices against the published", np.array(driver), published)
    print(f"means: published {np.nanmean(published):.2f}, trees at planned prices {np.nanmean(driver):.2f}")


if __name__ == "__main__":
    main()
