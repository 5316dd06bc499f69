"""Says the notes of loads in Chinese: of files, rows, cards and consents, as a job keeps them in English."""

from collections.abc import Mapping
from typing import Final

from serving.http.templates import in_chinese, templates

_SENTENCES: Final[Mapping[str, str]] = {
    "{} is not a canonical table and was ignored; tables are {}": "{} 不是标准表，已忽略；标准表有 {}",
    "{} was ignored: it is neither CSV, a workbook, Parquet nor JSON lines": (
        "{} 已忽略：不是 CSV、工作簿、Parquet 或 JSON 行文件"
    ),
    "{}: {} are no columns of {} and are not taken over": "{}：{} 不是 {} 的列，没有读入",
    "{}: the columns {} are no {} and are not read": "{}：列 {} 不是 {}，没有读入",
    '{}: months are dated by their first day; set data.period = "month"': (
        '{}：月份以其第一天为日期；请设置 data.period = "month"'
    ),
    "{}: fields are divided by {}": "{}：字段以 {} 分隔",
    "{}: line {} is read as the header (in a mapping: skip_lines = {})": (
        "{}：第 {} 行作为表头（映射中 skip_lines = {}）"
    ),
    "{}: it has no rows": "{}：没有数据行",
    "{}: one row per object in {}; {} are not read": "{}：{} 中每个对象一行；{} 没有读入",
    "{}: one row per object in {}": "{}：{} 中每个对象一行",
    "card {} had up to {} receipts in {} shops on one of {} such days: nobody's, so its receipts count as "
    "anonymous and it is in no list": (
        "卡 {0} 在 {3} 个这样的日子里一天最多有 {1} 张小票、{2} 家店：不属于任何人，其小票按匿名计，也不进入任何名单"
    ),
    "{} more such cards are in shared_cards.parquet of the lake": "另有 {} 张这样的卡，见数据湖的 shared_cards.parquet",
    "{} shops that no table knows are in {} lines of sales, such as {}: these lines are left out of everything until "
    "shops are in a table or have more than {} lines (data.ghost_most_lines)": (
        "{} 家门店不在任何表中，出现在 {} 行销售里，例如 {}：在门店进入某张表或超过 {} 行"
        "（data.ghost_most_lines）之前，这些行不计入"
    ),
    "{} goods that no table knows are in {} lines of sales, such as {}: these lines are left out of everything until "
    "goods are in a table or have more than {} lines (data.ghost_most_lines)": (
        "{} 种商品不在任何表中，出现在 {} 行销售里，例如 {}：在商品进入某张表或超过 {} 行"
        "（data.ghost_most_lines）之前，这些行不计入"
    ),
    "{} rows of {} name a {} that is in no such table, such as {}; they are kept{}": (
        "{1} 有 {0} 行的 {2} 不在对应的表中，例如 {3}；这些行保留"
    ),
    "{} receipts that the lake held with other lines were replaced": "{} 张小票在数据湖中内容不同，已替换",
    "{} new lines belong to receipts that the lake holds with other lines; both are kept. If the dataset is a "
    "corrected copy, ingest it with --replace": (
        "{} 行新数据所属的小票在数据湖中内容不同，两者都保留。若这是更正后的数据，请用 --replace 读入"
    ),
    "{} lines are in more than one file; counted once": "{} 行出现在多个文件中，只计一次",
    "{} receipts come corrected in a later file, which counts": "{} 张小票在后一个文件中有更正，以后者为准",
    "{} rows come again with the same content; counted once": "{} 行内容重复，只计一次",
    "{} consents cannot be read; they close their channel (all channels where it is unknown) to {} customers{} until a "
    "later consent that can be read": (
        "{} 条授权无法读取：在之后有可读的授权之前，对 {} 位顾客{}关闭该渠道（渠道不明则全部关闭）"
    ),
    "channels {} are none of {}: say in a mapping which of these each is (`words = {}` of the column), or leave the "
    "rows out by `where`": (
        "渠道 {} 不在 {} 之中：请在映射中写明各自对应其中哪一个（该列的 `words = {}`），或用 `where` 去掉这些行"
    ),
    "{} customers{} agree and refuse at the same moment; that is a refusal": (
        "{} 位顾客{}在同一时刻既同意又拒绝，按拒绝处理"
    ),
    "every sold_at is midnight, so hours are unknown. If the time stands in a column of its own, join both in a "
    "mapping: {}": "每个 sold_at 都是零点，因此不知道钟点。若时间在另一列，请在映射中合并：{}",
}
"""English, {} for what varies -> Chinese. What is not here stays as it is; some sentences have both languages."""
_KNOWN: Final = templates(_SENTENCES)


def note_words(said: str) -> str:
    """A note in Chinese; as it is where there is no sentence for it.

    >>> note_words("3 rows come again with the same content; counted once"), note_words("else")
    ('3 行内容重复，只计一次', 'else')
    """
    return in_chinese(said, _KNOWN) or said
