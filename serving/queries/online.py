"""What a person just did and holds in the basket, brought into the list that was scored before."""

from collections.abc import Sequence

import numpy as np

from retail_brain.operational.events import Event
from serving.answers.arrays import Array
from serving.answers.folder import Answers
from serving.answers.pairs import KINDS, Pairs
from serving.queries.ranking import Ranking

_INTEREST = {"view": 0.05, "scan": 0.08, "click": 0.08, "share": 0.1, "try_on": 0.15, "bag_add": 0.25}
_BOUGHT = ("purchase", "order")
_SHARE_OF_RELATED = 0.3
_AFTER_PURCHASE = 0.1


def adjust(answers: Answers, pairs: Pairs, rows: Array, events: Sequence[Event], basket: Sequence[str]) -> Ranking:
    """The person's goods ranked anew, best first.

    Goods just looked at, and goods like or beside them, gain probability; goods just bought lose it; what lies in the
    basket brings in what goes with it.
    """
    before = Ranking(
        product=pairs.product[rows],
        score=pairs.numbers[rows, 0],
        probability=pairs.numbers[rows, 1],
        kind=pairs.codes[rows, 0],
        due=pairs.codes[rows, 1],
        reason=pairs.reasons(rows),
    )
    if not events and not basket:
        return before
    gained, bought = _signals(answers, events, basket)
    return _merged(before, gained, bought)


def _signals(answers: Answers, events: Sequence[Event], basket: Sequence[str]) -> tuple[dict[int, float], set[int]]:
    gained: dict[int, float] = {}
    bought: set[int] = set()
    for event in events:
        product = answers.products.find(event.product_id) if event.product_id else -1
        if product >= 0 and event.event_type in _BOUGHT:
            bought.add(product)
        elif product >= 0:
            _gain(gained, product, _INTEREST.get(event.event_type, 0.0))
            _gain_related(answers, gained, product, _INTEREST.get(event.event_type, 0.0))
    for product_id in basket:
        product = answers.products.find(product_id)
        if product >= 0:
            _gain_related(answers, gained, product, 0.25)
    return gained, bought


def _gain(gained: dict[int, float], product: int, gain: float) -> None:
    gained[product] = 1 - (1 - gained.get(product, 0.0)) * (1 - gain)


def _gain_related(answers: Answers, gained: dict[int, float], product: int, gain: float) -> None:
    for lists in (answers.similar, answers.complements):
        if lists is None:
            continue
        related, scores = lists.get(product)
        top = float(scores[0]) if len(scores) else 1.0
        for other, score in zip(related[:10].tolist(), scores[:10].tolist(), strict=True):
            _gain(gained, other, gain * _SHARE_OF_RELATED * score / top if top > 0 else 0.0)


def _merged(before: Ranking, gained: dict[int, float], bought: set[int]) -> Ranking:
    known = set(before.product.tolist())
    fresh = np.array([product for product in gained if product not in known and gained[product] > 0], dtype=np.int64)
    product = np.concatenate([before.product, fresh])
    base = np.concatenate([before.probability.astype(np.float64), np.zeros(len(fresh))])
    gain = np.array([gained.get(one, 0.0) for one in product.tolist()])
    loss = np.array([_AFTER_PURCHASE if one in bought else 1.0 for one in product.tolist()])
    probability = (1 - (1 - base) * (1 - gain)) * loss
    order = np.argsort(-probability, kind="stable")
    reasons = before.reason + ["goes with what was just looked at or put in the basket"] * len(fresh)
    return Ranking(
        product=product,
        score=probability,
        probability=probability,
        kind=np.concatenate([before.kind, np.full(len(fresh), KINDS.index("explore"))]),
        due=np.concatenate([before.due, np.full(len(fresh), np.iinfo(np.int32).min)]),
        reason=reasons,
    ).take(order)
