"""`pellucid tutorial`: the pages that everybody learns from, with their numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..insight.render import Table
from .places import check_own, check_place, write
from .shared import AsJson, emit, remark, show, verb
from .tutorials import ABOUT, find


@verb
def tutorial(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Which one; left out, they are listed.")] = None,
    picture: Annotated[Path | None, typer.Option(metavar="FILE.svg", help="Write its picture to this file.")] = None,
    page: Annotated[Path | None, typer.Option(metavar="FILE.html", help="Write all of it as a page.")] = None,
    as_json: AsJson = False,
) -> None:
    """Work through a tutorial: train what its page trains, print its numbers to the last digit, and say why.

    and-gate leaves the files of its page in the present folder: the data, the script, the trained network.
    """
    if name is None:
        if as_json:
            emit(ABOUT)
        else:
            show(Table(("tutorial", "what it shows"), list(ABOUT.items())))
        return
    for option, place, start, what in (
        ("--picture", picture, b"<svg", "picture"),
        ("--page", page, b"pellucid", "page"),
    ):
        if place is not None:
            check_place(option, place, {})
            check_own(option, place, start, what)
    lesson = find(name)()
    for file, text in lesson.files.items():
        check_own("the file", Path(file), text.encode()[:12], "file of this tutorial")
    for file, text in lesson.files.items():
        write(Path(file), text)
    if as_json:
        emit({"tutorial": name, **lesson.numbers})
    else:
        show(lesson)
    if lesson.files:
        remark(f"{', '.join(lesson.files)} are in this folder")
    if picture is not None:
        write(picture, str(lesson.picture))
        remark(f"the picture is in {picture}")
    if page is not None:
        write(page, lesson.page())
        remark(f"the page is in {page}; open it in a browser")
