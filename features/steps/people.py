"""Steps of identities and people."""

import polars as pl

from features.identity.resolve import resolve_identities
from features.increment.base import Base
from features.increment.touched import touched_people
from features.person.table import PersonOptions, person_features, person_state, persons_on
from features.records import person_records
from features.steps.build import Build
from features.steps.chain import Chain
from features.steps.kept_table import KeptTable, finish


def build_identities(build: Build) -> pl.LazyFrame:
    """One row per identifier or account, and its person."""
    with build.progress.step("identity") as step:
        table = build.once("identity", lambda: resolve_identities(build.dataset, build.as_of, build.options.identity))
        step.rows = build.rows["identity"] = table.select(pl.len()).collect().item()
    build.rebuilt["identity"] = build.why or "all accounts are compared each time"
    return table


def build_people(build: Build, chain: Chain, identities: pl.LazyFrame) -> None:
    """One row per person."""
    numbers, dataset, as_of = chain.numbers, build.dataset, build.as_of
    options = PersonOptions(
        numbers.of_rules(build.options.rules),
        numbers.repeat_buying,
        numbers.spending,
        numbers.rfm,
        has_consents=dataset.has("consents"),
    )
    everybody = person_records(dataset, as_of, identities, chain.products)
    if build.is_extended("person"):
        build.write_anew("person", "person_id", everybody, lambda rows: person_features(rows, as_of, options))
        return

    def touched(base: Base) -> pl.DataFrame:
        earlier = pl.scan_parquet(base.folder / "identity" / "*.parquet")
        return touched_people(base.changes, identities, earlier, options.rules, chain.other_products)

    table = KeptTable(
        "person",
        ("person_id",),
        "person_id",
        compute=lambda rows: person_state(rows, as_of, options.rules),
        touched=touched,
        records=lambda people: person_records(dataset, as_of, identities, chain.products, people),
        everything=everybody,
        staged="person",
    )
    with build.progress.step("person features") as step:
        state, step.note = table.state(build, chain.why_other_gap())
        finish(build, "person", state, lambda rows: persons_on(rows, as_of, options))
        step.rows = build.rows["person"]
