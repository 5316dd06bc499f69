"""Names the columns for shops, days, categories or goods that stand in rows of their own above their lines."""

import re
from collections.abc import Mapping, Sequence
from itertools import zip_longest

import polars as pl

from retail_brain.ingest.look.columns import Columns, columns_of
from retail_brain.ingest.look.draft import Proposal, listed, quoted
from retail_brain.ingest.look.evidence import evidence
from retail_brain.ingest.look.words import bare_name
from retail_brain.ingest.look.words_of_groups import kind_of_report
from retail_brain.sources.group_rows import group_texts, labels

_SHOP = (
    r"(?i)\b(?:store|shop|branch|outlet|filial|magasin|tienda|sucursal|negozio|loja|winkel|магазин|склад|кафе|ресторан)"
    r"|店|매장|지점"
)
"""Words in the name of a shop."""
_COMPANY = (
    r"(?i)(?:^|[\s,])(?:ltd|limited|inc|llc|llp|plc|corp|gmbh|ag|ohg|e\.? ?k|sarl|sas"
    r"|s\.? ?a|s\.? ?l|s\.? ?r\.? ?l|s\.? ?p\.? ?a|b\.? ?v|oy|ab"
    r"|aps|kft|sp\.? ?z ?o\.? ?o|s\.? ?r\.? ?o|d\.? ?o\.? ?o|lda|ltda|sdn bhd|pty|& (?:co|sons|söhne|fils|figli))\.?$"
    r"|^(?:mrs?|ms|miss|herr|frau|mme|señora?|sra?|ооо|ип|зао|оао|pt|cv|công ty)[\s.]|公司$|株式会社|㈱|주식회사"
)
"""Words in the name of a company or a person, as customers have."""
_LEAST_GROUPS = 2
"""Groups below which a row with one cell may be a title, unless it has a label."""
_LEAST_BELOW = 6
"""Groups below others from which one of them would come again in a second shop. By judgement."""
_OF_LINES = 0.9
"""Share of the lines from which a column of goods names what each line is of. By judgement: a remark is often blank."""
_OF_GOODS = ("product", "category")
"""Levels of which every shop has the same groups; a report that is sorted by one has headings of goods."""
_SAME = 0.5
"""Share of the values of a column that say their heading once more, from which both are the same. By judgement."""
_REMARK = (
    r"(?:.*_)?(?:memo|note|notes|remark|remarks|comment|comments|bemerkung|notiz|observacion(?:es)?|备注)(?:[_/].*)?"
)
"""Names of columns with a remark on a line, which may say its goods once more."""


def group_columns(sample: pl.DataFrame, said: str = "") -> tuple[str, ...]:
    """Names for the columns of groups, outermost first; none where the rows of a file name no groups.

    A label in the text (`Filiale: North`) is the name. Otherwise texts that are days are `date`; texts of a table
    without goods are `product`; texts under which every product comes once are `category`, and others `store`.

    What the report says to be sorted by (`Sales by Customer`) is the name of its only level, unless a column of its
    lines is that already. A remark, or a column of goods that says the heading once more, names no goods.

    Args:
        sample: the first rows of a table of text.
        said: the name of the file and of its sheet, and the text above the header.
    """
    if any(kind != pl.String for kind in sample.dtypes):
        return ()  # a file that tells types has no rows of one cell
    runs = group_texts(sample)
    texts = [text for run in runs for text in run]
    labelled = list(dict.fromkeys(label for text in texts for label in labels(text)))
    if labelled and all(labels(text) for text in texts):
        return tuple(labelled)
    if len(runs) < _LEAST_GROUPS:
        return ()
    filled = pl.sum_horizontal((pl.all().str.strip_chars() != "").fill_null(value=False))
    rows = sample.with_columns(filled.alias("_filled"))
    lines = rows.filter(pl.col("_filled") > 1).drop("_filled")
    depth = max(map(len, runs))
    found = columns_of(lines)
    taken = set(found.roles) - _said_by_headings(sample, found)
    sorted_by = kind_of_report(said)
    kind = sorted_by if depth == 1 else ""
    if kind and not taken & ({"product", "product_name"} if kind == "product" else {kind}):
        return (kind if kind not in sample.columns else f"{kind} of the group",)
    levels = [[text for text in level if text] for level in zip_longest(*(run[::-1] for run in runs))][:depth]
    # what is above one group of each product, or above goods by which the report is sorted, are no shops
    of_goods, one_each = sorted_by in _OF_GOODS, _is_in_one_group(sample)
    names: list[str] = []
    for place, level in enumerate(levels):  # the deepest first: it names what the lines lack most
        one = names[-1] in _OF_GOODS and _are_each_in_one(levels, place, surely=one_each) if place else one_each
        in_one = of_goods or one
        role = _role(level, taken, in_one=in_one)
        taken |= {role, "moment"} if role == "date" else {role}
        name = role if role not in sample.columns else f"{role} of the group"
        names.append(name if name not in names else f"{name} {len(names) + 1}")
    return tuple(reversed(names))


