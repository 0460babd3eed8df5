"""`pellucid convert`: a network from one file into another, each in the format that its name asks for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import InputError
from ..insight.render import counted
from .places import check_own, check_place, write
from .shared import AsJson, emit, open_model, remark, say, verb

if TYPE_CHECKING:
    from ..network import Network

READ = {".safetensors": "pellucid's own", ".net": "FANN's"}
WRITTEN = {**READ, ".py": "Python source that needs NumPy only", ".c": "C source that needs nothing"}
NUMBERS = ("double", "float", "fixed")
_C = "For a .c file"


@verb
def convert(
    source: Annotated[Path, typer.Argument(metavar="FROM", help="A .safetensors or .net file.")],
    target: Annotated[Path, typer.Argument(metavar="TO", help="A .safetensors, .net, .py or .c file.")],
    number: Annotated[
        str | None, typer.Option(help="double, float, or fixed (whole numbers only).", rich_help_panel=_C)
    ] = None,
    bounds: Annotated[
        str | None,
        typer.Option(metavar="LOW,HIGH", help="Between what the inputs lie, for fixed.", rich_help_panel=_C),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="What its functions begin with [dim]\\[default: TO][/dim]", rich_help_panel=_C)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Convert a network: pellucid's own files, FANN's .net files, Python source, C source.

    Weights stay the same to the last bit. What a format cannot hold is refused with the reason: nothing is ever left
    out on the way, except that .net, .py and .c files do not remember how far a training had come.
    """
    kind = _ending(source, READ, "read from")
    wanted = _ending(target, WRITTEN, "written to")
    if wanted != ".c" and (given := [o for o, v in (("number", number), ("bounds", bounds), ("name", name)) if v]):
        raise InputError(f"--{given[0]} for a {wanted} file", "a .c file, which alone has it", f"{target.stem}.c")
    check_place("TO", target, {"the file to be converted": source})
    kind_of_c, pair, prefix = _number(number), _pair(bounds), name or _identifier(target.stem)
    if wanted in (".py", ".c"):
        check_own("TO", target, b"written by pellucid", "source text")
    net = open_model(str(source))
    if wanted == ".py":
        write(target, net.to_python())
    elif wanted == ".c":
        write(target, net.to_c(kind_of_c, name=prefix, bounds=pair))
    else:
        net.save(target)
    _conclude(net, source, target, kind, wanted, as_json)


def _ending(path: Path, known: dict[str, str], doing: str) -> str:
    ending = path.suffix.lower()
    if ending not in known:
        formats = ", ".join(f"{suffix} ({what})" for suffix, what in known.items())
        instead = f"pellucid train {path} --output {path.with_suffix('.net')}" if ending == ".data" else ""
        given = f"{path} cannot be {doing}: its name ends in {ending or 'nothing'!r}"
        raise InputError(given, f"one of {formats}", instead)
    return ending


def _number(number: str | None) -> str:
    if number is not None and number not in NUMBERS:
        raise InputError(f"--number {number}", "double, float or fixed", "--number float")
    return number or "double"


def _pair(bounds: str | None) -> tuple[float, float] | None:
    if bounds is None:
        return None
    try:
        low, high = map(float, bounds.split(","))
    except ValueError:
        raise InputError(f"--bounds {bounds}", "two numbers with a comma between", "--bounds -1,1") from None
    return low, high


def _identifier(stem: str) -> str:
    """What C functions can begin with: the file's name, or "network" where it is none."""
    text = re.sub(r"\W", "_", stem, flags=re.ASCII)
    return text if re.fullmatch(r"[A-Za-z]\w{0,62}", text, flags=re.ASCII) else "network"


def _conclude(net: Network, source: Path, target: Path, kind: str, wanted: str, as_json: bool) -> None:
    if net.training is not None and net.training.epoch and wanted != ".safetensors" and kind != ".net":
        remark(f"{target} does not hold how far the training had come; {source} does")
    facts: dict[str, Any] = {"from": str(source), "to": str(target), "bytes": target.stat().st_size}
    if as_json:
        emit({**facts, "inputs": net.model.n_in, "outputs": net.model.n_out, "parameters": net.parameters.count})
        return
    flow = " -> ".join(map(str, net.model.widths))
    say(True, "Network", f"{flow}, {counted(net.parameters.count, 'parameter')}")
    say(True, "Written", f"{target}   {WRITTEN[wanted]}, {counted(facts['bytes'], 'byte')}")
