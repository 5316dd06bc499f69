"""Simulates identifiers of persons in several source systems: shared in families, recycled, or without a customer."""

import hashlib
from dataclasses import dataclass

import numpy as np
import polars as pl

from retail_brain.sample_chain.chain import Layout
from retail_brain.sample_chain.master import customer_ids, moments_of
from retail_brain.sample_chain.people import People


@dataclass(frozen=True)
class Identities:
    """The `identities` table, the true owners of each identifier, and the identifiers used in events.

    Attributes:
        table: canonical rows.
        owners: id_type, id_value, person: several rows for a value that several people use.
        handle: per record the (id_type, id_value) that its events may carry, or None.
    """

    table: pl.DataFrame
    owners: pl.DataFrame
    handle: list[tuple[str, str] | None]


def _hashed(kind: str, number: int) -> str:
    """A fixed value in the form of a hashed identifier."""
    return hashlib.sha256(f"{kind}:{number}".encode()).hexdigest()[:16]


def build_identities(chain: Layout, people: People, rng: np.random.Generator) -> Identities:
    """Draws identifiers: every record has a card, most a phone; openid and device link records of one person."""
    ids, rows, owners = customer_ids(people), [], set()
    handle: list[tuple[str, str] | None] = []
    # 2 % of the records have the phone number of another person, as recycled numbers do
    phone_of = np.where(rng.random(len(ids)) < 0.02, rng.permutation(people.person), people.person)
    family = np.where(rng.random(len(ids)) < 0.08, people.person // 2 * 2, people.person)
    for record, customer in enumerate(ids):
        person, day = int(people.person[record]), int(people.joined[record])
        second = people.online[record] == 1.0  # only the second record of a person shops online alone
        identifiers: list[tuple[str, str, str | None, str]] = [("card", _hashed("card", record), customer, "crm")]
        if rng.random() < (0.7 if second else 0.94):
            identifiers.append(
                ("phone", _hashed("phone", int(phone_of[record])), customer, "mini_program" if second else "crm")
            )
        openid, device = ("openid", _hashed("openid", person)), ("device", _hashed("device", int(family[record])))
        if second or rng.random() < 0.55:
            identifiers.append((*openid, customer if second or rng.random() < 0.8 else None, "mini_program"))
        if rng.random() < 0.5:
            identifiers.append((*device, customer if rng.random() < 0.7 else None, "app"))
        if rng.random() < 0.12:
            identifiers.append(("phone", _hashed("phone", person), None, "wifi"))
        if rng.random() < 0.15:
            identifiers.append(("email", _hashed("email", person), customer, "crm"))
        usable = [(kind, value) for kind, value, _, _ in identifiers if kind in ("openid", "device")]
        handle.append(usable[int(rng.integers(0, len(usable)))] if usable else None)
        for kind, value, holder, source in identifiers:
            seen = min(max(day + (0 if source == "crm" else int(rng.integers(0, 200))), day), chain.size.days - 1)
            rows.append((kind, value, holder, source, seen, int(rng.integers(30000, 75000))))
            owners.add((kind, value, person))
    kinds, values, holders, sources, days, seconds = zip(*rows, strict=True)
    table = pl.DataFrame(
        {
            "id_type": kinds,
            "id_value": values,
            "customer_id": list(holders),
            "source": sources,
            "first_seen": moments_of(chain.size, np.array(days), np.array(seconds)),
        },
        schema_overrides={"customer_id": pl.String},
    ).sort("id_type", "customer_id", "id_value", "source")
    who = pl.DataFrame(sorted(owners), schema=["id_type", "id_value", "person"], orient="row")
    return Identities(table, who, handle)
