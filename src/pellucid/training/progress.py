"""A progress bar with the loss and the time left: on a terminal and in notebooks, silent elsewhere."""

from __future__ import annotations

import sys
from typing import Any

from .hooks import Hook, Pacer, View

SECONDS_BETWEEN_LOOKS = 0.1


class ProgressBar(Hook):
    """Draws on standard error, and leaves one line behind."""

    def __init__(self) -> None:
        self._pacer = Pacer(SECONDS_BETWEEN_LOOKS)
        self._bar: Any = None
        self._task: Any = None

    def begin(self, view: View) -> None:
        """Draw the bar."""
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        self._bar = Progress(
            TextColumn("training"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[loss]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._task = self._bar.add_task("training", total=view.state.plan.epochs, completed=view.done, loss="")
        self._bar.start()

    def next(self, done: int) -> int:
        """In about a tenth of a second."""
        return self._pacer.next(done)

    def look(self, view: View) -> None:
        """Move the bar."""
        self._pacer.looked(view.done)
        self._bar.update(self._task, completed=view.done, loss=loss_text(view))

    def end(self, view: View) -> None:
        """Leave the bar where training ended."""
        if view.history.loss:
            self._bar.update(self._task, completed=view.done, loss=loss_text(view))
        self._bar.stop()


def loss_text(view: View) -> str:
    """The last epoch in words: "loss 0.123 (validation 0.145)"."""
    history = view.history
    text = f"loss {history.loss[-1]:.4g}"
    return f"{text} (validation {history.validation_loss[-1]:.4g})" if history.validation_loss else text


def progress_hooks(progress: bool | None) -> list[Hook]:
    """The bar if it was asked for, or if nobody said and somebody can see it."""
    shown = (sys.stderr.isatty() or _in_notebook()) if progress is None else progress
    return [ProgressBar()] if shown else []


def _in_notebook() -> bool:
    """A notebook's kernel has loaded IPython and runs its kernel application."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and "IPKernelApp" in getattr(shell, "config", {})
