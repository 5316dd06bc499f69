"""Verbs of guides: list, save, make, tasks, answer, refer, leave, history, credit, effect."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retail_brain.cli.context import current, open_database
from retail_brain.cli.effects import EffectOutOption, measure_effect
from retail_brain.cli.json_result import reported
from retail_brain.cli.options import AsOfOption, LakeOption, OutOption, VersionOption, parse_day, parse_past_day
from retail_brain.cli.table_files import read_table, rows_table, write_table
from retail_brain.cli.trigger_verbs import open_desk
from retail_brain.counted import counted

if TYPE_CHECKING:
    import polars as pl

    from retail_brain.operational.guides import GuideChange
    from serving.planning.triggers.desk import Desk

guides = typer.Typer(help="Guides 导购: their people, daily lists, answers and credit.", no_args_is_help=True)

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="The guide's id.")]
ByOption = Annotated[str, typer.Option("--by", help="Who does it; kept with it.")]
DayOption = Annotated[
    str | None, typer.Option("--day", help="Day of the lists.", show_default="the day after the answers")
]


@guides.command("list")
def list_() -> None:
    """List guides: shop, people, capacity, and who left."""
    from serving.planning.guides.people import all_guides, guide_row

    with open_desk() as desk:
        for one in all_guides(desk):
            reported().rows.append(guide_row(one))
            left = "" if one.is_here else f"  left on {one.left_on}"
            typer.echo(
                f"{one.guide_id}  {one.store_id or '-'}  {one.people:>5,} people  {one.capacity:>3} a day  "
                f"{one.name or ''}{left}".rstrip()
            )


@guides.command()
def save(
    guide_id: IdArgument,
    name: Annotated[
        str | None, typer.Option("--name", help='Their name; "" takes it away.', show_default="as it is")
    ] = None,
    store: Annotated[
        str | None,
        typer.Option("--store", help='Their shop; "": that of most of their people.', show_default="as it is"),
    ] = None,
    capacity: Annotated[
        int | None,
        typer.Option("--capacity", min=-1, help="People a day; -1: guides.capacity_per_day.", show_default="as it is"),
    ] = None,
    version: VersionOption = None,
    by: ByOption = "command line",
) -> None:
    """Store a guide's name, shop and capacity, those given; one who left is back."""
    from retail_brain.operational.guides import GuideFacts, save_guide
    from serving.planning.people.known_names import check_known

    facts: GuideFacts = {}
    if name is not None:
        facts["name"] = name or None
    if store is not None:
        facts["store_id"] = store or None
    if capacity is not None:
        facts["capacity"] = None if capacity < 0 else capacity
    with open_desk() as desk:
        if store:
            check_known("store", [store], desk.source.stores())
        stored = save_guide(desk.database, _change(desk, guide_id, version, by), **facts)
    reported().ids |= {"guide": guide_id, "version": stored.version}
    typer.echo(f"{guide_id}: version {stored.version}")


@guides.command()
def make(
    guide: Annotated[list[str] | None, typer.Option("--guide", help="Only this guide; may be repeated.")] = None,
    day: DayOption = None,
    by: ByOption = "command line",
) -> None:
    """Make the lists of a day; made again they only get lines while there is room."""
    from retail_brain.which_day import behind_text
    from serving.planning.guides.left_out import left_out_rows, what_to_do
    from serving.planning.guides.lists import make_lists

    with open_desk() as desk:
        chosen = desk.first_day if day is None else parse_day(day, "--day")
        made = make_lists(desk, chosen, guide or (), by=by)
        behind = behind_text(desk.source.as_of, desk.now)
    new = sum(made.lines.values())
    reported().ids["day"] = str(chosen)
    reported().counts |= {"guides": len(made.lines), "lines": new, "left_out": dict(made.left_out)}
    typer.echo(f"{chosen}: {counted(new, 'new line')} for {counted(len(made.lines), 'guide')}")
    for name, lines in made.lines.items():
        typer.echo(f"  {name}: {lines:,}")
    for row in left_out_rows(made.left_out):
        typer.echo(f"left out {row['customers']:,}: {row['reason']}")
    if (advice := what_to_do(new, made.left_out)) is not None:
        typer.echo(advice)
    if behind is not None:
        typer.echo(behind)


