"""Reads consents so that doubt closes: usual words are understood, and a row that cannot be read becomes a refusal."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import polars as pl

from retail_brain.ingest.checking import REASONS
from retail_brain.ingest.repeated_rows import DUPLICATE
from retail_brain.ingest.staging import Staged
from retail_brain.ingest.typing import typed
from retail_brain.lake.difference import ROW
from retail_brain.lake.layout import layout
from retail_brain.sources import ColumnFormat, RawTable
from retail_brain.table_schemas import ANY_CHANNEL, CHANNELS_OF_CONTACT
from retail_brain.tables import TABLES

CONSENTS = "consents"
CHANNEL_WORDS = {
    "sms": ("sms", "text", "text message", "text messages", "短信", "手机短信", "短消息", "문자", "문자메시지"),
    "email": ("email", "e-mail", "邮件", "电子邮件", "电子邮箱", "邮箱", "메일", "이메일"),
    "app": ("app", "app push", "app推送", "应用", "应用推送", "手机应用"),
    "wechat": ("wechat", "weixin", "微信"),
    "guide": ("guide", "导购", "导购员"),
    ANY_CHANNEL: (ANY_CHANNEL, "all", "all channels", "全部", "全部渠道", "所有", "所有渠道"),
}
ANSWER_WORDS = {
    "true": (
        *("granted", "agree", "agreed", "accept", "accepted", "subscribe", "subscribed", "on", "ok"),
        *("opt-in", "opt in", "optin", "opted in"),
        *("同意", "已同意", "接受", "允许", "订阅", "已订阅", "授权", "已授权"),
        *("si", "sí", "sì", "sim", "tak", "ano", "áno", "igen", "da", "да", "так", "evet", "kyllä", "はい", "예", "네"),
        *("có", "co", "đồng ý", "dong y", "ya", "setuju", "ใช่", "ยินยอม", "نعم", "כן", "ναι"),
    ),
    "false": (
        *("refuse", "refused", "reject", "rejected", "deny", "denied", "decline", "declined", "withdrawn", "revoked"),
        *("unsubscribe", "unsubscribed", "opt-out", "opt out", "optout", "opted out", "off", "stop"),
        *("不同意", "拒绝", "已拒绝", "拒收", "已拒收", "退订", "已退订", "取消", "已取消", "取消订阅", "取消授权"),
        *("撤回", "已撤回", "不接受", "不允许", "未同意"),
        *("não", "nao", "nie", "ne", "nem", "nu", "нет", "ні", "hayır", "ei", "nee", "nej", "nei", "いいえ", "아니오"),
        *("không", "khong", "không đồng ý", "khong dong y", "từ chối", "tu choi", "đã hủy", "hủy đăng ký"),
        *("tidak", "tidak setuju", "ไม่", "ไม่ใช่", "ไม่ยินยอม", "لا", "לא", "όχι", "οχι"),
    ),
}
"""Words that are read without a mapping; those of other languages are read here alone, where doubt closes."""
_UNDATED = "changed_at:"
_SHOWN = 10
"""Customers named in a note; the quarantine holds all of them. Chosen by judgement, not measured."""


def with_consent_words(raw: RawTable) -> RawTable:
    """The consents of a source with the usual words for channels and answers in canonical ones; others stay as found.

    >>> rows = pl.LazyFrame({"channel": [" SMS", "短信", "fax"], "granted": ["退订", "Yes", "?"]})
    >>> with_consent_words(RawTable("consents", rows, "consents.csv")).frame.collect().rows()
    [('sms', 'false'), ('sms', 'Yes'), ('fax', '?')]
    """
    schema = raw.frame.collect_schema()
    words = {"channel": CHANNEL_WORDS, "granted": _usual_answers(raw.formats.get("granted"))}
    known = [_canonical(name, terms) for name, terms in words.items() if schema.get(name) == pl.String]
    return replace(raw, frame=raw.frame.with_columns(known))


def _usual_answers(text: ColumnFormat | None) -> Mapping[str, tuple[str, ...]]:
    """The usual words for answers, but for those that a mapping gives words of its own for."""
    named = {"true": text and text.true_values, "false": text and text.false_values}
    own = {word.lower() for words in named.values() for word in words or ()}
    return {
        answer: tuple(word for word in words if word not in own)
        for answer, words in ANSWER_WORDS.items()
        if not named[answer]
    }


def _canonical(column: str, terms: Mapping[str, tuple[str, ...]]) -> pl.Expr:
    spelled = {word: ours for ours, theirs in terms.items() for word in theirs}
    plain = pl.col(column).str.strip_chars().str.normalize("NFC").str.to_lowercase()
    return pl.coalesce(plain.replace_strict(spelled, default=None, return_dtype=pl.String), column).alias(column)


def close_unreadable(staged: Staged, raw: RawTable, stored: pl.LazyFrame | None) -> Staged:
    """The consents with a refusal for every row that could not be read: an older consent must not stay in force.

    The refusal holds for the row's channel, or for all where that is not known. A row without a readable moment counts
    from the newest moment of all consents, and keeps that place when it comes again. Of a line that has no columns the
    people are refused whose ids stand in it.

    Args:
        staged: the consents; `bad` has what could not be read.
        raw: the source, for the formats of its columns.
        stored: consents of the lake; None where it has none.
    """
    key = list(layout(CONSENTS).key)
    readable = staged.rows.drop(ROW).collect()
    before = readable.clear() if stored is None else stored.select(readable.columns).collect()
    known = pl.concat([readable, before])
    unreadable = staged.bad.filter(~pl.col(REASONS).str.ends_with(DUPLICATE))
    found = pl.concat([_of_rows(unreadable, raw), _of_lines(unreadable, known["customer_id"])])
    newest = known.select(pl.col("changed_at").max()).item()
    refusals = _placed(found, before, newest).unique(key, keep="first", maintain_order=True)
    refusals = refusals.join(readable, on=key, how="anti", maintain_order="left").select(readable.columns)
    notes = (*staged.notes, *_said(found, unreadable), *_ties(readable))
    if not refusals.height:
        return replace(staged, notes=notes)
    numbered = refusals.with_row_index(ROW, readable.height + staged.read).lazy()
    return staged.with_rows(pl.concat([staged.rows, numbered]), notes=notes)


def mended(staged: Staged, stored: pl.LazyFrame) -> pl.LazyFrame:
    """Stored refusals of unreadable rows in whose place a readable row has come: same person, channel and moment."""
    place = ["customer_id", "channel", "changed_at"]
    is_readable = pl.col("problem").is_null()
    rows = staged.rows.select(*place, "problem").collect()
    readable = rows.filter(is_readable).join(rows.filter(~is_readable), on=place, how="anti")
    closing = stored.filter(~is_readable).select(*place, "granted", "problem").collect()
    return closing.join(readable, on=place, how="semi").lazy()


def closing_rows(bad: pl.DataFrame) -> pl.DataFrame:
    """The refusals that stand for bad rows of consents, as `close_unreadable` makes them."""
    return _of_rows(bad, RawTable(CONSENTS, pl.LazyFrame(), CONSENTS))


def _of_rows(bad: pl.DataFrame, raw: RawTable) -> pl.DataFrame:
    """One refusal per bad row that names a person; `changed_at` is null where it cannot be read."""
    types = TABLES[CONSENTS].types
    texts = {name: pl.col(name) if name in bad.columns else pl.lit(None, dtype=pl.String) for name in types}
    moment = typed("changed_at", pl.String(), types["changed_at"], raw.formats.get("changed_at", ColumnFormat()))
    is_known = pl.col("channel").is_in(CHANNELS_OF_CONTACT)
    is_dated = ~pl.col(REASONS).str.contains(_UNDATED, literal=True)
    refusals = bad.select(REASONS, **texts).select(
        typed("customer_id", pl.String(), pl.String(), ColumnFormat()),
        channel=pl.when(is_known).then("channel").otherwise(pl.lit(ANY_CHANNEL)),
        granted=pl.lit(value=False),
        changed_at=pl.when(is_dated).then(moment),
        problem=REASONS,
    )
    return refusals.filter(pl.col("customer_id").is_not_null())


def _of_lines(bad: pl.DataFrame, people: pl.Series) -> pl.DataFrame:
    """One refusal of all channels per known person whose id is a field of a line that has no columns."""
    lines = bad.filter(pl.col("line").is_not_null()) if "line" in bad.columns else bad.clear()
    rows = [
        (field.strip(' "'), reason)
        for line, reason in (lines.select("line", REASONS).iter_rows() if lines.height else ())
        for field in re.split(r"[,;\t|]", line)
    ]
    named = pl.DataFrame(rows, schema={"customer_id": pl.String, "problem": pl.String}, orient="row")
    known = named.filter(pl.col("customer_id").is_in(people.unique().implode()))
    nothing = pl.lit(None, dtype=pl.Datetime("us"))
    return known.select(
        "customer_id", channel=pl.lit(ANY_CHANNEL), granted=pl.lit(value=False), changed_at=nothing, problem="problem"
    )


def _placed(refusals: pl.DataFrame, stored: pl.DataFrame, newest: datetime | None) -> pl.DataFrame:
    """The refusals with a moment for those without: where the lake holds the same one its place, else the newest."""
    same = ["customer_id", "channel", "problem"]
    places = stored.filter(pl.col("problem").is_not_null()).group_by(same).agg(place=pl.col("changed_at").min())
    # without any dated consent there is nothing to close, but what comes later is newer than this
    moment = pl.coalesce("changed_at", "place", pl.lit(newest or datetime(1900, 1, 1), dtype=pl.Datetime("us")))
    return (
        refusals.join(places, on=same, how="left", maintain_order="left").with_columns(changed_at=moment).drop("place")
    )


def _said(refusals: pl.DataFrame, unreadable: pl.DataFrame) -> list[str]:
    if not unreadable.height:
        return []
    people = refusals["customer_id"].unique(maintain_order=True)
    return [
        *_other_channels(unreadable),
        f"{unreadable.height:,} consents cannot be read; they close their channel (all channels where it is unknown) "
        f"to {len(people):,} customers{_listed(people)} until a later consent that can be read",
    ]


def _other_channels(unreadable: pl.DataFrame) -> list[str]:
    """A sentence on channels that are none of ours, and what to do about them."""
    known = [*CHANNELS_OF_CONTACT, ANY_CHANNEL]
    told = unreadable["channel"].drop_nulls().unique().sort() if "channel" in unreadable.columns else pl.Series([""])
    others = told.filter(~told.is_in([*known, ""]))
    if not len(others):
        return []
    return [
        f"channels {others.head(_SHOWN).to_list()} are none of {known}: say in a mapping which of these each is "
        f'(`words = {{ "{others[0]}" = "app" }}` of the column), or leave the rows out by `where`'
    ]


def _ties(readable: pl.DataFrame) -> list[str]:
    """A sentence on people who agree and refuse at the same moment."""
    moments = readable.group_by("customer_id", "channel", "changed_at").agg(pl.col("granted").n_unique())
    people = moments.filter(pl.col("granted") > 1)["customer_id"].unique().sort()
    if not len(people):
        return []
    return [f"{len(people):,} customers{_listed(people)} agree and refuse at the same moment; that is a refusal"]


def _listed(people: pl.Series) -> str:
    shown = ", ".join(people.head(_SHOWN).to_list())
    return f" ({shown}{', ...' if len(people) > _SHOWN else ''})" if len(people) else ""
