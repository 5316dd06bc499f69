"""Adjusts one person's ranking by the events since it was scored, with numpy only, in a fraction of a millisecond.

Goods are positions in any catalogue the caller chooses (the service maps its answer tables; batch uses the codes of
`Associations`), days are numbers since 1970-01-01. Batch ranks with `ranked`, so that an answer without live events is
the same in both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Kind = Literal["repeat", "explore", "mixed"]
Positions = npt.NDArray[np.integer]
Reals = npt.NDArray[np.floating]

_EVENT_WEIGHTS: Mapping[str, float] = {
    "view": 0.3,
    "click": 0.3,
    "scan": 0.6,
    "share": 0.6,
    "try_on": 0.8,
    "bag_add": 1.0,
}
"""Weight of each event type, 1 = laid into the bag. Chosen by judgement, not measured."""
PURCHASES = frozenset({"purchase", "buy", "order", "checkout"})
DEFAULT_GAP_DAYS = 28
"""Days between purchases where no gap is known: the label's four weeks. Chosen by judgement, not measured."""
_EVENT_PROBABILITY = 0.25
"""Probability of buying what was just laid into the bag, as far as an event raises it. Chosen by judgement, not
measured."""
_RIPPLE = 0.5
"""Share of an event's weight that goods bought along with it get. Chosen by judgement, not measured."""


@dataclass(frozen=True)
class Pairs:
    """Scored goods of one person, row i about `products[i]`; a stranger has those that are popular in the store.

    Attributes:
        products: position of the product.
        probability: of a purchase within the days of the label.
        is_repeat: bought before.
        due_day: when it is due again; negative = unknown.
        gap_days: expected days between purchases; 0 or less = unknown.
    """

    products: Positions
    probability: Reals
    is_repeat: npt.NDArray[np.bool_]
    due_day: Positions
    gap_days: Positions | None = None


@dataclass(frozen=True)
class Complements:
    """Goods that go together, as the arrays of a CSR matrix over positions (memory-mapped ones will do)."""

    indptr: Positions
    indices: Positions
    strength: Reals

    def of(self, product: int) -> tuple[Positions, Reals]:
        """Partners of a product and how strongly they go with it."""
        if not 0 <= product < self.indptr.size - 1:
            return self.indices[:0], self.strength[:0]
        part = slice(int(self.indptr[product]), int(self.indptr[product + 1]))
        return self.indices[part], self.strength[part]


@dataclass(frozen=True)
class Live:
    """Events and context of a person since the pairs were scored.

    Attributes:
        today: day of the answer.
        events: (event_type, product position, day); those of PURCHASES count as bought.
        basket: goods in the hand right now.
        exclude: goods not to be offered.
    """

    today: int
    events: Sequence[tuple[str, int, int]] = ()
    basket: Sequence[int] = ()
    exclude: Sequence[int] = ()


@dataclass(frozen=True)
class Ranked:
    """The adjusted ranking, the best first.

    Attributes:
        products: position of the product.
        probability: adjusted.
        is_repeat: bought before.
        row: row of the product in `Pairs`, -1 where the live events brought it in.
        why: index of the product whose event or presence raised it (position), -1 = the pair's own reason stands.
        event: the event type that raised the product itself, "" otherwise.
    """

    products: Positions
    probability: Reals
    is_repeat: npt.NDArray[np.bool_]
    row: Positions
    why: Positions
    event: list[str]


def ranked(
    pairs: Pairs,
    live: Live,
    complements: Complements,
    *,
    k: int | None = None,
    kind: Kind = "mixed",
    label_days: int | None = None,
) -> Ranked:
    """Ranks the person's goods after the live events.

    What was looked at rises, and with it what goes with it, with what was just bought, or with the basket; what was
    bought or lies in the basket leaves, what was bought until it is due again.

    Args:
        pairs: scored earlier.
        live: since then.
        complements: goods that go together.
        k: how many; None = all.
        kind: repeat or explore only, or both.
        label_days: hold back repeat goods that are due later than so many days from now; None holds nothing back.
    """
    lifts = _lifts(live, complements)
    if not lifts:
        return _unlifted(pairs, live, k, kind, label_days)
    row_of = {int(product): row for row, product in enumerate(pairs.products)}
    new = [product for product in lifts if product not in row_of]
    products = np.concatenate([pairs.products, np.asarray(new, dtype=np.int64)]).astype(np.int64)
    probability = np.concatenate([pairs.probability, np.zeros(len(new))]).astype(np.float64)
    row = np.concatenate([np.arange(pairs.products.size), np.full(len(new), -1)])
    is_repeat = np.concatenate([pairs.is_repeat, np.zeros(len(new), bool)])
    why, event = np.full(products.size, -1, np.int64), [""] * products.size
    row_of.update({product: place for place, product in enumerate(new, start=pairs.products.size)})
    for product, (added, seed, kind_of_event) in lifts.items():
        place = row_of[product]
        if added > probability[place] and not is_repeat[place]:
            why[place], event[place] = seed, kind_of_event
        probability[place] = 1 - (1 - probability[place]) * (1 - added)
    shown = ~np.isin(products, _withheld(pairs, live))
    if kind != "mixed":
        shown &= is_repeat == (kind == "repeat")
    if label_days is not None:
        late = pairs.due_day > live.today + label_days
        shown[: late.size] &= ~(late & (why[: late.size] < 0))
    order = np.flatnonzero(shown)
    order = order[np.lexsort((products[order], -probability[order]))][:k]
    return Ranked(
        products[order], probability[order], is_repeat[order], row[order], why[order], [event[index] for index in order]
    )


