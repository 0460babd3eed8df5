"""The numbers by which the kernels know records are the places in the tables of `maths/`: one order, written twice."""

from __future__ import annotations

import re
from pathlib import Path

from pellucid.engines.native import ACTIVATIONS, LOSSES, OPTIMIZERS, PARAMETERS, RULES
from pellucid.maths.activations import activations
from pellucid.maths.layers import layer_rules
from pellucid.maths.losses import losses
from pellucid.maths.optimizers import optimizers

KERNELS = Path(__file__).parents[1] / "cpp" / "kernels"


def test_every_record_has_its_number() -> None:
    assert tuple(activations) == ACTIVATIONS
    assert tuple(losses) == LOSSES
    assert tuple(layer_rules) == RULES
    assert list(optimizers) == list(OPTIMIZERS)


def test_options_are_in_the_order_of_the_table_without_the_learning_rate() -> None:
    for name, options in OPTIMIZERS.items():
        named = tuple(parameter.name for parameter in optimizers[name].parameters)
        assert tuple(option for option in named if option != "learning_rate") == options
        assert len(options) <= 9


def test_the_records_have_what_the_kernels_have_room_for() -> None:
    assert {p.name for name in ACTIVATIONS if name != "by_unit" for p in activations[name].parameters} == {"alpha"}
    assert [p.name for p in activations.by_unit.parameters] == ["units", "steepness"]
    assert {p.name for loss in losses.values() for p in loss.parameters} == {"delta"}
    assert {rule.name: [p.name for p in rule.parameters] for rule in layer_rules.values()} == {
        "dense": ["bias", "mask"],
        "dropout": ["rate"],
    }
    assert tuple(layer_rules.dense.shapes(2, 3, bias=True)) == PARAMETERS
    assert {len(optimizer.slots) for optimizer in optimizers.values()} <= {1, 2}


def numbered(file: str, enumeration: str) -> list[str]:
    """The names in a C++ enumeration, in their order, without the last one, which counts them."""
    text = re.sub(r"//.*", "", (KERNELS / file).read_text(encoding="utf-8"))
    found = re.search(rf"enum {enumeration}\b[^{{]*\{{([^}}]*)\}}", text)
    assert found is not None
    names = [name.strip().lower() for name in found[1].split(",") if name.strip()]
    assert names.pop().startswith("n_")
    return names


def test_the_kernels_enumerations_are_the_same() -> None:
    assert numbered("activations.hpp", "Activation") == list(ACTIVATIONS)
    assert numbered("plan.hpp", "PellucidLoss") == list(losses)
    assert numbered("plan.hpp", "PellucidOptimizer") == list(OPTIMIZERS)
    assert numbered("plan.hpp", "PellucidRule") == list(layer_rules)
