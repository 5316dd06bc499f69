"""Conformance tests of a feature, for the test suite of whoever writes one.

```python
from features.conformance import FeatureConformance

class TestMine(FeatureConformance):
    feature = my_feature
```

pytest then runs every `test_` method on the records of a chain of two stores that comes with the class.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

import polars as pl
from polars._typing import PolarsDataType
from polars.testing import assert_frame_equal

from features.goods.options import GOODS_RECORDS
from features.person.table import PERSON_RECORDS
from features.place.table import PLACE_RECORDS
from features.protocol import KEYS, Feature
from features.registry import checked_feature, computed

AS_OF = date(2025, 6, 30)
_RECORDS = {"person": PERSON_RECORDS, "goods": GOODS_RECORDS, "series": GOODS_RECORDS, "place": PLACE_RECORDS}


class FeatureConformance:
    """What every feature must keep to. Subclasses set `feature`, an attribute or a property."""

    feature: Feature

    def test_it_declares_table_columns_labels_and_units(self) -> None:
        """A forgotten label or unit is an error."""
        assert checked_feature("tested", self.feature) is self.feature

    def test_it_gives_one_row_per_key_with_the_declared_columns_and_types(self) -> None:
        """Names, types and keys, as the feature job checks them."""
        values = self._compute(self._records())
        assert values.columns == [*KEYS[self.feature.table], *self.feature.columns]
        assert values.height > 0

    def test_every_key_is_in_the_records(self) -> None:
        """The table has no row for other keys, so what is computed of them would be lost."""
        keys = list(KEYS[self.feature.table])
        records = self._records()
        assert self._compute(records).join(records, on=keys, how="anti").is_empty()

    def test_records_after_as_of_change_nothing(self) -> None:
        """No leak."""
        later = pl.col("at").dt.date() > AS_OF
        assert_frame_equal(self._compute(self._records()), self._compute(self._records().filter(~later)))

    def test_the_order_of_records_does_not_matter(self) -> None:
        """Records are a set of rows."""
        shuffled = self._records().sample(fraction=1.0, shuffle=True, seed=3)
        assert_frame_equal(self._compute(self._records()), self._compute(shuffled), rel_tol=1e-9)

    def test_the_same_records_give_the_same_values_and_stay_as_they_were(self) -> None:
        """Deterministic, and nothing is written to the input."""
        records = self._records()
        assert_frame_equal(self._compute(records), self._compute(records))
        assert_frame_equal(records, self._records())

    def test_no_records_give_no_rows(self) -> None:
        """A bucket may be empty."""
        assert self._compute(self._records().clear()).is_empty()

    def _records(self) -> pl.DataFrame:
        return _records(_RECORDS[self.feature.table])

    def _compute(self, records: pl.DataFrame) -> pl.DataFrame:
        return computed("tested", self.feature, records.lazy(), AS_OF).sort(*KEYS[self.feature.table])


def _records(types: Mapping[str, PolarsDataType]) -> pl.DataFrame:
    """Receipt lines and stock of two stores, four products and five persons, until 20 days after `AS_OF`."""
    rows = [
        {
            "record": record,
            "at": datetime(2025, 3, 1, 9 + number % 9) + timedelta(days=number % 140),
            "transaction_id": f"T{number}",
            "store_id": f"S{number % 2}",
            "product_id": f"P{number % 4}",
            "person_id": f"C{number % 5}",
            "channel": ("store", "online")[number % 3 == 0],
            "units": float(1 + number % 3),
            "unit_price": 10.0 + number % 7,
            "on_hand": float(number % 11),
            "category": ("drinks", "bread")[number % 2],
        }
        for number in range(600)
        for record in ("line", "stock")
    ]
    frame = pl.DataFrame(rows)
    return frame.select(
        (pl.col(name) if name in frame.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in types.items()
    )
