"""Order policies of other packages, and the conformance of our own."""

from datetime import date
from importlib import import_module

import pytest

from retail_brain.decisions.conformance import OrderPolicyConformance, small_plan_inputs
from retail_brain.decisions.order_policies import policy_names
from retail_brain.decisions.replenishment import suggest_orders
from retail_brain.errors import ExtensionError, UsageError
from retail_brain.outputs import DemandPaths
from retail_brain.settings import ReplenishmentSettings, parse_settings
from tests.outside_package import Install

COVER = """
    import numpy as np
    from retail_brain.decisions.order_policies import OrderPolicy

    def twice_the_mean(inputs):
        return np.maximum(2 * inputs.required.cycle_demand - inputs.required.projected, 0)

    def ragged(inputs):
        return np.full(3, np.nan)

    def failing(inputs):
        raise LookupError("no price list")

    def words(inputs):
        return ["many"] * len(inputs.on_hand)

    def writing(inputs):
        inputs.required.need[:] = 1e9
        return np.zeros(len(inputs.on_hand))

    asked = []

    def counting(inputs):
        asked.append(len(inputs.on_hand))
        return np.ones(len(inputs.on_hand))

    lookup, text, writer = (OrderPolicy(order, "Ordered", "订货") for order in (failing, words, writing))
    counter = OrderPolicy(counting, "Ordered", "订货")
    cover = OrderPolicy(twice_the_mean, "Ordered for two cycles", "按两个周期订货")
    mute = OrderPolicy(twice_the_mean, "Ordered for two cycles", " ")
    broken = OrderPolicy(ragged, "Ordered anyhow", "随意订货")
"""


def installed(install: Install, name: str, attribute: str) -> None:
    install("cover_package", COVER, {"order_policies": {name: f"cover_package:{attribute}"}})


@pytest.mark.parametrize("built_in", ["asked", "service_level", "fill_rate", "economic", "newsvendor", "reorder"])
class TestBuiltIn(OrderPolicyConformance):
    @pytest.fixture(autouse=True)
    def _choose(self, built_in: str) -> None:
        self.name = built_in


class TestCover(OrderPolicyConformance):
    name = "two_cycles"

    @pytest.fixture(autouse=True)
    def _install(self, install: Install) -> None:
        installed(install, "two_cycles", "cover")


def test_outside_policy_is_chosen_by_setting_and_says_its_reason(install: Install) -> None:
    installed(install, "two_cycles", "cover")
    settings = parse_settings({"replenishment": {"policy": "two_cycles"}}, "test").replenishment
    rows = suggest_orders(*small_plan_inputs(0.0, 1.0), date(2025, 2, 28), settings=settings)
    last = rows.row(-1, named=True)
    assert "Ordered for two cycles (" in last["reason"]
    assert "按两个周期订货（" in last["reason_zh"]
    assert "target" not in last["reason"]
    assert policy_names()[-1] == "two_cycles"


def test_policy_that_is_not_installed_is_refused_by_the_settings() -> None:
    with pytest.raises(UsageError, match=r"policy = 'two_cycles'.*wanted one of .*'reorder'.*installed packages"):
        parse_settings({"replenishment": {"policy": "two_cycles"}}, "test")


@pytest.mark.parametrize(
    ("attribute", "message"),
    [
        ("mute", "'mine' has no reason_zh"),
        ("broken", r"'mine' gave an array of the shape \(3,\) with 3 values"),
        ("twice_the_mean", "'mine' is a function"),
        ("lookup", "'mine' failed while 12 series were to be ordered: LookupError: no price list.*cover_package 1.2"),
        ("text", "'mine' failed while 12 series were to be ordered: ValueError: could not convert string"),
        ("writer", "'mine' failed while 12 series were to be ordered: ValueError: .*read-only"),
    ],
)
def test_unusable_policy_is_refused_by_name(install: Install, attribute: str, message: str) -> None:
    installed(install, "mine", attribute)
    with pytest.raises(ExtensionError, match=message):
        suggest_orders(*small_plan_inputs(0.0, 1.0), date(2025, 2, 28), settings=ReplenishmentSettings(policy="mine"))


def test_a_policy_is_not_asked_where_there_is_no_series(install: Install) -> None:
    installed(install, "mine", "counter")
    paths, terms, stock = small_plan_inputs(0.0, 1.0)
    nothing = DemandPaths(paths.series.clear(), paths.dates, paths.units[:0])
    settings = ReplenishmentSettings(policy="mine")
    for some in (nothing, paths):
        rows = suggest_orders(some, terms, stock, date(2025, 2, 28), settings=settings)
        assert rows.height == some.series.height
    assert import_module("cover_package").asked == [12]


def test_name_of_a_built_in_policy_is_refused(install: Install) -> None:
    installed(install, "economic", "cover")
    with pytest.raises(ExtensionError, match=r"declares the order policies \['economic'\], which are built in"):
        policy_names()
