"""Takes out rows that belong to no table: totals, the header once more, blank lines. All are counted."""

from collections.abc import Sequence

import polars as pl

from retail_brain.sources.base import LEFT_OUT

TOTAL_WORDS = (
    "合计",
    "总计",
    "小计",
    "共计",
    "累计",
    "总和",
    "本页合计",
    "本页小计",
    "合計",
    "小計",
    "總計",
    "総計",
    "total",
    "totals",
    "subtotal",
    "sum",
    "summe",
    "gesamt",
    "zwischensumme",
    "totale",
    "grand total",
    "sub total",
    "overall total",
    "gesamtsumme",
    "endsumme",
    "total général",
    "total general",
    "totaal",
    "suma",
    "итого",
    "всего",
    "합계",
    "소계",
    "총계",
    "总合计",
    "összesen",
    "mindösszesen",
    "összes",
    "celkem",
    "spolu",
    "razem",
    "toplam",
    "genel toplam",
    "ara toplam",
    "yhteensä",
    "totalt",
    "i alt",
    "усього",
    "разом",
    "общо",
    "ukupno",
    "skupaj",
    "kokku",
    "kopā",
    "iš viso",
    "total geral",
    "subtotaal",
    "eindtotaal",
    "tổng",
    "tổng cộng",
    "jumlah",
    "รวม",
    "รวมทั้งสิ้น",
    "المجموع",
    "الإجمالي",
    'סה"כ',
    "σύνολο",
)
"""A row whose first cell says nothing else is a total."""
_STARS = ("*", "**", "***", "****")
"""First cells of the totals in lists of SAP, a star per level."""
_ANY_TOTAL = "|".join(sorted(TOTAL_WORDS, key=len, reverse=True))
_MONTH_NAMED = r"\d{1,2}[-\s./]\p{L}{3,12}\.?[-\s./]\d{2,4}"
_OF = "for|of|de|del|du|da|do|di|des|für|fur|pour|van|voor|por|по|за|для|untuk|av"
_BEFORE_A_GROUP = rf"^(?:{_ANY_TOTAL})\s+(?:(?:{_OF})\s+\S|{_MONTH_NAMED}$)"
_OF_A_GROUP = (
    rf"^(?:{_ANY_TOTAL})[\s:：]+[\d\s./:-]+$|^(?:{_ANY_TOTAL})\s*[(（\[].*[)）\]]$|[\s\p{{Han}}:：](?:{_ANY_TOTAL})$"
    rf"|{_BEFORE_A_GROUP}"
)
"""A total with the day it is of or a remark in brackets, before the name of what it is of (`Total for Tea`), or behind
it."""
_ROWS_COUNTED = (
    r"(?i)^\(?\s*[\d.,]+ (?:rows?|row\(s\)|lines?|zeilen?|lignes?|filas?|righe|строк[аи]?)"
    r"(?: (?:affected|selected|returned|in set|betroffen|affectées?|afectadas?|обработано).*)?[.)]*$"
    r"|^[(（]\s*[\d,]+ ?行(?:受影响|處理|が影響を受けました|処理されました)?\s*[)）]$"
)
"""What programs that query databases write below the rows, such as `(312 rows affected)`."""
BLANKS = " \t\r\n\u00a0\u3000\u200b\ufeff"


