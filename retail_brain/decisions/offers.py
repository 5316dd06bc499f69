"""Judges each offer of a product to a person on arrays: whether it can be made, and the money that a contact brings.

Offers go by person: what was bought with one of their cards counts for all of them.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl

from retail_brain.decisions.arrays import NO_DAY, Bools, Floats, Places, day_number, day_numbers
from retail_brain.decisions.audience_request import AudienceFacts, AudienceRequest
from retail_brain.decisions.crowd import Crowd
from retail_brain.decisions.exclusions import code_number
from retail_brain.decisions.goods_on_offer import Goods, Purchases
from retail_brain.decisions.incremental import caused_chance
from retail_brain.decisions.told_elsewhere import HELD, TOLD, closed_offers, others_in
from retail_brain.decisions.uplift import UpliftScores, shared_out
from retail_brain.settings import AudienceSettings

KINDS = ("repeat", "explore")
"""Kinds of scored pairs by their number; -1 is none."""


@dataclass(frozen=True)
class Situation:
    """People and goods that audiences are drawn from, as arrays.

    Attributes:
        crowd: people and accounts.
        goods: on offer.
        purchases: of these accounts and goods; None: unknown, so nothing was just bought.
        facts: the tables behind.
        chosen: whether each person is asked about, such as the people of a segment; None: everybody is.
        uplift: what a contact causes for each account; None: all are moved alike, and people are ranked by response.
    """

    crowd: Crowd
    goods: Goods
    purchases: Purchases | None
    facts: AudienceFacts
    chosen: Bools | None = None
    uplift: UpliftScores | None = None


@dataclass(frozen=True)
class Pairs:
    """Scored pairs: one row per account x product with a chance above 0; rows of a product stand together.

    Attributes:
        account: places, as in `Crowd.person`.
        product: places, as in `Goods`.
        probability: of buying, up to 1.
        kind: number in `KINDS`, or -1.
        due: day on which the product is due again, or `NO_DAY`.
        source: row of the table that the pair was read from, for its reason.
    """

    account: Places
    product: Places
    probability: Floats
    kind: Places
    due: Places
    source: Places

    @classmethod
    def of(cls, pairs: pl.DataFrame, accounts: pl.Series, goods: pl.Series) -> "Pairs":
        """From rows `customer_id`, `product_id`, `probability` and perhaps `kind` and `due_on`.

        Pairs of other goods, and those without a chance above 0, are left out. Of the same pair the first row counts.

        Args:
            pairs: scored ones.
            accounts: ids that the places stand for, rising.
            goods: ids of products on offer, rising.
        """
        owner = pl.DataFrame({"customer_id": accounts.cast(pl.String)}).with_row_index("account")
        product = pl.DataFrame({"product_id": goods.cast(pl.String)}).with_row_index("product")
        kind = pl.col("kind").cast(pl.String).replace_strict({name: at for at, name in enumerate(KINDS)}, default=-1)
        chance = pl.col("probability").cast(pl.Float64).fill_nan(None).clip(0, 1)
        rows = (
            pairs.with_row_index("source")
            .with_columns(chance.alias("probability"), pl.col("customer_id", "product_id").cast(pl.String))
            .filter(pl.col("probability") > 0)
            .unique(["customer_id", "product_id"], keep="first", maintain_order=True)
            .join(owner, on="customer_id", maintain_order="left")
            .join(product, on="product_id", maintain_order="left")
            .sort("product", maintain_order=True)
            .with_columns(
                kind=kind.cast(pl.Int8) if "kind" in pairs.columns else pl.lit(-1, pl.Int8),
                due_on=pl.col("due_on") if "due_on" in pairs.columns else pl.lit(None, pl.Date),
            )
        )
        return cls(
            account=rows["account"].cast(pl.Int64).to_numpy(),
            product=rows["product"].cast(pl.Int64).to_numpy(),
            probability=rows["probability"].to_numpy(),
            kind=rows["kind"].to_numpy(),
            due=day_numbers(rows["due_on"]),
            source=rows["source"].cast(pl.Int64).to_numpy(),
        )

    def take(self, rows: Places | Bools) -> "Pairs":
        """Some of the rows."""
        return Pairs(
            self.account[rows],
            self.product[rows],
            self.probability[rows],
            self.kind[rows],
            self.due[rows],
            self.source[rows],
        )


@dataclass(frozen=True)
class Offers:
    """One row per person x product on offer; rows of a product stand together.

    Attributes:
        pairs: of the account whose score counts.
        person: places.
        code: number of the reason why the offer cannot be made, or 0.
        caused: chance that a contact causes the purchase.
        value: money of it; NaN where the product's value is not known.
        ends: last day of the goods where the person gets them, or `NO_DAY`.
        units: of left-over goods that no campaign promised.
    """

    pairs: Pairs
    person: Places
    code: Places
    caused: Floats
    value: Floats
    ends: Places
    units: Floats

    @property
    def is_of_one_product(self) -> bool:
        """Whether nobody has several offers."""
        product = self.pairs.product
        return not len(product) or bool(product[0] == product[-1])  # rows of a product stand together


def best_of_accounts(pairs: Pairs, crowd: Crowd, purchases: Purchases | None) -> Pairs:
    """The pairs with one row per person x product.

    Of several accounts' scores the one of the account that bought the product last counts: it is what the scores of the
    others do not know of. Where none bought it, the highest does.
    """
    several = np.flatnonzero(crowd.is_several[pairs.account])
    if not several.size:
        return pairs
    own = pairs.take(several)
    bought = np.full(len(several), NO_DAY, dtype=np.int32)
    if purchases is not None:
        every = np.arange(len(crowd.person))
        bought = purchases.newest(every, len(every), own.account, own.product)
    person = crowd.person[own.account]
    order = np.lexsort((own.account, -own.probability, -bought.astype(np.int64), person, own.product))
    same = (person[order][1:] == person[order][:-1]) & (own.product[order][1:] == own.product[order][:-1])
    kept = np.ones(len(pairs.account), dtype=np.bool_)
    kept[several[order[1:][same]]] = False
    return pairs.take(kept)


def judged_offers(
    pairs: Pairs, situation: Situation, request: AudienceRequest, as_of: date, settings: AudienceSettings
) -> Offers:
    """The offers that pairs make, one per person x product, each with the first reason why it cannot be made.

    Args:
        pairs: scored ones of the goods.
        situation: people and goods.
        request: its days and its kind count.
        as_of: last visible day.
        settings: days for which a purchase counts as recent.

    Raises:
        ImpossibleError: the campaign has no day left.
    """
    last, first = day_number(request.days(as_of)[1]), day_number(request.contact_days(as_of)[0])
    crowd, purchases, uplift, facts = situation.crowd, situation.purchases, situation.uplift, situation.facts
    goods = situation.goods.in_own_shop(facts, crowd.stores)
    pairs = best_of_accounts(pairs, crowd, purchases)
    person, due = crowd.person[pairs.account], pairs.due
    available, is_free, units, ends = goods.at(pairs.product, crowd.home[person])
    caused = caused_chance(pairs.probability, facts.caused_share)
    if uplift is not None:
        caused = shared_out(caused, person, pairs.account, pairs.product, uplift)
    has_due = due != NO_DAY
    until = np.where(ends == NO_DAY, last, np.minimum(ends, last))
    code = np.zeros(len(person), dtype=np.int8)

    def mark(name: str, holds: Bools) -> None:
        code[holds] = code_number(name)

    # the later ones are marked first: of several reasons the first in precedence stays
    mark("not_due", has_due & (due > until))
    if purchases is not None:
        bought = purchases.newest(crowd.person, len(crowd.persons), person, pairs.product)
        # a recent purchase does not exclude goods that are due again within the campaign
        is_recent = bought > day_number(as_of) - settings.just_bought_days
        mark("just_bought", is_recent & (~has_due | (due > until)))
    mark("too_late", (ends != NO_DAY) & ((ends < first) | (due > ends)))
    mark("promised_elsewhere", ~is_free)
    mark("no_stock", ~available)
    theirs = others_in(facts, request, as_of)
    closed = closed_offers(crowd, facts, goods.ids, person, pairs.product, theirs) if theirs.height else {}
    for name in (TOLD, HELD):
        if name in closed:
            mark(name, closed[name])
    if request.kind != "mixed":
        mark("other_kind", (pairs.kind >= 0) & (pairs.kind != KINDS.index(request.kind)))
    mark("adults_only", goods.is_for_adults[pairs.product] & ~crowd.is_adult[person])
    return Offers(pairs, person, code, caused, caused * goods.value[pairs.product], ends, units)


def within_left_over(
    offers: Offers, crowd: Crowd, may_reach: Bools, is_held: Callable[[int], bool], *, whole_units: bool = False
) -> Offers:
    """The offers with `others_told` for those that nothing is left for; a person gets one at most.

    Offers are made most valuable first, as long as the chances of the people told of a product in a shop add up to no
    more than what is left of it there: so the people told never exceed what is left divided by their chance. With
    `whole_units` they never exceed what is left.

    Args:
        offers: of left-over goods.
        crowd: the people.
        may_reach: whether each person may be contacted.
        is_held: whether the person at a place is held out: such people are told nothing, and take none of what is left.
        whole_units: whether each offer promises a whole unit rather than the chance that it is taken.
    """
    rows = np.flatnonzero((offers.code == 0) & may_reach[offers.person])
    person, product, chance = offers.person[rows], offers.pairs.product[rows], offers.pairs.probability[rows]
    value = offers.value[rows]
    order = np.lexsort((product, person, -chance, -np.where(np.isnan(value), -np.inf, value)))
    promised = np.ones_like(chance) if whole_units else chance
    columns = (rows, person, crowd.home[person], product, promised, offers.units[rows])
    expected: dict[tuple[int, int], float] = {}
    served: set[int] = set()
    made = []
    for row, who, store, what, one, left in zip(*(column[order].tolist() for column in columns), strict=True):
        taken = expected.get((store, what), 0.0)
        if who in served or taken + one > left:
            continue
        served.add(who)
        made.append(row)
        if not is_held(who):
            expected[store, what] = taken + one
    code = np.where(offers.code == 0, np.int8(code_number("others_told")), offers.code)
    code[made] = 0
    return replace(offers, code=code)
