"""`train --checkpoint` and `--resume`: the folder also holds what was asked for: only that is gone on with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import FileFormatError, InputError, StateError

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
    (folder / SETTINGS).write_text(json.dumps(asked, indent=2, sort_keys=True) + "\n", encoding="utf-8")
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
