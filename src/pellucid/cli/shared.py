"""What the verbs share: options with one meaning, output, errors, opening models and tables."""

from __future__ import annotations

import difflib
import functools
import json
import math
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ParamSpec

import numpy as np
import typer

from ..errors import DivergenceError, InputError, Notice, PellucidError
from ..insight.render import counted, to_text, visible
from . import INTERRUPTED
from .examples import holds_examples, read_examples
from .wording import spoken, told

if TYPE_CHECKING:
    from ..data.table import Table
    from ..network import Network

FINE, FOUND, BAD = 0, 1, 2

P = ParamSpec("P")

_UNNAMED = re.compile(r"column_\d+")

ModelFile = Annotated[str, typer.Argument(metavar="MODEL", help="A network: a .safetensors file, or FANN's .net.")]
_DATA = "A table (CSV), examples in FANN's format (.data), or the name of a shipped data set."
DataFile = Annotated[str, typer.Argument(metavar="FILE", help=_DATA)]
RowNumber = Annotated[int, typer.Option("--row", help="The row, counted from 1; the line of names is not counted.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value instead of text.")]
_READING = "Reading the file"
Delimiter = Annotated[
    str | None, typer.Option(help="What separates the cells [dim]\\[default: detected][/dim]", rich_help_panel=_READING)
]
Encoding = Annotated[
    str | None, typer.Option(help="The file's encoding [dim]\\[default: detected][/dim]", rich_help_panel=_READING)
]
Decimal = Annotated[
    str | None,
    typer.Option(help="The decimal mark, . or , [dim]\\[default: detected][/dim]", rich_help_panel=_READING),
]


@dataclass(frozen=True)
class Reading:
    """How to read a table, where it is not to be detected."""

    delimiter: str | None = None
    encoding: str | None = None
    decimal: str | None = None


# --- Verbs and their errors -------------------------------------------------------------------------------------------


