"""Rows of documents that a program calls not posted or not valid in a column of yes and no: they are no sales."""

import re
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal
from retail_brain.ingest.look.marked_rows import NO, YES
from retail_brain.ingest.look.state_columns import State, kinds_of
from retail_brain.ingest.look.words import bare_name

_POSTED: Final = (
    r"(?:is_)?(?:posted|valid|applicable|booked)|(?:ist_)?(?:gebucht|verbucht|gueltig|gultig)|comptabilisee?|valide|valida"
    r"|contabilizad[oa]|contabilizzat[oa]|zaksiegowan[ye]|zatwierdzon[ye]|проведено?|проведен[аы]?|проведений|已过账|已审核|是否有效|有效"
)
"""Names of columns that say whether a document counts."""
_MOST: Final = 0.5
"""Share of the rows up to which those that do not count are left out. By judgement: more of them are asked about."""


def columns_of_posting(found: Columns) -> list[str]:
    """The columns whose names say that they tell whether a document counts."""
    return [name for name in found.seen if re.fullmatch(_POSTED, bare_name(name))]


def rows_not_posted(made: Proposal, sample: pl.DataFrame, found: Columns) -> list[str]:
    """Conditions without rows that a column of yes and no calls not posted or not valid.

    Args:
        made: the proposal; gets a remark for each, or a question where most rows are so.
        sample: the rows.
        found: roles of the columns.
    """
    conditions = []
    for name in columns_of_posting(found):
        texts = sample[name].cast(pl.String).str.strip_chars().str.to_lowercase()
        no = [kind for kind in kinds_of(sample, name) if kind.strip().lower() in NO and kind.strip()]
        count = int((texts.is_in(NO) & (texts != "")).sum())
        is_flag = bool((texts.is_in([*YES, *NO]) | texts.is_null()).all())
        if not is_flag or not no or count == sample.height:
            continue
        condition = State(sample, found, name).without(no)
        if count <= _MOST * sample.height:
            made.remarks.append(f"{count:,} rows whose {name!r} is {no[0]!r} do not count as sales and are left out")
            conditions.append(condition)
        else:
            made.questions.append(
                f"{count:,} rows have {no[0]!r} in {name!r}; they are kept. Do they not count as sales? Then write "
                f"where = '''{condition}'''"
            )
    return conditions
