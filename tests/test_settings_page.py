"""docs/settings.md lists every setting and training parameter; `python tests/test_settings_page.py` writes it anew."""

import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
from pydantic.fields import FieldInfo

from retail_brain.settings import Section, Settings
from training.demand.config import DemandConfig
from training.recommender.config import RecommenderConfig

PAGE = Path(__file__).resolve().parent.parent / "docs" / "settings.md"
INTRODUCTION = """# Settings

This page is made from the classes that read the settings: after a change run `python tests/test_settings_page.py`.
A test fails while the page is out of date.

## Of a tenant

`var/TENANT/settings.toml` under the home folder; a section is a TOML table, such as `[demand]`. What is not named there
has its default. An unknown key or a value out of range stops every command, and the message names the key. Set for the
machine, not for the tenant: `RETAIL_BRAIN_HOME` (the home folder) and `RETAIL_BRAIN_DATABASE_URL` (the operational
database).
"""
PARAMETERS = """
## Parameters of the models

They are fields of the model's configuration, are written into its bundle and logged with its MLflow run. The presets
`fast` and `full` choose them; the defaults below are those of `fast`.
"""


def render() -> str:
    """The page."""
    parts = [INTRODUCTION, *_sections(Settings(), "")]
    parts += [PARAMETERS, *_sections(DemandConfig(), "demand model", ("data", "demand"))]
    parts += _sections(RecommenderConfig(), "recommender")
    return "\n".join(parts)


def _sections(values: Section, title: str, left_out: Collection[str] = ()) -> Iterator[str]:
    """One table for the section's own fields, and one for each section in it."""
    fields = {name: field for name, field in type(values).model_fields.items() if name not in left_out}
    inner = {name: getattr(values, name) for name in fields if isinstance(getattr(values, name), Section)}
    own = [_row(name, field, getattr(values, name)) for name, field in fields.items() if name not in inner]
    heading = f"### {title or 'above all sections'}\n"
    table = "\n".join(
        [heading, type(values).__doc__.split("\n\n")[0] if type(values).__doc__ else "", "", *_HEAD, *own]
    )
    if own and title:
        yield table + "\n"
    for name, section in inner.items():
        yield from _sections(section, f"{title}: {name}" if title else f"`[{name}]`")
    if own and not title:
        yield table + "\n"


_HEAD = ["| key | default | range | what it is |", "|---|---|---|---|"]


def _row(name: str, field: FieldInfo, value: Any) -> str:
    return f"| `{name}` | {_shown(value)} | {_range(field)} | {field.description} |"


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value:,}"
    return f"`{value}`" if value else "none"


def _range(field: FieldInfo) -> str:
    choices = [kind for kind in (field.annotation, *get_args(field.annotation)) if get_origin(kind) is Literal]
    if choices:
        return ", ".join(f"`{choice}`" for choice in get_args(choices[0]))
    signs = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
    bounds = [
        (sign, getattr(rule, key)) for rule in field.metadata for key, sign in signs.items() if hasattr(rule, key)
    ]
    return ", ".join(f"{sign} {bound:,}" for sign, bound in bounds)


def all_fields(values: Section, path: str) -> Iterator[tuple[str, FieldInfo, Any]]:
    """Every field that is not itself a section, with its dotted name."""
    for name, field in type(values).model_fields.items():
        value = getattr(values, name)
        if isinstance(value, Section):
            yield from all_fields(value, f"{path}.{name}")
        else:
            yield f"{path}.{name}", field, value


EVERY = [
    *all_fields(Settings(), "settings"),
    *all_fields(DemandConfig(), "demand"),
    *all_fields(RecommenderConfig(), "recommender"),
]


def test_the_page_of_settings_is_what_the_classes_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(), (
        "docs/settings.md is old: run python tests/test_settings_page.py"
    )


@pytest.mark.parametrize(("name", "field", "value"), EVERY, ids=[name for name, _, _ in EVERY])
def test_a_setting_says_in_one_line_what_it_is(name: str, field: FieldInfo, value: Any) -> None:
    assert field.description, f"{name} has no description"
    assert len(field.description) <= 110, name
    assert "\n" not in field.description, name


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [one for one in EVERY if isinstance(one[2], int | float) and not isinstance(one[2], bool)],
)
def test_a_number_among_the_settings_has_a_range(name: str, field: FieldInfo, value: float) -> None:
    assert re.search(r"\d", _range(field)), f"{name} = {value} has no range"


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
