"""Every number that stands at the top of a module says in a line what it is, in which unit, and why it is that."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("retail_brain", "features", "training", "serving")
_CALLS = {"array", "concatenate", "timedelta", "MappingProxyType", "float", "dict", "range"}


def _is_numeric(value: ast.expr) -> bool:  # noqa: PLR0911  # one return for each kind of expression
    """Whether an expression is made of numbers: a number, arithmetic, a collection, or a plain call on such."""
    match value:
        case ast.Constant(value=number):
            return isinstance(number, int | float) and not isinstance(number, bool)
        case ast.UnaryOp(operand=inner):
            return _is_numeric(inner)
        case ast.BinOp(left=left, right=right):
            return _is_numeric(left) and _is_numeric(right)
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
            return bool(parts) and all(map(_is_numeric, parts))
        case ast.Dict(values=parts):
            return bool(parts) and all(map(_is_numeric, parts))
        case ast.Call(func=function, args=parts):
            name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            return name in _CALLS and any(map(_is_numeric, [*parts, *(key.value for key in value.keywords)]))
    return False


def _unexplained(source: str) -> Iterator[str]:
    """Constants without a string below them or a comment above them, as NAME (line)."""
    lines, body = source.splitlines(), ast.parse(source).body
    for statement, following in zip(body, [*body[1:], None], strict=True):
        match statement:
            case ast.Assign(targets=[target], value=value):
                pass
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                pass
            case _:
                continue
        names = [part.id for part in getattr(target, "elts", [target]) if isinstance(part, ast.Name)]
        if not names or not names[0].lstrip("_").isupper() or not _is_numeric(value):
            continue
        is_below = isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
        if not is_below and not lines[statement.lineno - 2].startswith("#"):
            yield f"{names[0]} (line {statement.lineno})"


@pytest.mark.parametrize("package", PACKAGES)
def test_a_number_at_the_top_of_a_module_is_explained(package: str) -> None:
    files = [path for path in sorted((ROOT / package).rglob("*.py")) if "migrations" not in path.parts]
    found = {str(path.relative_to(ROOT)): [*_unexplained(path.read_text(encoding="utf-8"))] for path in files}
    wrong = {name: constants for name, constants in found.items() if constants}
    assert not wrong, "say below each constant what it is, its unit, why this value and where it was measured"


def test_a_number_without_a_line_is_found_and_one_with_a_line_is_not() -> None:
    source = 'LIMIT = 3\n_PAIR: tuple[int, int] = (1, 2)\n"""Days."""\nNAME = "x"\n# Seconds.\nWAIT = 2.5\n'
    assert [*_unexplained(source)] == ["LIMIT (line 1)"]
