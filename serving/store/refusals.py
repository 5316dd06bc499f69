"""Tells a running service at once of what the lake's consents refuse since its answers were published."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

import polars as pl

from retail_brain.decisions.consents import channel_states
from retail_brain.decisions.persons import Accounts
from retail_brain.errors import ModelError
from retail_brain.lake import open_lake
from retail_brain.lake.reading import open_table, scan_table
from retail_brain.operational.database import Database
from retail_brain.operational.refusals import (
    LAKE,
    UNGRANTED,
    Refusal,
    Source,
    lake_refusals,
    note_refusals,
    plans_contacts,
    remove_refusals,
)
from retail_brain.operational.upgrade import upgrade
from retail_brain.settings import Settings
from retail_brain.table_schemas import ANY_CHANNEL, CHANNELS_OF_CONTACT
from retail_brain.workspace import Workspace
from serving.planning.people.audience_facts import persons_of
from serving.planning.people.opt_outs import stored_moment
from serving.store.answers_manifest import AnswersManifest, read_manifest
from serving.store.current_answers import current_id
from serving.store.rows import has_rows, map_rows

_CONSENTS, _PUBLISHED = "consents", "facts_consents"
"""Table of the lake, and of the answers that were made from it."""
_KEYS = ["customer_id", "channel"]


@dataclass(frozen=True)
class Told:
    """What a running service was told.

    Attributes:
        closed: channels of customers that are closed from now on.
        taken_back: contacts that were planned by them.
        reopened: channels that an earlier look closed and the lake does not any more, such as by mended rows.
        ungranted: customers with channels that nobody granted, which count as closed from the first consents on; 0
            where the answers know of consents.
    """

    closed: int = 0
    taken_back: int = 0
    reopened: int = 0
    ungranted: int = 0

    @property
    def lines(self) -> list[str]:
        """Sentences for the screen; none where nothing changed."""
        lines = []
        if self.closed:
            lines.append(f"{self.closed:,} channels are closed to the running service at once")
        if self.taken_back:
            lines.append(f"{self.taken_back:,} contacts that were planned for them are taken back")
        if self.reopened:
            lines.append(f"{self.reopened:,} channels are not refused any more: the published answers decide again")
        if self.ungranted:
            lines.append(
                f"the published answers know of no consents: what {self.ungranted:,} customers did not grant is closed "
                "to the running service at once, as only granted channels are open from now on"
            )
        return lines


def tell_refusals(workspace: Workspace, lake: str, settings: Settings, *, by: str, now: datetime) -> Told:
    """Notes in the operational database which channels the lake closes and the published answers hold open.

    What the database holds every worker sees within a second. Doing it again changes nothing; without published answers
    there is nobody to tell.

    Args:
        workspace: of the tenant.
        lake: URI of the lake that the answers are made from.
        settings: of the tenant.
        by: who brought the consents in.
        now: when.

    Raises:
        DataError: the lake cannot be read.
        UnavailableError: the database does not answer.
    """
    published = _published(workspace)
    table = open_table(lake, _CONSENTS, settings.storage_options)
    if published is None or table is None or published.versions.get(_CONSENTS) == table.version():
        return Told()
    as_of, folder = date.fromisoformat(published.as_of), workspace.answers / published.answers_id
    consents = scan_table(table, _CONSENTS, settings.storage_options)
    closed, ungranted = _closed(consents, as_of), _ungranted(consents, folder, as_of)
    new = closed.join(_closed_before(folder, as_of), on=_KEYS, how="anti", maintain_order="left")
    with closing(Database(workspace.database_url)) as database:
        upgrade(database)
        known = _known(workspace.tenant, database)
        # what is stored stays with its day, however many consents come before the next publish
        fresh = ungranted.join(known, on=_KEYS, how="anti", maintain_order="left")
        found: dict[Source, pl.DataFrame] = {LAKE: new, UNGRANTED: fresh}
        told = _note(workspace.tenant, database, found, lake, settings, by, now)
        reopened = _reopen(workspace.tenant, database, known, pl.concat([closed, ungranted]), by, now)
    return Told(*told, reopened, ungranted["customer_id"].n_unique())


def _published(workspace: Workspace) -> AnswersManifest | None:
    """The manifest of the answers in use; None where there are none."""
    try:
        name = current_id(workspace.answers)
        return None if name is None else read_manifest(workspace.answers / name)
    except ModelError:  # the service keeps older ones: it is told with the next set
        return None


def _closed(consents: pl.LazyFrame, as_of: date) -> pl.DataFrame:
    """One row per customer x channel that is closed: `customer_id`, `channel`, `changed_at`."""
    states = channel_states(consents, as_of).filter(~pl.col("granted"))
    return states.select(*_KEYS, "changed_at").sort(_KEYS).collect()


def _ungranted(consents: pl.LazyFrame, folder: Path, as_of: date) -> pl.DataFrame:
    """The same of the published people, for channels that no account of theirs was granted and none refused.

    They are closed from the first of all consents on: whatever is granted later decides against it. Nothing where the
    answers know of consents: there such channels are closed already.
    """
    empty = pl.DataFrame(schema={**dict.fromkeys(_KEYS, pl.String), "changed_at": pl.Datetime("us")})
    if has_rows(folder, _PUBLISHED) or not has_rows(folder, "facts_customers"):
        return empty
    persons = map_rows(folder, "facts_persons") if has_rows(folder, "facts_persons") else None
    accounts = Accounts.of(persons)
    people = accounts.with_person(map_rows(folder, "facts_customers").select("customer_id"))
    states = channel_states(consents, as_of).collect()
    granted = accounts.with_person(states.filter("granted")).select("person_id", "channel")
    channels = pl.DataFrame({"channel": CHANNELS_OF_CONTACT})
    open_to_nobody = people.join(channels, how="cross").join(granted, on=["person_id", "channel"], how="anti")
    closed = open_to_nobody.join(states, on=_KEYS, how="anti")
    # whoever granted nothing has one entry, of all channels
    of_all = pl.len().over("customer_id") == len(CHANNELS_OF_CONTACT)
    entries = closed.with_columns(channel=pl.when(of_all).then(pl.lit(ANY_CHANNEL)).otherwise("channel")).unique(_KEYS)
    # a table without a row closes everything as well: the day of the answers then stands for its first row
    first = consents.select(pl.col("changed_at").min()).collect().item() or datetime.combine(as_of, time.min)
    return entries.select(*_KEYS, changed_at=pl.lit(first, dtype=pl.Datetime("us"))).sort(_KEYS)


def _closed_before(folder: Path, as_of: date) -> pl.DataFrame:
    """The same as the answers know it; nothing where they know of no consents: then all are told."""
    if not has_rows(folder, _PUBLISHED):
        return pl.DataFrame(schema=dict.fromkeys(_KEYS, pl.String))
    return _closed(map_rows(folder, _PUBLISHED).lazy(), as_of)


def _note(
    tenant: str,
    database: Database,
    found: Mapping[Source, pl.DataFrame],
    lake: str,
    settings: Settings,
    by: str,
    now: datetime,
) -> tuple[int, int]:
    """How many refusals are new, and how many contacts are taken back."""
    if not any(rows.height for rows in found.values()):
        return 0, 0
    accounts: Accounts | None = None
    if plans_contacts(tenant, database):  # whose cards are whose is worked out only where something may be taken back
        dataset = open_lake(lake, settings.storage_options)
        accounts = Accounts.of(persons_of(dataset, dataset.last_day()))

    def cards(people: Sequence[str]) -> Sequence[str]:
        named = pl.Series(list(people), dtype=pl.String)
        return list(people) if accounts is None else accounts.every_account(named).to_list()

    noted, taken = 0, 0
    for source, rows in found.items():
        refusals = [Refusal(who, channel, stored_moment(at)) for who, channel, at in rows.iter_rows()]
        counts = note_refusals(tenant, database, refusals, source, by=by, now=now, cards=cards)
        noted, taken = noted + counts[0], taken + counts[1]
    return noted, taken


def _known(tenant: str, database: Database) -> pl.DataFrame:
    """What earlier looks noted: `number`, `customer_id`, `channel`."""
    rows = lake_refusals(tenant, database)
    return pl.DataFrame(rows, schema={"number": pl.Int64, **dict.fromkeys(_KEYS, pl.String)}, orient="row")


def _reopen(tenant: str, database: Database, known: pl.DataFrame, closed: pl.DataFrame, by: str, now: datetime) -> int:
    """Removes what an earlier look noted and the lake does not say any more; returns how many."""
    gone = known.join(closed, on=_KEYS, how="anti")["number"].to_list()
    remove_refusals(tenant, database, gone, by=by, now=now)
    return len(gone)
