"""The two reports that a network prints of itself, to the letter as FANN prints them."""

from __future__ import annotations

from ...io.fann.structure import Settings, Structure
from ..constants import name_of
from ..messages import activation_name, report
from ..wiring import used_sources
from .base import Base


class Printing(Base):
    """Reports, through Python's own stdout."""

    def print_parameters(self) -> None:
        """Print shape and settings."""
        if self._net is not None:
            report("\n".join(parameters(self._net)))

    def print_connections(self) -> None:
        """Print a table of all weights: a row a neuron, a column a source, a letter a weight.

        `.` stands for no connection, `A` + round(w) for w >= 0, `a` + round(-w) for w < 0, at most 25 letters on.
        """
        if self._net is not None:
            report("\n".join(connections(self._net)))


def parameters(net: Structure) -> list[str]:
    """The lines of `print_parameters`."""
    s = net.settings
    rows = [*_shape(net), ("Training algorithm", f"   {name_of('training algorithm', s.training_algorithm)}")]
    rows.append(("Training error function", f"   {name_of('error function', s.train_error_function)}"))
    rows.append(("Training stop function", f"   {name_of('stop function', s.train_stop_function)}"))
    rows += [(label, f"{getattr(s, field):8.3f}") for label, field in _THREE_DECIMALS[:3]]
    rows += [("Quickprop decay", f"{s.quickprop_decay:11.6f}")]
    rows += [(label, f"{getattr(s, field):8.3f}") for label, field in _THREE_DECIMALS[3:]]
    rows += _cascade(s)
    return [f"{label:<37}:{text}" for label, text in rows]


_THREE_DECIMALS = (
    ("Bit fail limit", "bit_fail_limit"),
    ("Learning rate", "learning_rate"),
    ("Learning momentum", "learning_momentum"),
    ("Quickprop mu", "quickprop_mu"),
    ("RPROP increase factor", "rprop_increase_factor"),
    ("RPROP decrease factor", "rprop_decrease_factor"),
    ("RPROP delta min", "rprop_delta_min"),
    ("RPROP delta max", "rprop_delta_max"),
)

_COUNTS = (
    ("Cascade output stagnation epochs", "cascade_output_stagnation_epochs"),
    ("Cascade candidate stagnation epochs", "cascade_candidate_stagnation_epochs"),
    ("Cascade max output epochs", "cascade_max_out_epochs"),
    ("Cascade min output epochs", "cascade_min_out_epochs"),
    ("Cascade max candidate epochs", "cascade_max_cand_epochs"),
    ("Cascade min candidate epochs", "cascade_min_cand_epochs"),
)


def _shape(net: Structure) -> list[tuple[str, str]]:
    sizes, biases = net.sizes, net.biases
    hidden = [
        ("  Hidden layer", f"{size:4d} neurons, {bias:d} bias")
        for size, bias in zip(sizes[1:-1], biases[1:-1], strict=True)
    ]
    return [
        ("Input layer", f"{net.n_in:4d} neurons, 1 bias"),
        *hidden,
        ("Output layer", f"{net.n_out:4d} neurons"),
        ("Total neurons and biases", f"{net.n_neurons - int(net.layered):4d}"),
        ("Total connections", f"{len(net.weights):4d}"),
        ("Connection rate", f"{net.connection_rate:8.3f}"),
        ("Network type", f"   {name_of('network type', net.network_type)}"),
    ]


def _cascade(s: Settings) -> list[tuple[str, str]]:
    functions, steepnesses = s.cascade_activation_functions, s.cascade_activation_steepnesses
    candidates = s.cascade_num_candidate_groups * len(functions) * len(steepnesses)
    return [
        ("Cascade output change fraction", f"{s.cascade_output_change_fraction:11.6f}"),
        ("Cascade candidate change fraction", f"{s.cascade_candidate_change_fraction:11.6f}"),
        *[(label, f"{getattr(s, field):4d}") for label, field in _COUNTS],
        ("Cascade weight multiplier", f"{s.cascade_weight_multiplier:8.3f}"),
        ("Cascade candidate limit", f"{s.cascade_candidate_limit:8.3f}"),
        *[(f"Cascade activation functions[{i}]", f"   {activation_name(f)}") for i, f in enumerate(functions)],
        *[(f"Cascade activation steepnesses[{i}]", f"{steepness:8.3f}") for i, steepness in enumerate(steepnesses)],
        ("Cascade candidate groups", f"{s.cascade_num_candidate_groups:4d}"),
        ("Cascade no. of candidates", f"{candidates:4d}"),
    ]


def connections(net: Structure) -> list[str]:
    """The lines of `print_connections`."""
    columns = net.n_neurons - net.n_out - int(net.layered)
    table = [["."] * columns for _ in range(net.n_neurons)]
    for source, target, weight in zip(
        used_sources(net).tolist(), net.targets.tolist(), net.weights.tolist(), strict=True
    ):
        table[target][source] = _letter(weight)
    lines = ["Layer / Neuron " + "".join(str(i % 10) for i in range(columns))]
    starts = net.starts
    for layer in range(1, len(starts) - 1):
        for neuron in range(starts[layer], starts[layer + 1]):
            lines.append(f"L {layer:3d} / N {neuron:4d} " + "".join(table[neuron]))
    return lines


def _letter(weight: float) -> str:
    if weight != weight:
        return "?"
    return chr(ord("a" if weight < 0 else "A") + int(min(abs(weight), 25.0) + 0.5))
