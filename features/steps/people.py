"""Steps of identities and people."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from features.identity.resolve import CUSTOMER, resolve_identities
from features.increment.base import Base, identity_facts
from features.increment.touched import touched_people
from features.person.lifecycle import LifecycleRules
from features.person.table import (
    PersonOptions,
    longest_window,
    person_features,
    person_state,
    persons_on,
    renewed_windows,
)
from features.records import person_records
from features.steps.build import Build
from features.steps.chain import Chain
from features.steps.kept_table import KeptTable, finish


def build_identities(build: Build) -> pl.LazyFrame:
    """One row per identifier or account, and its person."""
    with build.progress.step("identity") as step:
        why, earlier = build.why, None
        if build.base is not None:
            earlier = pl.scan_parquet(build.base.folder / "identity" / "*.parquet")
            why = _why_other_identities(build, earlier)
        if why:
            build.rebuilt["identity"] = why
        kept = None if why else earlier
        table = build.once(
            "identity",
            lambda: resolve_identities(build.dataset, build.as_of, build.options.identity) if kept is None else kept,
        )
        step.rows = build.rows["identity"] = table.select(pl.len()).collect().item()
        step.note = "all" if why else "kept"
    return table


def _why_other_identities(build: Build, earlier: pl.LazyFrame) -> str:
    """Why persons may be others than in the build before: accounts or identifiers came or went; empty where none."""
    assert build.base is not None
    if build.base.identity_links != identity_facts(build.dataset):
        return "accounts were joined or parted by hand"
    changes = build.base.changes
    accounts = earlier.filter(pl.col("id_type") == CUSTOMER).select(pl.col("id_value").alias("customer_id"))
    is_linked = pl.col("customer_id").is_not_null() & pl.col("session_id").is_not_null()
    news = {
        "identities": changes.rows("identities"),
        # an event of an account alone says nothing of who is who, and a customer without an identifier is alone
        "events": changes.rows("events").filter(pl.col("id_value").is_not_null() | is_linked),
        "customers": changes.rows("customers").join(accounts, on="customer_id", how="semi"),
    }
    came = [name for name, rows in news.items() if not rows.head(1).collect().is_empty()]
    return f"accounts are compared anew, for rows of {', '.join(came)} came or went" if came else ""


@dataclass(frozen=True)
class PersonStates:
    """Records of people -> their state (`person_state`)."""

    as_of: date
    rules: LifecycleRules

    def __call__(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """The state."""
        return person_state(rows, self.as_of, self.rules)


@dataclass(frozen=True)
class PersonsOn:
    """State of people -> their features as of a day (`persons_on`)."""

    as_of: date
    options: PersonOptions

    def __call__(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """The features."""
        return persons_on(rows, self.as_of, self.options)


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
        compute=PersonStates(as_of, options.rules),
        touched=touched,
        records=lambda people: person_records(dataset, as_of, identities, chain.products, people),
        everything=everybody,
        staged="person",
        renew=lambda state, rows: renewed_windows(state, rows, as_of, options.rules),
        window=longest_window(options.rules),
    )
    with build.progress.step("person features") as step:
        state, step.note = table.state(build, chain.why_other_gap())
        finish(build, "person", state, PersonsOn(as_of, options))
        step.rows = build.rows["person"]
