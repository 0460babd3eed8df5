"""Checkpoints: a training saves itself while it runs, so that a killed process loses little.

A checkpoint is a network's file with all of its training state (see `safetensors_file`), so `pellucid.load` reads it,
and `pellucid.resume(path, X, y)` goes on with it: to the bit as if it never had been broken off. Number 0 is written
before the first step. The latest is at `path`, the ones before at `path` with .1, .2 ... at the end.
"""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import FileFormatError, InputError, Notice
from ..model.layers import whole_number
from ..model.model import Model
from ..training.hooks import NEVER, Hook, Pacer, View
from .writing import leftovers, path_of, refused, write_whole

if TYPE_CHECKING:
    from .safetensors_file import Content

DEFAULT_SECONDS = 30.0


@dataclass(frozen=True)
class Checkpoints:
    """Where and how often: `fit(checkpoint=Checkpoints("run.pellucid", epochs=10))`.

    One is written every `epochs` epochs and every `seconds` seconds, whichever comes first (30 seconds where neither is
    named), and one at the end; never within an epoch. `keep` is how many are kept: the latest and those before it.

    >>> Checkpoints("run.pellucid").seconds
    30.0
    """

    path: str | os.PathLike[str]
    epochs: int | None = None
    seconds: float | None = None
    keep: int = 2
    going_on: bool = field(default=False, kw_only=True, repr=False, compare=False)

    def __post_init__(self) -> None:
        path_of(self.path)
        if self.epochs is not None:
            whole_number("epochs between checkpoints", self.epochs, 1, 'Checkpoints("run.pellucid", epochs=10)')
        whole_number("keep", self.keep, 1, 'Checkpoints("run.pellucid", keep=2)')
        if self.epochs is None and self.seconds is None:
            object.__setattr__(self, "seconds", DEFAULT_SECONDS)
        if self.seconds is not None:
            object.__setattr__(self, "seconds", _seconds(self.seconds))

    def file(self, back: int = 0) -> Path:
        """The file of the latest checkpoint, or of the one `back` before it."""
        path = path_of(self.path)
        return path.with_name(f"{path.name}.{back}") if back else path


