"""Resolves identities: one person id across cards, phones, devices and openids.

Accounts (customer ids) that share an identifier are candidate pairs. Each pair gets a probability of being one person
after Fellegi and Sunter (1969): every type of identifier that both have multiplies the odds, up where they agree, down
where they differ. Pairs above `min_probability` are joined and connected components are persons, with three guards:

* an identifier on more than `max_customers` accounts (a family's tablet, a shop's terminal) joins nobody;
* accounts that differ on a strong identifier (phone, e-mail ...) and agree on none are never joined by a weak one; a
  card is none of these, for a person's second account has a card of its own;
* neither are two groups of accounts, so a chain of weak links cannot join unrelated people.

What somebody decided by hand goes before all of these: accounts that were joined are one person whatever they differ
in, and accounts that are kept apart are never one, not through others either.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from features.identity.evidence import IdentityRules, learn_evidence, score_pairs
from features.identity.links import account_pairs, attribute_pairs, identifier_links, in_one_form
from features.windows import ratio
from retail_brain.dataset import Dataset, IdentityLink

CUSTOMER: Final = "customer_id"
_BY_HAND: Final = "by hand"
"""What accounts share that somebody joined."""


def resolve_identities(
    dataset: Dataset, as_of: date, rules: IdentityRules | None = None, *, with_splits: bool = True
) -> pl.LazyFrame:
    """One row per identifier or customer id: person_id, confidence (0 to 1) and reason.

    A person's id is the smallest customer id among their accounts, or `TYPE:VALUE` for an identifier without an
    account. `person_id` is null for an identifier that several persons use about equally. Customers who share no
    identifier are persons of their own. Accounts and identifiers are in memory; the cost grows with the links between
    them.

    Args:
        dataset: `identities`, `events` and `customers` are used, whichever exist.
        as_of: last visible day; identifiers first seen and events after it are ignored.
        rules: thresholds and weights.
        with_splits: whether accounts that are kept apart by hand are so here; False for whoever asks about consent,
            where in doubt the refusal of either closes both.
    """
    rules = rules or IdentityRules()
    links = identifier_links(dataset, as_of)
    accounts = in_one_form(links.filter(pl.col("customer_id").is_not_null()), dataset)
    compared = account_pairs(accounts, rules.max_customers)
    shared = compared.filter(pl.col("agrees") | ~pl.col("id_type").is_in(rules.several))
    customers = dataset.at(as_of).scan_or_empty("customers")
    pairs = pl.concat([shared, attribute_pairs(shared, customers, sorted(rules.attributes))])
    if rules.learn:
        rules = learn_evidence(pairs, rules)
    joined = score_pairs(pairs, rules).filter(pl.col("probability") >= rules.min_probability)
    joined = joined.filter(~pl.col("conflict") | pl.col("agrees_strongly"))
    by_hand = _ByHand.of(dataset.identity_links, with_splits=with_splits)
    joined = by_hand.applied(joined.select("left", "right", "shared", "probability"))
    persons = _components(joined, accounts, rules, by_hand)
    table = pl.concat([_customer_rows(persons, joined, by_hand), _identifier_rows(links, persons, rules)])
    return table.sort("id_type", "id_value").lazy()


@dataclass(frozen=True)
class _ByHand:
    """Pairs of accounts that somebody joined, and that somebody keeps apart."""

    joined: tuple[tuple[str, str], ...] = ()
    apart: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, links: Sequence[IdentityLink], *, with_splits: bool) -> "_ByHand":
        pairs = {kind: tuple((one.left, one.right) for one in links if one.kind == kind) for kind in ("merge", "split")}
        return cls(pairs["merge"], pairs["split"] if with_splits else ())

    @property
    def accounts(self) -> list[str]:
        """Every account named, whether it has an identifier or not."""
        return sorted({name for pair in self.joined for name in pair})

    def applied(self, joined: pl.DataFrame) -> pl.DataFrame:
        """The links with those by hand, and without those between accounts that are kept apart."""
        known = {"left": pl.String, "right": pl.String}
        apart = pl.DataFrame(list(self.apart), schema=known, orient="row")
        made = pl.DataFrame(list(self.joined), schema=known, orient="row")
        others = joined.join(pl.concat([apart, made]), on=["left", "right"], how="anti")
        made = made.with_columns(shared=pl.lit(_BY_HAND), probability=pl.lit(1.0)).cast(joined.schema)
        return pl.concat([others, made])

    def keeps_apart(self, group: Mapping[str, str], a: str, b: str) -> bool:
        """Whether two groups of accounts, named by `group`, hold accounts that are kept apart."""
        return any({group.get(left, left), group.get(right, right)} == {a, b} for left, right in self.apart)


def _components(joined: pl.DataFrame, accounts: pl.DataFrame, rules: IdentityRules, by_hand: _ByHand) -> pl.DataFrame:
    """One row per account: its person, the smallest account of its component."""
    named = pl.Series(by_hand.accounts, dtype=pl.String)
    names = pl.concat([accounts["customer_id"], named.alias("customer_id")]).unique().sort()
    node = pl.DataFrame({"customer_id": names}).with_row_index("node")
    edges = joined.join(node.rename({"customer_id": "left", "node": "a"}), on="left").join(
        node.rename({"customer_id": "right", "node": "b"}), on="right"
    )
    labels = _label(edges, len(names))
    # two accounts cannot be a chain; only larger components need the slow check below
    sizes = np.bincount(labels, minlength=1)
    doubtful = edges.filter(pl.Series(sizes[labels[edges["a"].to_numpy()]] > 2, dtype=pl.Boolean))
    if doubtful.height:
        consistent = _without_conflicts(doubtful, accounts, rules, by_hand)
        edges = edges.join(doubtful, on=["left", "right"], how="anti").vstack(consistent.select(edges.columns))
        labels = _label(edges, len(names))
    return node.with_columns(pl.Series("component", labels)).select(
        "customer_id",
        pl.col("customer_id").min().over("component").alias("person_id"),
        pl.len().over("component").alias("accounts"),
    )


def _label(edges: pl.DataFrame, nodes: int) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    a, b = edges["a"].to_numpy(), edges["b"].to_numpy()
    # the weights are not read, so one byte per edge is enough
    graph = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(nodes, nodes))
    labels: np.ndarray[tuple[int], np.dtype[np.int32]] = connected_components(graph, directed=False)[1]
    return labels


def _without_conflicts(
    edges: pl.DataFrame, accounts: pl.DataFrame, rules: IdentityRules, by_hand: _ByHand
) -> pl.DataFrame:
    """Edges without those that would join groups with conflicting strong identifiers, or kept apart by hand.

    Those by hand come first, then the most probable.
    """
    strong = [t for t in accounts["id_type"].unique() if rules.is_strong(t) and t not in rules.several]
    customers = pl.concat([edges["left"], edges["right"]]).unique()
    values: dict[str, dict[str, set[str]]] = {name: {} for name in customers}
    identifiers = accounts.filter(pl.col("customer_id").is_in(customers.implode()) & pl.col("id_type").is_in(strong))
    for customer, kind, value in identifiers.select("customer_id", "id_type", "id_value").iter_rows():
        values[customer].setdefault(kind, set()).add(value)
    group = {name: name for name in customers}
    members = {name: [name] for name in customers}
    is_kept: list[bool] = []
    # ties by name: which edge comes first decides who is joined, and equal data must give equal persons
    is_made = pl.col("shared") == _BY_HAND
    ordered = edges.sort(is_made, "probability", "left", "right", descending=[True, True, False, False])
    for left, right, is_by_hand in ordered.select("left", "right", is_made.alias("made")).iter_rows():
        a, b = group[left], group[right]
        fits = a == b or ((is_by_hand or not _conflict(values[a], values[b])) and not by_hand.keeps_apart(group, a, b))
        is_kept.append(fits)
        if fits and a != b:
            for kind, others in values[b].items():
                values[a].setdefault(kind, set()).update(others)
            for name in members[b]:
                group[name] = a
            members[a] += members.pop(b)
    return ordered.filter(pl.Series(is_kept, dtype=pl.Boolean))


def _conflict(a: Mapping[str, set[str]], b: Mapping[str, set[str]]) -> bool:
    common = a.keys() & b.keys()
    return bool(common) and all(a[kind].isdisjoint(b[kind]) for kind in common)


def _customer_rows(persons: pl.DataFrame, joined: pl.DataFrame, by_hand: _ByHand) -> pl.DataFrame:
    """One row per account."""
    ends = [
        joined.select(pl.col(end).alias("customer_id"), pl.col(away).alias("with"), "shared", "probability")
        for end, away in (("left", "right"), ("right", "left"))
    ]
    person = persons.select(pl.col("customer_id").alias("with"), pl.col("person_id").alias("other_person"))
    best = (
        pl.concat(ends)
        .join(persons, on="customer_id")
        .join(person, on="with")
        # a link that a conflict undid is no reason for the person that came out
        .filter(pl.col("person_id") == pl.col("other_person"))
        .sort(["customer_id", "probability", "with"], descending=[False, True, False])
        .group_by("customer_id", maintain_order=True)
        .agg(pl.col("with", "shared", "probability").first())
    )
    others: dict[str, list[str]] = {}
    for left, right in by_hand.apart:
        others.setdefault(left, []).append(right)
        others.setdefault(right, []).append(left)
    apart = {name: f"; kept apart by hand from {', '.join(sorted(listed))}" for name, listed in others.items()}
    note = pl.col("customer_id").replace_strict(apart, default="", return_dtype=pl.String) if apart else pl.lit("")
    rows = persons.join(best, on="customer_id", how="left")
    reason = (
        pl.when(pl.col("shared") == _BY_HAND)
        .then(pl.format("joined by hand with {}", pl.col("with")))
        .when(pl.col("with").is_not_null())
        .then(pl.format("same {} as {}", pl.col("shared"), pl.col("with")))
        .otherwise(pl.lit("only account"))
    )
    return rows.select(
        pl.lit(CUSTOMER).alias("id_type"),
        pl.col("customer_id").alias("id_value"),
        "person_id",
        pl.col("probability").fill_null(1.0).alias("confidence"),
        pl.concat_str(reason, note).alias("reason"),
    )


def _identifier_rows(links: pl.DataFrame, persons: pl.DataFrame, rules: IdentityRules) -> pl.DataFrame:
    """One row per identifier: its person, or null where several use it and none dominates."""
    used = (
        links.join(persons, on="customer_id", how="left")
        .group_by("id_type", "id_value", "person_id")
        .agg(pl.col("uses").sum())
        # uses without an account say nothing once an account has the identifier
        .filter(pl.col("person_id").is_not_null() | (pl.len().over("id_type", "id_value") == 1))
    )
    share = ratio(pl.col("uses"), pl.col("uses").sum().over("id_type", "id_value"))
    best = (
        used.with_columns(share.alias("share"), pl.len().over("id_type", "id_value").alias("people"))
        .sort(["id_type", "id_value", "share", "person_id"], descending=[False, False, True, False])
        .group_by("id_type", "id_value", maintain_order=True)
        .agg(pl.col("person_id", "share", "people").first())
    )
    owned, single = pl.col("person_id").is_not_null(), pl.col("people") == 1
    dominant = pl.col("share") >= rules.dominant_share
    return best.select(
        "id_type",
        "id_value",
        pl.when(owned & (single | dominant))
        .then(pl.col("person_id"))
        .when(~owned)
        .then(pl.format("{}:{}", "id_type", "id_value"))
        .alias("person_id"),
        pl.when(owned & ~single & ~dominant)
        .then(0.0)
        .when(owned)
        .then(pl.col("share"))
        .otherwise(0.5)
        .alias("confidence"),
        pl.when(~owned)
        .then(pl.lit("no account has it"))
        .when(single)
        .then(pl.lit("on this person's account"))
        .when(dominant)
        .then(pl.format("mostly used by this person ({}% of uses)", (pl.col("share") * 100).round().cast(pl.Int32)))
        .otherwise(pl.format("shared by {} people", "people"))
        .alias("reason"),
    )


def add_person_id(rows: pl.LazyFrame, identities: pl.LazyFrame) -> pl.LazyFrame:
    """Adds `person_id`: by customer id, else by `id_type` and `id_value` where the rows have these.

    Customers that the identity table lacks are persons of their own; `person_id` is null where no person is known.

    Args:
        rows: any table with `customer_id`; `id_type` and `id_value` are optional.
        identities: result of `resolve_identities`.
    """
    # most accounts are a person of the same id: leaving them out keeps the join small
    accounts = identities.filter((pl.col("id_type") == CUSTOMER) & (pl.col("id_value") != pl.col("person_id"))).select(
        pl.col("id_value").alias("customer_id"), pl.col("person_id").alias("_account_person")
    )
    with_account = rows.join(accounts, on="customer_id", how="left", maintain_order="left")
    person = pl.coalesce("_account_person", "customer_id")
    if not {"id_type", "id_value"} <= set(rows.collect_schema().names()):
        return with_account.with_columns(person.alias("person_id")).drop("_account_person")
    others = identities.filter(pl.col("id_type") != CUSTOMER).select(
        "id_type", "id_value", pl.col("person_id").alias("_identifier_person")
    )
    return (
        with_account.join(others, on=["id_type", "id_value"], how="left", maintain_order="left")
        .with_columns(pl.coalesce(person, "_identifier_person").alias("person_id"))
        .drop("_account_person", "_identifier_person")
    )
