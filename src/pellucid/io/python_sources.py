"""The library's own functions, copied into a script with everything they use: one maths, written once.

A function is copied as it stands in its file; only its type annotations go, its docstring is cut to the first
paragraph, and a name that two different functions share gets a number. What it uses comes before it: other functions
are copied in the same way, constants written out, NumPy and Python's own modules imported.
"""

from __future__ import annotations

import ast
import builtins
import dis
import inspect
import math
import sys
import textwrap
from collections.abc import Callable, Iterable
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from ..errors import InputError

WIDTH = 100
# What a script calls by these names is its own.
TAKEN = frozenset(
    {
        "CLASSES",
        "COLUMNS",
        "RATES",
        "SAMPLE_WEIGHTS",
        "TARGET_MEAN",
        "TARGET_SCALE",
        "X",
        "Y",
        "a",
        "arrays",
        "b64decode",
    }
    | {
        "backward",
        "classify",
        "dx",
        "epoch",
        "first",
        "forward",
        "g",
        "layer",
        "learning_rate",
        "loss_total",
        "losses",
        "memory",
    }
    | {
        "name",
        "network",
        "noise",
        "np",
        "order",
        "parameters",
        "penalties",
        "penalty_total",
        "predict",
        "prepare",
        "row",
    }
    | {"rows", "share", "slots", "step_number", "update", "w", "weight", "weight_total", "x", "y", "z"}
)


class Sources:
    """Functions and constants for one script. `imports` and `parts` are its first two sections, in order."""

    def __init__(self) -> None:
        self.imports: dict[str, str] = {"np": "import numpy as np"}
        self.parts: list[str] = []
        self._names: dict[int, str] = {}
        self._taken = set(TAKEN)
        self._kept: list[Any] = []

    def add(self, function: Callable[..., Any], what: str) -> str:
        """Copy a function, described by `what` ("the activation 'square'"), and return its name in the script."""
        plain = _unwrapped(function)
        if id(plain) in self._names:
            return self._names[id(plain)]
        tree, lines = _parsed(plain, what)
        if any(isinstance(node, ast.FunctionDef) for node in ast.walk(tree) if node is not tree):
            self.imports = {"annotations": "from __future__ import annotations"} | self.imports
        name = self._new_name(plain)
        renamed = self._uses(plain, what)
        self.parts.append(_copied(tree, lines, {**renamed, tree.name: name}))
        return name

    def _uses(self, function: FunctionType, what: str) -> dict[str, str]:
        """Bring everything the function refers to into the script; the names that had to change."""
        renamed = {}
        for name, value in _referred(function, what):
            here = self._bring(name, value, what)
            if here != name:
                renamed[name] = here
        return renamed

    def _bring(self, name: str, value: Any, what: str) -> str:
        if isinstance(value, FunctionType) or hasattr(value, "cache_info"):
            if not _importable(value):
                return self.add(value, what)
        elif isinstance(value, ModuleType):
            return self._import_module(name, value, what)
        elif (text := literal(value)) is not None:
            return self._constant(name, value, text)
        if not _importable(value):
            raise InputError(
                f"{what} uses {name}, which cannot be written into a script that needs nothing but NumPy",
                "functions, numbers, NumPy and Python's own modules",
            )
        self.imports[name] = f"from {value.__module__} import {value.__name__}" + _alias(name, value.__name__)
        return name

    def _import_module(self, name: str, module: ModuleType, what: str) -> str:
        if module.__name__.split(".")[0] not in {"numpy", *sys.stdlib_module_names}:
            raise InputError(f"{what} uses the package {module.__name__}", "NumPy and Python's own modules only")
        self.imports[name] = f"import {module.__name__}" + _alias(name, module.__name__)
        return name

    def _constant(self, name: str, value: Any, text: str) -> str:
        key = hash((name, text))
        if key not in self._names:
            self._names[key] = self._free(name)
            self.parts.append(f"{self._names[key]} = {text}")
        return self._names[key]

    def _new_name(self, function: FunctionType) -> str:
        self._kept.append(function)  # so that its id stays its own
        name = self._names[id(function)] = self._free(function.__name__)
        return name

    def _free(self, name: str) -> str:
        found, number = name, 2
        while found in self._taken:
            found, number = f"{name}_{number}", number + 1
        self._taken.add(found)
        return found


