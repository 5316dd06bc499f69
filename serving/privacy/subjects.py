"""Finds the ids of one person: accounts and identifiers, from the identity table or the lake."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from features.jobs import scan_features
from retail_brain.erased_ids import CUSTOMER, Subjects
from retail_brain.errors import NotFoundError
from retail_brain.lake import scan_if_there
from retail_brain.lake.people import PEOPLE_TABLES


@dataclass(frozen=True)
class FoundPerson:
    """A person by all ids.

    Attributes:
        subjects: accounts and identifiers that are this person's alone.
        person_ids: what the identity table calls the person.
        shared: identifiers that are also others', such as a family's tablet: rows of the accounts go, the identifier
            stays the others'.
    """

    subjects: Subjects
    person_ids: tuple[str, ...]
    shared: tuple[tuple[str, str], ...] = ()


def find_person(name: str, features: Path, lake: str, options: Mapping[str, str]) -> FoundPerson:
    """The person behind a customer id, a person id, or an identifier written `TYPE:VALUE`.

    All accounts of the person are found by the identity table of the last `features`; without one the account alone,
    with the identifiers that no other account has.

    Raises:
        NotFoundError: nobody is known by it.
    """
    identity = _identity(features)
    tables = {table: rows for table in PEOPLE_TABLES if (rows := scan_if_there(lake, table, options)) is not None}
    id_type, _, id_value = name.partition(":")
    person = None
    if identity is not None:
        named = identity.filter(
            (pl.col("person_id") == name)
            | ((pl.col("id_type") == CUSTOMER) & (pl.col("id_value") == name))
            | ((pl.col("id_type") == id_type) & (pl.col("id_value") == id_value))
        )
        persons = named["person_id"].drop_nulls().unique().to_list()
        person = persons[0] if len(persons) == 1 else None
    if identity is not None and person is not None:
        own = identity.filter(pl.col("person_id") == person)
        accounts = frozenset(own.filter(pl.col("id_type") == CUSTOMER)["id_value"])
    else:
        accounts = _accounts(name, id_type, id_value, tables)
    identifiers, shared = _identifiers(accounts, tables, identity, person)
    if not accounts and id_value and person is not None:
        identifiers |= {(id_type, id_value)}
    if not accounts and not identifiers:
        raise NotFoundError(
            f"nobody is known as {name!r} in the lake. Give a customer id, a person id, or an identifier as "
            "TYPE:VALUE, such as phone:13800000000.",
            {"person": name},
        )
    persons_ids = {*([person] if person else []), *accounts, *(":".join(pair) for pair in identifiers)}
    return FoundPerson(Subjects(accounts, frozenset(identifiers)), tuple(sorted(persons_ids)), tuple(sorted(shared)))


def _identity(features: Path) -> pl.DataFrame | None:
    try:
        return scan_features(features, "identity").select("id_type", "id_value", "person_id").collect()
    except NotFoundError:
        return None


def _accounts(name: str, id_type: str, id_value: str, tables: Mapping[str, pl.LazyFrame]) -> frozenset[str]:
    """Customer ids that an id names, where no identity table knows it."""
    for rows in tables.values():
        if rows.filter(pl.col(CUSTOMER) == name).head(1).collect().height:
            return frozenset({name})
    if "identities" not in tables or not id_value:
        return frozenset()
    named = tables["identities"].filter(pl.col("id_type") == id_type, pl.col("id_value") == id_value)
    owners = named.select(CUSTOMER).drop_nulls().unique().collect()[CUSTOMER].to_list()
    return frozenset(owners) if len(owners) == 1 else frozenset()


def _identifiers(
    accounts: frozenset[str],
    tables: Mapping[str, pl.LazyFrame],
    identity: pl.DataFrame | None,
    person: str | None,
) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """Identifiers of the accounts that are theirs alone, and those that others use too."""
    parts = [
        tables[name].select("id_type", "id_value", CUSTOMER).drop_nulls(["id_type", "id_value"])
        for name in ("identities", "events")
        if name in tables
    ]
    own: set[tuple[str, str]] = set()
    shared: set[tuple[str, str]] = set()
    if parts:
        uses = pl.concat(parts).unique().collect(engine="streaming")
        theirs = pl.col(CUSTOMER).is_in(sorted(accounts))
        named = uses.filter(theirs).select("id_type", "id_value").unique()
        others = uses.filter(~theirs, pl.col(CUSTOMER).is_not_null()).select("id_type", "id_value").unique()
        own = set(named.join(others, on=["id_type", "id_value"], how="anti").iter_rows())
        shared = set(named.join(others, on=["id_type", "id_value"], how="semi").iter_rows())
    if identity is not None and person is not None:
        table = identity.filter(pl.col("person_id") == person, pl.col("id_type") != CUSTOMER)
        own |= set(table.select("id_type", "id_value").iter_rows()) - shared
    return own, shared
