"""`pellucid tutorial`: the pages that everybody learns from, with their numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..insight.render import Table
from .shared import AsJson, emit, remark, show, verb
from .tutorials import ABOUT, find


@verb
def tutorial(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Which one; left out, they are listed.")] = None,
    picture: Annotated[Path | None, typer.Option(metavar="FILE.svg", help="Write its picture to this file.")] = None,
    page: Annotated[Path | None, typer.Option(metavar="FILE.html", help="Write all of it as a page.")] = None,
    as_json: AsJson = False,
) -> None:
    """Work through a tutorial: train what its page trains, print its numbers to the last digit, and say why."""
    if name is None:
        if as_json:
            emit(ABOUT)
        else:
            show(Table(("tutorial", "what it shows"), list(ABOUT.items())))
        return
    lesson = find(name)()
    if as_json:
        emit({"tutorial": name, **lesson.numbers})
    else:
        show(lesson)
    if picture is not None:
        lesson.picture.save(picture)
        remark(f"the picture is in {picture}")
    if page is not None:
        page.write_text(lesson.page(), encoding="utf-8")
        remark(f"the page is in {page}; open it in a browser")
