"""Small networks and data that the tests of libfann share."""

from __future__ import annotations

from typing import Any

from pellucid.fann import libfann

X, Y = [[-1, -1], [-1, 1], [1, -1], [1, 1]], [[-1], [1], [1], [-1]]


def net(*layers: int, **options: Any) -> libfann.neural_net:
    nn = libfann.neural_net(**{"seed": 1, **options})
    nn.create_standard_array(layers or (2, 3, 1))
    return nn


def shortcut(*layers: int) -> libfann.neural_net:
    nn = libfann.neural_net(seed=1)
    nn.create_shortcut_array(layers or (2, 1))
    return nn


def rows(inputs: Any = X, outputs: Any = Y, **options: Any) -> libfann.training_data:
    data = libfann.training_data(seed=1, **options)
    data.set_train_data(inputs, outputs)
    return data


def no_rows() -> libfann.training_data:
    data = rows()
    data.subset_train_data(0, 0)
    return data


def empty() -> libfann.neural_net:
    return libfann.neural_net()