def _are_each_in_one(levels: Sequence[Sequence[str]], place: int, *, surely: bool) -> bool:
    """Whether no text of the level below comes again, as in a shop more: the level parts goods, and no shops.

    Args:
        levels: texts of the headings, the deepest first.
        place: of the level.
        surely: whether no product comes again either; then a few groups are enough.
    """
    below = levels[place - 1]
    is_much = surely or len(below) >= _LEAST_BELOW
    return is_much and len(set(below)) == len(below) > len(levels[place])


def _role(texts: Sequence[str], taken: set[str], *, in_one: bool) -> str:
    seen = evidence(pl.Series(list(texts)))
    if seen.dates and not seen.numbers and "moment" not in taken:
        return "date"
    if "customer" not in taken and are_companies(texts):
        return "customer"
    if not taken & {"product", "product_name"}:
        return "product"
    is_shop = "store" not in taken and (not in_one or any(re.search(_SHOP, text) for text in texts))
    return "store" if is_shop else "category" if "category" not in taken else "group"


def role_of_group(texts: Sequence[str], taken: set[str]) -> str:
    """What texts above lines with goods name: `date`, `customer`, `store`, `category`, or `group` for none of these.

    Args:
        texts: of one level.
        taken: roles that others play.
    """
    return _role(texts, taken, in_one=False)


def are_companies(texts: Sequence[str]) -> bool:
    """Whether most of the texts are names of firms, by the word for their form."""
    return sum(re.search(_COMPANY, text) is not None for text in texts) > _SAME * len(texts)


def ask_about_headings(made: Proposal, keys: Mapping[str, str], sample: pl.DataFrame, said: str) -> None:
    """Asks whether headings are shops or customers, where neither they nor the report say what they are.

    Args:
        made: the proposal, changed in place.
        keys: how the file is opened.
        sample: the rows, with a column for each level of the headings.
        said: the name of the file and of its sheet, and the text above the header.
    """
    names = [kind for kind in ("store", "customer") if keys.get("group_rows") == listed([kind])]
    if not names or names[0] not in sample.columns or kind_of_report(said):
        return
    kind, other = names[0], "customer" if names[0] == "store" else "store"
    texts = sample[names[0]].drop_nulls().unique(maintain_order=True).to_list()
    # lines that name who bought are not of one buyer; sums of days are those of shops
    is_known = kind == "store" and ("customer_id" in made.columns or made.table != "transactions")
    if is_known or made.columns.get(f"{kind}_id") != quoted(kind) or any(re.search(_SHOP, text) for text in texts):
        return
    shown = ", ".join(texts[:3])
    made.questions.append(
        f"headings above the lines, such as {shown}, are read as {kind}s: are they? If they are {other}s, write "
        f"`{other}_id` in the place of `{kind}_id`; if something else, leave the column out"
    )


def _said_by_headings(sample: pl.DataFrame, found: Columns) -> set[str]:
    """Roles of goods whose column is a remark on some lines, or says the heading above its lines once more."""
    cells = [pl.col(name).str.strip_chars().replace("", None) for name in sample.columns]
    heading = pl.when(pl.sum_horizontal(cell.is_not_null() for cell in cells) == 1).then(pl.coalesce(cells))
    rows = sample.with_columns(heading.alias("_heading"), heading.forward_fill().alias("_above"))
    lines = rows.filter(pl.col("_heading").is_null() & (pl.sum_horizontal(cell.is_not_null() for cell in cells) > 1))
    if "product" in found.roles and found.seen[found.roles["product"]].filled >= _OF_LINES:
        return set()
    roles = set()
    for role in {"product", "product_name"} & found.roles.keys():
        name = found.roles[role]
        if found.seen[name].filled >= _OF_LINES:
            continue
        values = lines.filter(pl.col(name).str.strip_chars() != "")
        same = (values[name].str.strip_chars() == values["_above"]).mean()
        if re.fullmatch(_REMARK, bare_name(name)) or (isinstance(same, float) and same > _SAME):
            roles.add(role)
    return roles


def _is_in_one_group(sample: pl.DataFrame) -> bool:
    """Whether every product has lines in one of the deepest groups alone, as those of a category have."""
    cells = pl.sum_horizontal((pl.all().str.strip_chars() != "").fill_null(value=False))
    numbered = sample.with_columns(((cells == 1).cum_sum()).alias("_group"), cells.alias("_filled"))
    lines = numbered.filter(pl.col("_filled") > 1)
    roles = columns_of(lines.drop("_group", "_filled")).roles
    goods = roles.get("product") or roles.get("product_name")
    if goods is None or not lines[goods].is_duplicated().any():
        return False
    return bool((lines.group_by(goods).agg(pl.col("_group").n_unique())["_group"] == 1).all())
