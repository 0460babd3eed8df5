"""libfann: calls that are refused and leave the object usable, and habits that are taken."""

from __future__ import annotations

import inspect
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from libfann_cases import X, Y, empty, net, no_rows, rows, shortcut
from pellucid.errors import FileFormatError, Notice, PellucidError
from pellucid.fann import install, libfann

# --- refused: section 7 of the specification --------------------------------------------------------------------------

REFUSED: dict[str, tuple[Callable[[Any], Any], Callable[[], Any], type[Exception], str]] = {
    "run, empty": (lambda n: n.run([1, 1]), empty, RuntimeError, "empty"),
    "test, empty": (lambda n: n.test([1, 1], [1]), empty, RuntimeError, "empty"),
    "train, empty": (lambda n: n.train([1, 1], [1]), empty, RuntimeError, "empty"),
    "train_epoch, empty": (lambda n: n.train_epoch(rows()), empty, RuntimeError, "empty"),
    "layers, empty": (lambda n: n.get_layer_array(), empty, RuntimeError, "empty"),
    "biases, empty": (lambda n: n.get_bias_array(), empty, RuntimeError, "empty"),
    "network, empty": (lambda n: n.network, empty, RuntimeError, "empty"),
    "float layers": (lambda n: n.create_standard_array((2, 4.7, 1)), net, ValueError, "4.7"),
    "negative layer": (lambda n: n.create_standard_array((2, -3, 1)), net, ValueError, "-3"),
    "no hidden neurons": (lambda n: n.create_standard_array((2, 0, 1)), net, ValueError, "layer 1 has 0"),
    "one layer": (lambda n: n.create_standard_array((2,)), net, ValueError, "at least two"),
    "too large": (lambda n: n.create_standard_array((100000, 100000, 10)), net, ValueError, "10001100010"),
    "two forms": (lambda n: n.create_standard(2, 4, 1), net, TypeError, "2 layers 4-1"),
    "two forms, sparse": (lambda n: n.create_sparse(0.5, 2, 4, 1), net, TypeError, "create_sparse_array"),
    "count only": (lambda n: n.create_standard(3), net, TypeError, "create_standard_array"),
    "short input": (lambda n: n.run([1]), net, ValueError, "2, as the network has 2 inputs"),
    "long input": (lambda n: n.run([1, 1, 1]), net, ValueError, "3 numbers"),
    "numbers, one too many": (lambda n: n.run(1, 1, 1), net, ValueError, "3 numbers"),
    "no input": (lambda n: n.run(), net, TypeError, r"nn.run\(\[1, 1\]\)"),
    "short target": (lambda n: n.test([1, 1], [1]), lambda: net(2, 3, 2), ValueError, "2 outputs"),
    "train, short": (lambda n: n.train([1], [1]), net, ValueError, "2 inputs"),
    "train, long": (lambda n: n.train([1, 1], [1, 1]), net, ValueError, "1 output"),
    "complex": (lambda n: n.run([1j, 1]), net, TypeError, "complex"),
    "nested": (lambda n: n.run([np.ones((2, 2)), 1]), net, TypeError, "real number"),
    "text": (lambda n: n.run(["1", 1]), net, ValueError, r"input\[0\] = '1'"),
    "no sequence": (lambda n: n.run(3), net, ValueError, "sequence"),
    "no numbers": (lambda n: n.run([]), net, ValueError, "at least one"),
    "empty data": (lambda n: n.train_epoch(libfann.training_data()), net, ValueError, "empty"),
    "no rows": (lambda n: n.train_epoch(no_rows()), net, ValueError, "no rows"),
    "no rows, test": (lambda n: n.test_data(no_rows()), net, ValueError, "no rows"),
    "other inputs": (lambda n: n.train_on_data(rows(), 9, 0, 0.1), lambda: net(3, 1), ValueError, "3 inputs.* 2"),
    "other outputs": (lambda n: n.test_data(rows()), lambda: net(2, 2), ValueError, "2 outputs.* 1"),
    "no file": (lambda n: n.train_on_file("none.data", 9, 0, 0.1), net, FileNotFoundError, "none.data"),
    "no file, cascade": (lambda n: n.cascadetrain_on_file("none", 9, 0, 0.1), shortcut, FileNotFoundError, "none"),
    "no net file": (lambda n: n.load("none.net"), net, FileNotFoundError, "none.net"),
    "no data": (lambda n: n.train_epoch(None), net, ValueError, "training_data"),
    "other data": (lambda n: n.train_epoch([X, Y]), net, TypeError, "training_data"),
    "scaling, empty data": (
        lambda n: n.set_scaling_params(libfann.training_data(), 0, 1, 0, 1),
        net,
        ValueError,
        "empty",
    ),
    "scale_input(None)": (lambda n: n.scale_input(None), net, ValueError, "None"),
    "no cascade": (lambda n: n.cascadetrain_on_data(rows(), 2, 0, 0.1), net, ValueError, "shortcut"),
    "cascade, other data": (
        lambda n: n.cascadetrain_on_data(rows(), 2, 0, 0.1),
        lambda: shortcut(3, 1),
        ValueError,
        "3 inputs",
    ),
    "negative neuron": (lambda n: n.set_activation_function(3, 1, -1), net, IndexError, "neuron = -1"),
    "negative layer number": (lambda n: n.get_activation_steepness(-1, 0), net, IndexError, "layer = -1"),
    "unknown function": (lambda n: n.set_activation_function_hidden(99), net, ValueError, "SIGMOID"),
    "unknown algorithm": (lambda n: n.set_training_algorithm(77), net, ValueError, "TRAIN_RPROP"),
    "unknown error function": (lambda n: n.set_train_error_function(7), net, ValueError, "ERRORFUNC_TANH"),
    "unknown stop function": (lambda n: n.set_train_stop_function(-1), net, ValueError, "STOPFUNC_MSE"),
    "threshold": (lambda n: [n.set_activation_function_hidden(1), n.train([1, 1], [1])], net, ValueError, "THRESHOLD"),
    "array to be filled": (lambda n: n.get_layer_array(0.5), net, TypeError, "0.5 to be filled"),
    "the root": (lambda n: n.save("/"), net, ValueError, "'/' is a folder"),
    "count of connections": (lambda n: n.set_weight_array([(0, 3, 1)], "a"), net, TypeError, "num_connections = 'a'"),
    "negative epochs": (lambda n: n.train_on_data(rows(), -1, 0, 0.1), net, OverflowError, "max_epochs = -1"),
    "half epochs": (lambda n: n.train_on_data(rows(), 5.5, 0, 0.1), net, TypeError, "5.5"),
    "text for a number": (lambda n: n.set_learning_rate("0.7"), net, TypeError, "learning_rate"),
    "large for a float": (lambda n: n.set_learning_rate(1e300), net, OverflowError, "1e\\+300"),
    "negative count": (lambda n: n.set_cascade_max_out_epochs(-1), net, OverflowError, "-1"),
    "file name": (lambda n: n.save(b"a.net"), net, TypeError, "pathlib"),
    "no file name": (lambda n: n.save(None), net, ValueError, "name of a file"),
    "file name of no bytes": (lambda n: n.save("\ud800.net"), net, ValueError, r"'\\ud800.net'"),
    "no .data file": (lambda d: d.read_train_from_file(None), rows, ValueError, '"and.data"'),
    "rows for a file": (lambda n: n.train_on_file(rows(), 1, 0, 0.0), net, TypeError, '"and.data"'),
    "a file for rows": (
        lambda n: n.train_on_data("and.data", 1, 0, 0.0),
        net,
        TypeError,
        r"libfann\.training_data\('and\.data'\)",
    ),
    "sizes one by one, sparse": (
        lambda n: n.create_sparse_array(1, 2, 4, 1),
        net,
        TypeError,
        r"create_sparse_array\(0\.5, \(2, 4, 1\)\)",
    ),
    "sizes one by one, shortcut": (lambda n: n.create_shortcut_array(2, 1), net, TypeError, "create_shortcut_array"),
    "one layer, sparse": (lambda n: n.create_sparse_array(0.5, (2,)), net, ValueError, "create_sparse_array"),
    "one layer, shortcut": (lambda n: n.create_shortcut_array((2,)), net, ValueError, "create_shortcut_array"),
    "endless layer": (lambda n: n.create_standard_array((1e300, 2)), net, ValueError, "layer 0 has over 2147483647 n"),
    "compat": (lambda n: setattr(n, "fann_compat", "x"), net, TypeError, "True or False"),
    "compat of a network": (lambda n: libfann.neural_net(fann_compat="x"), net, TypeError, "True or False"),
    "compat of data": (lambda d: libfann.training_data(fann_compat=1), rows, TypeError, "True or False"),
    "compat of all": (lambda n: install(fann_compat="x"), net, TypeError, "True or False"),
    "callback": (lambda n: n.set_callback(3), net, TypeError, "six arguments"),
    "error log": (lambda n: n.set_error_log("x.log"), net, TypeError, "open"),
    "connection": (lambda n: n.set_weight_array([(0, 3)]), net, ValueError, r"connections\[0\]"),
    "connection's number": (lambda n: n.set_weight_array([("0", 3, 1)]), net, ValueError, r"connections\[0\]"),
    "count of functions": (lambda n: n.set_cascade_activation_functions([3], 2), net, ValueError, "count of 2"),
    "a network of numbers": (lambda n: libfann.neural_net(3), net, TypeError, "a .net file"),
    "a network, not": (lambda n: n.copy_from_struct_fann(3), net, TypeError, "a network"),
    "from no network": (lambda n: libfann.neural_net.from_network(3), net, TypeError, "pellucid.Network"),
    "set_train_data, rows": (lambda d: d.set_train_data(X, Y[:2]), rows, ValueError, "4 rows of inputs and 2"),
    "set_train_data, ragged": (lambda d: d.set_train_data([[1, 2], [3]], Y[:2]), rows, ValueError, "1 number and"),
    "set_train_data, flat": (lambda d: d.set_train_data(X, [1, 2, 3, 4]), rows, ValueError, r"output\[0\]"),
    "set_train_data, text": (lambda d: d.set_train_data([["a"]], [[1]]), rows, ValueError, "'a'"),
    "merge, empty": (lambda d: d.merge_train_data(libfann.training_data()), rows, ValueError, "empty"),
    "merge into empty": (lambda d: d.merge_train_data(rows()), libfann.training_data, ValueError, "empty"),
    "subset": (lambda d: d.subset_train_data(3, 5), rows, IndexError, "rows 3 to 8 of 4"),
    "subset, negative": (lambda d: d.subset_train_data(-1, 2), rows, OverflowError, "pos = -1"),
    "scale no rows": (lambda d: d.scale_train_data(0, 1), no_rows, ValueError, "no rows"),
    "rows of no function": (lambda d: d.create_train_from_callback(3, 2, 1, None), rows, ValueError, "function"),
    "rows of another width": (
        lambda d: d.create_train_from_callback(1, 2, 1, lambda *_: ([1], [1])),
        rows,
        ValueError,
        "2",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_leaves_the_object_usable(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    call, make, kind, words = REFUSED[name]
    thing = make()
    with pytest.raises(kind, match=words) as found:
        call(thing)
    assert isinstance(found.value, PellucidError)
    assert found.value.expected or found.value.instead
    if isinstance(thing, libfann.training_data):
        thing.set_train_data(X, Y)
        assert thing.get_input() == X
        return
    thing.create_standard_array((2, 3, 1))
    thing.train_on_data(rows(), 5, 0, 0.0)
    assert len(thing.run([1, 1])) == 1


def test_data_that_was_refused_is_as_it_was() -> None:
    data = rows()
    for name, (call, make, kind, _) in REFUSED.items():
        if make is rows:
            with pytest.raises(kind):
                call(data)
            assert (data.get_input(), data.get_output()) == (X, Y), name


def test_an_empty_network_answers_as_the_original_does() -> None:
    nn = empty()
    numbers = [
        name for name in dir(nn) if name.startswith("get_") and name not in ("get_layer_array", "get_bias_array")
    ]
    for name in numbers:
        method = getattr(nn, name)
        given = [1] * (
            len(inspect.signature(method).parameters) if "activation" in name and name.count("_") == 2 else 0
        )
        assert not method(*given), name
    assert (nn.get_errno(), nn.get_errstr(), nn.reset_errno(), nn.reset_errstr(), nn.print_error()) == (
        0,
        "",
        None,
        None,
        None,
    )
    with pytest.warns(Notice, match="set_learning_rate has no effect: the network is empty"):
        nn.set_learning_rate(0.1)


# --- taken ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "layers",
    [(2, 4, 1), [2, 4, 1], (2.0, 4.0, 1.0), np.array([2, 4, 1]), np.array([2.0, 4, 1]), array("i", [2, 4, 1])],
    ids=repr,
)
def test_sizes_come_in_any_sequence(layers: Any) -> None:
    for create in (
        lambda n: n.create_standard_array(layers),
        lambda n: n.create_standard(layers),
        lambda n: n.create_sparse_array(1, layers),
        lambda n: n.create_sparse_array(2.5, layers),
        lambda n: n.create_sparse(0.5, layers),
        lambda n: n.create_shortcut(layers),
        lambda n: n.create_standard_array(layers=layers),
        lambda n: n.create_standard_array(3, layers),
    ):
        nn = libfann.neural_network()
        assert create(nn) is True
        assert nn.get_layer_array() == [2, 4, 1]


@pytest.mark.parametrize("x", [[1, 0], (1, 0), np.array([1, 0]), np.array([1, 0], np.float32), [np.int64(1), True - 1]])
def test_inputs_come_in_any_sequence(x: Any) -> None:
    nn = net()
    want = nn.run([1.0, 0.0])
    assert nn.run(x) == nn.run(*x) == nn.run(input=x) == want
    assert nn.run(bytes([1, 0])) == nn.run(range(1, -1, -1)) == nn.run(array("d", [1, 0])) == want


def test_numpy_numbers_and_whole_floats_count() -> None:
    nn, data = net(), rows(np.array(X), np.array(Y, float))
    nn.train_on_data(data, np.int64(3), 0.0, np.float32(0.5))
    nn.set_learning_rate(np.float32(0.25))
    nn.set_activation_function(np.int32(3), 1.0, np.int64(2))
    nn.set_weight(0.0, np.int16(4), np.float64(0.75))
    assert (nn.get_learning_rate(), nn.get_activation_function(1, 2)) == (0.25, libfann.SIGMOID)
    assert (0, 4, 0.75) in nn.get_connection_array()


def test_a_path_is_a_file_name(tmp_path: Path) -> None:
    nn, data = net(), rows()
    assert nn.save(tmp_path / "é.net") is True
    assert data.save_train(tmp_path / "é.data") is True
    again = libfann.neural_net()
    assert again.create_from_file(tmp_path / "é.net") is True
    for other in (again, libfann.neural_net(tmp_path / "é.net"), libfann.neural_net.load(tmp_path / "é.net")):
        assert other.run([1, 0]) == nn.run([1, 0])
    assert libfann.create_from_file(str(tmp_path / "é.net")).run([1, 0]) == net().load(tmp_path / "é.net").run([1, 0])
    assert libfann.training_data(tmp_path / "é.data").get_input() == X
    nn.train_on_file(tmp_path / "é.data", 2, 0, 0.0)


def test_files_that_cannot_be_opened_answer_false(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nn, data, missing = net(), rows(), str(tmp_path / "none" / ("long" * 60))
    assert nn.save(missing) is False
    assert nn.get_errno() == 2
    assert nn.get_errstr() == f'Unable to open configuration file "{missing}" for writing.'
    assert (nn.get_errno(), nn.get_errstr()) == (0, "")
    assert nn.save_to_fixed(missing) == -1
    assert data.save_train(missing) is False
    assert data.save_train_to_fixed(missing, 3) is False
    assert nn.create_from_file(missing) is False
    assert data.read_train_from_file(missing) is False
    assert (nn.get_num_input(), data.length_train_data(), nn.get_errno()) == (2, 4, 1)
    lines = capsys.readouterr().err.splitlines()
    assert [line[:13] for line in lines] == ["FANN Error 2:"] * 2 + ["FANN Error 8:"] * 2 + ["FANN Error 1:"] * 2


def test_files_that_are_no_networks_are_an_error(tmp_path: Path) -> None:
    path = tmp_path / "bad.net"
    path.write_text("FANN_FLO_2.1\nnum_layers=3\nlearning_rate=fast\n")
    nn = net()
    with pytest.raises(FileFormatError, match="bad.net.*line 3, learning_rate"):
        nn.create_from_file(path)
    assert nn.get_layer_array() == [2, 3, 1]
    bad = tmp_path / "bad.data"
    bad.write_text("4 2 1 / -1 -1 / -1 / -1 1 / -1 / 1 -1 / -1 / 1 1 / 1")
    with pytest.raises(FileFormatError, match="bad.data"):
        nn.train_on_file(bad, 10, 0, 0.1)


def test_weights_drawn_anew_restart_the_steps_with_the_algorithm_of_that_moment() -> None:
    nn = net()
    nn.init_weights(rows())
    assert nn._memory.steps is None  # not there before the first epoch
    nn.train_epoch(rows())
    nn.randomize_weights(-1, 1)
    assert (nn._memory.steps == nn.get_rprop_delta_zero()).all() and not nn._memory.slopes.any()
    nn.set_training_algorithm(libfann.TRAIN_SARPROP)
    nn.init_weights(rows())
    nn.set_training_algorithm(libfann.TRAIN_RPROP)
    assert not nn._memory.steps.any()


def test_a_negative_steepness_is_written_unsigned_in_fixed_point(tmp_path: Path) -> None:
    nn = net(1, 1)
    nn.set_weight(0, 2, 0.1)
    nn.set_weight(1, 2, 0.1)
    nn.set_activation_steepness(-0.5, 1, 0)
    assert nn.save_to_fixed(tmp_path / "a.net") == 15
    assert f"(2, 4, {2**32 - 2**14}) " in (tmp_path / "a.net").read_text()
