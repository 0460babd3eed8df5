"""The tables of src/pellucid/maths/README.md list every record with its own formulas, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from pellucid.maths.activations import Activation, activations
from pellucid.maths.initializers import initializers
from pellucid.maths.layers import layer_rules
from pellucid.maths.losses import Loss, losses
from pellucid.maths.metrics import metrics
from pellucid.maths.optimizers import optimizers
from pellucid.maths.record import Record
from pellucid.maths.schedules import schedules

README = Path(__file__).parents[1] / "src" / "pellucid" / "maths" / "README.md"


def cell(latex: str) -> str:
    """A formula inside a Markdown table, whose columns end at every bare |."""
    return f"${latex}$".replace("|", r"\|") if latex else "–"


def signature(record: Record) -> str:
    """The name with its options and their defaults."""
    options = ", ".join(f"{p.name}={p.default!r}" for p in record.parameters)
    return f"`{record.name}({options})`" if options else f"`{record.name}`"


def activation_row(record: Activation) -> list[str]:
    low, high = record.bounds()
    return [signature(record), cell(record.formula), cell(record.slope_formula), f"{low:.4g} to {high:.4g}"]


def loss_row(record: Loss) -> list[str]:
    formulas = [record.formula, record.slope_formula, record.logit_slope_formula]
    return [signature(record), *map(cell, formulas), record.target, record.link or "–"]


def plain_row(record: Record) -> list[str]:
    return [signature(record), cell(record.formula)]


SECTIONS = {
    "Layers": (["layer", "formula"], [plain_row(r) for r in layer_rules.values()]),
    "Activations": (["activation", "a =", "da/dz =", "range"], [activation_row(r) for r in activations.values()]),
    "Losses": (
        ["loss", "L =", "dL/da =", "dL/dz = from logits", "targets", "logits of"],
        [loss_row(r) for r in losses.values()],
    ),
    "Initializers": (["initializer", "a weight ="], [plain_row(r) for r in initializers.values()]),
    "Optimizers": (["optimizer", "formula"], [plain_row(r) for r in optimizers.values()]),
    "Schedules": (["schedule", "factor of the learning rate"], [plain_row(r) for r in schedules.values()]),
    "Metrics": (["metric", "formula"], [plain_row(r) for r in metrics.values()]),
}


def table_lines(columns: list[str], rows: list[list[str]]) -> list[str]:
    return ["| " + " | ".join(row) + " |" for row in [columns, ["---"] * len(columns), *rows]]


@pytest.mark.parametrize("heading", SECTIONS)
def test_a_table_is_in_step_with_the_code(heading: str) -> None:
    section = README.read_text(encoding="utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]
    found = [line for line in section.splitlines() if line.startswith("|")]
    assert found == table_lines(*SECTIONS[heading])
