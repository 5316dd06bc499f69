"""What warehouses can send of the quantities that people decided: shared stock, first what the plan gave each line."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import polars as pl

from retail_brain.operational.suggestion_status import SuggestionStatus
from serving.store.answer_set import Answers
from serving.store.suggestions import Suggestions

Line = tuple[str, str]
"""Store and product of a line."""
_Pool = tuple[str, str]
"""Source store and product, whose stock several lines share."""
_ROUNDED_UNITS = 1e-6
"""Units by which a sum may pass the stock: numbers in files are rounded."""


@dataclass(frozen=True)
class Claim:
    """A decided quantity of a line, units, and what the plan suggested."""

    line: Line
    source: str
    suggested: float
    quantity: float


@dataclass(frozen=True)
class SourceBook:
    """Stock of the source stores that the orders of a day share, and what people decided of it.

    A line gets what the plan gave it before any line gets more; what is free beyond goes to the lines that were raised,
    in the order of their decisions. Lines of a source whose stock nobody counted get all.

    Attributes:
        pools: source store and product -> units that it may give, and units that all suggested orders take.
        claims: decided lines that a source store supplies, by line, the oldest decision first.
    """

    pools: Mapping[_Pool, tuple[float, float]]
    claims: Mapping[Line, Claim]

    @classmethod
    def of(cls, answers: Answers, suggestions: Suggestions, statuses: Iterable[SuggestionStatus]) -> "SourceBook":
        """The book of published answers and the decisions on them that count; without limits in older answers."""
        table = answers.rows.get("source_stock")
        if table is None or table.is_empty():
            return cls({}, {})
        pools = {(source, product): (free, taken) for source, product, free, taken in table.iter_rows()}
        decided = sorted((status.stored for status in statuses), key=lambda stored: stored.id)
        quantities = {(one.decision.store_id, one.decision.product_id): one.decision.quantity for one in decided}
        return cls(pools, {}).with_quantities(claims_of(answers, suggestions, quantities))

    def with_quantities(self, claims: Iterable[Claim]) -> "SourceBook":
        """The book after further decisions, which come last."""
        new = {claim.line: claim for claim in claims if (claim.source, claim.line[1]) in self.pools}
        kept = {line: claim for line, claim in self.claims.items() if line not in new}
        return replace(self, claims=kept | new)

    @cached_property
    def sent(self) -> Mapping[Line, float]:
        """Units that arrive of each decided line that gets less than its quantity."""
        of_pool: dict[_Pool, list[Claim]] = {}
        for claim in self.claims.values():
            of_pool.setdefault((claim.source, claim.line[1]), []).append(claim)
        short: dict[Line, float] = {}
        for pool, claims in of_pool.items():
            free, promised = self.pools[pool]
            given_back = sum(claim.suggested - min(claim.quantity, claim.suggested) for claim in claims)
            spare = max(free - promised + given_back, 0.0)
            for claim in claims:
                more = max(claim.quantity - claim.suggested, 0.0)
                granted = min(more, spare)
                spare -= granted
                if more > granted + _ROUNDED_UNITS:
                    short[claim.line] = min(claim.quantity, claim.suggested) + granted
        return short

    def most(self, line: Line, source: str, suggested: float) -> float:
        """Units that the source can send a line at most, decided on now; infinite where nothing limits it."""
        everything = float("inf")
        return self.with_quantities([Claim(line, source, suggested, everything)]).sent.get(line, everything)


def claims_of(answers: Answers, suggestions: Suggestions, quantities: Mapping[Line, float | None]) -> list[Claim]:
    """The claims of some lines on the stores that supply them, in their order.

    Purchases and lines that are not known claim nothing.

    Args:
        answers: of the suggestions.
        suggestions: of the answers.
        quantities: units per line; None for those suggested.
    """
    lines = pl.DataFrame(list(quantities), schema=["store_id", "product_id"], orient="row").cast(pl.String)
    rows = suggestions.find_all(answers.stores, answers.products, lines["store_id"], lines["product_id"])
    known = np.flatnonzero(rows >= 0)
    names = list(quantities)
    sources = suggestions.sources(rows[known])
    suggested = suggestions.number("order_quantity", rows[known]).tolist()
    return [
        Claim(names[place], source, units, units if asked is None else asked)
        for place, source, units in zip(known.tolist(), sources, suggested, strict=True)
        if source is not None
        for asked in [quantities[names[place]]]
    ]
