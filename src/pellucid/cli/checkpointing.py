"""`train --checkpoint` and `--resume`: the folder also holds what was asked for: only that is gone on with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import FileFormatError, InputError, StateError
from .places import write
from .shared import without_notices

if TYPE_CHECKING:
    from ..data.table import Table
    from ..io.checkpoints import Checkpoints
    from ..network import Network

SETTINGS = "train.json"
STATE = "training.safetensors"
FORMAT = 1


def begin(folder: Path, fingerprint: str, settings: Mapping[str, Any], seconds: float) -> Checkpoints:
    """Write down what this training is of, before its first checkpoint; returns what `fit(checkpoint=...)` takes."""
    from ..io.checkpoints import Checkpoints

    checkpoints = Checkpoints(folder / STATE, seconds=seconds)
    folder.mkdir(parents=True, exist_ok=True)
    asked = {"format": FORMAT, "data": fingerprint, "settings": dict(settings)}
    write(folder / SETTINGS, json.dumps(asked, indent=2, sort_keys=True) + "\n")
    return checkpoints


def check_same(folder: Path, fingerprint: str, settings: Mapping[str, Any]) -> None:
    """Refuse to go on with other data or other settings than training began with."""
    began = _read(folder)
    if began.get("data") != fingerprint:
        raise InputError(
            f"this table is not the one that the training in {folder} began with (its fingerprint differs)",
            "the same file, read in the same way",
            "another --checkpoint folder, to train on this one",
        )
    before = began.get("settings", {})
    for name, value in settings.items():
        if before.get(name) != value:
            option = "--" + name.replace("_", "-")
            raise InputError(
                f"{option} is {_shown(value)}, and the training in {folder} began with {_shown(before.get(name))}",
                "the same settings",
                "another --checkpoint folder, to train anew",
            )


def check_free(folder: Path) -> None:
    """Refuse to begin where a training was broken off: its checkpoint would be lost."""
    found = progress_in(folder)
    if found is not None and found[0] < found[1]:
        raise InputError(
            f"--checkpoint {folder} holds a training that was broken off after {found[0]} of {found[1]} epochs",
            "a folder without one, to begin anew",
            "the same command with --resume, to go on; or another --checkpoint folder",
        )


def progress_in(folder: Path) -> tuple[int, int] | None:
    """How many epochs the training in this folder has done, and of how many; None where there is none to read."""
    from ..io.checkpoints import load_checkpoint

    try:
        with without_notices():
            state = load_checkpoint(folder / STATE)[0].training
    except FileFormatError:
        return None
    if state is None:
        return None
    planned = state.plan.epochs
    return (planned if state.finished else state.epoch - state.fit_start), planned


def resumed(folder: Path, X: Table, y: Any, progress: bool | None) -> Network:
    """The network, trained on to the end of its plan."""
    from ..network import resume

    return resume(folder / STATE, X, y, progress=progress)


def _read(folder: Path) -> dict[str, Any]:
    path = folder / SETTINGS
    if not path.is_file():
        instead = f"--checkpoint {folder} without --resume, to begin"
        raise StateError(
            f"there is nothing to resume in {folder}: it has no {SETTINGS}", "a folder of --checkpoint", instead
        )
    try:
        began = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, UnicodeDecodeError):
        began = None
    if not isinstance(began, dict) or began.get("format") != FORMAT:
        raise FileFormatError(
            f"{path} is damaged or from another version", f"what train --checkpoint wrote (format {FORMAT})"
        )
    return began


def _shown(value: Any) -> str:
    if value is None:
        return "left out"
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
