"""Runs what a Markdown page shows, in order, in one namespace and one empty folder.

    ```python     is executed; a ```text block right below it is what it must print. A block that
                  raises must be followed by such a text, which ends in the error's name and text.
    ```pycon      is a doctest session in the same namespace.
    ```console    every line "$ pellucid ..." is run; what stands below a command, if anything
                  does, is what it must print. Other commands are left alone.

`...` in an expected text stands for anything, as in doctests. An error may be shown by the first line of its text
alone. The page's folder starts with copies of the shipped data sets. A block below the line `<!-- not run: why -->`
is left out.
"""

from __future__ import annotations

import contextlib
import doctest
import gzip
import io
import os
import re
import subprocess
import sys
import traceback
import types
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

ROOT = Path(__file__).parents[1]
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
FENCE = re.compile(r"^(?P<fence>`{3,})(?P<language>[\w{}-]*)[^\n]*\n(?P<text>.*?)^(?P=fence)[ ]*$", re.M | re.S)
ERROR = re.compile(r"[\w.]+Error: [^\n]*\n")  # the one line that stands for a longer text
NOT_RUN = re.compile(r"<!-- not run: \S.*-->\s*\Z")


class Checker(doctest.OutputChecker):
    """Compares as doctest does, but an error of several lines may be shown by the first one."""

    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        if super().check_output(want, got, optionflags):
            return True
        if not ERROR.fullmatch(want):
            return False
        return super().check_output(want, got.partition("\n")[0] + "\n", optionflags)


class PageError(AssertionError):
    """A page that shows something else than what happens."""


@dataclass(frozen=True)
class Block:
    """One fenced block: its language, its text, its first line's number, and the text block right below it, if any."""

    language: str
    text: str
    line: int
    expected: str | None = None


def blocks(page: str) -> list[Block]:
    """The blocks of a page that are to be run."""
    found: list[Block] = []
    fences = list(FENCE.finditer(page))
    for fence, below in zip_longest(fences, fences[1:]):
        language = fence["language"]
        if language not in {"python", "pycon", "console"} or NOT_RUN.search(page[: fence.start()]):
            continue
        expected = None
        if below and below["language"] == "text" and not page[fence.end() : below.start()].strip():
            expected = below["text"]
        found.append(Block(language, fence["text"], page.count("\n", 0, fence.start("text")) + 1, expected))
    return found


def run_page(path: Path, folder: Path) -> int:
    """Run a page inside `folder`; return how many blocks it ran. Raises PageError where page and program differ."""
    page = path.read_text(encoding="utf-8")
    module = types.ModuleType("page_" + re.sub(r"\W", "_", path.stem))
    for file in (ROOT / "src" / "pellucid" / "data" / "files").glob("*.csv.gz"):
        (folder / file.stem).write_bytes(gzip.decompress(file.read_bytes()))
    runners = {"python": _run_python, "pycon": _run_session, "console": _run_console}
    todo = blocks(page)
    with contextlib.chdir(folder), _importable(module):
        for block in todo:
            runners[block.language](block, path, module.__dict__)
    return len(todo)


@contextlib.contextmanager
def _importable(module: types.ModuleType) -> Iterator[None]:
    """Pickle and dataclasses look a class up in its module, so the page is one while it runs."""
    sys.modules[module.__name__] = module
    try:
        yield
    finally:
        del sys.modules[module.__name__]


def _run_python(block: Block, path: Path, namespace: dict) -> None:
    # The line numbers are the page's own: tracebacks, and inspect.getsource for what a page defines, then work.
    code = compile("\n" * (block.line - 1) + block.text, str(path), "exec")
    output = io.StringIO()
    error = None
    with contextlib.redirect_stdout(output):
        try:
            exec(code, namespace)
        except Exception as caught:
            if block.expected is None:
                raise
            error = caught
    got = output.getvalue()
    if error is not None:
        got += "".join(traceback.format_exception_only(error))
    if block.expected is not None:
        compare(block.expected, got, f"{path.name}:{block.line}")


def _run_session(block: Block, path: Path, namespace: dict) -> None:
    test = doctest.DocTestParser().get_doctest(block.text, {}, path.name, str(path), block.line - 1)
    test.globs = namespace
    report = io.StringIO()
    if doctest.DocTestRunner(Checker(), optionflags=FLAGS).run(test, out=report.write, clear_globs=False).failed:
        raise PageError(report.getvalue())


def _run_console(block: Block, path: Path, namespace: dict) -> None:
    for command, expected in commands(block.text):
        environment = {
            **os.environ,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
            "COLUMNS": "100",
            "NO_COLOR": "1",
            "TERM": "dumb",
        }
        run = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, text=True, check=False)
        place = f"{path.name}:{block.line}: $ {command}"
        if run.returncode:
            raise PageError(f"{place}\nended with exit code {run.returncode}:\n{run.stdout}{run.stderr}")
        if expected.strip():
            compare(expected, run.stdout, place)


def commands(text: str) -> list[tuple[str, str]]:
    """The pellucid commands of a console block, each with the lines below it."""
    parts = re.split(r"^\$ ", text.replace("\\\n", " "), flags=re.M)[1:]
    pairs = [part.partition("\n")[::2] for part in parts]
    return [(command, expected) for command, expected in pairs if command.split()[0] == "pellucid"]


def run_docstrings(module: types.ModuleType) -> int:
    """Run the examples in a module's docstrings; return how many. Raises PageError where text and program differ."""
    report = io.StringIO()
    runner = doctest.DocTestRunner(Checker(), optionflags=FLAGS)
    for test in doctest.DocTestFinder().find(module):
        runner.run(test, out=report.write)
    if runner.failures:
        raise PageError(report.getvalue())
    return runner.tries


def compare(expected: str, got: str, place: str) -> None:
    """Raise unless `got` is what a page shows; runs of white space count as one."""
    if not Checker().check_output(expected, got, FLAGS):
        raise PageError(f"{place}\nthe page shows:\n{expected}\nbut this happens:\n{got}")