def verb(function: Callable[P, None]) -> Callable[P, None]:
    """Make a function a verb: taught errors become text on standard error and an exit code, never a traceback."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        with notices():
            try:
                function(*args, **kwargs)
            except PellucidError as error:
                complain(told(error))
                raise typer.Exit(FOUND if isinstance(error, DivergenceError) else BAD) from None
            except BrokenPipeError:
                nobody_reads()
                raise typer.Exit(FINE) from None
            except OSError as error:
                place = f"{error.filename!r}: " if error.filename is not None else ""
                complain(f"{place}{error.strerror or error}.")
                raise typer.Exit(BAD) from None
            except KeyboardInterrupt:
                complain("Stopped by Ctrl-C.", "")
                raise typer.Exit(INTERRUPTED) from None

    return run


def nobody_reads() -> None:
    """After the reader of a pipe has gone (`| head`): let what is still to come go nowhere, without a word."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def notices() -> Iterator[None]:
    """Say what was decided on the user's behalf in a line of its own, not as a Python warning."""

    said: set[str] = set()

    def show(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:
        if str(message) not in said:
            remark(str(message))
        said.add(str(message))

    with warnings.catch_warnings():
        warnings.simplefilter("always", Notice)
        warnings.showwarning = show
        yield


@contextmanager
def without_notices() -> Iterator[None]:
    """Inside, nothing is said of what was decided: it was said before."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Notice)
        yield


# --- Output -----------------------------------------------------------------------------------------------------------


def complain(text: str, kind: str = "Error: ") -> None:
    """An error, on standard error."""
    styled(kind + visible(spoken(text), lines=True), "bold red" if kind else "yellow", error=True)


def remark(text: str) -> None:
    """Something worth knowing beside the result, on standard error."""
    styled("Note: " + visible(spoken(text), lines=True), "yellow", error=True)


def styled(text: str, style: str = "", error: bool = False) -> None:
    """One piece of text, in a style where the stream is a terminal; never wrapped in the middle of a pipe."""
    stream = sys.stderr if error else sys.stdout
    if not stream.isatty():
        print(text, file=stream)
        return
    from rich.console import Console

    Console(stderr=error).print(text, style=style, markup=False, highlight=False, emoji=False)


def say(speak: bool, title: str, *lines: str) -> None:
    """A title and lines below it, on standard output."""
    if not speak:
        return
    if title:
        styled(title, "bold")
    for line in lines:
        styled("  " + visible(line))


def show(node: Any) -> None:
    """A render tree, on standard output."""
    print(to_text(node))


def emit(value: Any) -> None:
    """One JSON value on standard output; numbers that are not finite become null, as JSON has none."""
    print(json.dumps(plain(value), indent=2, allow_nan=False))


def plain(value: Any) -> Any:
    """`value` in what JSON can hold."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)


# --- Models and tables ------------------------------------------------------------------------------------------------


def open_model(path: str) -> Network:
    """The network in a file; an error where that holds what a network is asked about."""
    from ..network import load

    if holds_examples(Path(path)):
        expected = "a network's file, .safetensors or .net, and after it the file with the rows"
        raise InputError(f"{path} holds examples, and no network", expected)
    return load(path)


def open_table(name: str, reading: Reading, target: str | None = None, net: Network | None = None) -> Table:
    """The table in a file, or a shipped one. Where a model knows the columns' names, the first line must hold names.

    Of examples in FANN's format these are the inputs; `known_outputs` has the others.
    """
    from ..data.table import read_table

    header = None
    if net is not None and net.preprocessing is not None and net.preprocessing.named:
        header = None if all(map(unnamed, net.preprocessing.names)) else True
    path = find_table(name)
    if holds_examples(path):
        return read_examples(path)[0]
    return read_table(path, target, reading.delimiter, reading.encoding, reading.decimal, header)


def known_outputs(name: str, target: str | None) -> np.ndarray | None:
    """The outputs (rows, n_out) of a file of examples in FANN's format; None of any other."""
    path = Path(name)
    if not holds_examples(path):
        return None
    if target is not None:
        expected = "none: the file's first line says how many rows, inputs and outputs there are"
        raise InputError("--target for a file of examples in FANN's format", expected)
    return read_examples(path)[1]


def find_table(name: str) -> Path:
    """The path of a file; a name that is no file but one of a shipped data set is that set, and this is said."""
    path = Path(name)
    if path.exists():
        if _is_network(path):
            raise InputError(f"{name} is a network", "a table, or examples in FANN's format (.data)")
        return path
    from ..data.datasets import TARGETS, dataset_path

    if name not in TARGETS:
        near = difflib.get_close_matches(name.lower(), TARGETS, n=1, cutoff=0.75)
        if near:
            expected = f"the path of a table, or a data set that is shipped: {', '.join(TARGETS)}"
            raise InputError(f"there is no file {name!r}", expected, near[0])
        return path
    remark(f"there is no file {name}: taking the data set of this name that is shipped with pellucid")
    return dataset_path(name)


def _is_network(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        start = file.read(16)
    return path.suffix.lower() == ".safetensors" or start.startswith((b"FANN_FLO_", b"FANN_FIX_"))


def unnamed(column: str) -> bool:
    """Whether a column may be called so because its file has no line of names."""
    return _UNNAMED.fullmatch(column) is not None


def pick_row(table: Table, row: int) -> Table:
    """The table of one row, counted from 1."""
    if not 1 <= row <= len(table):
        rows = counted(len(table), "row")
        raise InputError(f"--row {row}", f"1 to {len(table)}, as the file has {rows} (names not counted)")
    return table.take(np.array([row - 1]))


def target_of(net: Network, table: Table, target: str | None) -> str | None:
    """The column that holds the truth: the one that was named, else the one the model was trained on if it is there."""
    from ..data.columns import no_column

    if target is not None:
        if target not in table:
            raise no_column(target, table.columns)
        return target
    name = net.preprocessing.target.name if net.preprocessing is not None else ""
    return name if name in table else None


def inputs_of(net: Network, table: Table, target: str) -> Table:
    """The columns for the network: where it goes by position, all but the target; else it finds its own by name."""
    by_name = net.preprocessing is not None and net.preprocessing.named
    return table if by_name else table.without(target)


def known_rows(table: Table, name: str) -> np.ndarray:
    """The rows, from 0, in which a column is not missing."""
    return np.flatnonzero([value is not None and value == value for value in table[name].tolist()])


def split_rows(table: Table, target: str, task: str, test: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The rows for training and for the test: each class in its share, exact copies of a row on one side."""
    from ..data.split import same_rows, split

    strata = table[target] if task == "classification" else None
    return split(len(table), test, strata, same_rows(table), seed)
