"""Words the assumptions and findings of a replay for its report."""

import numpy as np

from retail_brain.settings import ReplenishmentSettings
from retail_brain.simulation.scenario import NON_PERISHABLE
from serving.planning.replay.scenario import ReplayScenario
from serving.planning.replay.tuning import ReplaySetup, Tuned


def replay_notes(
    scenario: ReplayScenario, setup: ReplaySetup, tuned: Tuned, baseline: str, *, priced: int | None
) -> list[str]:
    """Sentences on what was played and assumed, settings found, and what was left out with its count.

    Args:
        scenario: what was played.
        setup: how.
        tuned: settings found.
        baseline: policy that the others are compared with.
        priced: products whose elasticity is known from the whole record; None where prices stayed as they were.
    """
    facts, decided, axis = scenario.facts, scenario.settings.replenishment, scenario.facts.axis
    made = "a demand model, fitted on what was known then" if setup.fit is not None else "moving rates"
    every, transfers = setup.rolling.refresh(axis), setup.transfers
    anew = f"{every} {axis.period}s" if every > 1 else axis.period
    notes = [
        f"{facts.series.height:,} series over {axis.count} {axis.period}s from {axis.first}; "
        f"forecasts: {made}, anew every {anew}. Baseline: {baseline}.",
        f"Orders are placed {decided.orders_placed.replace('_', ' ')}; the policy of the settings is "
        f"`{decided.policy}`; customers take goods {decided.withdrawal}.",
        f"Tuned by replay of the {tuned.periods} {axis.period}s before: cover {tuned.cover:g} {axis.period}s (fresh "
        f"goods {tuned.fresh_cover:g}) on top of lead time and review.",
        f"Tuned likewise, by cost: {_settings_text(tuned.economic)}.",
        f"Matched to what the recorded orders served in those {axis.period}s: {_settings_text(tuned.matched)}.",
        "Cost: holding, margin and stock-out cost of units not there, cost of units past their date. The penalty of a "
        "lost unit steers orders and is not counted as a cost.",
        "All replayed policies meet the same recovered demand, opening stock with its ages, late deliveries and order "
        "days.",
        _warehouse_text(scenario),
        "Suggestions, tuned, matched and perfect orders are those of the chain's one plan: "
        + ("transfers between shops first, then orders that count them. " if transfers else "no transfers are played. ")
        + "Parameters are tuned, and the curve is drawn, on orders alone.",
        _price_text(priced),
    ]
    if facts.has_inventory:
        notes.append(
            "Recorded: sales and stock as they were; what was thrown away is worked out by ageing the recorded stock, "
            "oldest sold first, and stock that vanished beyond that counts as wasted."
        )
    else:
        notes.append("No stock was recorded: openings are lead time and review of the mean, sales are taken as demand.")
    return [*notes, *_of_periods(scenario)]


def _warehouse_text(scenario: ReplayScenario) -> str:
    """What the warehouses have to give."""
    sources = scenario.environment.sources
    if sources is None:
        return "No stock of a warehouse limits the orders."
    plan = "the plan's own orders bring for its policies, and " if scenario.restock is not None else ""
    return (
        f"{int((sources.of >= 0).sum()):,} series are supplied by {len(sources.opening):,} stocks of warehouses, which "
        f"have what was recorded at the start and what {plan}their suppliers really brought"
        f"{' for the others' if plan else ''}; what they do not have is refused."
    )


def _price_text(priced: int | None) -> str:
    """Which lower prices were played."""
    if priced is None:
        return "No markdowns are played."
    return (
        f"Markdowns that the plan advises are charged the next day while goods are left over; customers of {priced:,} "
        "products answer by the elasticity of the whole record, which the plan does not know. What lower prices cost "
        "counts."
    )


def _of_periods(scenario: ReplayScenario) -> list[str]:
    """What periods longer than a day cannot play; nothing for days."""
    facts, axis = scenario.facts, scenario.facts.axis
    if axis.period == "day":
        return []
    period, terms = axis.period, facts.terms
    often = int((np.ceil(terms.review_days) < axis.days_per_period).sum())
    fresh = int(((terms.shelf_life_days < axis.days_per_period) & (facts.life < NON_PERISHABLE)).sum())
    return [
        f"Goods that arrive within a {period} are sold from the next one on; stock is counted, and holding paid, at "
        f"the end of each {period}.",
        f"{often:,} series that may be ordered more often than once per {period} are ordered once; {fresh:,} with a "
        f"shelf life below a {period} are sold for one.",
        f"{facts.unused_counts:,} rows of inventory within the {axis.count} {period}s are not of the last day of one "
        "and are left out.",
    ]


def _settings_text(settings: ReplenishmentSettings) -> str:
    """Settings as they go into settings.toml."""
    fresh = settings.fresh_spread_factor
    text = f'policy = "{settings.policy}", spread_factor = {settings.spread_factor:g}, '
    text += "" if fresh is None else f"fresh_spread_factor = {fresh:g}, "
    return f"`{text}lost_unit_cost = {settings.lost_unit_cost:g}`"
