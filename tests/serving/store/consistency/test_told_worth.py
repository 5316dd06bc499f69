"""What telling customers of a line of left-overs earns: the same for the advice, the audience and the campaign."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from retail_brain.operational.campaign_effects import StoredEffect
from retail_brain.settings import Settings
from retail_brain.workspace import Workspace
from serving.planning.campaigns.estimates import CausedShare
from serving.planning.campaigns.inputs import OtherPlans
from serving.planning.campaigns.plan import plan_campaign
from serving.planning.campaigns.preview import preview_of
from serving.planning.campaigns.propose import definition_for
from serving.planning.stock.settled_plan import SettledPlan
from serving.store.answer_set import Answers, map_answers
from serving.store.answers_manifest import read_manifest
from serving.store.audience_facts import facts_of
from serving.store.campaigns import PublishedSource
from serving.store.consistency.told_worth import _planned, told_worth_contradictions
from serving.store.left_over_audiences import audience_values, terms_of
from serving.store.publishing.stock_network import _valued, left_over_terms

SETTINGS = Settings()


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory, synthetic: Any) -> Answers:
    folder = synthetic.publish_synthetic(Workspace(tmp_path_factory.mktemp("told")), "first")
    published = map_answers(folder, read_manifest(folder))
    # two shops have ten units each of what their people are scored for
    left = published.rows["leftovers"].with_columns(left_over_units=pl.lit(10.0), waste_units=pl.lit(0.0))
    return replace(published, rows=published.rows | {"leftovers": left})


def valued(answers: Answers) -> pl.DataFrame:
    left = answers.rows["leftovers"].drop("audience_value")
    terms = terms_of(answers, SETTINGS.audience, SETTINGS.campaigns.assumed_caused_share)
    values = audience_values(answers, left, SETTINGS.audience, terms)
    assert values["audience_value"].sum() > 0
    return left.join(values, on=["store_id", "product_id"], how="left")


def test_the_advice_and_the_proposed_campaign_tell_the_same_people_for_the_same_money(answers: Answers) -> None:
    left = valued(answers)
    apart = _planned(answers, left.filter(pl.col("audience_value").is_not_null()), SETTINGS)
    assert apart.height
    assert apart["gap"].abs().max() == pytest.approx(0, abs=0.001)
    assert told_worth_contradictions(answers, left, SETTINGS).is_empty()


def test_a_row_that_says_another_money_is_found(answers: Answers) -> None:
    wrong = valued(answers).with_columns(pl.col("audience_value") + 1)
    found = told_worth_contradictions(answers, wrong, SETTINGS)
    assert set(found["check"]) == {"told_worth_otherwise"}
    assert found["money"].to_list() == pytest.approx([1.0] * found.height, abs=0.001)


def test_what_is_measured_between_publications_moves_none_of_them_before_the_next(answers: Answers) -> None:
    published = replace(answers, rows=answers.rows | {"left_over_terms": pl.DataFrame({"caused_share": [0.3]})})
    effect = {"is_final": True, "reading": None, "caused_share": {"value": 0.8, "error": 0.001}}
    looks = [StoredEffect("spring", date(2025, 3, 1), effect, "Li", datetime(2025, 3, 2, tzinfo=UTC))]
    left = valued(published)
    row = left.filter(pl.col("audience_value") > 0).row(0, named=True)
    source = PublishedSource(published)
    definition = definition_for(source, date(2025, 3, 1), [row["store_id"]], [row["product_id"]])
    plans = [plan_campaign(definition, "k", source, OtherPlans.none(), SETTINGS, one) for one in ((), looks)]
    assert [plan.share.value for plan in plans] == [0.3, 0.3]
    assert preview_of(plans[0]) == preview_of(plans[1])
    assert told_worth_contradictions(published, left, SETTINGS).is_empty()


def test_what_is_published_goes_by_the_share_of_the_next_campaign_not_by_the_lakes_alone(answers: Answers) -> None:
    effect = pl.DataFrame({"caused_share": [0.2], "effect_days": [14]})
    people = replace(answers, rows=answers.rows | {"facts_contact_effect": effect})
    nothing, left = pl.DataFrame(), answers.rows["leftovers"].drop("audience_value")
    plan = SettledPlan(date(2025, 3, 1), [], nothing, nothing, left)
    low, high = (_valued(plan, people, share, SETTINGS)["audience_value"].sum() for share in (0.2, 0.6))
    assert low < high


def test_what_was_never_measured_or_published_is_assumed(answers: Answers) -> None:
    bare = replace(
        answers, rows={k: v for k, v in answers.rows.items() if k not in {"facts_contact_effect", "left_over_terms"}}
    )
    assert terms_of(bare, SETTINGS.audience, 0.25).caused_share == 0.25
    told = replace(bare, rows=bare.rows | {"left_over_terms": pl.DataFrame({"caused_share": [0.4]})})
    assert terms_of(told, SETTINGS.audience, 0.25).caused_share == 0.4


def test_what_is_behind_the_share_is_published_with_it_and_older_answers_tell_the_share_alone(answers: Answers) -> None:
    told = replace(answers, rows=answers.rows | {"left_over_terms": left_over_terms(CausedShare(0.4, True, 2))})
    older = replace(answers, rows=answers.rows | {"left_over_terms": pl.DataFrame({"caused_share": [0.4]})})
    assert [
        (facts.left_over_share, facts.left_over_is_measured, facts.left_over_campaigns)
        for facts in (facts_of(one, []) for one in (told, older))
    ] == [(0.4, True, 2), (0.4, None, 0)]
