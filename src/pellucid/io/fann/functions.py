"""FANN's activation functions as pellucid's, and back.

FANN's SIGMOID is 1/(1 + e^{-2z}), so its steepness s is 2s for the sigmoid here; all others are the same functions.
"""

from __future__ import annotations

from ...errors import InputError
from ...maths.activations import Activation, activations
from ...maths.by_unit import by_unit, paired
from ...model.layers import Layer

# In the order of FANN's numbers: the function here, and by what the steepness is multiplied. GAUSSIAN_STEPWISE (9) is 0
# everywhere, as linear with steepness 0 is.
FUNCTIONS = (
    ("linear", 1.0),
    ("threshold", 1.0),
    ("threshold_symmetric", 1.0),
    ("sigmoid", 2.0),
    ("sigmoid_stepwise", 1.0),
    ("tanh", 1.0),
    ("tanh_stepwise", 1.0),
    ("gaussian", 1.0),
    ("gaussian_symmetric", 1.0),
    ("linear", 0.0),
    ("elliot", 1.0),
    ("softsign", 1.0),
    ("linear_piece", 1.0),
    ("linear_piece_symmetric", 1.0),
    ("sine", 1.0),
    ("cosine", 1.0),
    ("sine_positive", 1.0),
    ("cosine_positive", 1.0),
)
NUMBERS = {name: (k, factor) for k, (name, factor) in enumerate(FUNCTIONS) if factor}


def ours(number: int, steepness: float) -> tuple[str, float]:
    """The activation and the steepness here that FANN's function is.

    >>> ours(3, 0.5)
    ('sigmoid', 1.0)
    """
    name, factor = FUNCTIONS[number]
    return name, steepness * factor


def theirs(layer: Layer, units: int) -> list[tuple[int, float]]:
    """FANN's number and steepness for each unit of a layer, or InputError where FANN has no such function."""
    record = layer.activation
    pairs = paired(**record.options) if record.forward is by_unit else [(record, 1.0)]
    found = [_one(activation, steepness) for activation, steepness in pairs]
    return found * (units // len(found))


def _one(activation: Activation, steepness: float) -> tuple[int, float]:
    known = activation.name in NUMBERS and activations.resolve(activation.name).forward is activation.forward
    if not known:
        raise InputError(
            f"FANN has no activation function like {activation.name}",
            "one of " + ", ".join(NUMBERS),
            'net.save("net.safetensors"), which keeps any network',
        )
    number, factor = NUMBERS[activation.name]
    return number, steepness / factor
