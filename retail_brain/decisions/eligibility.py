"""Decides which people are eligible for an audience, and the one exclusion reason of everybody else."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from retail_brain.decisions.arrays import NO_DAY, Bools, Floats, Places, dates_of
from retail_brain.decisions.audience_request import AudienceFacts, AudienceRequest
from retail_brain.decisions.crowd import Crowd
from retail_brain.decisions.exclusions import code_names, code_number
from retail_brain.decisions.goods_on_offer import Goods, Purchases
from retail_brain.decisions.holdout import Holdout
from retail_brain.decisions.offers import KINDS, Offers, Pairs, Situation, judged_offers, within_left_over
from retail_brain.decisions.reached import Reached, reached_of
from retail_brain.decisions.uplift import UpliftScores
from retail_brain.settings import AudienceSettings


@dataclass(frozen=True)
class Assessed:
    """What may be offered to whom.

    Attributes:
        crowd: the people.
        reached: how and when they are reached.
        is_considered: whether each person is: one of the customers, or scored.
        code: of each person, the number of the reason why not; 0 for the eligible and for who is not considered.
        who: places of the persons with an open offer, each once; the following go by them.
        offers: of everybody.
        best: row of the person's best offer.
        probability: of buying any of the goods; of left-overs, of buying that one.
        purchases: of any of the goods that are expected of a person once contacted.
        caused: those of them that a contact causes.
        expected: money that these bring, less the cost of the contact; NaN where no value is known.
        is_held: who belongs to the holdout.
    """

    crowd: Crowd
    reached: Reached
    is_considered: Bools
    code: Places
    who: Places
    offers: Offers
    best: Places
    probability: Floats
    purchases: Floats
    caused: Floats
    expected: Floats
    is_held: Holdout

    def sent_on(self, entries: Places) -> Places:
        """The day on which the persons at some places of `who` are contacted, since 1970-01-01."""
        rows = self.best[entries]
        return self.reached.sent_on(self.who[entries], self.offers.pairs.due[rows], self.offers.ends[rows])


def assessed(
    pairs: Pairs, situation: Situation, request: AudienceRequest, as_of: date, settings: AudienceSettings
) -> Assessed:
    """Judges people and offers; see `assess`.

    Raises:
        ImpossibleError: the campaign is over.
    """
    crowd, facts = situation.crowd, situation.facts
    reached = reached_of(crowd, facts, request, as_of, settings)
    if situation.chosen is not None:
        pairs = pairs.take(situation.chosen[crowd.person[pairs.account]])
    offers = judged_offers(pairs, situation, request, as_of, settings)
    is_held = Holdout(crowd.first_ids, request.holdout_key, request.holdout_share)
    if facts.left_over is not None:
        offers = within_left_over(offers, crowd, reached.code == 0, is_held.one, whole_units=request.whole_units)
    is_considered = crowd.is_known.copy()
    is_considered[offers.person] = True
    if situation.chosen is not None:
        is_considered &= situation.chosen
    who, best, probability, purchases, caused, gross = _best_offers(offers)
    expected = gross - channel_costs(reached, who, request)
    code = reached.code.copy()
    code[~is_considered] = 0
    sums = (probability, purchases, caused, expected)
    found = Assessed(crowd, reached, is_considered, code, who, offers, best, *sums, is_held)
    _add_offer_codes(found)
    return found


def _add_offer_codes(found: Assessed) -> None:
    """Fills in why nothing is offered to people who may be reached."""
    offers, code, size = found.offers, found.code, len(found.code)
    own = np.full(size, code_number("no_signal"), dtype=np.int8)
    closed = np.flatnonzero(offers.code)
    if not offers.is_of_one_product:
        # why the likeliest offer cannot be made, of equal ones the first by id: the last one written stays
        closed = closed[::-1]
        closed = closed[np.argsort(offers.pairs.probability[closed], kind="stable")]
    own[offers.person[closed]] = offers.code[closed]
    own[found.who] = 0
    unworthy = found.expected <= 0  # NaN, of an unknown value, is not
    own[found.who[unworthy]] = code_number("not_worth_contact")
    ends = offers.ends[found.best]
    limited = np.flatnonzero(ends != NO_DAY)
    # the goods end before every day that the caps leave open
    if limited.size:
        late = limited[found.sent_on(limited) > ends[limited]]
        own[found.who[late]] = code_number("contacted_too_often")
    free = found.is_considered & (code == 0)
    code[free] = own[free]


def _best_offers(offers: Offers) -> tuple[Places, Places, Floats, Floats, Floats, Floats]:
    """Persons with an open offer: who, row of the best offer, and chance, purchases, caused ones and money of all."""
    rows = np.flatnonzero(offers.code == 0)
    if offers.is_of_one_product:
        # the chance is rounded as that of several goods is, so that one of them alone gives the same number
        return (
            offers.person[rows],
            rows,
            1 - (1 - offers.pairs.probability[rows]),
            offers.pairs.probability[rows],
            offers.caused[rows],
            offers.value[rows],
        )
    rows = rows[np.argsort(offers.person[rows], kind="stable")]
    person, chance = offers.person[rows], offers.pairs.probability[rows]
    caused, value = offers.caused[rows], offers.value[rows]
    is_first = np.r_[True, person[1:] != person[:-1]] if len(rows) else np.zeros(0, dtype=np.bool_)
    starts = np.flatnonzero(is_first)
    who = person[starts]
    if len(starts) == len(rows):  # nobody has several
        return who, rows, 1 - (1 - chance), chance, caused, value
    of = np.cumsum(is_first) - 1
    unknown = np.isnan(value)
    gross = np.add.reduceat(np.where(unknown, 0.0, value), starts)
    gross[np.logical_and.reduceat(unknown, starts)] = np.nan
    # goods of unknown value come last, and ids settle ties: the same data name the same product
    worth = np.where(unknown, -np.inf, value)
    is_best = worth == np.maximum.reduceat(worth, starts)[of]
    likely = np.where(is_best, chance, -1.0)
    is_best &= likely == np.maximum.reduceat(likely, starts)[of]
    product = np.where(is_best, offers.pairs.product[rows], np.iinfo(np.int64).max)
    is_best &= product == np.minimum.reduceat(product, starts)[of]
    # chance to buy any of the goods, taking the purchases as independent
    none = np.multiply.reduceat(1 - chance, starts)
    sums = (np.add.reduceat(one, starts) for one in (chance, caused))
    return who, rows[is_best], 1 - none, *sums, gross


def channel_costs(reached: Reached, person: Places, request: AudienceRequest) -> Floats | float:
    """Money for one contact with each of some persons."""
    if not request.channel_costs:
        return request.contact_cost
    known = [request.channel_costs.get(name, request.contact_cost) for name in reached.channels]
    return np.array([*known, request.contact_cost])[reached.channel[person]]


def situation_of(pairs: pl.DataFrame, facts: AudienceFacts, request: AudienceRequest) -> tuple[Situation, Pairs]:
    """People and goods of tables, and the pairs of the goods on offer."""
    inputs = (facts.customers, facts.persons)
    known = facts.memo.get(inputs, "accounts", lambda: _accounts(facts.customers["customer_id"], facts))
    scored = pairs["customer_id"].cast(pl.String).unique()
    if scored.drop_nulls().is_in(known.implode()).all():  # the same for every request on these tables
        accounts, crowd = known, facts.memo.get(inputs, "crowd", lambda: Crowd.of(known, facts))
    else:
        accounts = _accounts(pl.concat([known, scored]), facts)
        crowd = Crowd.of(accounts, facts)
    offered = pairs["product_id"].cast(pl.String).unique()
    if not request.any_goods:
        offered = offered.filter(offered.is_in(list(request.product_ids)))
    goods = Goods.of(offered.drop_nulls().sort(), facts)
    bought = None if facts.purchases is None else Purchases.of(facts.purchases, accounts, goods.ids)
    uplift = None if facts.uplift is None else UpliftScores.of(facts.uplift, accounts, goods.ids)
    return Situation(crowd, goods, bought, facts, uplift=uplift), Pairs.of(pairs, accounts, goods.ids)


def _accounts(customer_ids: pl.Series, facts: AudienceFacts) -> pl.Series:
    """Every account of the persons of some accounts, rising."""
    return facts.accounts.every_account(customer_ids).unique().sort()


def assess(
    pairs: pl.DataFrame, facts: AudienceFacts, request: AudienceRequest, as_of: date, settings: AudienceSettings
) -> pl.DataFrame:
    """One row per person considered: everyone in `facts.customers` or scored for the goods, by `person_id`.

    Columns: `person_id`, `customer_id` (the account to contact, for those who may not be reached their first one),
    `home_store_id`, `code` (null for the eligible, else why not), and for those with an open offer `product_id` (their
    best), `own_probability` (of buying that one), `probability` (of buying any of the goods; of left-overs, of buying
    that one), `purchases` (of any of the goods that are expected), `caused` (those that the contact causes),
    `expected_value` (money that these bring, less the cost of the contact; null where no value is known), `kind`,
    `due_on`, `ends_on` (last day of the goods), `reason`, `reason_zh`, `reason_code`. `held` says who belongs to the
    holdout; `channel` and `send_on` say how and when a person is
    reached, held-out ones as if they were.

    `assessed` decides, here and where answers are served: it is the one place that says who may be contacted.

    Args:
        pairs: `customer_id`, `product_id`, `probability` and perhaps `kind`, `due_on`, `reason`, `reason_zh`,
            `reason_code`.
        facts: consents, contacts, purchases, stock and values.
        request: goods, kind, channel and days of the audience.
        as_of: last visible day.
        settings: limits on contacts.

    Raises:
        ImpossibleError: the campaign is over.
    """
    situation, scored = situation_of(pairs, facts, request)
    found = assessed(scored, situation, request, as_of, settings)
    return person_rows(found, pairs, situation.goods)


def person_rows(found: Assessed, pairs: pl.DataFrame, goods: Goods) -> pl.DataFrame:
    """One row per person considered, with the columns of `assess`."""
    people = np.flatnonzero(found.is_considered)
    crowd, reached = found.crowd, found.reached
    entry = np.full(len(found.code), -1, dtype=np.int64)
    entry[found.who] = np.arange(len(found.who))
    best = open_offers(found, np.arange(len(found.who)), pairs, goods)
    return pl.DataFrame(
        {
            "person_id": crowd.persons["person_id"].gather(people),
            "customer_id": crowd.accounts.gather(reached.account[people]),
            "held": found.is_held.many(people),
            "channel": channel_names(reached, people),
            "home_store_id": _gathered(crowd.stores, crowd.home[people]),
            "code": pl.Series(code_names(found.code[people]), dtype=pl.String),
        }
    ).hstack(
        best.select(pl.all().gather(pl.Series(entry[people]).replace(-1, None)))
        if best.height
        else best.clear(len(people))
    )


def any_chances(found: Assessed) -> pl.DataFrame:
    """One row per person scored: `any_probability`, the chance to buy any of the goods, open to them or not.

    The purchases are taken as independent.
    """
    offers = found.offers
    rows = np.argsort(offers.person, kind="stable")
    person = offers.person[rows]
    starts = np.flatnonzero(np.r_[True, person[1:] != person[:-1]]) if len(rows) else rows
    none = np.multiply.reduceat(1 - offers.pairs.probability[rows], starts) if len(rows) else np.zeros(0)
    return pl.DataFrame(
        {"person_id": found.crowd.persons["person_id"].gather(person[starts]), "any_probability": 1 - none}
    )


def open_offers(found: Assessed, entries: Places, pairs: pl.DataFrame, goods: Goods) -> pl.DataFrame:
    """One row per place of `Assessed.who`: the best offer, and what all open ones of the person come to."""
    rows = found.best[entries]
    offers = found.offers
    own = offers.pairs
    texts = [
        pairs[name].gather(own.source[rows]).cast(pl.String)
        if name in pairs.columns
        else pl.Series(name, [None] * len(rows), dtype=pl.String)
        for name in ("reason", "reason_zh", "reason_code")
    ]
    return pl.DataFrame(
        {
            "product_id": goods.ids.gather(own.product[rows]),
            "kind": _gathered(pl.Series(KINDS), own.kind[rows]),
            "due_on": dates_of(own.due[rows]),
            "ends_on": dates_of(offers.ends[rows]),
            "reason": texts[0],
            "reason_zh": texts[1],
            "reason_code": texts[2],
            "own_probability": own.probability[rows],
            "probability": found.probability[entries],
            "purchases": found.purchases[entries],
            "caused": found.caused[entries],
            "expected_value": pl.Series(found.expected[entries]).fill_nan(None),
            "send_on": dates_of(found.sent_on(entries)),
        }
    )


def _gathered(values: pl.Series, places: Places) -> pl.Series:
    """Values at some places; null at -1."""
    return values.gather(pl.Series(places.astype(np.int64)).replace(-1, None))


def channel_names(reached: Reached, people: Places) -> pl.Series:
    """The channel of some persons; null where it is unknown."""
    return _gathered(pl.Series(list(reached.channels), dtype=pl.String), reached.channel[people])
