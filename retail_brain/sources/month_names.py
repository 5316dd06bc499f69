"""Names of months in many languages, which dates such as `12-ene-2026` and `3 févr. 2026` are written with."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

MONTH_NAMES: Final[Mapping[str, str]] = {
    "Jan": "ene|enero|gen|gener|gennaio|ian|ianuarie|jaan|jaanuar|janeiro|januar|januari|january|január|januára|"
    "janv|janvier|janvāris|jän|jänner|led|leden|ledna|oca|ocak|saus|sausio|sausis|sty|styczeń|stycznia|tammi|"
    "tammikuu|tammikuuta|thg 1|tháng 1|yanv|ιαν|ιανουάριος|ιανουαρίου|січ|січень|січня|янв|янва|январь|"
    "января|яну|януари|ינו|ינואר|يناير|ม.ค|มกราคม",
    "Feb": "febbraio|febr|febrer|febrero|februar|februari|februarie|february|február|februára|februāris|fev|"
    "fevereiro|févr|février|helmi|helmikuu|helmikuuta|lut|lutego|luty|thg 2|tháng 2|vas|vasario|vasaris|"
    "veebr|veebruar|úno|únor|února|şub|şubat|φεβ|φεβρουάριος|φεβρουαρίου|лют|лютий|лютого|фев|февр|"
    "февраль|февраля|февруари|פבר|פברואר|فبراير|ก.พ|กุมภาพันธ์",
    "Mar": "bře|březen|března|kov|kovas|kovo|maa|maalis|maaliskuu|maaliskuuta|maart|marca|march|marec|maret|"
    "mars|mart|martie|marts|marzec|marzo|març|março|mrt|márc|március|mrz|mär|märts|märz|thg 3|tháng 3|μάρ|"
    "μάρτιος|μαρ|μαρτίου|бер|березень|березня|мар|март|марта|מרץ|مارس|มี.ค|มีนาคม",
    "Apr": "abr|abril|april|aprile|aprilie|aprill|apríl|apríla|aprīlis|avr|avril|bal|balandis|balandžio|dub|"
    "duben|dubna|huhti|huhtikuu|huhtikuuta|kwi|kwiecień|kwietnia|nis|nisan|thg 4|tháng 4|ápr|április|απρ|"
    "απρίλιος|απριλίου|апр|апрель|апреля|април|квіт|квітень|квітня|אפר|אפריל|أبريل|เม.ย|เมษายน",
    "May": "geg|gegužė|gegužės|kvě|květen|května|mag|maggio|mai|maig|maijs|maio|maj|maja|mayo|mayıs|mei|máj|"
    "mája|május|thg 5|tháng 5|touko|toukokuu|toukokuuta|μάι|μάιος|μαΐ|μαϊ|μαΐου|май|мая|трав|травень|травня|"
    "מאי|مايو|พ.ค|พฤษภาคม",
    "Jun": "birž|birželio|birželis|cze|czerwca|czerwiec|giu|giugno|haz|haziran|iun|iunie|juin|june|junho|juni|"
    "junij|junio|juny|juuni|jún|júna|június|jūn|jūnijs|kesä|kesäkuu|kesäkuuta|thg 6|tháng 6|červen|"
    "června|čvn|ιουν|ιουνίου|ιούν|ιούνιος|июн|июнь|июня|черв|червень|червня|юни|יוני|يونيو|มิ.ย|มิถุนายน",
    "Jul": "heinä|heinäkuu|heinäkuuta|iul|iulie|juil|juillet|julho|juli|julij|julio|juliol|july|juuli|júl|júla|"
    "július|jūl|jūlijs|liep|liepa|liepos|lip|lipca|lipiec|lug|luglio|tem|temmuz|thg 7|tháng 7|července|"
    "červenec|čvc|ιουλ|ιουλίου|ιούλ|ιούλιος|июл|июль|июля|лип|липень|липня|юли|יולי|يوليو|ก.ค|กรกฎาคม",
    "Aug": "ago|agost|agosto|agu|agustus|aout|août|august|augusta|augusti|augusts|augustus|augusztus|avg|avgust|ağu|"
    "ağustos|elo|elokuu|elokuuta|rugp|rugpjūtis|rugpjūčio|sie|sierpień|sierpnia|srp|srpen|srpna|thg 8|"
    "tháng 8|αυγ|αυγούστου|αύγ|αύγουστος|авг|август|августа|серп|серпень|серпня|אוג|אוגוסט|أغسطس|ส.ค|"
    "สิงหาคม",
    "Sep": "eyl|eylül|rugs|rugsėjis|rugsėjo|sept|september|septembra|septembre|septembrie|septembris|septiembre|"
    "set|setembre|setembro|settembre|syys|syyskuu|syyskuuta|szept|szeptember|thg 9|tháng 9|wrz|wrzesień|"
    "września|zář|září|σεπ|σεπτέμβριος|σεπτεμβρίου|вер|вересень|вересня|сен|сент|сентябрь|сентября|сеп|"
    "септември|ספט|ספטמבר|سبتمبر|ก.ย|กันยายน",
    "Oct": "eki|ekim|loka|lokakuu|lokakuuta|october|octobre|octombrie|octubre|okt|oktober|oktobris|oktoober|"
    "október|októbra|ott|ottobre|out|outubro|paź|październik|października|spal|spalio|spalis|thg 10|"
    "tháng 10|říj|říjen|října|οκτ|οκτωβρίου|οκτώβριος|жовт|жовтень|жовтня|окт|октомври|октябрь|октября|"
    "אוק|אוקטובר|أكتوبر|ต.ค|ตุลาคม",
    "Nov": "kas|kasım|lapkr|lapkritis|lapkričio|lis|listopad|listopada|listopadu|marras|marraskuu|marraskuuta|"
    "noiembrie|november|novembra|novembre|novembris|novembro|noviembre|thg 11|tháng 11|νοέ|νοέμβριος|νοε|"
    "νοεμβρίου|лист|листопад|листопада|ное|ноември|ноя|нояб|ноябрь|ноября|נוב|נובמבר|نوفمبر|พ.ย|"
    "พฤศจิกายน",
    "Dec": "ara|aralık|december|decembra|decembrie|decembris|des|desember|desembre|dets|detsember|dez|dezember|"
    "dezembro|dic|dicembre|diciembre|déc|décembre|gru|grudnia|grudzień|gruod|gruodis|gruodžio|joulu|"
    "joulukuu|joulukuuta|pro|prosince|prosinec|thg 12|tháng 12|δεκ|δεκέμβριος|δεκεμβρίου|груд|грудень|"
    "грудня|дек|декабрь|декабря|декември|דצמ|דצמבר|ديسمبر|ธ.ค|ธันวาคม",
}
"""English name in short -> names in small letters, with the forms that stand behind a day. From the CLDR, version 47:

