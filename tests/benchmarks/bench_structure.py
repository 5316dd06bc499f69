"""Structure of source trees, counted alike: sizes, public names, docstrings, types, documented errors, comments.

    python tests/benchmarks/bench_structure.py . NAME=FOLDER ...

`.` is this project (its four packages); every NAME=FOLDER is another tree, such as an installed package. Folders called
tests, migrations or benchmarks are left out. A name is public when neither it nor its class begins with an underscore.
Our functions with over 7 arguments are listed below the table.
"""

import ast
import io
import statistics
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

OURS = ("retail_brain", "features", "training", "serving")
LEFT_OUT = {"tests", "test", "testing", "migrations", "benchmarks", "_vendor", "node_modules"}
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Tree:
    """What is counted of one tree."""

    files: list[int] = field(default_factory=list)
    functions: list[int] = field(default_factory=list)
    comments: int = 0
    names: int = 0
    constants: int = 0
    public: int = 0
    documented: int = 0
    typed: int = 0
    raises: int = 0
    arguments_over_7: int = 0

    def row(self) -> tuple[str, ...]:
        """The tree as cells of the table."""
        lines = sum(self.files)
        share = f"{self.documented / self.public:.0%} / {self.typed / self.public:.0%}" if self.public else "-"
        return (
            f"{len(self.files)}",
            f"{lines:,}",
            f"{statistics.median(self.files):.0f} / {max(self.files)}",
            f"{statistics.median(self.functions):.0f} / {max(self.functions)}",
            f"{self.names} + {self.constants}",
            share,
            f"{self.raises / max(self.documented, 1):.0%}",
            f"{100 * self.comments / lines:.1f}",
            f"{self.arguments_over_7}",
        )


HEADINGS = (
    "files",
    "lines",
    "lines of a file, median / max",
    "of a function",
    "public functions and classes + constants",
    "public functions documented / typed",
    "of the documented with Raises",
    "comments per 100 lines",
    "functions with over 7 arguments",
)


def sources(folders: list[Path]) -> Iterator[Path]:
    """Python files of folders, those left out apart."""
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            if not LEFT_OUT & set(path.relative_to(folder).parts[:-1]):
                yield path


def count(folders: list[Path]) -> Tree:
    """Counts the sources of some folders."""
    tree = Tree()
    for path in sources(folders):
        text = path.read_text(encoding="utf-8")
        if len(text.splitlines()) > 1:
            tree.files.append(len(text.splitlines()))
        module = ast.parse(text)
        first = module.body[0].lineno if module.body else 1
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        # what stands before the first statement is a licence, not a comment on the code
        tree.comments += sum(token.type == tokenize.COMMENT and token.start[0] >= first for token in tokens)
        is_public = not path.name.startswith("_") or path.name == "__init__.py"
        _count_body(tree, module, is_public=is_public, is_top=True)
        tree.constants += sum(_is_public_constant(node) for node in module.body)
    return tree


def _count_body(tree: Tree, node: ast.Module | ast.ClassDef, *, is_public: bool, is_top: bool) -> None:
    for child in node.body:
        if isinstance(child, Function):
            tree.functions.append((child.end_lineno or child.lineno) - child.lineno + 1)
            shown = is_public and not child.name.startswith("_")
            tree.names += is_top and shown
            _count_function(tree, child, is_public=shown)
        elif isinstance(child, ast.ClassDef):
            shown = is_public and not child.name.startswith("_")
            tree.names += is_top and shown
            _count_body(tree, child, is_public=shown, is_top=False)


def _named_arguments(function: Function) -> list[ast.arg]:
    arguments = function.args.posonlyargs + function.args.args + function.args.kwonlyargs
    return [argument for argument in arguments if argument.arg not in {"self", "cls"}]


def many_arguments(root: Path) -> list[str]:
    """Our functions with over 7 arguments: module, name and number of arguments."""
    return [
        f"{path.relative_to(root)} {node.name} {len(_named_arguments(node))}"
        for path in sources([root / package for package in OURS])
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, Function) and len(_named_arguments(node)) > 7
    ]


def _count_function(tree: Tree, function: Function, *, is_public: bool) -> None:
    named = _named_arguments(function)
    tree.arguments_over_7 += len(named) > 7
    if not is_public:
        return
    text = ast.get_docstring(function) or ""
    tree.public += 1
    tree.documented += bool(text)
    tree.raises += "Raises" in text
    tree.typed += function.returns is not None and all(argument.annotation for argument in named)


def _is_public_constant(node: ast.stmt) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return any(isinstance(target, ast.Name) and not target.id.startswith("_") for target in targets)


def circles(root: Path) -> list[list[str]]:
    """Groups of our modules that import each other in a circle, imports for types apart."""
    graph = _imports(root)
    reached = {module: _reached(graph, module) for module in graph}
    circle_of = {
        module: frozenset({module} | {other for other in reached[module] if module in reached[other]})
        for module in graph
        if module in reached[module]
    }
    return sorted(sorted(circle) for circle in set(circle_of.values()))


def _imports(root: Path) -> dict[str, set[str]]:
    modules = {}
    for path in sources([root / name for name in OURS]):
        parts = path.relative_to(root).with_suffix("").parts
        modules[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    graph: dict[str, set[str]] = {}
    for module, path in modules.items():
        graph[module] = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                full = {f"{node.module}.{alias.name}" for alias in node.names}
                graph[module] |= ((full & set(modules)) or ({node.module} & set(modules))) - {module}
    return graph


def _reached(graph: dict[str, set[str]], start: str) -> set[str]:
    seen: set[str] = set()
    waiting = list(graph[start])
    while waiting:
        module = waiting.pop()
        if module not in seen:
            seen.add(module)
            waiting.extend(graph[module])
    return seen


def main() -> None:
    """Prints a Markdown table."""
    root = Path(__file__).resolve().parents[2]
    print("| tree | " + " | ".join(HEADINGS) + " |")
    print("|" + "---|" * (len(HEADINGS) + 1))
    for given in sys.argv[1:] or ["."]:
        name, _, folder = given.partition("=")
        folders = [root / package for package in OURS] if given == "." else [Path(folder)]
        print(f"| {'this project' if given == '.' else name} | " + " | ".join(count(folders).row()) + " |")
    print("\nOver 7 arguments in this project: " + (", ".join(many_arguments(root)) or "none"))
    print(f"Import circles in this project: {circles(root) or 0}")


if __name__ == "__main__":
    main()
