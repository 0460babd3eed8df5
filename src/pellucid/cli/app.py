"""The command itself: its verbs, its version, what it says about itself."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated

import typer

from .check import check
from .code import code
from .convert import convert
from .explain import explain
from .predict import predict
from .trace import trace
from .train import train
from .tutorial import tutorial

ABOUT = """Neural networks that you can see through: train one on a table, ask it anything.

The data are tables in text files (CSV): one row for each example, names in the first line. The sets that are shipped
can be named instead of a file: spambase, digits, penguins."""
EXAMPLES = (
    "[bold]Examples[/bold]",
    "pellucid train spambase --target type",
    "pellucid predict spambase.safetensors new.csv --output answers.csv",
    "pellucid explain spambase.safetensors spambase --row 3",
    "pellucid tutorial two-layer",
    "[bold]Exit codes[/bold]: 0 fine; 1 a check failed, a problem was found, or training diverged; 2 bad usage or bad "
    "input; 130 ended by Ctrl-C. Every verb takes --json for programs and --help for people.",
)

app = typer.Typer(
    help=" ".join(ABOUT.split()),
    epilog="\n\n".join(EXAMPLES),
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from .. import __version__

        print(f"pellucid {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Show the help where no verb was given."""
    if context.invoked_subcommand is None:
        print(context.get_help())


def _add(function: Callable[..., None], *examples: str) -> None:
    """Add a verb, with its examples below its help."""
    paragraphs = (inspect.getdoc(function) or "").split("\n\n")
    app.command(
        help="\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs),
        epilog="\n\n".join(["[bold]Examples[/bold]", *examples]),
    )(function)


_add(
    train,
    "pellucid train houses.csv --target price",
    "pellucid train spambase --target type --hidden 32,16 --seed 1 --json",
    "pellucid train and.data --hidden 4 --output and.net        (examples in FANN's format)",
    "pellucid train big.csv --target y --checkpoint saved        (then, if it was broken off, once more with --resume)",
)
_add(
    predict,
    "pellucid predict spambase.safetensors new.csv > answers.csv",
    "pellucid predict houses.safetensors new.csv --output answers.csv --decimal ,",
)
_add(explain, "pellucid explain spambase.safetensors new.csv --row 3")
_add(
    trace,
    "pellucid trace penguins.safetensors penguins --row 1",
    'pellucid trace penguins.safetensors penguins --row 1 --target species --explain "dense_1.W\\[0, 2]"',
)
_add(check, "pellucid check penguins.safetensors penguins --target species")
_add(code, "pellucid code penguins.safetensors > network.py", "pellucid code penguins.safetensors --data penguins")
_add(
    convert,
    "pellucid convert robot.net robot.safetensors        (and back)",
    "pellucid convert robot.net robot.c --number fixed --bounds -1,1",
    "pellucid convert spambase.safetensors spambase.py",
)
_add(
    tutorial,
    "pellucid tutorial        (lists them)",
    "pellucid tutorial neuron --picture neuron.svg",
    "pellucid tutorial two-layer --page two-layer.html",
)
