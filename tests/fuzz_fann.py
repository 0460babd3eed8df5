"""Coverage-guided fuzzing of FANN's files: python tests/fuzz_fann.py [folder] -max_total_time=20

Whatever the bytes, reading gives a taught error, or something that is written and read back as the same. libFuzzer
(through Atheris) changes bytes so that more lines of the readers are reached. A failure is an exception of any other
kind; its bytes are left in a file crash-..., which `python tests/fuzz_fann.py crash-...` runs again.
"""

from __future__ import annotations

import re
import sys
import warnings
from pathlib import Path
from random import Random
from types import FunctionType

import atheris
import numpy as np

from fann_nets import same
from pellucid.errors import PellucidError
from pellucid.io.fann import convert, data_file, fixed, net_file

# Words that stand in these files, which blind changes would hardly find.
SEEDS = {
    "net": """FANN_FLO_2.1
num_layers=2
learning_rate=0.700000
connection_rate=0.500000
network_type=0
learning_momentum=0.000000
training_algorithm=2
train_error_function=1
train_stop_function=0
cascade_output_change_fraction=0.010000
quickprop_decay=-0.000100
quickprop_mu=1.750000
rprop_increase_factor=1.200000
rprop_decrease_factor=0.500000
rprop_delta_min=0.000000
rprop_delta_max=50.000000
rprop_delta_zero=0.100000
cascade_output_stagnation_epochs=12
cascade_candidate_change_fraction=0.010000
cascade_candidate_stagnation_epochs=12
cascade_max_out_epochs=150
cascade_min_out_epochs=50
cascade_max_cand_epochs=150
cascade_min_cand_epochs=50
cascade_num_candidate_groups=2
bit_fail_limit=3.5e-01
cascade_candidate_limit=1e+03
cascade_weight_multiplier=4e-01
cascade_activation_functions_count=2
cascade_activation_functions=3 5
cascade_activation_steepnesses_count=1
cascade_activation_steepnesses=2.5e-01
layer_sizes=2 2
scale_included=1
scale_mean_in=0.5
scale_deviation_in=1.5
scale_new_min_in=-1
scale_factor_in=1
scale_mean_out=0
scale_deviation_out=1
scale_new_min_out=-1
scale_factor_out=1
neurons (num_inputs, activation_function, activation_steepness)=(0, 0, 0e0) (0, 0, 0e0) (2, 5, 5e-01) (0, 0, 0e0)
connections (connected_to_neuron, weight)=(1, 1.5e-01) (0, -2.5)
sarprop_temperature=0.015
""",
    "old": "FANN_FLO_1.1\n2 0.7 1.0 0 4 3 0.5 0.5\n2 2\n0 0 2 0\n(0 0.5) (1 -4)\n",
    "data": "2 2 1\n1 2\n0.5\n0x1p3 -4e-1\ninf\n",
}
SEEDS["fixed"] = SEEDS["net"].replace("FLO_2.1", "FIX_2.0\ndecimal_point=13").replace("2.5)", "2)")


def try_net(content: bytes) -> None:
    """Read, write, read, convert."""
    try:
        net = net_file.parse(content)
    except PellucidError:
        return
    assert same(net_file.parse(net_file.to_text(net)), net)
    net_file.parse(net_file.to_text(net, compat=True))
    try:
        fixed.net_text(net, max(0, fixed.decimal_point(net)))
        model = convert.to_model(net)
        assert convert.to_model(convert.from_model(model)).layers == model.layers
    except PellucidError:
        return


def try_data(content: bytes) -> None:
    """Read, write, read."""
    try:
        X, Y = data_file.parse(content)
    except PellucidError:
        return
    if len(X) <= 1000:  # a header may say 4000000000 rows of nothing
        for old, new in zip((X, Y), data_file.parse(data_file.to_text(X, Y)), strict=True):
            assert np.array_equal(old, new, equal_nan=True)


def one_input(content: bytes) -> None:
    """The first byte chooses the format, so that one run fuzzes both."""
    warnings.simplefilter("ignore")
    (try_data if content[:1] == b"d" else try_net)(content[1:])


WORD = re.compile(rb"[^\s(),=]+|\([^()]*\)|\n")
WORDS = [
    *b"0 1 -1 2 3 18 4294967296 99999999999999999999999999 0.5 nan inf 1e999 0x1p3 ( ) = # x \0 \xff".split(b" "),
    *(b"", b"\r\n", b"(0, 0, 0)", b"(3, 5, 0.5)", b"(1, 5)"),
]


def changed(content: bytes, max_size: int, seed: int) -> bytes:
    """Half of the time a word becomes another one, is doubled, or is copied; else bytes change blindly."""
    random = Random(seed)
    words = list(WORD.finditer(content))
    if len(words) < 2 or random.random() < 0.5:
        return atheris.Mutate(content, max_size)
    a, b = random.choice(words), random.choice(words)
    new = random.choice([random.choice(WORDS), a.group() + b" " + a.group(), b.group()])
    return (content[: a.start()] + new + content[a.end() :])[:max_size]


def watch_coverage() -> None:
    """Let the fuzzer see every branch of the readers and writers.

    Atheris' own way, while importing, does nothing for a package that was installed as editable.
    """
    modules = {name: module for name, module in sys.modules.items() if name.startswith("pellucid.io.fann.")}
    for name, module in modules.items():
        for value in list(vars(module).values()):
            for function in vars(value).values() if isinstance(value, type) else (value,):
                if isinstance(function, FunctionType) and function.__module__ == name:
                    atheris.instrument_func(function)


def main() -> None:
    """Write the seeds into the folder that was named first, and fuzz."""
    watch_coverage()
    folder = next((Path(word) for word in sys.argv[1:] if Path(word).is_dir()), None)
    for name, text in SEEDS.items() if folder else ():
        (folder / name).write_bytes((b"d" if name == "data" else b"n") + text.encode())
    atheris.Setup(sys.argv, one_input, custom_mutator=changed)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
