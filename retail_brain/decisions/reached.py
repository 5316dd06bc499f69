"""Who may be reached, how and when, as arrays by person: worked out once for many requests on the same facts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl

from retail_brain.decisions.arrays import NO_DAY, Bools, Places, day_number
from retail_brain.decisions.audience_request import AudienceFacts, AudienceRequest
from retail_brain.decisions.crowd import Crowd
from retail_brain.decisions.exclusions import code_number
from retail_brain.decisions.reach import BEFORE_MEMBERS, caps_of, members, reachable
from retail_brain.settings import AudienceSettings


@dataclass(frozen=True)
class Reached:
    """What `reach.reach` says of each person, but for the holdout.

    Attributes:
        code: number of the reason why a person may not be reached; 0 for those who may.
        account: place in `Crowd.accounts` of the account to contact.
        channel: place in `channels`; -1 where it is unknown.
        channels: names.
        days: days on which people may be contacted, rising, since 1970-01-01.
        open_row: row of `is_open`; -1 where every day is open.
        is_open: whether the caps leave room, by row and day.
    """

    code: Places
    account: Places
    channel: Places
    channels: Sequence[str]
    days: Places
    open_row: Places
    is_open: Bools

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        arrays = (self.code, self.account, self.channel, self.open_row, self.is_open)
        return sum(one.nbytes for one in arrays)

    @classmethod
    def of(
        cls,
        people: pl.DataFrame,
        accounts: pl.Series,
        facts: AudienceFacts,
        request: AudienceRequest,
        as_of: date,
        settings: AudienceSettings,
    ) -> "Reached":
        """Of some people; goods, the campaign and the holdout's key change nothing of it.

        Args:
            people: rows of `Crowd.persons`, which the arrays go by.
            accounts: `Crowd.accounts`.
            facts: consents, contacts made and planned, responses.
            request: its days and channels count.
            as_of: last visible day.
            settings: caps and the share of the control group.

        Raises:
            ImpossibleError: the campaign has no day left.
        """
        frame = reachable(people, facts, request, as_of, settings)
        codes = {name: code_number(name) for name in frame["reach_code"].drop_nulls().unique()}
        channels = frame["channel"].drop_nulls().unique().sort().to_list()
        listed = frame.select("open_days").filter(pl.col("open_days").is_not_null()).with_row_index("row")
        open_row = np.full(frame.height, -1, dtype=np.int32)
        open_row[frame["open_days"].is_not_null().to_numpy()] = np.arange(listed.height)
        days = np.array([day_number(day) for day in request.contact_days(as_of)])
        each = listed.explode("open_days")
        is_open = np.zeros((listed.height, len(days)), dtype=np.bool_)
        is_open[each["row"].to_numpy(), np.searchsorted(days, each["open_days"].to_physical().to_numpy())] = True
        return cls(
            code=_numbers(frame["reach_code"], codes, 0, np.int8),
            account=accounts.search_sorted(frame["customer_id"]).to_numpy().astype(np.int32),
            channel=_numbers(frame["channel"], {name: at for at, name in enumerate(channels)}, -1, np.int8),
            channels=channels,
            days=days,
            open_row=open_row,
            is_open=is_open,
        )

    def changed(self, places: Places, by: "Reached") -> "Reached":
        """The same with other people at some places.

        Args:
            places: of the people.
            by: of them, in that order, for the same days.
        """
        channels = [*self.channels, *(name for name in by.channels if name not in self.channels)]
        named = np.array([*(channels.index(name) for name in by.channels), -1], dtype=np.int8)
        code, account, channel, row = (one.copy() for one in (self.code, self.account, self.channel, self.open_row))
        code[places], account[places], channel[places] = by.code, by.account, named[by.channel]
        row[places] = np.where(by.open_row < 0, -1, by.open_row + len(self.is_open))
        return Reached(code, account, channel, channels, self.days, row, np.concatenate([self.is_open, by.is_open]))

    def sent_on(self, person: Places, due: Places, ends: Places) -> Places:
        """The day on which each of some persons is contacted, since 1970-01-01.

        The wanted day is the one before the goods are due, within the campaign and before the goods end; without a due
        date it is the first. Of the open days it is the last one up to the wanted day, or else the first after it.

        Args:
            person: places of persons who may be reached.
            due: day on which the goods are due again, or `NO_DAY`.
            ends: last day of the goods, or `NO_DAY`.
        """
        first, last = self.days[0], self.days[-1]
        until = np.maximum(np.where(ends == NO_DAY, last, np.minimum(ends, last)), first)
        wanted = np.where(due == NO_DAY, first, np.clip(due - 1, first, until))
        upto = np.searchsorted(self.days, wanted, side="right")
        sent = self.days[upto - 1]
        row = self.open_row[person]
        some = np.flatnonzero(row >= 0)
        if some.size:
            is_open = self.is_open[row[some]]
            place = np.arange(len(self.days))
            before = np.where(is_open & (place < upto[some, None]), place, -1).max(axis=1)
            sent[some] = self.days[np.where(before >= 0, before, is_open.argmax(axis=1))]
        return sent


def reached_of(
    crowd: Crowd, facts: AudienceFacts, request: AudienceRequest, as_of: date, settings: AudienceSettings
) -> Reached:
    """`Reached` of everybody, remembered with the facts, and with who was contacted in the campaign before.

    Raises:
        ImpossibleError: the campaign has no day left.
    """
    caps = caps_of(settings)
    limits = (caps.most, caps.window_days, tuple(sorted(caps.by_channel.items())), settings.control_share)
    asked = (request.allowed_channels, tuple(request.contact_days(as_of)), as_of)
    told_of = (crowd, facts.consents, facts.contacts, facts.responses, facts.persons)

    def of(people: pl.DataFrame, known: AudienceFacts) -> Reached:
        return Reached.of(people, crowd.accounts, known, request, as_of, settings)

    # plans and refusals change day by day and touch few: everybody else stays as the tables say
    alone = replace(facts, planned=None, opt_outs=None)
    reached = facts.memo.get(told_of, ("reached", asked, limits), lambda: of(crowd.persons, alone))
    touched = facts.memo.get((crowd, facts.planned, facts.opt_outs), "touched", lambda: _touched(crowd, facts))
    if touched.size:
        before = reached
        reached = facts.memo.get(
            (*told_of, facts.planned, facts.opt_outs),
            ("reached", asked, limits),
            lambda: before.changed(touched, of(crowd.persons[touched], facts)),
        )
    if request.campaign_id is None:
        return reached
    people = (crowd, facts.contacts, facts.persons)
    told = facts.memo.get(people, ("told", request.campaign_id), lambda: _places(crowd, members(facts, request)))
    again = told[~np.isin(reached.code[told], [code_number(name) for name in BEFORE_MEMBERS])]
    if not again.size:
        return reached
    code = reached.code.copy()
    code[again] = code_number("in_campaign")
    return replace(reached, code=code)


def _touched(crowd: Crowd, facts: AudienceFacts) -> Places:
    """Places of the persons of whom plans or refusals that came back tell."""
    tables = [table.select("customer_id") for table in (facts.planned, facts.opt_outs) if table is not None]
    none = pl.DataFrame(schema={"customer_id": pl.String})
    return _places(crowd, facts.accounts.with_person(pl.concat([none, *tables]))["person_id"])


def _places(crowd: Crowd, person_ids: pl.Series) -> Places:
    """Places of some persons, where the crowd has them."""
    return np.flatnonzero(crowd.persons["person_id"].is_in(person_ids.implode()).to_numpy())


def _numbers(column: pl.Series, numbers: dict[str, int], none: int, kind: type[np.integer]) -> Places:
    """Numbers of the texts of a column; `none` where it is null."""
    if not numbers:
        return np.full(len(column), none, dtype=kind)
    return column.replace_strict(numbers, default=none, return_dtype=pl.Int64).to_numpy().astype(kind)
