"""A loss below the smallest unit of money is not written as a loss of nothing."""

import polars as pl
import pytest

from retail_brain.currency import Currency


@pytest.mark.parametrize(
    ("currency", "loss", "english", "chinese"),
    [
        (Currency("¥", 0), 0.4, "less than ¥1", "不到¥1"),
        (Currency("¥"), 0.004, "less than ¥0.01", "不到¥0.01"),
        (Currency("¥"), 0.006, "¥0.01", "¥0.01"),
        (Currency("¥", 0), 1234.0, "¥1,234", "¥1,234"),
    ],
)
def test_a_loss_is_never_nothing(currency: Currency, loss: float, english: str, chinese: str) -> None:
    frame = pl.DataFrame({"loss": [loss, None]}, schema={"loss": pl.Float64})
    told = [frame.select(one).to_series().to_list() for one in currency.at_least("loss")]
    assert told == [[english, None], [chinese, None]]
