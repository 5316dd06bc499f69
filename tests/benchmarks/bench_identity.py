"""Pairwise precision and recall of the identity table on the sample chain's truth; see docs/benchmarks.md, Identity.

Run from the project's root: python tests/benchmarks/bench_identity.py
"""

import json
import sys
from datetime import date
from pathlib import Path

import polars as pl

from features.identity.evidence import Evidence, IdentityRules
from features.identity.links import account_pairs, identifier_links
from features.identity.resolve import resolve_identities
from retail_brain.dataset import Dataset
from retail_brain.tables import TABLES

AS_OF = date(2026, 2, 28)
SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"
CERTAIN = Evidence(0.999, 0.0001)
WAYS = {
    "learned weights (default)": IdentityRules(),
    "set weights": IdentityRules(learn=False),
    "set weights, identifiers only": IdentityRules(learn=False, attributes={}),
    "anything shared joins": IdentityRules(
        learn=False, attributes={}, evidence={}, unknown=CERTAIN, prior=0.999999, max_customers=10**6, strong=()
    ),
}


def pairs(frame: pl.DataFrame, key: str) -> pl.DataFrame:
    side = frame.drop_nulls(key).select("id", pl.col(key).alias("key"))
    return side.join(side, on="key", suffix="_2").filter(pl.col("id") < pl.col("id_2")).select("id", "id_2")


def score(entities: pl.DataFrame) -> dict[str, float]:
    true, found = pairs(entities, "true"), pairs(entities, "mine")
    right = true.join(found, on=["id", "id_2"]).height
    return {"found": found.height, "precision": round(right / found.height, 3), "recall": round(right / true.height, 3)}


def main() -> None:
    dataset = Dataset.from_frames(
        {path.stem: pl.scan_parquet(path) for path in SAMPLE.glob("*.parquet") if path.stem in TABLES}
    )
    key = ["id_type", "id_value"]
    persons = pl.read_parquet(SAMPLE / "truth" / "persons.parquet").select(
        pl.lit("customer_id").alias("id_type"),
        pl.col("customer_id").alias("id_value"),
        pl.col("person_id").alias("true"),
    )
    owners = pl.read_parquet(SAMPLE / "truth" / "identity_owners.parquet").rename({"person_id": "true"})
    true = pl.concat([persons, owners.select(persons.columns)]).with_columns(
        pl.concat_str(key, separator="=").alias("id")
    )
    for name, rules in WAYS.items():
        table = resolve_identities(dataset, AS_OF, rules).collect()
        mine = true.join(table.select(*key, pl.col("person_id").alias("mine")), on=key)
        customers = mine.filter(pl.col("id_type") == "customer_id")
        report = {"way": name, "customers": score(customers), "customers_and_identifiers": score(mine)}
        sys.stdout.write(json.dumps(report) + "\n")
    accounts = identifier_links(dataset, AS_OF).drop_nulls("customer_id")
    candidates = account_pairs(accounts, IdentityRules().max_customers).select(id="left", id_2="right").unique()
    duplicates = pairs(persons.with_columns(id="id_value"), "true")
    reach = duplicates.join(candidates, on=["id", "id_2"]).height
    sys.stdout.write(json.dumps({"true customer pairs": duplicates.height, "that share an identifier": reach}) + "\n")


if __name__ == "__main__":
    main()