class CheckpointHook(Hook):
    """Writes the checkpoints of one training."""

    def __init__(self, settings: Checkpoints) -> None:
        self.settings = settings
        self.pacer = None if settings.seconds is None else Pacer(settings.seconds)
        self.written = -1
        self.latest_is_good = False

    def begin(self, view: View) -> None:
        """Number 0, before the first step; a resumed training has its own already."""
        path = self.settings.file()
        for part in leftovers(path):
            part.unlink(missing_ok=True)
        if self.settings.going_on:
            self.latest_is_good = _readable(path) is not None
            self.written = view.done if self.latest_is_good else -1
        else:
            _make_room(self.settings)
            self._write(view)
        if self.pacer is not None:
            self.pacer.start(view.done)

    def next(self, done: int) -> int:
        """The next epoch at which one is due."""
        every = self.settings.epochs
        by_count = NEVER if every is None else (done // every + 1) * every
        return by_count if self.pacer is None else min(by_count, self.pacer.next(done))

    def look(self, view: View) -> None:
        """Write one, unless training is about to end: `end` writes that one, which says that it is the last."""
        if not view.stopped and view.state.epochs_left:
            self._write(view)
        if self.pacer is not None:
            self.pacer.looked(view.done)

    def end(self, view: View) -> None:
        """Write the end, or where Ctrl-C broke off; an error leaves the last checkpoint as it is."""
        from ..training.loop import INTERRUPTED

        broken_off = view.stopped == INTERRUPTED and not view.torn and view.done != self.written
        if view.finished or broken_off:
            self._write(view)

    def _write(self, view: View) -> None:
        from .safetensors_file import to_bytes

        settings = self.settings
        content = to_bytes(view.model, {"epochs": settings.epochs, "seconds": settings.seconds, "keep": settings.keep})
        # A damaged latest is replaced; a good one becomes the one before, at the last moment.
        before = partial(_shift, settings) if self.latest_is_good else None
        write_whole(settings.file(), content, before)
        self.written, self.latest_is_good = view.done, True


def checkpoint_hooks(spec: Any) -> list[Hook]:
    """The hook for what the user passed as `fit(checkpoint=...)`: nothing, a path, or `Checkpoints`."""
    from .safetensors_file import check_replaceable

    if spec is None:
        return []
    settings = spec if isinstance(spec, Checkpoints) else Checkpoints(spec)
    path = settings.file()
    if os.path.isdir(path) or not os.path.isdir(path.parent):
        raise refused(path, FileNotFoundError())
    if settings.going_on:
        return [CheckpointHook(settings)]
    check_replaceable(path)
    content = _readable(path)
    if content is not None and content.checkpoint is None:
        raise InputError(
            f"{str(path)!r} holds a network that save wrote",
            "a file of its own for the checkpoints",
            f"checkpoint={path.name + '.checkpoint'!r}",
        )
    return [CheckpointHook(settings)]


def load_checkpoint(path: str | os.PathLike[str], custom: Iterable[Any] = ()) -> tuple[Model, Checkpoints]:
    """The model at its latest checkpoint, and the settings to go on with.

    Where the latest is missing or damaged the one before it is taken, and a `Notice` says so.
    """
    from .description import rebuild

    settings = Checkpoints(path)
    content, problem = _latest(settings)
    if content.checkpoint is None:
        raise InputError(
            f"{str(path)!r} was written by save, not by a checkpoint",
            "what fit(checkpoint=path) wrote",
            f"net = pellucid.load({str(path)!r}); net.resume(X, y)",
        )
    model = rebuild(content.description, content.arrays, custom)
    if problem:
        state = model.training
        warnings.warn(
            f"the latest checkpoint cannot be used ({problem}); training goes on from the one before it, "
            f"at epoch {0 if state is None else state.epoch - state.fit_start}",
            Notice,
            stacklevel=3,
        )
    return model, replace(settings, **content.checkpoint, going_on=True)


def _latest(settings: Checkpoints) -> tuple[Content, str]:
    """The newest checkpoint that can be read, and what was wrong with a newer one ("" if nothing was)."""
    from .safetensors_file import read

    try:
        return read(settings.file()), ""
    except FileFormatError as error:
        for _, content in _good(settings):
            return content, error.given
        raise


def _good(settings: Checkpoints) -> Iterator[tuple[Path, Content]]:
    """The checkpoints that can be read, newest first, with their files."""
    for file in _files(settings):
        content = _readable(file)
        if content is not None and content.checkpoint is not None:
            yield file, content


def _files(settings: Checkpoints) -> Iterator[Path]:
    """The files there are, newest first; the latest may be missing where a process was killed between two renames."""
    for back in count():
        file = settings.file(back)
        if file.exists():
            yield file
        elif back:
            return


def _readable(path: Path) -> Content | None:
    from .safetensors_file import read

    try:
        return read(path)
    except FileFormatError:
        return None


def _shift(settings: Checkpoints) -> None:
    """Make room for a new latest one: the latest becomes .1, that .2, and so on; the oldest goes."""
    for back in reversed(range(settings.keep - 1)):
        if settings.file(back).exists():
            os.replace(settings.file(back), settings.file(back + 1))


def _make_room(settings: Checkpoints) -> None:
    """Before number 0: an unfinished training at this path is moved aside, and older checkpoints go."""
    file, content = next(_good(settings), (settings.file(), None))
    training = None if content is None else content.description["training"]
    if training is not None and not training["finished"]:
        aside = settings.file().with_name(f"{settings.file().name}.unfinished")
        os.replace(file, aside)
        done, planned = training["epoch"] - training["fit_start"], training["plan"]["epochs"]
        warnings.warn(
            f"{str(settings.file())!r} held a training that was broken off after {done} of {planned} epochs: "
            f"it is now at {str(aside)!r}, where pellucid.resume can go on with it",
            Notice,
            stacklevel=2,
        )
    for old in list(_files(settings))[1:]:
        old.unlink(missing_ok=True)


def _seconds(value: Any) -> float:
    if isinstance(value, (int, float, np.number)) and not isinstance(value, bool) and 0 <= value < math.inf:
        return float(value)
    raise InputError(f"seconds={value!r}", "a finite number of at least 0", 'Checkpoints("run.pellucid", seconds=30)')
