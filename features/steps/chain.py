"""Step of the chain: what its buyers have in common, reference prices and classes of its goods."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import polars as pl

from features.chain_numbers import ChainNumbers
from features.increment.base import PAST_SALES, PRODUCTS
from features.increment.touched import changed_products
from features.references import past_sales, product_references, reference_day
from features.steps.build import Build
from features.windows import day


@dataclass(frozen=True)
class Chain:
    """What everybody and everything is compared with; each part is computed when it is first asked for."""

    build: Build

    @cached_property
    def since(self) -> date:
        """Day that the chain's numbers hold as of."""
        return reference_day(self.build.dataset, self.build.as_of)

    @cached_property
    def keeps_numbers(self) -> bool:
        """Whether the chain's numbers of the build before still hold: the same day, and no row up to it changed."""
        base = self.build.base
        if base is None or base.numbers.since != self.since:
            return False
        columns = {"transactions": "sold_at", "daily_sales": "date"}
        late = [
            base.changes.rows(table).filter(day(column) <= self.since).select(pl.len()).collect().item()
            for table, column in columns.items()
        ]
        return not any(late)

    @cached_property
    def numbers(self) -> ChainNumbers:
        """What buyers of the chain have in common."""
        build = self.build
        with build.progress.step("typical rhythm") as step:
            if self.keeps_numbers and build.base is not None:
                step.note = "kept"
                return build.base.numbers
            return ChainNumbers.fit(build.dataset, self.since, build.options.rules)

    @cached_property
    def products(self) -> pl.LazyFrame:
        """Reference prices and classes."""
        build = self.build
        with build.progress.step("reference prices and classes") as step:
            kept = self._before(PAST_SALES) if self.keeps_numbers else None
            past = build.once(PAST_SALES, lambda: past_sales(build.dataset, self.since) if kept is None else kept)
            table = build.once(PRODUCTS, lambda: product_references(build.dataset, build.as_of, past))
            step.rows = table.select(pl.len()).collect().item()
        for name in (PAST_SALES, PRODUCTS):
            build.checkpoints.scan(name).sink_parquet(build.state / f"{name}.parquet")
        return table

    @cached_property
    def other_products(self) -> pl.DataFrame:
        """product_id of goods that lines are compared with otherwise than in the build before."""
        return changed_products(self.products, self._before(PRODUCTS))

    def _before(self, name: str) -> pl.LazyFrame:
        return pl.scan_parquet(self.build.before(f"{name}.parquet"))

    def why_other_gap(self) -> str:
        """Why nobody's state holds: the gap between purchases that people are compared with moved; empty where not."""
        base = self.build.base
        if base is None or base.numbers.typical_gap_days == self.numbers.typical_gap_days:
            return ""
        if base.numbers.since != self.since:
            return f"the chain's typical gap moved, which is of {self.since} now"
        return f"the chain's typical gap moved: receipts up to {self.since} came late or changed"
