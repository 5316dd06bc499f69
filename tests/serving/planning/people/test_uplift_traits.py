"""Traits that the settings name for uplift and `customers` has not are said."""

import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.settings import CampaignSettings, Settings
from serving.planning.people.uplift import learned


def test_a_trait_that_is_no_column_is_said() -> None:
    customers = pl.DataFrame({"customer_id": ["a", "b"], "gender": ["f", "m"]})
    dataset = Dataset.from_frames({"customers": customers})
    named = Settings(campaigns=CampaignSettings(uplift_traits=("gender", "gendre")))
    found = learned(dataset, named)
    assert found.unknown_traits == ("gendre",)
    assert any("uplift_traits names gendre:" in line for line in found.lines)
    assert learned(dataset, Settings()).lines == []
