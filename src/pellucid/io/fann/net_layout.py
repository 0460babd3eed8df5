"""The lines of a `.net` file in FANN's order, and what kind of number stands in each."""

from __future__ import annotations

from typing import NamedTuple

VERSIONS = ("FANN_FLO_2.1", "FANN_FLO_2.0")
FIXED_VERSIONS = ("FANN_FIX_2.0", "FANN_FIX_2.1")
OLD_VERSIONS = ("FANN_FLO_1.1", "FANN_FIX_1.1")
NEURONS_KEY = "neurons (num_inputs, activation_function, activation_steepness)"
CONNECTIONS_KEY = "connections (connected_to_neuron, weight)"


class Field(NamedTuple):
    """One line of the header: `largest` bounds whole numbers that stand for something."""

    key: str
    kind: str  # "whole", "float32" or "float64"
    largest: int = 2**32 - 1


# Between num_layers and the cascade's candidates; `connection_rate` and `network_type` belong to the net itself, all
# others are fields of `Settings`.
HEADER = (
    Field("learning_rate", "float32"),
    Field("connection_rate", "float32"),
    Field("network_type", "whole", 1),
    Field("learning_momentum", "float32"),
    Field("training_algorithm", "whole", 4),
    Field("train_error_function", "whole", 1),
    Field("train_stop_function", "whole", 1),
    Field("cascade_output_change_fraction", "float32"),
    Field("quickprop_decay", "float32"),
    Field("quickprop_mu", "float32"),
    Field("rprop_increase_factor", "float32"),
    Field("rprop_decrease_factor", "float32"),
    Field("rprop_delta_min", "float32"),
    Field("rprop_delta_max", "float32"),
    Field("rprop_delta_zero", "float32"),
    Field("cascade_output_stagnation_epochs", "whole"),
    Field("cascade_candidate_change_fraction", "float32"),
    Field("cascade_candidate_stagnation_epochs", "whole"),
    Field("cascade_max_out_epochs", "whole"),
    Field("cascade_min_out_epochs", "whole"),
    Field("cascade_max_cand_epochs", "whole"),
    Field("cascade_min_cand_epochs", "whole"),
    Field("cascade_num_candidate_groups", "whole"),
    Field("bit_fail_limit", "float64"),
    Field("cascade_candidate_limit", "float64"),
    Field("cascade_weight_multiplier", "float64"),
)
FUNCTIONS = "cascade_activation_functions"
STEEPNESSES = "cascade_activation_steepnesses"
LARGEST_FUNCTION = 17
SCALING = tuple(
    f"{name}_{side}" for side in ("in", "out") for name in ("mean", "deviation", "new_min", "factor")
)  # each a line "scale_mean_in=..." and a field of `Scaling`
# What FANN's files lack; these lines follow the last, where FANN does not look.
EXTRAS = (
    "sarprop_weight_decay_shift",
    "sarprop_step_error_threshold_factor",
    "sarprop_step_error_shift",
    "sarprop_temperature",
)
# Where `Structure.kept` holds the sources that a full net's file gave it in vain; no key of a file has a space.
GIVEN_SOURCES = "given sources"