def _unlifted(pairs: Pairs, live: Live, k: int | None, kind: Kind, label_days: int | None) -> Ranked:
    """The ranking without any lift: the common case, kept free of copies."""
    shown = np.ones(pairs.products.size, bool) if kind == "mixed" else pairs.is_repeat == (kind == "repeat")
    if label_days is not None:
        shown &= pairs.due_day <= live.today + label_days
    withheld = _withheld(pairs, live)
    if withheld.size:
        shown &= ~np.isin(pairs.products, withheld)
    order = np.flatnonzero(shown)
    products, probability = pairs.products[order], pairs.probability[order].astype(np.float64)
    best = np.lexsort((products, -probability))[:k]
    order, none = order[best], np.full(best.size, -1)
    return Ranked(products[best], probability[best], pairs.is_repeat[order], order, none, [""] * best.size)


def with_pinned(best: Ranked, pairs: Pairs, live: Live, pinned: Positions, chance: Reals) -> Ranked:
    """The ranking with the pinned products that it lacks, unless they are withheld or were scored for the person.

    Args:
        best: a ranking.
        pairs: scored earlier.
        live: since then.
        pinned: positions of the products.
        chance: that a stranger buys each of them.
    """
    present = np.concatenate([best.products, pairs.products, _withheld(pairs, live)])
    lacking = ~np.isin(pinned, present)
    new = pinned[lacking].astype(np.int64)
    none = np.full(new.size, -1, np.int64)
    return Ranked(
        np.concatenate([best.products, new]),
        np.concatenate([best.probability, chance[lacking]]),
        np.concatenate([best.is_repeat, np.zeros(new.size, bool)]),
        np.concatenate([best.row, none]),
        np.concatenate([best.why, none]),
        [*best.event, *([""] * new.size)],
    )


def _lifts(live: Live, complements: Complements) -> dict[int, tuple[float, int, str]]:
    """Product -> (added probability, product that caused it, event type if it is the product itself)."""
    lifts: dict[int, tuple[float, int, str]] = {}
    for kind, product, day in live.events:
        weight = _EVENT_WEIGHTS.get(kind, 0.0) * 0.5 ** (max(live.today - day, 0) / 7)
        if kind in PURCHASES:
            _ripple(lifts, product, 0.5 ** (max(live.today - day, 0) / 7), complements)
        elif weight > 0:
            _raise(lifts, product, _EVENT_PROBABILITY * weight, product, kind)
            _ripple(lifts, product, weight, complements)
    for product in live.basket:
        _ripple(lifts, product, 1.0, complements)
    return lifts


def _ripple(lifts: dict[int, tuple[float, int, str]], product: int, weight: float, complements: Complements) -> None:
    partners, strength = complements.of(product)
    for partner, strong in zip(partners.tolist(), strength.tolist(), strict=True):
        _raise(lifts, partner, _EVENT_PROBABILITY * _RIPPLE * weight * strong, product, "")


def _raise(lifts: dict[int, tuple[float, int, str]], product: int, added: float, seed: int, kind: str) -> None:
    before = lifts.get(product)
    if before is None:
        lifts[product] = (added, seed, kind)
        return
    both = 1 - (1 - before[0]) * (1 - added)
    lifts[product] = (both, before[1], before[2]) if before[0] >= added else (both, seed, kind)


def _withheld(pairs: Pairs, live: Live) -> Positions:
    """Goods in the basket, excluded, or bought so lately that they are not due yet."""
    out = [*live.basket, *live.exclude]
    for kind, product, day in live.events:
        if kind in PURCHASES:
            rows = np.flatnonzero(pairs.products == product)
            gap = int(pairs.gap_days[rows[0]]) if rows.size and pairs.gap_days is not None else 0
            if day + (gap if gap > 0 else DEFAULT_GAP_DAYS) > live.today:
                out.append(product)
    return np.asarray(out, dtype=np.int64)
