"""The colours of everything that pellucid shows, light and dark, and the style sheets that use them.

The pairs of colours that carry meaning (negative and positive, the series) can be told apart by the colour-blind.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

# name: (light, dark). The pictures use the same names, with these values where no page sets others.
COLOURS = {
    "ink": ("#1d2430", "#e4e8ee"),
    "soft": ("#5a6472", "#9aa5b4"),
    "line": ("#d5dae1", "#3a424e"),
    "faint": ("#eef1f5", "#242b35"),
    "paper": ("#ffffff", "#161b22"),
    "neg": ("#1f6fb4", "#6cb2f0"),
    "pos": ("#c65d0a", "#f0a04b"),
    "good": ("#1a7f4b", "#4cc38a"),
    "problem": ("#b4232f", "#ff8087"),
    "s1": ("#1f6fb4", "#6cb2f0"),
    "s2": ("#c65d0a", "#f0a04b"),
    "s3": ("#0b8a6b", "#3ecfa5"),
    "s4": ("#a8467f", "#e58fc0"),
    "s5": ("#7a6a00", "#d9c64a"),
    "s6": ("#5b4bb5", "#a99bf5"),
    "s7": ("#7b4a2a", "#c99a78"),
    "s8": ("#5a6472", "#9aa5b4"),
}


def variables(dark: bool) -> str:
    """The colours as CSS variables: "--pel-ink:#1d2430;..."."""
    return "".join(f"--pel-{name}:{pair[dark]};" for name, pair in COLOURS.items())


@cache
def fragment_style() -> str:
    """The style sheet of a fragment; in a notebook it follows the notebook's theme, not the system's."""
    light, dark = variables(False) + "color-scheme:light", variables(True) + "color-scheme:dark"
    return (
        f".pellucid{{{light}}}\n@media (prefers-color-scheme:dark){{.pellucid{{{dark}}}}}\n"
        f'[data-jp-theme-light="true"] .pellucid,.vscode-light .pellucid{{{light}}}\n'
        f'[data-jp-theme-light="false"] .pellucid,.vscode-dark .pellucid{{{dark}}}\n' + _sheet("style.css")
    )


@cache
def page_style() -> str:
    """The style sheet of a page of its own; on paper it is always light."""
    light, dark = variables(False), variables(True)
    return (
        fragment_style()
        + f":root{{{light}color-scheme:light dark}}\n@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"
        + f"@media print{{:root,.pellucid{{{light}color-scheme:light}}}}\n"
        + _sheet("page.css")
    )


def _sheet(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")