@guides.command()
def tasks(
    out: OutOption,
    guide: Annotated[str | None, typer.Option("--guide", help="Of this guide.", show_default="all")] = None,
    day: Annotated[str | None, typer.Option("--day", help="Of this day.", show_default="all")] = None,
) -> None:
    """Write lists with what came of each line; the held-out are not among them."""
    from retail_brain.operational.guide_tasks import list_tasks
    from serving.planning.guides.lists import TASK_COLUMNS, shown_lines, task_row
    from serving.planning.guides.people import guide as find_guide

    chosen = None if day is None else parse_day(day, "--day")
    with closing(open_database()) as database:
        found = list_tasks(current().workspace.tenant, database, guide_id=guide, day=chosen)
    if guide is not None and not found:
        with open_desk() as desk:
            find_guide(desk, guide)
    rows = [task_row(one, "en") | {"reason_zh": one.reason_zh} for one in shown_lines(found)]
    reported().counts["lines"] = len(rows)
    write_table(rows_table(rows, (*TASK_COLUMNS, "reason_zh")), out)
    typer.echo(f"{len(rows):,} lines -> {out}")


@guides.command()
def answer(
    file: Annotated[Path, typer.Argument(help="CSV or Parquet: answer_id, task_id, outcome, at and perhaps note.")],
    by: ByOption = "command line",
) -> None:
    """Bring in what came of lines; the same answer_id counts once, the latest moment decides, a refusal closes."""
    from retail_brain.operational.guide_answers import store_answers
    from retail_brain.operational.guide_tasks import OUTCOMES, GuideAnswer
    from serving.planning.guides.people import check_past

    rows = _rows(file, ("answer_id", "task_id", "outcome", "at"))
    answers = [
        GuideAnswer(
            row["answer_id"],
            row["task_id"],
            _one_of(row["outcome"], OUTCOMES, file),
            _instant(row["at"], file),
            row.get("note"),
        )
        for row in rows
    ]
    with closing(open_database()) as database:
        tenant, now = current().workspace.tenant, datetime.now(UTC)
        check_past([(one.answer_id, one.at) for one in answers], now)
        new = store_answers(tenant, database, answers, guide_id=None, by=by, now=now)
    reported().counts |= {"stored": new, "duplicates": len(answers) - new}
    typer.echo(f"{new:,} answers stored, {len(answers) - new:,} were known")


@guides.command()
def refer(
    file: Annotated[Path, typer.Argument(help="CSV or Parquet: referral_id, guide_id, customer_id, at, referred_by?.")],
    by: ByOption = "command line",
) -> None:
    """Bring in new customers whom guides brought; the first who names one has the credit, known ones are refused."""
    from retail_brain.operational.guide_tasks import Referral, store_referrals
    from serving.planning.guides.people import check_past
    from serving.planning.guides.people import guide as find_guide
    from serving.planning.guides.referrals import sort_referrals

    rows = _rows(file, ("referral_id", "guide_id", "customer_id", "at"))
    referrals = [
        Referral(
            row["referral_id"], row["guide_id"], row["customer_id"], row.get("referred_by"), _instant(row["at"], file)
        )
        for row in rows
    ]
    now = datetime.now(UTC)
    check_past([(one.referral_id, one.at) for one in referrals], now)
    with open_desk() as desk:
        for name in sorted({one.guide_id for one in referrals}):
            find_guide(desk, name)
        sorted_ = sort_referrals(desk.source, referrals, "en")
        new = store_referrals(desk.tenant, desk.database, sorted_.good, by=by, now=now)
    known, refused = len(sorted_.good) - new, len(sorted_.refused)
    reported().counts |= {"stored": new, "duplicates": known, "refused": refused}
    reported().rows += sorted_.refused
    typer.echo(f"{new:,} referrals stored, {known:,} people were brought before, {refused:,} refused")
    for one in sorted_.refused:
        typer.echo(f"  {one['referral_id']}: {one['problem']}")


