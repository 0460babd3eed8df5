"""Where FANN arguably errs: what it does, what pellucid does unless `fann_compat=True`, and where the code asks.

The table is the whole list. Code never asks for `fann_compat` itself but for one quirk by its name: `on("rprop_zero",
exact)`. docs/fann.md prints it, and tests check each row both ways. None of it is known outside of `pellucid.fann`.
"""

from __future__ import annotations

from typing import NamedTuple

from ..errors import unknown_name


class Quirk(NamedTuple):
    """One defect: `number` as in the specification ("D1"), `name` as the code asks for it, `where` it acts."""

    number: str
    name: str
    fann: str
    pellucid: str
    where: str


QUIRKS = (
    Quirk(
        "D1",
        "one_update_late",
        "The error of an epoch is measured before its last update of the weights, so a net that reached its goal has "
        "been moved once more, often out of reach of the goal.",
        "An epoch that meets the goal leaves the weights that were measured. Incremental training, which moves weights "
        "all through an epoch, measures once more and stops only where the goal holds for the weights it leaves.",
        "train_on_data, train_on_file",
    ),
    Quirk(
        "D2",
        "rprop_zero",
        "Zero counts as 'not negative': RPROP moves a weight whose slope is exactly 0 by a step upwards, and its step "
        "grows where the product of two slopes is 0.",
        "A weight whose slope is 0 rests; a step grows only where two slopes agree in sign (iRPROP- as published).",
        "RPROP",
    ),
    Quirk(
        "D3",
        "sparse_sources",
        "Incremental training of a net made with a connection rate below 1 multiplies the delta of a neuron's k-th "
        "connection by the value of neuron k of the whole net, not by that of the connection's source.",
        "By the value of the connection's source, as in all other algorithms.",
        "train, INCREMENTAL",
    ),
    Quirk(
        "D4",
        "own_slopes",
        "Training takes for GAUSSIAN, SIN, COS, LINEAR_PIECE and their symmetric kin slopes that are not the slopes "
        "of these functions (a factor of the steepness too much, or no kink).",
        "The true slope of each function. (The slopes of the sigmoids stay clipped near their ends, as in FANN: that "
        "keeps saturated neurons learning.)",
        "every algorithm; cascade training",
    ),
    Quirk(
        "D5",
        "reversed_outputs",
        "A cascade candidate trained for several outputs is installed with its weights to them in reverse order.",
        "Each output gets the weight that was trained for it.",
        "cascadetrain_on_data, cascadetrain_on_file",
    ),
    Quirk(
        "D6",
        "sarprop_carry",
        "Where two slopes' product is 0, SARPROP stores for a weight the step of the weight before it; and the four "
        "SARPROP getters return rprop_delta_max.",
        "The weight keeps its own step (and rests where its slope is 0); the getters return what was set.",
        "SARPROP, get_sarprop_*",
    ),
    Quirk(
        "D7",
        "six_decimals",
        "Data files and the header of net files keep 6 decimals, so that numbers change by being saved.",
        "Numbers are written with enough digits to be read back exactly; FANN reads them too.",
        "save, save_train",
    ),
    Quirk(
        "D8",
        "zero_deviation",
        "Scaling a constant column, or constant data, gives NaN.",
        "What is constant is left as it is.",
        "set_scaling_params and kin, scale_train and kin, scale_train_data and kin",
    ),
    Quirk(
        "D9",
        "reversed_range",
        "Scaling training data to a reversed range (1, 0) does not reverse it but clamps every value to one end.",
        "A reversed range reverses.",
        "scale_train_data, scale_input_train_data, scale_output_train_data",
    ),
    Quirk(
        "D10",
        "hidden_count",
        "init_weights counts one hidden neuron too few for each layer after the first of a shortcut net (none left "
        "wraps to four milliards and makes huge weights), and constant inputs make infinite weights.",
        "The hidden neurons are counted, at least one; constant inputs count as a range of 1.",
        "init_weights",
    ),
    Quirk(
        "D11",
        "threshold_message",
        "Training a net with a THRESHOLD neuron prints 'FANN Error 12' at every visit of such a neuron and goes on; "
        "what lies before the neuron never learns.",
        "An error before the training says which neuron cannot be trained.",
        "train and every training method",
    ),
    Quirk(
        "D12",
        "waves_compete",
        "In cascade training candidates that wave or peak (GAUSSIAN, SIN, COS and kin) compete with the monotone ones. "
        "A fast wave soonest fits the rows of the training data, and says little about rows in between.",
        "They compete only where no monotone candidate lessens the error by cascade_candidate_change_fraction.",
        "cascadetrain_on_data, cascadetrain_on_file",
    ),
    Quirk(
        "D13",
        "linear_tanh",
        "The error function TANH, which new nets have, also bends the errors of LINEAR outputs. It is made for errors "
        "between -1 and 1: all larger ones count as 17, so that nets for standardised or unscaled targets often stay "
        "far from them (the scaling example fails for 2 of 5 seeds).",
        "LINEAR outputs train with the error as it is, as with ERRORFUNC_LINEAR.",
        "every algorithm; cascade training",
    ),
)

_NAMES = frozenset(quirk.name for quirk in QUIRKS)


def on(name: str, exact: bool) -> bool:
    """Whether the quirk of this name acts: all do where FANN's very numbers are asked for, and so not with `exact`.

    >>> on("rprop_zero", exact=False)
    True
    """
    if name not in _NAMES:
        raise unknown_name("quirk of FANN's", name, _NAMES)
    return not exact
