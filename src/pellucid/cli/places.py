"""Where results are written: refused beforehand what should not be overwritten, and written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from ..errors import InputError

TABLES = (".csv", ".tsv", ".tab", ".txt", ".dat", ".data")
SOURCES = (".c", ".py")
NO_MODELS = (*SOURCES, *TABLES, ".h", ".html", ".json", ".gz", ".png", ".svg")


def stem(path: Path) -> str:
    """What a table's model and report are called: its name without what only says that it is a table.

    >>> stem(Path("data/sales.2024.csv")), stem(Path("spam.csv.gz")), stem(Path("sales.2024"))
    ('sales.2024', 'spam', 'sales.2024')
    """
    name = path.name.removesuffix(".gz")
    ending = next((end for end in TABLES if name.lower().endswith(end)), "")
    return name[: len(name) - len(ending)] or "model"


def check_place(option: str, place: Path, kept: Mapping[str, Path]) -> None:
    """Refuse a folder, a place in none, and the files that are `kept`, by whatever name they are called."""
    if place.is_dir() or not place.absolute().parent.is_dir():
        why = "is a folder" if place.is_dir() else "is in a folder that does not exist"
        raise InputError(f"{option} {place} {why}", "a file in a folder that exists")
    for what, path in kept.items():
        if same_file(place, path):
            raise InputError(f"{option} {place} is {what} itself", "another file")


def check_model(place: Path) -> None:
    """Refuse as a model's name one that promises another kind of file; source text is what `convert` writes."""
    ending = place.suffix.lower()
    if ending not in NO_MODELS:
        return
    name = place.with_suffix(".safetensors")
    instead = f"--output {name}" + f"; then pellucid convert {name} {place}" * (ending in SOURCES)
    raise InputError(f"--output {place}: a {ending} file is no model", "a .safetensors or .net file", instead)


def check_own(option: str, place: Path, start: bytes, what: str) -> None:
    """Refuse a file that exists and does not hold `start` near its beginning, as it is none that was written before."""
    if not place.is_file():
        return
    with place.open("rb") as file:
        found = file.read(1 << 16)
    if found and start not in found:
        raise InputError(f"{option} {place} exists and is no {what} of pellucid", f"a new file, or an earlier {what}")


def same_file(one: Path, other: Path) -> bool:
    """Whether two paths lead to the same file, through links as well; to the same name, where there is none yet."""
    try:
        return os.path.samefile(one, other)
    except OSError:
        return os.path.realpath(one) == os.path.realpath(other)


def write(place: Path, text: str) -> None:
    """The whole text or nothing of it; into a pipe or a device as it comes."""
    from ..io.writing import write_whole

    if place.exists() and not place.is_file():
        with place.open("w", encoding="utf-8", newline="") as stream:
            stream.write(text)
    else:
        write_whole(place, text.encode())