@guides.command()
def leave(
    guide_id: IdArgument,
    on: Annotated[
        str | None, typer.Option("--on", help="First day without them.", show_default="the day after the answers")
    ] = None,
    to: Annotated[
        str | None,
        typer.Option("--to", help="Guide who takes their people.", show_default="the guides of the shop, evenly"),
    ] = None,
    version: VersionOption = None,
    by: ByOption = "command line",
) -> None:
    """Let a guide go: their people and open lines go to others, with the history kept."""
    from serving.planning.guides.people import leave as let_leave

    with open_desk() as desk:
        day = desk.first_day if on is None else parse_day(on, "--on")
        change = _change(desk, guide_id, version, by)
        stored, moves = let_leave(desk, change, day, to)
    nobody = sum(one.guide_id is None for one in moves)
    reported().ids |= {"guide": guide_id, "version": stored.version}
    reported().counts |= {"moved": len(moves) - nobody, "without_guide": nobody}
    typer.echo(f"{guide_id} left on {day}: {len(moves) - nobody:,} people have another guide, {nobody:,} have none")


@guides.command()
def history(
    out: OutOption, customer: Annotated[str | None, typer.Option("--customer", help="Of this customer.")] = None
) -> None:
    """Write who was moved from whom to whom, when, by which rule."""
    from retail_brain.operational.guides import move_history
    from serving.planning.guides.people import MOVE_COLUMNS, move_row

    with closing(open_database()) as database:
        rows = [move_row(one) for one in move_history(current().workspace.tenant, database, customer)]
    reported().counts["moves"] = len(rows)
    write_table(rows_table(rows, MOVE_COLUMNS), out)
    typer.echo(f"{len(rows):,} moves -> {out}")


@guides.command()
def credit(
    out: OutOption,
    since: Annotated[
        str | None, typer.Option("--since", help="Only lines of this day or later.", show_default="all")
    ] = None,
    by: ByOption = "command line",
    lake: LakeOption = None,
    as_of: AsOfOption = None,
) -> None:
    """Write each guide's contacts by outcome, credited sales and people brought; kept for /guide_credit."""
    import polars as pl

    from serving.planning.guides.credit import CREDIT, look_at_credit

    chosen = current()
    first = None if since is None else parse_past_day(since, "--since")
    dataset, tenant = chosen.dataset(lake, as_of), chosen.workspace.tenant
    with closing(open_database()) as database:
        look = look_at_credit(tenant, database, dataset, chosen.settings, first, by=by, now=datetime.now(UTC))
    rows = pl.DataFrame(look.effect["guides"], schema=CREDIT)
    reported().rows += look.effect["guides"]
    write_table(rows, out)
    typer.echo(f"{rows.height:,} guides -> {out}")


@guides.command()
def effect(
    out: EffectOutOption = None,
    by: ByOption = "command line",
    lake: LakeOption = None,
    as_of: AsOfOption = None,
) -> None:
    """Measure what the daily lists brought: listed against held-out people."""
    from serving.planning.triggers.measure import look_at_guides

    measure_effect(
        "guides",
        {},
        lambda tenant, database, dataset, settings, now: look_at_guides(tenant, database, dataset, settings, by, now),
        out,
        lake,
        as_of,
    )


def _change(desk: "Desk", guide_id: str, version: int | None, by: str) -> "GuideChange":
    """A change to the version named, or to the present one."""
    from retail_brain.operational.guides import GuideChange, list_guides

    stored = {one.guide_id: one.version for one in list_guides(desk.tenant, desk.database)}
    return GuideChange(desk.tenant, guide_id, version or stored.get(guide_id), by, desk.now)


def _rows(file: Path, wanted: tuple[str, ...]) -> "list[dict[str, str]]":
    from retail_brain.errors import UsageError

    frame: pl.DataFrame = read_table(file, "FILE", as_text=True)
    missing = [name for name in wanted if name not in frame.columns]
    if missing:
        raise UsageError(f"{file} lacks the columns {missing}; got {frame.columns}. Add them.")
    rows = frame.to_dicts()
    for place, row in enumerate(rows, 1):
        empty = [name for name in wanted if not row[name]]
        if empty:
            raise UsageError(f"{file}, row {place}: {', '.join(empty)} is empty; nothing was stored. Fill it in.")
    return rows


def _one_of(text: str, known: tuple[str, ...], file: Path) -> str:
    from retail_brain.errors import UsageError

    if text not in known:
        raise UsageError(f"{file}: outcome {text!r} is unknown; wanted one of {', '.join(known)}. Correct it.")
    return text


def _instant(text: str, file: Path) -> datetime:
    """An instant of a file: ISO, in the zone of the machine where it names none."""
    from retail_brain.errors import UsageError

    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"{file}: at {text!r} is no instant; wanted such as 2026-03-02T10:15:00Z. Correct it."
        ) from None
    return at.astimezone(UTC)