German, French, Spanish, Portuguese, Italian, Dutch, Polish, Russian, Ukrainian, Turkish, Vietnamese, Indonesian,
Swedish, Danish, Norwegian, Finnish, Czech, Slovak, Hungarian, Romanian, Greek, Bulgarian, Slovene, Estonian, Latvian,
Lithuanian, Catalan, Hebrew, Arabic and Thai. Further ones of tills: `Mrz`, Austrian `Jän`, `AOUT` without accent (in
which `out`, October in Portuguese, would be found). Croatian names are in `_APART`.
"""
_APART: Final[Mapping[str, Mapping[str, str]]] = {
    "hr": {
        "Jan": "sij|siječanj|siječnja",
        "Feb": "velj|veljača|veljače",
        "Mar": "ožu|ožujak|ožujka",
        "Apr": "tra|travanj|travnja",
        "May": "svi|svibanj|svibnja",
        "Jun": "lip|lipanj|lipnja",
        "Jul": "srp|srpanj|srpnja",
        "Aug": "kol|kolovoz|kolovoza",
        "Sep": "ruj|rujan|rujna",
        "Oct": "lis|listopad|listopada",
        "Nov": "stu|studeni|studenog|studenoga",
        "Dec": "pro|prosinac|prosinca",
    }
}
"""Languages whose names mean other months elsewhere, read by `%b@hr` alone: in Croatian `lip`, `srp` and `lis` are
June, July and October, in Polish and Czech July, August and November. All names of such a language are here."""
LANGUAGES_APART: Final = tuple(_APART)
_APART_MARK: Final = re.compile(r"(?<=%[bB])@([a-z]{2})")


def _short_of(names_of: Mapping[str, str]) -> dict[str, str]:
    return {name: short for short, names in names_of.items() for name in (short.lower(), *names.split("|"))}


def _as_written(english: Mapping[str, str]) -> dict[str, str]:
    """Each form that a name is written in, the longest first -> English name in short."""
    written = {
        form: short
        for name, short in english.items()
        # capitals of "i" are "İ" in Turkish
        for form in (name, name.title(), name.upper(), name.replace("i", "İ").upper())
    }
    return {form: written[form] for form in sorted(written, key=len, reverse=True)}


_ENGLISH: Final = _short_of(MONTH_NAMES)
_WRITTEN: Final = {"": _as_written(_ENGLISH)} | {
    language: _as_written(_short_of(names)) for language, names in _APART.items()
}
"""Language, blank for all that agree -> names."""
_SHORT: Final = "|".join(MONTH_NAMES)
_TIDY: Final = (
    # a day of the week before the date, where the month stands behind the day
    (r"^\p{L}+\.?,?\s+(\d{1,2}\D{1,6}\p{L}{2})", "$1"),
    (r"(?i)\s+(?:de|del|of)\s+", " "),
    (rf"({_SHORT})\p{{L}}*\.-", "$1-"),
    (rf"({_SHORT})(?:\p{{L}}*\.\s*|\p{{L}}+)", "$1 "),
    (r"  +", " "),
    (rf"^(\d{{1,2}})(?:\.|º|er|st|nd|rd|th)\s*({_SHORT})", "$1 $2"),
    (rf"({_SHORT}) (\d{{1,2}})\.", "$1 $2"),
    (rf"({_SHORT}) ([-/,])", "$1$2"),
    (r"^(\d{4})\. ", "$1 "),
    (r"(\d{4})(?:\s?(?:г|р|m)\.?|\.)(,|\s|$)", "$1$2"),
    (r"(\d{4})(,?) (?:a las|às|à|alle|um|om|kl\.?|klo|o|в|at|-|–) (\d)", "$1$2 $3"),
    (r"(?i)(\d)\s?(?:hs|hrs|uhr|h|ч)\.?$", "$1"),
)
"""Patterns of what stands beside day, month and year, and what is left of it; in this order."""


def in_english(column: pl.Expr, form: str = "") -> pl.Expr:
    """Dates with the month in short English and without words beside it: `12 de enero de 2026` is `12 Jan 2026`.

    Args:
        column: texts.
        form: of the dates; one with `%b@hr` reads names in Croatian.

    >>> given = pl.Series("v", ["12-ene-2026", "12. Mär 2026", "3 févr. 2026", "5 января 2026 г., 14:30"])
    >>> given.to_frame().select(in_english(pl.col("v"))).to_series().to_list()
    ['12-Jan-2026', '12 Mar 2026', '3 Feb 2026', '5 Jan 2026, 14:30']
    """
    names = _WRITTEN[language_of(form)]
    plain = column.str.replace_many(list(names), list(names.values()), leftmost=True)
    for pattern, left in _TIDY:
        plain = plain.str.replace_all(pattern, left)
    return plain


def language_of(form: str) -> str:
    """The language in which a form of dates names months; blank where languages need not be told apart.

    >>> language_of("%d. %b@hr %Y"), language_of("%d %b %Y")
    ('hr', '')
    """
    found = _APART_MARK.search(form)
    return found[1] if found else ""


def without_language(form: str) -> str:
    """A form of dates as the calendar knows it.

    Raises:
        ValueError: it names a language whose months are not known apart.

    >>> without_language("%d. %b@hr %Y"), without_language("%d %b %Y")
    ('%d. %b %Y', '%d %b %Y')
    """
    if (language := language_of(form)) and language not in _APART:
        raise ValueError(f"got {form!r}, wanted %b, or one of {', '.join(f'%b@{name}' for name in _APART)}")
    return _APART_MARK.sub("", form)


def readings_apart(days: Sequence[str], texts: pl.Series) -> list[str]:
    """Forms of days with the name of a month, in each language of `_APART` whose names some of the texts hold."""
    forms = [form for form in days if "%b" in form]
    return [
        form.replace("%b", f"%b@{language}")
        for language in _APART
        if texts.str.contains_any([name for name in _WRITTEN[language] if name.title() not in MONTH_NAMES]).any()
        for form in forms
    ]


def english_month(name: str, language: str = "") -> str:
    """A month's name in short English; as it is where no language has it.

    Args:
        name: perhaps of a month.
        language: one of LANGUAGES_APART; blank: those that agree.

    >>> english_month("Enero"), english_month("févr."), english_month("Tuesday")
    ('Jan', 'Feb', 'Tuesday')
    """
    known = _short_of(_APART[language]) if language else _ENGLISH
    return known.get(re.sub(r"[.׳']$", "", name.strip().lower()), name)