def without_odd_rows(frame: pl.LazyFrame, header: Sequence[str]) -> tuple[pl.LazyFrame, pl.DataFrame]:
    """The rows of a table of text, and how many others were taken out by reason (columns `reason` and `rows`).

    A total row begins with a word such as `合计` or `Total` and leaves at least one column blank; one of a group names
    it as well (`Downtown Total`) and leaves at least half of them blank. Columns that have neither name nor value go
    as well. Reads the frame once, and once more where something odd may be in it.

    Args:
        frame: all columns as text.
        header: the names as they stand in the file, in order; blank where a column has none.

    Raises:
        PolarsError: the frame cannot be read.
    """
    names = frame.collect_schema().names()
    tests = _tests(names, header)
    seen = frame.select(
        pl.all().count(),
        pl.len().alias("_rows"),
        *(test.sum().alias(f"_{name}") for name, test in tests.items()),
    ).collect(engine="streaming")
    counts = dict(zip(seen.columns, seen.row(0), strict=True))
    empty = [name for name, title in zip(names, header, strict=True) if not title.strip() and not counts[name]]
    frame = frame.drop(empty)
    kept = [name for name in names if name not in empty]
    if kept and not {*empty}.isdisjoint(names[:2]):
        # the tests are of the first two columns, which are others now
        return without_odd_rows(frame, [title for name, title in zip(names, header, strict=True) if name in kept])
    with_blanks = [name for name in kept if counts[name] < counts["_rows"]]
    # a file whose columns are filled, as large ones are, holds no such row, and is not read once more
    has_groups = 2 * len(with_blanks) + 1 >= len(kept)
    if not (counts["_total"] or counts["_header"] or counts["_counted"] or has_groups):
        return frame, pl.DataFrame(schema=LEFT_OUT)
    blank = pl.all_horizontal(pl.col(kept).is_null())
    # a quoted blank is as blank as none
    total = tests["total"] & pl.any_horizontal((pl.col(name).fill_null("") == "") for name in kept)
    if has_groups:
        total = total | _total_of_group(kept)
    others = ((pl.col(name).fill_null("") == "") for name in kept if name != names[0])
    counted = pl.all_horizontal(tests["counted"], *others)
    reasons = {
        "total rows": total & ~blank & ~counted,
        "the header line once more": tests["header"],
        "lines that count the rows": counted,
        "blank lines": blank,
    }
    rows = frame.select(pl.sum_horizontal(test.sum()).alias(why) for why, test in reasons.items()).collect().row(0)
    left_out = [(why, count) for why, count in zip(reasons, rows, strict=True) if count]
    return frame.filter(~pl.any_horizontal(*reasons.values())), pl.DataFrame(left_out, schema=LEFT_OUT, orient="row")


def _total_of_group(names: Sequence[str]) -> pl.Expr:
    """Whether a row is the total of a shop or day: its first cell says so, and half of its cells are blank.

    That is `Downtown Total`, as spreadsheets write it, `Summe 02.01.2026` and `小计` in any column.
    """
    first = pl.coalesce(names)
    blanks = 2 * pl.sum_horizontal(pl.col(names).is_null())
    # beside a name of a group the cell that says it is blank in truth
    said = starts_with_total(first) & (blanks >= len(names)) | _names_a_group(first) & (blanks + 1 >= len(names))
    return said.fill_null(value=False)


def _names_a_group(cell: pl.Expr) -> pl.Expr:
    return cell.str.strip_chars(BLANKS).str.to_lowercase().str.contains(_BEFORE_A_GROUP)


def starts_with_total(cell: pl.Expr) -> pl.Expr:
    """Whether a text says that its row is a total, of all or of a group that it names."""
    text = cell.str.strip_chars(BLANKS + ":：").str.to_lowercase()
    return (text.is_in(TOTAL_WORDS) | text.str.contains(_OF_A_GROUP)).fill_null(value=False)


def has_total(cell: pl.Expr) -> pl.Expr:
    """Whether a word for a total stands in a text."""
    return cell.str.to_lowercase().str.contains(rf"(?:^|[\s:：])(?:{_ANY_TOTAL})(?:$|[\s:：])").fill_null(value=False)


def is_total(cell: pl.Expr) -> pl.Expr:
    """Whether a text is nothing but a word for a total."""
    return cell.str.strip_chars(BLANKS + ":：").str.to_lowercase().is_in(TOTAL_WORDS + _STARS).fill_null(value=False)


def _tests(names: Sequence[str], header: Sequence[str]) -> dict[str, pl.Expr]:
    """Tests of a row that need its first two columns alone, so that they cost little."""
    leading = list(zip(names[:2], header[:2], strict=True))
    same = [(pl.col(name).str.strip_chars() == title.strip()).fill_null(value=False) for name, title in leading]
    counted = pl.col(names[0]).str.strip_chars(BLANKS).str.contains(_ROWS_COUNTED).fill_null(value=False)
    return {"total": is_total(pl.coalesce(names[:2])), "header": pl.all_horizontal(same), "counted": counted}
