"""A progress bar with the loss and the time left: on a terminal and in notebooks, silent elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from time import perf_counter
from typing import Protocol

from .hooks import Hook, Pacer, View

SECONDS_BETWEEN_LOOKS = 0.1


class ProgressBar(Hook):
    """Draws about ten times a second, with whatever can draw where the program runs, and leaves one line behind."""

    def __init__(self, drawing: Drawing) -> None:
        self._pacer, self._drawing = Pacer(SECONDS_BETWEEN_LOOKS), drawing

    def begin(self, view: View) -> None:
        """Draw the bar."""
        self._drawing.start(view.done, view.state.plan.epochs)
        self._pacer.start(view.done)

    def next(self, done: int) -> int:
        """In about a tenth of a second."""
        return self._pacer.next(done)

    def look(self, view: View) -> None:
        """Move the bar."""
        self._pacer.looked(view.done)
        self._drawing.move(view.done, loss_text(view))

    def end(self, view: View) -> None:
        """Leave the bar where training ended."""
        if view.history.loss:
            self._drawing.move(view.done, loss_text(view))
        self._drawing.stop()


class Drawing(Protocol):
    """What a progress bar needs: something that can be started, moved and stopped."""

    def start(self, done: int, epochs: int) -> None: ...  # noqa: D102
    def move(self, done: int, text: str) -> None: ...  # noqa: D102
    def stop(self) -> None: ...  # noqa: D102


class TerminalBar:
    """A bar of rich's, on standard error."""

    def start(self, done: int, epochs: int) -> None:
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
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("{task.fields[loss]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            expand=True,
        )
        self._task = self._bar.add_task("training", total=epochs, completed=done, loss="")
        self._bar.start()

    def move(self, done: int, text: str) -> None:
        """Move it."""
        self._bar.update(self._task, completed=done, loss=text)

    def stop(self) -> None:
        """Leave it as it is."""
        self._bar.stop()


class NotebookBar:
    """An HTML progress element, through IPython's display (rich's bar would need ipywidgets there)."""

    def start(self, done: int, epochs: int) -> None:
        """Show the element."""
        from IPython.display import display

        self._begun, self._first, self._epochs = perf_counter(), done, epochs
        self._handle = display(self._shown(done, ""), raw=True, display_id=True)

    def move(self, done: int, text: str) -> None:
        """Replace it."""
        self._handle.update(self._shown(done, text), raw=True)

    def stop(self) -> None:
        """Leave it as it is."""

    def _shown(self, done: int, text: str) -> dict[str, str]:
        passed = perf_counter() - self._begun
        left = passed / (done - self._first) * (self._epochs - done) if done > self._first else None
        said = f"{done}/{self._epochs} {text} {_clock(passed)} left {_clock(left)}"
        bar = f'<progress value="{done}" max="{self._epochs}" style="vertical-align:middle"></progress>'
        return {"text/html": f"<div>training {bar} {said}</div>", "text/plain": f"training {said}"}


def _clock(seconds: float | None) -> str:
    """Hours, minutes and seconds, as 0:01:05; dashes while nobody knows."""
    if seconds is None:
        return "-:--:--"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def loss_text(view: View) -> str:
    """The last epoch in words: "loss 0.123, validation 0.145"."""
    history = view.history
    text = f"loss {history.loss[-1]:.4g}"
    return f"{text}, validation {history.validation_loss[-1]:.4g}" if history.validation_loss else text


def progress_hooks(progress: bool | None) -> list[Hook]:
    """The bar if it was asked for, or if nobody said and somebody can see it."""
    notebook = _in_notebook()
    shown = (sys.stderr.isatty() or notebook) if progress is None else progress
    return [ProgressBar(NotebookBar() if notebook else TerminalBar())] if shown else []


def _in_notebook() -> bool:
    """A notebook's kernel has loaded IPython and runs its kernel application."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and "IPKernelApp" in getattr(shell, "config", {})


def say(lines: Iterable[str]) -> None:
    """Print sentences on standard output."""
    print("\n".join(lines))
