"""Builds an audience: the ranked people to contact, the holdout, and counts of the excluded by reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import polars as pl

from retail_brain.decisions.arrays import Bools, Floats, Places
from retail_brain.decisions.attribution import list_id
from retail_brain.decisions.audience_request import AudienceFacts, AudienceRequest
from retail_brain.decisions.eligibility import (
    Assessed,
    assessed,
    channel_costs,
    channel_names,
    open_offers,
    situation_of,
)
from retail_brain.decisions.exclusions import EXCLUSION_TEXTS, code_counts
from retail_brain.decisions.offers import Pairs, Situation
from retail_brain.decisions.ranking import best_first, covered
from retail_brain.outputs import AUDIENCE, EXCLUSIONS
from retail_brain.settings import AudienceSettings

ADDED: dict[str, type[pl.DataType]] = {
    "reason_zh": pl.String,
    "person_id": pl.String,
    "attribution_id": pl.String,
    "reason_code": pl.String,
}
"""Columns of an audience after those of the contract."""
EXCLUSIONS_ADDED: dict[str, type[pl.DataType]] = {"code": pl.String, "reason_zh": pl.String}
"""Columns of exclusions after those of the contract."""


_COLUMNS: dict[str, type[pl.DataType]] = {**AUDIENCE, **ADDED}


@dataclass(frozen=True)
class Drawn:
    """An audience as arrays.

    Attributes:
        found: everybody judged.
        entries: places in `found.who` of the people listed, best first.
        held: who of them is held out.
        left_out: people left out by code, in the order of precedence.
    """

    found: Assessed
    entries: Places
    held: Bools
    left_out: Mapping[str, int]


def draw(
    pairs: Pairs, situation: Situation, request: AudienceRequest, as_of: date, settings: AudienceSettings
) -> Drawn:
    """Draws an audience as `build_audience` does.

    Raises:
        ImpossibleError: the campaign is over.
    """
    found = assessed(pairs, situation, request, as_of, settings)
    entries = np.flatnonzero(found.code[found.who] == 0)
    account = found.reached.account[found.who[entries]]
    ranked = entries[best_first(found.expected[entries], found.probability[entries], account, request.size)]
    person = found.who[ranked]
    held = found.is_held.many(person)
    counts = code_counts(found.code)
    beyond = {"beyond_size": len(entries) - len(ranked)}
    if request.budget is not None:
        costs = np.where(held, 0.0, channel_costs(found.reached, person, request))
        within = covered(costs, request.budget)
        beyond["over_budget"] = len(ranked) - within
        ranked, held = ranked[:within], held[:within]
    return Drawn(found, ranked, held, counts | {code: count for code, count in beyond.items() if count})


def build_audience(
    pairs: pl.DataFrame, facts: AudienceFacts, request: AudienceRequest, as_of: date, settings: AudienceSettings
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The audience, one row per person in rank order, and its exclusions, one row per reason.

    People are ranked by expected value (by probability where no value is known), ties by id. The holdout is drawn by
    hash from everybody alike, listed with its rank, and neither contacted nor paid for. The rows of the audience and
    the counts of the exclusions together are everybody considered. Arguments as in `eligibility.assess`.

    Raises:
        ImpossibleError: the campaign is over.
    """
    situation, scored = situation_of(pairs, facts, request)
    drawn = draw(scored, situation, request, as_of, settings)
    found, person = drawn.found, drawn.found.who[drawn.entries]
    listed = open_offers(found, drawn.entries, pairs, situation.goods).with_columns(
        found.crowd.persons["person_id"].gather(person),
        found.crowd.accounts.gather(found.reached.account[person]),
        channel_names(found.reached, person).alias("channel"),
        held=drawn.held,
    )
    return audience_rows(listed, request, as_of, facts.names), _exclusion_rows(drawn.left_out)


