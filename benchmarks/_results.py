"""Where results go: printed as Markdown, and kept in `results/` beside the same figures as JSON, with all versions."""

from __future__ import annotations

import json
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).with_name("results")
PACKAGES = ("pellucid", "numpy", "scikit-learn")


def publish(name: str, text: str, figures: dict[str, Any], keep: bool = True) -> None:
    """Print the Markdown; unless `keep` is false (a trial run), write it and the figures to `results/NAME.*`."""
    if keep:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{name}.md").write_text(text + "\n", encoding="utf-8")
        document = json.dumps({"versions": versions(), **figures}, indent=1, sort_keys=True)
        (RESULTS / f"{name}.json").write_text(document + "\n", encoding="utf-8")
    print(text)


def versions() -> dict[str, str]:
    """What the figures were measured with; packages that are not installed are left out."""
    found = {"python": platform.python_version(), "machine": f"{platform.system()} {platform.machine()}"}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def said_versions() -> str:
    """The versions as one sentence."""
    found = versions()
    packages = ", ".join(f"{name} {found[name]}" for name in PACKAGES if name in found)
    return f"Measured with {packages}, Python {found['python']}, {found['machine']}."


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table; all columns but the first are set to the right."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, rule, *rows])


def progress(text: str) -> None:
    """A line on standard error: how far a long benchmark is."""
    print(text, file=sys.stderr, flush=True)
