"""Builds an audience: the ranked people to contact, the holdout, and counts of the excluded by reason."""

from collections.abc import Mapping
from datetime import date

import polars as pl

from retail_brain.decisions.attribution import list_id
from retail_brain.decisions.audience_request import AudienceFacts, AudienceRequest
from retail_brain.decisions.eligibility import EXCLUSION_TEXTS, assess
from retail_brain.decisions.reach import contact_costs
from retail_brain.outputs import AUDIENCE, EXCLUSIONS
from retail_brain.settings import AudienceSettings

ADDED: dict[str, type[pl.DataType]] = {
    "reason_zh": pl.String,
    "person_id": pl.String,
    "attribution_id": pl.String,
}
"""Columns of an audience after those of the contract."""
EXCLUSIONS_ADDED: dict[str, type[pl.DataType]] = {"code": pl.String, "reason_zh": pl.String}
"""Columns of exclusions after those of the contract."""


_COLUMNS: dict[str, type[pl.DataType]] = {**AUDIENCE, **ADDED}


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
    people = assess(pairs, facts, request, as_of, settings)
    ranked = cut_to_size(rank_people(people.filter(pl.col("code").is_null())), request)
    listed = ranked.filter(pl.col("code").is_null())
    left_out = pl.concat([people["code"].drop_nulls(), ranked["code"].drop_nulls()])
    return audience_rows(listed, request, as_of, facts.names), exclusion_rows(left_out)


def rank_people(people: pl.DataFrame) -> pl.DataFrame:
    """People by expected value, then probability, best first; ties by id."""
    value = pl.col("expected_value").fill_null(float("-inf"))
    return people.sort(value, "probability", "customer_id", descending=[True, True, False])


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
    chance, own = (
        pl.min_horizontal((pl.col(name) * 100).round(1), 99.9).cast(pl.String) + "%"
        for name in ("probability", "own_probability")
    )
    several = pl.col("probability") > pl.col("own_probability") + 1e-9  # of one alone they differ by rounding
    goods = pl.col("product_id").replace(dict(names or {}))
    why, why_zh = pl.col("reason"), pl.coalesce("reason_zh", "reason")
    frame = listed.with_columns(
        campaign_id=pl.lit(request.campaign_id, dtype=pl.String),
        attribution_id=pl.lit(list_id("audience", as_of, request.holdout_key)),
        rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int32),
        group=pl.when("held").then(pl.lit("holdout")).otherwise(pl.lit("contact")),
        channel=pl.when(contacted).then("channel"),
        send_on=pl.when(contacted).then("send_on"),
        reason=pl.concat_str(
            pl.when(several)
            .then(pl.format("{} likely to buy one of the goods, {} to buy {}", chance, own, goods))
            .otherwise(pl.format("{} likely to buy {}", own, goods)),
            pl.when(why.is_not_null()).then(pl.format(": {}", why)).otherwise(pl.lit("")),
            pl.when("held").then(pl.lit(". Held out to measure the effect: do not contact")).otherwise(pl.lit("")),
            pl.lit("."),
        ),
        reason_zh=pl.concat_str(
            pl.when(several)
            .then(pl.format("购买其中任一商品的概率约{}，购买「{}」的概率约{}", chance, goods, own))
            .otherwise(pl.format("购买「{}」的概率约{}", goods, own)),
            pl.when(why_zh.is_not_null()).then(pl.format("：{}", why_zh)).otherwise(pl.lit("")),
            pl.when("held").then(pl.lit("。留作对照以衡量效果，请勿联系")).otherwise(pl.lit("")),
            pl.lit("。"),
        ),
    ).with_columns(pl.col("reason").str.replace(r"\.\.", "."), pl.col("reason_zh").str.replace(r"[。.]。", "。"))
    return frame.select(pl.col(name).cast(kind) for name, kind in _COLUMNS.items())


def exclusion_rows(codes: pl.Series) -> pl.DataFrame:
    """One row per reason that left somebody out, in the order of precedence."""
    counts = dict(codes.value_counts(name="customers").iter_rows())
    rows = [
        {"reason": en, "customers": counts[code], "code": code, "reason_zh": zh}
        for code, (en, zh) in EXCLUSION_TEXTS.items()
        if code in counts
    ]
    return pl.DataFrame(rows, schema={**EXCLUSIONS, **EXCLUSIONS_ADDED})


def cut_to_size(ranked: pl.DataFrame, request: AudienceRequest) -> pl.DataFrame:
    """The ranked people with `code` of those beyond size or budget; held-out people are listed and cost nothing.

    The budget ends at the first contact that it does not cover.
    """
    code: pl.Expr = pl.when(pl.int_range(pl.len()) >= request.size).then(pl.lit("beyond_size"))
    if request.budget is not None:
        spent = (~pl.col("held")).cast(pl.Int64).mul(contact_costs(request)).cum_sum()
        is_spent = spent > request.budget * (1 + 1e-12)
        code = pl.coalesce(code, pl.when(is_spent).then(pl.lit("over_budget")))
    return ranked.with_columns(code=code)
