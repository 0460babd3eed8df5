"""Seeing: traces, explanations, diagnosis, pictures, and the one render tree that shows them."""

from __future__ import annotations
