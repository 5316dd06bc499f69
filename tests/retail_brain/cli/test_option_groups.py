"""Options that belong together: Typer sees the fields, the verb gets the object."""

import inspect
from dataclasses import dataclass
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from retail_brain.cli.option_groups import with_fields


@dataclass(frozen=True)
class _Goods:
    product: Annotated[str, typer.Option("--product", help="Which.")]
    units: Annotated[int, typer.Option(min=1)] = 3


def _run(*arguments: str) -> tuple[int, str]:
    app = typer.Typer()

    def verb(goods: _Goods, out: Annotated[str, typer.Option("--out")] = "here") -> None:
        typer.echo(f"{goods} {out}")

    app.command()(with_fields(verb))
    result = CliRunner().invoke(app, arguments)
    return result.exit_code, result.output


def test_fields_of_a_group_are_options_and_come_back_as_one_object() -> None:
    assert _run("--product", "P1") == (0, "_Goods(product='P1', units=3) here\n")
    assert _run("--product", "P1", "--units", "5", "--out", "there") == (0, "_Goods(product='P1', units=5) there\n")


@pytest.mark.parametrize(("arguments", "said"), [((), "--product"), (("--product", "P1", "--units", "0"), "--units")])
def test_required_fields_and_ranges_are_checked_by_typer(arguments: tuple[str, ...], said: str) -> None:
    code, output = _run(*arguments)
    assert code == 2
    assert said in output


def test_a_verb_without_groups_stays_itself() -> None:
    def verb(out: str) -> None: ...

    assert with_fields(verb) is verb
    assert list(inspect.signature(with_fields(verb)).parameters) == ["out"]
