"""Writing a file whole or not at all: a temporary file beside it, fsync, rename, fsync of the folder."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import InputError


def path_of(path: Any) -> Path:
    """`path` as a Path, or a taught error."""
    try:
        text = os.fspath(path)
        if not isinstance(text, str) or not text or "\0" in text:
            raise TypeError
    except TypeError:
        raise InputError(
            f"path={path!r}", "the name of a file, as a text or a pathlib.Path", '"net.pellucid"'
        ) from None
    return Path(text)


def write_whole(path: Path, content: bytes, before: Callable[[], None] | None = None) -> None:
    """Put `content` under `path`: whoever looks, at whatever moment, finds the old file or the new one, never a part.

    A symbolic link stays, and what it points to is replaced; permissions stay as they were. Raises InputError where the
    system refuses. `before` is called when the new file is complete, right before it takes its name.
    """
    target = Path(os.path.realpath(path))
    if not target.name:  # the root
        raise refused(path, IsADirectoryError())
    part = temporary(target)
    try:
        try:
            _write(part, target, content)
            if before is not None:
                before()
            os.replace(part, target)
        finally:
            part.unlink(missing_ok=True)
        sync_folder(target.parent)
    except OSError as error:
        raise refused(path, error) from error


def temporary(target: Path) -> Path:
    """A new name beside `target`; `leftovers` finds those that a killed process left behind."""
    return target.with_name(f"{_start(target)}{secrets.token_hex(8)}.part")


def leftovers(target: Path) -> list[Path]:
    """Temporary files of `target` whose writer was killed."""
    try:
        names = os.listdir(target.parent)
    except OSError:
        return []
    return [target.parent / name for name in names if name.startswith(_start(target)) and name.endswith(".part")]


def sync_folder(folder: Path) -> None:
    """Make a rename in this folder last through a power cut, where the system lets one do that."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def refused(path: Path, error: OSError) -> InputError:
    """The taught error for what the operating system said."""
    name = repr(str(path))
    if os.path.isdir(path):
        return InputError(f"{name} is a folder", "the name of a file", repr(str(path / "net.pellucid")))
    if isinstance(error, NotADirectoryError):
        return InputError(f"{name} cannot be written: {str(path.parent)!r} is not a folder", "a file in a folder")
    if isinstance(error, FileNotFoundError):
        folder = str(path.parent)
        return InputError(
            f"the folder {folder!r} does not exist",
            "a folder that does",
            f"pathlib.Path({folder!r}).mkdir(parents=True)",
        )
    if isinstance(error, PermissionError):
        return InputError(f"{name} cannot be written: permission denied", "a place that you may write to")
    return InputError(f"{name} cannot be written: {error.strerror or error}")


def _start(target: Path) -> str:
    # Of the same length for every name, as the system allows names up to a length.
    return f".pellucid-{hashlib.sha256(os.fsencode(target.name)).hexdigest()[:16]}-"


def _write(part: Path, target: Path, content: bytes) -> None:
    if os.path.isdir(target):
        raise IsADirectoryError
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    with os.fdopen(handle, "wb") as file:
        if hasattr(os, "fchmod") and target.exists():
            os.fchmod(handle, target.stat().st_mode & 0o7777)
        file.write(content)
        file.flush()
        os.fsync(handle)
