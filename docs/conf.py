"""The site: Markdown pages through Sphinx and MyST, Furo, formulas as MathML. Nothing comes from a network."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))

project = "pellucid"
author = "The pellucid authors"
copyright = "2026, The pellucid authors"
release = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

extensions = ["myst_parser", "mathml"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build", "_ext", "_static"]
nitpicky = True

myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = "pellucid"
html_static_path = ["_static"]
html_css_files = ["tables.css"]
html_show_sphinx = False
html_copy_source = False
html_use_index = False
html_math_renderer = "mathml"
