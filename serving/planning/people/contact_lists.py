"""Lists of people for other systems: hashed e-mail and phone for Meta and Google, WeCom external ids, numbers for SMS.

Consents are asked again when a list is written: an audience may be older than a refusal. In doubt nobody is listed.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.decisions.consents import keep_open
from retail_brain.decisions.persons import Accounts
from retail_brain.errors import DataError, UsageError
from retail_brain.phone_numbers import normal_phone

_ID_TYPES: Final[Mapping[str, tuple[str, ...]]] = {
    "email": ("email", "e-mail", "mail", "邮箱"),
    "phone": ("phone", "mobile", "tel", "手机", "手机号", "电话"),
    "external_userid": ("external_userid", "wecom", "wecom_external_userid", "企业微信"),
}
"""Kind of identifier -> what `identities.id_type`, or a column of `customers`, calls it."""
_CHANNEL_OF = {"email": "email", "phone": "sms", "external_userid": "wechat"}
"""Kind of identifier -> channel whose consent its use needs."""
_HASHED = r"[0-9a-f]{64}"
"""A SHA-256 digest in hexadecimal: such values are passed on as they are, where digests are wanted."""
_GOOGLE_MAIL = ("gmail.com", "googlemail.com")


@dataclass(frozen=True)
class Profile:
    """What another system wants.

    Attributes:
        columns: kind of identifier -> name of its column.
        is_hashed: whether values are SHA-256 digests.
        has_plus: whether numbers begin with a plus sign before they are hashed or written.
        has_texts: whether day, product and reason of the audience go with them.
    """

    columns: Mapping[str, str]
    is_hashed: bool = False
    has_plus: bool = False
    has_texts: bool = False


_PROFILES: Final[Mapping[str, Profile]] = {
    "meta": Profile({"email": "email", "phone": "phone"}, is_hashed=True),
    "google": Profile({"email": "Email", "phone": "Phone"}, is_hashed=True, has_plus=True),
    "wecom": Profile({"external_userid": "external_userid"}, has_texts=True),
    "sms": Profile({"phone": "phone"}, has_texts=True),
}
"""After Meta's "Format your customer list" and Google's "Format your customer data file" (SHA-256, hexadecimal)."""
_TEXTS = ("send_on", "product_id", "reason")


_NONE_CLOSED = pl.DataFrame(schema={"customer_id": pl.String, "channel": pl.String})


@dataclass(frozen=True)
class ContactList:
    """A list for another system.

    Attributes:
        rows: one row per person, no value twice.
        left_out: reason -> people who are not in it.
    """

    rows: pl.DataFrame
    left_out: Mapping[str, int]


def contact_list(
    audience: pl.DataFrame,
    identifiers: pl.DataFrame,
    consents: pl.DataFrame | None,
    name: str,
    country_code: str,
    closed: pl.DataFrame = _NONE_CLOSED,
    persons: pl.DataFrame | None = None,
) -> ContactList:
    """The people of an audience as another system wants them, each person once.

    An identifier is that of the account listed, or else of another account of the same person.

    Args:
        audience: `customer_id`, and perhaps `group` (only `contact` is listed), `state` (only `planned` is listed),
            `send_on`, `product_id`, `reason`.
        identifiers: result of `identifiers_of`.
        consents: with the refusals of persons and the opt-outs; None where nobody was asked.
        name: of the profile.
        country_code: of numbers that have none, such as 86.
        closed: `customer_id` and `channel` of opt-outs, which decide where there are no consents.
        persons: `customer_id` and `person_id`; None: every customer is a person of their own.

    Raises:
        UsageError: there is no such profile, or the audience has no `customer_id`.
    """
    if name not in _PROFILES:
        raise UsageError(f"there is no profile {name!r}; wanted one of {sorted(_PROFILES)}.")
    if "customer_id" not in audience.columns:
        raise UsageError(f"the audience has no column customer_id; got {audience.columns}. Give what `audience` wrote.")
    profile = _PROFILES[name]
    accounts = Accounts.of(persons)
    audience = accounts.with_person(audience.drop("person_id", strict=False))
    is_told = pl.col("group") == "contact" if "group" in audience.columns else pl.lit(value=True)
    # lists of older versions may hold a person out under one card and contact them under another
    people = audience.join(audience.filter(~is_told), on="person_id", how="anti", maintain_order="left")
    left_out = {"held out": audience["customer_id"].n_unique() - people["customer_id"].n_unique()}
    to_come = people.filter(pl.col("state") == "planned") if "state" in people.columns else people
    left_out["withdrawn, sent or too late"] = people["customer_id"].n_unique() - to_come["customer_id"].n_unique()
    cards = to_come.unique("customer_id", maintain_order=True)
    people = cards.unique("person_id", keep="first", maintain_order=True)
    left_out["another card of somebody in the audience"] = cards.height - people.height
    of_kind = accounts.with_person(identifiers.filter(pl.col("kind").is_in(list(profile.columns))))
    found = of_kind.join(people.select("person_id", listed_card="customer_id"), on="person_id")
    allowed = _allowed(found, consents, closed)
    usable = allowed.with_columns(value=_written(allowed, profile, country_code)).drop_nulls("value")
    own_first = usable.sort(pl.col("customer_id") != pl.col("listed_card"), maintain_order=True)
    values = own_first.unique(["person_id", "kind"], keep="first", maintain_order=True).pivot(
        "kind", index="person_id", values="value"
    )
    listed = people.join(values, on="person_id", how="inner", maintain_order="left")
    for kind in profile.columns:
        if kind not in listed.columns:
            listed = listed.with_columns(pl.lit(None, dtype=pl.String).alias(kind))
    listed = listed.unique(list(profile.columns), maintain_order=True)
    with_id, with_consent = (frame["person_id"].n_unique() for frame in (found, allowed))
    left_out |= {
        "no identifier of the kind": people.height - with_id,
        "no consent to its channel": with_id - with_consent,
        "identifier cannot be used": with_consent - usable["person_id"].n_unique(),
        "identifier of somebody listed": usable["person_id"].n_unique() - listed.height,
    }
    texts = [text for text in _TEXTS if profile.has_texts and text in listed.columns]
    columns = [pl.col(kind).alias(theirs) for kind, theirs in profile.columns.items()]
    return ContactList(listed.select(*columns, *texts), {reason: count for reason, count in left_out.items() if count})


def identifiers_of(dataset: Dataset, *, needed: bool = True) -> pl.DataFrame:
    """One row per customer x kind x value: from `identities`, and columns of `customers` that are called so.

    Args:
        dataset: the lake.
        needed: whether nothing can be done where the lake has neither of these.

    Raises:
        DataError: it has neither, and they are needed.
    """
    kinds = {word: kind for kind, words in _ID_TYPES.items() for word in words}
    parts = []
    if dataset.has("identities"):
        rows = dataset.scan("identities").filter(pl.col("customer_id").is_not_null())
        kind = pl.col("id_type").str.to_lowercase().replace_strict(kinds, default=None, return_dtype=pl.String)
        parts.append(rows.select("customer_id", kind.alias("kind"), pl.col("id_value").alias("value")))
    if dataset.has("customers"):
        people = dataset.scan("customers")
        for name in people.collect_schema():
            if name.lower() in kinds:
                value = pl.col(name).cast(pl.String).alias("value")
                parts.append(people.select("customer_id", pl.lit(kinds[name.lower()]).alias("kind"), value))
    if not parts and not needed:
        return pl.DataFrame(schema=dict.fromkeys(("customer_id", "kind", "value"), pl.String))
    if not parts:
        has = f"columns {people.collect_schema().names()}" if dataset.has("customers") else "no such table"
        raise DataError(
            "nobody's e-mail, phone or id elsewhere is known: there is no table identities, and customers has "
            f"{has}; wanted identities, or a column of customers called {', '.join(kinds)}. Ingest one of them."
        )
    return pl.concat(parts).drop_nulls().unique().sort("customer_id", "kind", "value").collect()


def lake_customers(dataset: Dataset) -> pl.Series:
    """Customer ids of `customers`, `transactions` and `identities`, each once: whom the lake knows."""
    tables = [name for name in ("customers", "transactions", "identities") if dataset.has(name)]
    ids = [dataset.scan(name).select(pl.col("customer_id").cast(pl.String)) for name in tables]
    if not ids:
        return pl.Series("customer_id", [], dtype=pl.String)
    return pl.concat(ids).drop_nulls().unique().collect()["customer_id"]


def owners_of(
    given: pl.DataFrame, identifiers: pl.DataFrame, customers: pl.Series, country_code: str
) -> tuple[pl.DataFrame, int]:
    """Customers that a list of refusals names, one row each, and how many of its rows name nobody who is known.

    A customer_id that is not known is named all the same: its account may come with the next ingest.

    Args:
        given: `customer_id`, or a column named after a kind of identifier, plain or hashed as for Meta or Google.
        identifiers: result of `identifiers_of`.
        customers: ids that are known, such as those of `lake_customers`.
        country_code: of numbers that have none.

    Raises:
        UsageError: no column names anybody.
    """
    kinds = {word: kind for kind, words in _ID_TYPES.items() for word in words}
    named = [(name, kinds.get(name.strip().lower(), "")) for name in given.columns]
    named += [(name, "customer_id") for name in given.columns if name.strip().lower() == "customer_id"]
    columns = [(name, kind) for name, kind in named if kind]
    if not columns:
        raise UsageError(
            f"the file names nobody: got {given.columns}; wanted customer_id, email, phone or external_userid."
        )
    keys = _keys(identifiers, country_code)
    rows = given.with_row_index("row")
    hits = [pl.DataFrame(schema={"row": pl.UInt32, "customer_id": pl.String})]
    for name, kind in columns:
        told = rows.select("row", value=pl.col(name).cast(pl.String).str.strip_chars()).filter(pl.col("value") != "")
        if kind == "customer_id":
            hits.append(told.select("row", customer_id="value"))
            continue
        forms = told.with_columns(kind=pl.lit(kind))
        if kind == "phone":  # a list that went out with the country's code comes back with it, and without a plus
            forms = pl.concat([forms, forms.with_columns(value=pl.lit("+") + pl.col("value"))])
        own = _keys(forms, country_code)
        hits.append(own.join(keys, on=["kind", "key"]).select("row", "customer_id"))
    found = pl.concat(hits)
    known = found.filter(pl.col("customer_id").is_in(customers.implode()))
    return found.select("customer_id").unique().sort("customer_id"), given.height - known["row"].n_unique()


def _keys(rows: pl.DataFrame, country_code: str) -> pl.DataFrame:
    """The rows once per form under which a value may come back: hashed for Meta, hashed for Google, and plain."""
    profiles = (_PROFILES["meta"], _PROFILES["google"], Profile({}))
    forms = [rows.with_columns(key=_written(rows, profile, country_code)) for profile in profiles]
    return pl.concat(forms).drop_nulls("key").unique()


def _allowed(found: pl.DataFrame, consents: pl.DataFrame | None, closed: pl.DataFrame) -> pl.DataFrame:
    channel = pl.col("kind").replace_strict(_CHANNEL_OF, return_dtype=pl.String).alias("channel")
    return keep_open(found.with_columns(channel), consents, closed)


def _written(rows: pl.DataFrame, profile: Profile, country_code: str) -> pl.Series:
    """The values as the profile wants them; null where one cannot be used."""
    forms: Mapping[str, Callable[[str], str | None]] = {
        "email": lambda text: _normal_email(text, google=profile.has_plus and profile.is_hashed),
        "phone": lambda text: _normal_phone(text, country_code, plus=profile.has_plus),
        "external_userid": str.strip,
    }
    values: list[str | None] = []
    for kind, value in rows.select("kind", "value").iter_rows():
        text = value.strip()
        if re.fullmatch(_HASHED, text.lower()):
            values.append(text.lower() if profile.is_hashed or not profile.columns else None)
            continue
        plain = forms[kind](text)
        hashed = profile.is_hashed and kind != "external_userid"
        values.append(hashlib.sha256(plain.encode()).hexdigest() if plain and hashed else plain)
    return pl.Series("value", values, dtype=pl.String)


def _normal_email(text: str, *, google: bool = False) -> str | None:
    """An address in lower case without blanks; for Google without dots and `+word` of its own mail. None: no address.

    >>> _normal_email(" Jane.Doe+news@GMail.com "), _normal_email("Jane.Doe+news@gmail.com", google=True)
    ('jane.doe+news@gmail.com', 'janedoe@gmail.com')
    """
    plain = "".join(text.split()).lower()
    name, mark, domain = plain.rpartition("@")
    if not (name and mark and "." in domain):
        return None
    if google and domain in _GOOGLE_MAIL:
        name = name.partition("+")[0].replace(".", "")
    return f"{name}@{domain}"


def _normal_phone(text: str, country_code: str, *, plus: bool) -> str | None:
    """A number with the code of its country and digits alone; None where there are too few.

    >>> _normal_phone("138 0013-8000", "86", plus=False), _normal_phone("(0)30 1234567", "49", plus=True)
    ('8613800138000', '+49301234567')
    >>> _normal_phone("+1 (650) 555-0100", "86", plus=True), _normal_phone("84910000137", "84", plus=True)
    ('+16505550100', '+84910000137')
    """
    whole = normal_phone(text, country_code)
    return f"+{whole}" if whole and plus else whole
