"""What libfann prints, byte for byte: the real library's reports, and the tutorial on the AND gate."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from pellucid.fann import libfann
from pellucid.fann.engine import choose
from pellucid.io.fann.structure import LAYER

INPUTS = [[-1, -1], [-1, 1], [1, -1], [1, 1]]  # as and.data has them
XOR = ([[-1, -1], [-1, 1], [1, -1], [1, 1]], [[-1], [1], [1], [-1]])


@pytest.fixture
def printed(outside_data: Callable[[str], Path]) -> dict[str, str]:
    """The parts of printed.txt, by their headings."""
    text = outside_data("oracle/text/printed.txt").read_text()
    parts = re.split(r"^===== (.*)\n", text, flags=re.M)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


@pytest.mark.parametrize("kind", ["standard", "shortcut"])
def test_a_network_prints_itself(
    kind: str,
    printed: dict[str, str],
    outside_data: Callable[[str], Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    nn = libfann.create_from_file(outside_data(f"oracle/text/print_create_{kind}_array.net"))
    nn.print_parameters()
    assert capsys.readouterr().out == printed[f"create_{kind}_array print_parameters"]
    nn.print_connections()
    assert capsys.readouterr().out == printed[f"create_{kind}_array print_connections"]


def test_a_sparse_network_prints_itself(printed: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    """Its file is not stored: the table of connections is read back into a network, which has to print it again."""
    nn = libfann.neural_net(seed=1)
    nn.create_sparse_array(0.5, (4, 4, 2))
    nn.print_parameters()
    assert capsys.readouterr().out == printed["create_sparse_array print_parameters"]
    table = printed["create_sparse_array print_connections"].splitlines()
    net = nn._net
    sources, weights = [], []
    for line in table[1:]:
        neuron, letters = int(line[9:14].strip()), line[15:]
        found = [(i, letter) for i, letter in enumerate(letters) if letter != "."]
        net.n_inputs[neuron] = len(found)
        sources += [i for i, _ in found]
        weights += [
            (ord(letter.upper()) - ord("A")) * (1 if letter.isupper() else -1) - 0.1 * letter.islower()
            for _, letter in found
        ]
    assert net.network_type == LAYER
    assert len(sources) == len(net.sources)
    net.sources[:], net.weights[:] = sources, weights
    nn.print_connections()
    assert capsys.readouterr().out.splitlines() == table


@pytest.mark.parametrize("weight", [0.0, 0.49, 0.5, 1.5, 2.5, 24.4, 24.5, 25.0, 1e9, float("inf")])
def test_letters_of_weights(weight: float, capsys: pytest.CaptureFixture[str]) -> None:
    """A + round(w), halves away from 0, at most 25 letters on; small letters for weights below 0."""
    nn = libfann.neural_net(seed=1, fann_compat=True)
    nn.create_standard_array((1, 1))
    nn.set_weight_array([(0, 2, weight), (1, 2, -weight - 1e-300)])
    nn.print_connections()
    letter = chr(ord("A") + int(min(weight + 0.5, 25.0)))
    assert capsys.readouterr().out.splitlines()[1].split()[-1] == letter + letter.lower()


def test_a_training_prints_its_report(
    printed: dict[str, str], outside_data: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    nn = libfann.neural_net(outside_data("oracle/text/print_train_start.net"), fann_compat=True)
    data = libfann.training_data()
    data.set_train_data(*XOR)
    nn.train_on_data(data, 200, 50, 0.001)
    assert capsys.readouterr().out == printed["train_on_data(d,200,50,0.001)"]


def test_the_right_epoch_reports_the_same_lines(
    printed: dict[str, str], outside_data: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """Without fann_compat the errors are the same until a slope is 0: the first line at least."""
    nn = libfann.neural_net(outside_data("oracle/text/print_train_start.net"))
    data = libfann.training_data()
    data.set_train_data(*XOR)
    nn.train_on_data(data, 200, 50, 0.001)
    assert capsys.readouterr().out.splitlines()[:2] == printed["train_on_data(d,200,50,0.001)"].splitlines()[:2]


# --- the tutorial -----------------------------------------------------------------------------------------------------


def and_gate(seed: int, data: Path, fann_compat: bool, folder: Path, reports: int = 1000) -> libfann.neural_net:
    """The tutorial's script, in which a seed is the only thing added."""
    nn = libfann.neural_net(seed=seed, fann_compat=fann_compat)
    nn.create_standard_array((2, 4, 1))
    nn.set_learning_rate(0.7)
    nn.set_activation_function_output(libfann.SIGMOID_SYMMETRIC_STEPWISE)
    nn.train_on_file(data, 10000, reports, 0.00001)
    nn.save(folder / "and.net")
    return nn


def test_the_tutorial_to_the_last_digit(
    outside_data: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nn = and_gate(1, outside_data("oracle/tutorial/and.data"), True, tmp_path)
    again = libfann.neural_net()
    print("load:", again.create_from_file(tmp_path / "and.net"))
    for x in ([1, 1], [1, -1], [-1, 1], [-1, -1]):
        print(x, again.run(x), nn.run(x) == again.run(x))
    said, real = capsys.readouterr().out, outside_data("oracle/tutorial/tutorial_output_seed1.txt").read_text()
    if choose().name == "native":
        assert said == real
    number = re.compile(r"-?[0-9]+\.[0-9]+")  # NumPy adds up an answer in another order: its last digit may differ
    assert number.sub("#", said) == number.sub("#", real)
    assert list(map(float, number.findall(said))) == pytest.approx(list(map(float, number.findall(real))), abs=1e-14)
    saved = outside_data("oracle/tutorial/and_seed1_trained.net").read_bytes()
    assert (tmp_path / "and.net").read_bytes() == saved


def test_200_seeds_as_the_real_library_left_them(outside_data: Callable[[str], Path], tmp_path: Path) -> None:
    """Its success, its error and its wrong signs, seed by seed, with fann_compat; all right without."""
    rows = json.loads(outside_data("oracle/tutorial/tutorial_200_seeds.json").read_text())
    data = outside_data("oracle/tutorial/and.data")
    assert [row["seed"] for row in rows] == list(range(1, 201))
    for row in rows:
        real = and_gate(row["seed"], data, True, tmp_path, reports=0)
        assert real.get_MSE() == row["reported_mse"]
        assert [real.run(x)[0] for x in INPUTS] == pytest.approx(row["outputs"], abs=1e-12)
        right = and_gate(row["seed"], data, False, tmp_path, reports=0)
        assert [right.run(x)[0] > 0 for x in INPUTS] == [False, False, False, True]
        assert right.test_data(libfann.training_data(data)) <= 1e-5
    assert sum(not row["all_signs_right"] for row in rows) == 62
