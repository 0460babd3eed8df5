"""pellucid: neural networks that you can see through."""

from __future__ import annotations

__version__ = "0.1.0"
