"""The page "Moving from FANN" lists every call and every difference, as the module has them."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest

from pages import ROOT
from pellucid.fann import libfann
from pellucid.fann.quirks import QUIRKS

PAGE = ROOT / "docs" / "fann.md"


def calls(kind: Any) -> str:
    """A row a method: its parameters, and the first paragraph of its docstring."""
    rows = ["", "| call | |", "| --- | --- |"]
    for name, method in inspect.getmembers(kind, callable):
        if name.startswith("_"):
            continue
        parameters = list(inspect.signature(method).parameters.values())
        texts = [("*" if p.kind == p.VAR_POSITIONAL else "") + p.name for p in parameters if p.name != "self"]
        says = inspect.getdoc(method).partition("\n\n")[0].replace("\n", " ").replace("|", "\\|")
        rows.append(f"| `{name}({', '.join(texts)})` | {says} |")
    return "\n".join([*rows, "", ""])


def quirks() -> str:
    rows = ["", "| | where | FANN | pellucid |", "| --- | --- | --- | --- |"]
    rows += [f"| {q.number} | {q.where} | {q.fann} | {q.pellucid} |" for q in QUIRKS]
    return "\n".join([*rows, "", ""])


WANTED = {
    "quirks": quirks(),
    "neural_net": calls(libfann.neural_net),
    "training_data": calls(libfann.training_data),
}


@pytest.mark.parametrize("name", WANTED)
def test_the_table_is_the_modules(name: str) -> None:
    """To mend it: `python tests/test_libfann_docs.py` writes the tables anew."""
    assert re.search(rf"<!-- {name} -->\n(.*?)<!-- end -->", PAGE.read_text(), re.S)[1] == WANTED[name]


def test_every_constant_is_an_int() -> None:
    names = [name for name in libfann.__all__ if name.isupper()]
    assert len(names) == 2 * (18 + 5 + 2 + 2 + 2)
    assert {type(getattr(libfann, name)) for name in names} == {int}


if __name__ == "__main__":
    page = PAGE.read_text()
    for name, table in WANTED.items():
        page = re.sub(
            rf"(<!-- {name} -->\n).*?(<!-- end -->)", lambda m, table=table: m[1] + table + m[2], page, flags=re.S
        )
    PAGE.write_text(page)