def audience_rows(
    listed: pl.DataFrame, request: AudienceRequest, as_of: date, names: Mapping[str, str] | None = None
) -> pl.DataFrame:
    """One row per ranked person with the columns of an audience.

    Args:
        listed: ranked people, as `eligibility.assess` gives them.
        request: the campaign.
        as_of: last visible day.
        names: product_id -> name, for the reasons.
    """
    contacted = ~pl.col("held")
    goods = listed["product_id"].to_list()
    named = [(names or {}).get(one, one) for one in goods]
    chances = (listed["probability"].to_numpy(), listed["own_probability"].to_numpy())
    held, why, why_zh = (listed[name].to_list() for name in ("held", "reason", "reason_zh"))
    in_chinese = [one if zh is None else zh for zh, one in zip(why_zh, why, strict=True)]
    frame = listed.with_columns(
        campaign_id=pl.lit(request.campaign_id, dtype=pl.String),
        attribution_id=pl.lit(list_id("audience", as_of, request.holdout_key)),
        rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int32),
        group=pl.when("held").then(pl.lit("holdout")).otherwise(pl.lit("contact")),
        channel=pl.when(contacted).then("channel"),
        send_on=pl.when(contacted).then("send_on"),
        reason=pl.Series(reason_sentences(*chances, named, why, held, "en"), dtype=pl.String),
        reason_zh=pl.Series(reason_sentences(*chances, named, in_chinese, held, "zh"), dtype=pl.String),
    )
    return frame.select(pl.col(name).cast(kind) for name, kind in _COLUMNS.items())


def reason_sentences(
    probability: Floats,
    own_probability: Floats,
    goods: Sequence[str],
    why: Sequence[str | None],
    held: Sequence[bool],
    language: Literal["en", "zh"],
) -> list[str]:
    """Why each person is listed, as a sentence.

    Args:
        probability: of buying any of the goods.
        own_probability: of buying the best of them.
        goods: name or id of the best.
        why: the reason of the scored pair; None where it has none.
        held: whether the person is held out.
        language: of the sentences.
    """
    several = (probability > own_probability + 1e-9).tolist()  # of one alone they differ by rounding
    chances, own = _percents(probability), _percents(own_probability)
    told = zip(several, chances, own, goods, why, held, strict=True)
    if language == "en":
        return [
            (f"{any_} likely to buy one of the goods, {one} to buy {name}" if many else f"{one} likely to buy {name}")
            + _ended(
                ("" if reason is None else f": {reason}")
                + (". Held out to measure the effect: do not contact" if is_held else ""),
                ".",
            )
            for many, any_, one, name, reason, is_held in told
        ]
    return [
        (f"购买其中任一商品的概率约{any_}，购买「{name}」的概率约{one}" if many else f"购买「{name}」的概率约{one}")
        + _ended(
            ("" if reason is None else f"：{reason}") + ("。留作对照以衡量效果，请勿联系" if is_held else ""), "。"
        )
        for many, any_, one, name, reason, is_held in told
    ]


def _percents(chances: Floats) -> list[str]:
    """Chances in percent with one digit, a half rounded up, 99.9 at most."""
    return [f"{one}%" for one in np.minimum(np.floor(chances * 1000 + 0.5) / 10, 99.9).tolist()]


def _ended(text: str, stop: str) -> str:
    """The rest of a sentence with its full stop, where the reason brought one with it too."""
    whole = text + stop
    for twice in (stop + stop, "." + stop):
        if twice in whole:
            return whole.replace(twice, stop, 1)
    return whole


def _exclusion_rows(counts: Mapping[str, int]) -> pl.DataFrame:
    """One row per reason that left somebody out, in the order of precedence."""
    rows = [
        {"reason": en, "customers": counts[code], "code": code, "reason_zh": zh}
        for code, (en, zh) in EXCLUSION_TEXTS.items()
        if code in counts
    ]
    return pl.DataFrame(rows, schema={**EXCLUSIONS, **EXCLUSIONS_ADDED})