def literal(value: Any) -> str | None:
    """A constant as Python text, None for anything that is none."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        return f"np.array({literal(value.tolist())}, dtype=np.{value.dtype.name})"
    if isinstance(value, np.generic):
        return literal(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value!r}")'
    if value is None or isinstance(value, (bool, int, float, str)):
        return repr(value)
    if isinstance(value, (tuple, list)):
        inside = [literal(v) for v in value]
        open_, close = "()" if isinstance(value, tuple) else "[]"
        return None if None in inside else _wrapped(open_, [str(v) for v in inside], close)
    if isinstance(value, dict):
        pairs = [(literal(k), literal(v)) for k, v in value.items()]
        return None if any(None in pair for pair in pairs) else _wrapped("{", [f"{k}: {v}" for k, v in pairs], "}")
    return None


def _wrapped(start: str, items: list[str], end: str) -> str:
    comma = "," if len(items) == 1 and start == "(" else ""
    line = f"{start}{', '.join(items)}{comma}{end}"
    if len(line) <= WIDTH and "\n" not in line:
        return line
    return start + "\n" + "".join(textwrap.indent(item, "    ") + ",\n" for item in items) + end


def _unwrapped(function: Any) -> Any:
    # functools.cache only remembers: what it wraps computes the same.
    return function.__wrapped__ if hasattr(function, "cache_info") and hasattr(function, "__wrapped__") else function


def _parsed(function: Any, what: str) -> tuple[ast.FunctionDef, list[bytes]]:
    """The function's definition and the lines of its source, as the bytes that `ast` counts in."""
    instead = "a plain function, written with def in a file"
    if not isinstance(function, FunctionType):
        raise InputError(f"{what} is computed by {function!r}, whose source cannot be copied", instead)
    if function.__name__ == "<lambda>":
        raise InputError(f"{what} is computed by a lambda, whose source cannot be copied", instead)
    try:
        source = textwrap.dedent(inspect.getsource(function))
        tree = ast.parse(source).body[0]
    except (OSError, TypeError, SyntaxError, IndexError):
        tree = None
    if not isinstance(tree, ast.FunctionDef) or tree.name != function.__name__:
        raise InputError(f"the source of {function.__name__} ({what}) cannot be read", instead)
    return tree, source.encode().splitlines()


def _referred(function: FunctionType, what: str) -> Iterable[tuple[str, Any]]:
    """Names from outside that the function's code reads, with their values; Python's built-ins are left out."""
    closure = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
    for name, cell in closure.items():
        yield name, cell.cell_contents
    names = dict.fromkeys([*_globals_read(function.__code__), *_defaults(function, what)])
    for name in names:
        if name in function.__globals__:
            yield name, function.__globals__[name]
        elif not hasattr(builtins, name):
            raise InputError(f"{what} uses {name}, which is not defined", "a name from the function's own file")


def _globals_read(code: CodeType) -> Iterable[str]:
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            yield instruction.argval
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _globals_read(constant)


def _defaults(function: FunctionType, what: str) -> Iterable[str]:
    tree, _ = _parsed(function, what)
    for default in [*tree.args.defaults, *tree.args.kw_defaults]:
        yield from (node.id for node in ast.walk(default) if isinstance(node, ast.Name)) if default else ()


def _importable(value: Any) -> bool:
    """Whether a script can import this from NumPy or Python's own modules."""
    module, name = getattr(value, "__module__", None), getattr(value, "__name__", None)
    if not isinstance(module, str) or not isinstance(name, str):
        return False
    known = module.split(".")[0] in {"numpy", *sys.stdlib_module_names} - {"__main__"}
    return known and getattr(sys.modules.get(module), name, None) is value


def _alias(name: str, real: str) -> str:
    return "" if name == real else f" as {name}"


def _copied(tree: ast.FunctionDef, lines: list[bytes], renamed: dict[str, str]) -> str:
    """The function's text without annotations and decorators, its docstring short, and names changed."""
    header = _header(tree, renamed)
    doc = ast.get_docstring(tree)
    body = tree.body[1:] if doc is not None else tree.body
    short = [textwrap.indent(_docstring(doc), "    ")] if doc is not None else []
    if not body:
        return "\n".join([header, *short])
    if body[0].lineno == tree.lineno:
        return "\n".join([header, textwrap.indent("\n".join(map(ast.unparse, body)), "    ")])
    changed = _rename(tree, lines, renamed)
    first = tree.body[0].end_lineno if doc is not None else body[0].lineno - 1
    rest = b"\n".join(changed[first : tree.end_lineno]).decode()
    return "\n".join([header, *short, rest])


def _header(tree: ast.FunctionDef, renamed: dict[str, str]) -> str:
    args = tree.args
    for arg in [*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg]:
        if arg is not None:
            arg.annotation = None
    for default in ast.walk(args):
        if isinstance(default, ast.Name):
            default.id = renamed.get(default.id, default.id)
    line = f"def {renamed[tree.name]}({ast.unparse(args)}):"
    return line if len(line) <= WIDTH else "\n    ".join(textwrap.wrap(line, WIDTH, subsequent_indent="    "))


def _docstring(doc: str) -> str:
    first = doc.split("\n\n")[0].replace('"""', "'''")
    return ('r"""' if "\\" in first else '"""') + first + '"""'


def _rename(tree: ast.FunctionDef, lines: list[bytes], renamed: dict[str, str]) -> list[bytes]:
    changed = list(lines)
    names = [n for n in ast.walk(tree) if isinstance(n, ast.Name) and renamed.get(n.id, n.id) != n.id]
    for node in sorted(names, key=lambda n: (n.lineno, -n.col_offset)):
        line, start = changed[node.lineno - 1], node.col_offset
        changed[node.lineno - 1] = line[:start] + renamed[node.id].encode() + line[start + len(node.id.encode()) :]
    return changed
