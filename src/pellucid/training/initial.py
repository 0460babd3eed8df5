"""The parameters a network starts from, drawn layer by layer."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import InputError, during
from ..maths.random import PURPOSES, Stream, check_seed
from ..model.history import History
from ..model.layers import Layer, inputs, layer_names
from ..model.model import Model
from ..model.parameters import Parameters


def draw_parameters(n_in: int, layers: Sequence[Layer], source: Any, dtype: np.dtype[Any]) -> Parameters:
    """Initial parameters from an int seed (our own generator) or a NumPy Generator or RandomState.

    NumPy's generators are consumed in layer order, W before b; zeros draw nothing. Numbers are drawn as float64, then
    rounded to `dtype`. A masked layer draws as many as one without a mask, and as large (fan-in is the number of its
    inputs); then those that do not exist become 0.
    """
    taken, names = inputs(n_in, layers), layer_names(layers)
    arrays = []
    for k, (name, layer) in enumerate(zip(names, layers, strict=True)):
        random = Stream(source, PURPOSES["weights"], layer=k + 1) if isinstance(source, int) else source
        drawn = {}
        with during(f"layer {name}"):
            for parameter, shape in layer.shapes(taken[k]).items():
                initializer = layer.initializer(parameter)
                fans = taken[k], layer.width(taken[k])
                values = initializer.draw(np, random, shape, *fans, **initializer.options)
                drawn[parameter] = np.asarray(values, dtype=dtype)
        arrays.append(layer.rule.constrained(np, drawn))
    return Parameters(names, arrays)


def reset(model: Model, seed: Any = None) -> None:
    """Draw new initial parameters and forget the training; the seed is the model's own unless another is given."""
    if seed is None and not model.seeded:
        raise InputError(
            "the initial parameters came from a NumPy generator, which is not kept",
            "a seed, or a generator",
            "reset(1)",
        )
    number, source = seed_and_source(model.seed if seed is None else seed)
    if not model.dtype_given:
        model.dtype = np.dtype(np.float64)
    model.parameters = draw_parameters(model.n_in, model.layers, source, model.dtype)
    model.seed, model.seeded = number, isinstance(source, int)
    model.training, model.history, model.data, model.baseline = None, History(), None, None
    if model.preprocessing is None:
        model.classes = model.columns = None


def seed_and_source(seed: Any) -> tuple[int, Any]:
    """The seed of all later draws, and what the initial parameters are drawn from.

    None makes a fresh seed, which is kept; a NumPy generator leaves the later draws (shuffling, dropout) to seed 0.
    """
    # Whoever has a NumPy generator has loaded numpy.random; asking np.random for the type would load it for everybody.
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None and isinstance(seed, (numpy_random.Generator, numpy_random.RandomState)):
        return 0, seed
    if seed is None:
        number = int.from_bytes(os.urandom(4), "little")
        return number, number
    try:
        number = check_seed(seed)
    except InputError as error:
        raise InputError(error.given, error.expected + ", or a NumPy Generator or RandomState", "seed=1") from None
    return number, number
