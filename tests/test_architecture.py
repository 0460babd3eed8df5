"""The house's order: who may import whom, what the door loads, how long things may get.

The imports of every module are read from its source, so that those inside functions and under
`TYPE_CHECKING` count too.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "pellucid"

# One row per floor, from the foundations up. A module imports from its own room and from the rows above its own;
# in the last row also from the left. The package's own `__init__` is the door, and stands below all that it offers.
ROWS = (
    ("errors",),
    ("maths",),
    ("model",),
    ("data",),
    ("engines",),
    ("training",),
    ("insight",),
    ("io",),
    ("network",),
    ("auto",),
    ("__init__",),
    ("fann", "estimators"),
    ("report", "cli", "__main__"),
)
LAST_ROW_FROM_LEFT = len(ROWS) - 1
FLOOR = {room: floor for floor, row in enumerate(ROWS) for room in row}
MODULES = sorted(PACKAGE.rglob("*.py"))
SCRIPTS = sorted((ROOT / "benchmarks").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def label(path: Path) -> str:
    """The path as seen from the checkout, for the names of tests."""
    return path.relative_to(ROOT).as_posix()


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def room_of(path: Path) -> str:
    """The first part of a module's path below the package: "maths" for maths/losses.py, "network" for network.py."""
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def first_room(parts: tuple[str, ...]) -> str:
    """The room that a dotted path below the package leads into; a name that is no module comes from the door."""
    if parts and ((PACKAGE / parts[0]).is_dir() or (PACKAGE / f"{parts[0]}.py").exists()):
        return parts[0]
    return "__init__"


def rooms_imported(path: Path, tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Each room of pellucid that a module imports from, with the line."""
    here = path.relative_to(PACKAGE).parts[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                head, *rest = name.name.split(".")
                if head == "pellucid":
                    yield first_room(tuple(rest)), node.lineno
        elif isinstance(node, ast.ImportFrom):
            module = tuple((node.module or "").split(".")) if node.module else ()
            if node.level:
                base = here[: len(here) - node.level + 1] + module
            elif module[0] == "pellucid":
                base = module[1:]
            else:
                continue
            for name in node.names:
                yield first_room(base or (name.name,)), node.lineno
        elif isinstance(node, ast.Call) and called(node) in {"import_module", "__import__"}:
            yield from _rooms_imported_by_call(node, here)


def _rooms_imported_by_call(node: ast.Call, here: tuple[str, ...]) -> Iterator[tuple[str, int]]:
    name = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else ""
    if name.startswith("."):
        level = len(name) - len(name.lstrip("."))
        yield first_room((*here[: len(here) - level + 1], *name.lstrip(".").split("."))), node.lineno
    elif name.split(".")[0] == "pellucid":
        yield first_room(tuple(name.split(".")[1:])), node.lineno


def called(node: ast.Call) -> str:
    """The last part of what a call calls: "load" for pickle.load(...)."""
    return getattr(node.func, "attr", None) or getattr(node.func, "id", "")


def may_import(room: str, other: str) -> bool:
    if room == other or FLOOR[other] < FLOOR[room]:
        return True
    row = ROWS[FLOOR[room]]
    return FLOOR[room] == LAST_ROW_FROM_LEFT and other in row[: row.index(room)]


def misplaced_imports(path: Path, tree: ast.Module) -> list[str]:
    room = room_of(path)
    return [
        f"{label(path)}:{line}: {room} imports from {other}, which stands beside or below it"
        for other, line in rooms_imported(path, tree)
        if not may_import(room, other)
    ]


@pytest.mark.parametrize("path", MODULES, ids=label)
def test_every_module_lives_in_a_known_room(path: Path) -> None:
    assert room_of(path) in FLOOR, "a new room: add it to the architecture page and to ROWS above"


@pytest.mark.parametrize("path", MODULES, ids=label)
def test_a_module_imports_only_from_rooms_above_its_own(path: Path) -> None:
    assert misplaced_imports(path, tree_of(path)) == []


@pytest.mark.parametrize(
    "text",
    [
        "from ..network import Network",
        "from .. import network",
        "import pellucid.network",
        "from pellucid.network import Network",
        "from pellucid import Network",
        "def f():\n    from ..engines import choose",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ..model import layers",
        "import importlib\nimportlib.import_module('pellucid.cli')",
        "import importlib\nimportlib.import_module('..cli', __package__)",
    ],
)
def test_the_order_is_really_checked(text: str) -> None:
    assert len(misplaced_imports(PACKAGE / "maths" / "losses.py", ast.parse(text))) == 1


@pytest.mark.parametrize("text", ["from ..errors import InputError", "from . import special", "import numpy as np"])
def test_what_is_allowed_is_allowed(text: str) -> None:
    assert misplaced_imports(PACKAGE / "maths" / "losses.py", ast.parse(text)) == []


@pytest.mark.parametrize("path", MODULES, ids=label)
def test_nothing_here_unpickles(path: Path) -> None:
    """A file from a stranger must not run code: networks pickle (joblib needs it), but the library reads no pickle."""
    found = []
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found += [n.name for n in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.append(node.module or "")
        elif isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            assert isinstance(node.value, ast.Constant)
            assert node.value.value is False
    assert not {name.split(".")[0] for name in found} & {"pickle", "dill", "cloudpickle", "marshal", "shelve", "joblib"}


@pytest.mark.parametrize("path", MODULES, ids=label)
def test_only_the_command_line_and_the_progress_bar_print(path: Path) -> None:
    if room_of(path) == "cli" or path.name == "progress.py":
        return
    calls = [n for n in ast.walk(tree_of(path)) if isinstance(n, ast.Call)]
    assert [c.lineno for c in calls if isinstance(c.func, ast.Name) and c.func.id == "print"] == []


def lines_without_docstrings(node: ast.AST, lines: int) -> int:
    """How many of a file's or function's `lines` are left without the docstrings in it, which may take their space."""
    for inner in ast.walk(node):
        if isinstance(inner, DOCUMENTED) and ast.get_docstring(inner, clean=False) is not None:
            lines -= inner.body[0].end_lineno - inner.body[0].lineno + 1
    return lines


@pytest.mark.parametrize("path", [*MODULES, *SCRIPTS], ids=label)
def test_functions_read_in_one_look(path: Path) -> None:
    functions = [n for n in ast.walk(tree_of(path)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    lengths = {f.name: lines_without_docstrings(f, f.end_lineno - f.lineno + 1) for f in functions}
    assert {name: length for name, length in lengths.items() if length > 50} == {}


@pytest.mark.parametrize("path", [*MODULES, *SCRIPTS, *TESTS], ids=label)
def test_a_file_is_one_thing(path: Path) -> None:
    length = lines_without_docstrings(tree_of(path), len(path.read_text(encoding="utf-8").splitlines()))
    assert length <= 450


def test_the_door_loads_numpy_and_the_standard_library_only() -> None:
    script = (
        "import sys; before = set(sys.modules); from pellucid import Network, Dense;"
        "print(*{name.split('.')[0] for name in set(sys.modules) - before})"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert "numpy" in run.stdout.split()
    assert set(run.stdout.split()) - sys.stdlib_module_names - {"numpy", "pellucid"} == set()
