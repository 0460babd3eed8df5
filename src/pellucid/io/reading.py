"""Reading a file that the user named, with an error that says what was in the way."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from ..errors import FileFormatError, MissingFileError


def read_whole(path: Path, wanted: str) -> bytes:
    """All bytes of the ordinary file `path`; `wanted` says in errors what was looked for.

    Raises MissingFileError, which is a FileNotFoundError too, where there is none, else FileFormatError.
    """
    try:
        check_ordinary(path, wanted)
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise unreadable(path, error, wanted) from error


def check_ordinary(path: Path, wanted: str) -> None:
    """Refuse a pipe or a device. It is asked before opening: to open a pipe would wait for a writer."""
    if not stat.S_ISREG(os.stat(path).st_mode) and not os.path.isdir(path):
        raise FileFormatError(f"{str(path)!r} is not an ordinary file", wanted)


def unreadable(path: Path, error: OSError, wanted: str) -> FileFormatError:
    """The taught error for what the operating system said; a taught error stays what it is."""
    if isinstance(error, FileFormatError):
        return error
    name = repr(str(path))
    if os.path.isdir(path):
        return FileFormatError(f"{name} is a folder", wanted)
    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        return MissingFileError(f"there is no file {name}", wanted)
    if isinstance(error, PermissionError):
        return FileFormatError(f"{name} cannot be read: permission denied", "a file that you may read")
    return FileFormatError(f"{name} cannot be read: {error.strerror or error}")
