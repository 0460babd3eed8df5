"""Nothing is printed in a page or a docstring that was not run; the site builds and needs no network."""

from __future__ import annotations

import importlib
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import pellucid
from pages import ROOT, PageError, blocks, commands, run_docstrings, run_page

PAGES = sorted(
    {
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        *(ROOT / "src").rglob("*.md"),
        *(ROOT / "benchmarks").glob("*.md"),
        *(p for p in (ROOT / "docs").rglob("*.md") if "_build" not in p.parts),
    }
)
MODULES = sorted(m.name for m in pkgutil.walk_packages(pellucid.__path__, "pellucid."))


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_a_page_shows_what_happens(path: Path, tmp_path: Path) -> None:
    run_page(path, tmp_path)


@pytest.mark.parametrize("name", [m for m in MODULES if not m.endswith("__main__")])
def test_a_docstring_shows_what_happens(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module(name)
    monkeypatch.chdir(tmp_path)
    run_docstrings(module)


def page(folder: Path, text: str) -> Path:
    path = folder / "page.md"
    path.write_text(text.replace("'''", "```"), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "text",
    [
        "'''python\nprint(2)\n'''\n\n'''text\n3\n'''\n",
        "'''python\nprint(2)\nraise ValueError('no')\n'''\n'''text\n2\nValueError: yes\n'''\n",
        "'''pycon\n>>> 1 + 1\n3\n'''\n",
        "'''python\nraise ValueError('yes\\nmore')\n'''\n'''text\nValueError: no\n'''\n",
        "'''python\na = 1\n'''\n'''pycon\n>>> a\n2\n'''\n",
    ],
)
def test_a_page_that_shows_something_else_is_found(text: str, tmp_path: Path) -> None:
    with pytest.raises(PageError):
        run_page(page(tmp_path, text), tmp_path)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("'''python\nprint(2)\n'''\n\n'''text\n2\n'''\n", 1),
        ("'''python\na = 1\n'''\nand\n'''python\nprint(a)\n'''\n'''text\n1\n'''\n", 2),
        ("'''python\nprint(2)\nraise ValueError('no')\n'''\n'''text\n2\nValueError: no\n'''\n", 1),
        ("'''pycon\n>>> 1 / 0\nTraceback (most recent call last):\nZeroDivisionError: division by zero\n'''\n", 1),
        ("'''python\nraise ValueError('no\\nmore')\n'''\n'''text\nValueError: no\n'''\n", 1),
        ("'''pycon\n>>> a = 2\n'''\n'''python\nassert a == 2\n'''\n", 2),
        ("<!-- not run: a sketch -->\n'''python\nraise ValueError\n'''\n'''python\na = 1\n'''\n", 1),
        ("'''console\n$ make demo\n'''\n", 1),
        ("'''json\n{}\n'''\n'''python\nprint(1)\n'''\nIt prints:\n'''text\n2\n'''\n", 1),
    ],
)
def test_a_page_that_is_right_passes(text: str, count: int, tmp_path: Path) -> None:
    assert run_page(page(tmp_path, text), tmp_path) == count


def test_an_error_that_no_page_shows_goes_through(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no"):
        run_page(page(tmp_path, "'''python\nraise ValueError('no')\n'''\n"), tmp_path)


def test_the_source_of_what_a_page_defines_can_be_read(tmp_path: Path) -> None:
    text = "text\n\n'''python\nimport inspect\ndef f():\n    return 7\nassert 'return 7' in inspect.getsource(f)\n'''\n"
    assert run_page(page(tmp_path, text), tmp_path) == 1


def test_console_blocks_are_split_into_commands_with_their_output() -> None:
    text = "$ make demo\nhello\n$ pellucid --help\nUsage\n\n$ pellucid code \\\n  model\n"
    assert [(c.split(), e.strip()) for c, e in commands(text)] == [
        (["pellucid", "--help"], "Usage"),
        (["pellucid", "code", "model"], ""),
    ]


def test_the_line_of_a_block_is_the_page_s() -> None:
    assert [b.line for b in blocks("a\n\n```python\nb\n```\n\n```python\nc\n```\n")] == [4, 8]


def test_the_site_builds_without_a_warning_and_needs_no_network(tmp_path: Path) -> None:
    pytest.importorskip("sphinx", reason="the site is built where `make test` installed its tools")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-d", str(tmp_path / "trees")]
    run = subprocess.run(
        [*command, str(ROOT / "docs"), str(tmp_path / "site")], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    outside = re.compile(r"<(?:script|link|img|iframe)\b[^>]*(?:src|href)=\"(?:https?:)?//", re.I)
    for file in (tmp_path / "site").rglob("*.html"):
        assert not outside.search(file.read_text(encoding="utf-8")), file
