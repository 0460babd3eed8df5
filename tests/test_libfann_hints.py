"""libfann: what a slip costs (nothing), and what is said of it; by default, and as FANN with fann_compat."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from libfann_cases import X, Y, empty, net, rows, shortcut
from pellucid.errors import FileFormatError, InputError, Notice, StateError
from pellucid.fann import libfann

AND = "4 2 1\n-1 -1\n-1\n-1 1\n-1\n1 -1\n-1\n1 1\n1\n"


def weights(nn: Any) -> Any:
    return nn.get_connection_array()


# --- files ------------------------------------------------------------------------------------------------------------


def other_version(path: Path) -> str:
    path.write_text(AND)
    return f'3 Wrong version of configuration file, aborting read of configuration file "{path}".'


def other_key(path: Path) -> str:
    path.write_text("FANN_FLO_2.1\nnum_layers=3\nlearning_rate=fast\n")
    return f'4 Error reading "learning_rate" from configuration file "{path}".'


def broken_after(key: str, number: int, what: str) -> Callable[[Path], str]:
    def make(path: Path) -> str:
        net().save(path)
        before, _, _ = path.read_text().partition(key)
        path.write_text(f"{before}{key}(nonsense)\n")
        return f'{number} Error reading {what} from configuration file "{path}".'

    return make


def missing(path: Path) -> str:
    return f'1 Unable to open configuration file "{path}" for reading.'


BROKEN = {
    "version": other_version,
    "key": other_key,
    "neurons": broken_after("activation_steepness)=", 5, "neuron info"),
    "connections": broken_after("weight)=", 6, "connections"),
}


@pytest.mark.parametrize("name", [*BROKEN, "missing", "missing, load"])
def test_a_file_that_cannot_be_read_costs_nothing(name: str, tmp_path: Path) -> None:
    path = tmp_path / "a.net"
    wanted = BROKEN.get(name, missing)(path)
    nn = net()
    nn.train_on_data(rows(), 3, 0, 0.0)
    before = weights(nn)
    if name == "missing":
        assert nn.create_from_file(path) is False
    else:
        with pytest.raises(FileFormatError):
            nn.load(path) if name == "missing, load" else nn.create_from_file(path)
    assert f"{nn.get_errno()} {nn.get_errstr()}" == wanted
    assert weights(nn) == before
    assert len(nn.run([1, 1])) == 1


@pytest.mark.parametrize("name", [*BROKEN, "missing"])
def test_with_fann_compat_a_failed_load_leaves_an_empty_network(name: str, tmp_path: Path) -> None:
    path = tmp_path / "a.net"
    BROKEN.get(name, missing)(path)
    nn = net(fann_compat=True)
    if name == "missing":
        assert nn.create_from_file(path) is False
    else:
        with pytest.raises(FileFormatError):
            nn.create_from_file(path)
    assert (nn.get_num_input(), nn.get_errno(), nn.get_errstr()) == (0, 0, "")


@pytest.mark.parametrize("text", [None, "4 2 x\n"])
@pytest.mark.parametrize("fann_compat", [False, True])
def test_data_stay_where_a_file_cannot_be_read(text: str | None, fann_compat: bool, tmp_path: Path) -> None:
    path, data = tmp_path / "a.data", rows(fann_compat=fann_compat)
    if text is None:
        assert data.read_train_from_file(path) is False
    else:
        path.write_text(text)
        with pytest.raises(FileFormatError):
            data.read_train_from_file(path)
    assert data.get_input() == ([] if fann_compat else X)


def test_what_is_empty_cannot_be_saved(tmp_path: Path) -> None:
    path = tmp_path / "a.net"
    for save in (empty().save, empty().save_to_fixed):
        with pytest.raises(StateError, match="the network is empty"):
            save(path)
    data = libfann.training_data()
    for save_rows in (data.save_train, lambda path: data.save_train_to_fixed(path, 3)):
        with pytest.raises(InputError, match="the training data is empty"):
            save_rows(path)
    nn, data = libfann.neural_net(fann_compat=True), libfann.training_data(fann_compat=True)
    answers = nn.save(path), nn.save_to_fixed(path), data.save_train(path), data.save_train_to_fixed(path, 3)
    assert answers == (False, 0, False, False)
    assert not path.exists()


@pytest.mark.parametrize("text", [AND.replace("\n", " / "), AND.replace("\n", "/")])
def test_slashes_for_line_breaks_are_explained(text: str, tmp_path: Path) -> None:
    (tmp_path / "and.data").write_text(text)
    with pytest.raises(FileFormatError, match="/ stands for one in the text that the file was copied from"):
        net().train_on_file(tmp_path / "and.data", 10, 0, 0.1)


# --- numbers ----------------------------------------------------------------------------------------------------------

NOT_FINITE: dict[str, tuple[Callable[[Any], Any], str]] = {
    "run": (lambda n: n.run([math.nan, 1]), r"input\[0\] = nan"),
    "run, numbers": (lambda n: n.run(1, -math.inf), r"input\[1\] = -inf"),
    "run, array": (lambda n: n.run(np.array([1, math.inf])), r"input\[1\] = inf"),
    "test": (lambda n: n.test([1, 1], [math.nan]), r"desired_output\[0\] = nan"),
    "train": (lambda n: n.train([math.inf, 1], [1]), r"input\[0\] = inf"),
    "train_epoch": (lambda n: n.train_epoch(nan_rows()), r"input\[3\]\[1\] = nan"),
    "train_on_data": (lambda n: n.train_on_data(nan_rows(), 1, 0, 0.0), r"input\[3\]\[1\] = nan"),
    "test_data": (lambda n: n.test_data(rows(X, [*Y[:3], [math.inf]])), r"output\[3\]\[0\] = inf"),
    "init_weights": (lambda n: n.init_weights(nan_rows()), r"input\[3\]\[1\] = nan"),
    "scaling": (lambda n: n.set_scaling_params(nan_rows(), 0, 1, 0, 1), r"input\[3\]\[1\] = nan"),
}


def nan_rows(**options: Any) -> libfann.training_data:
    return rows([*X[:3], [1, math.nan]], Y, **options)


@pytest.mark.parametrize("name", NOT_FINITE)
@pytest.mark.parametrize("warm", [False, True], ids=["first call", "fast call"])
def test_what_is_not_finite_is_refused_and_changes_nothing(name: str, warm: bool) -> None:
    call, words = NOT_FINITE[name]
    nn, plain = net(), net()
    for one in (nn, plain) if warm else ():
        one.run([1, 1]), one.test([1, 1], [1]), one.train([1, 1], [1])
    with pytest.raises(InputError, match=words):
        call(nn)
    assert weights(nn) == weights(plain)
    assert nn.get_MSE() == plain.get_MSE()
    assert nn.train_epoch(rows()) == plain.train_epoch(rows())


@pytest.mark.parametrize("name", [name for name in NOT_FINITE if name != "init_weights"])  # no range to suit
def test_with_fann_compat_what_is_not_finite_is_taken(name: str) -> None:
    NOT_FINITE[name][0](net(fann_compat=True))


def test_growing_and_scaling_refuse_what_is_not_finite() -> None:
    nn = shortcut()
    with pytest.raises(InputError, match="nan"):
        nn.cascadetrain_on_data(nan_rows(), 2, 0, 0.0)
    data = nan_rows()
    with pytest.raises(InputError, match="nan"):
        data.scale_train_data(0, 1)
    assert data.get_output() == Y
    nan_rows(fann_compat=True).scale_train_data(0, 1)


def test_a_weight_of_no_connection_is_told_once_a_call(recwarn: pytest.WarningsRecorder) -> None:
    nn = net(2, 2, 1)
    before = weights(nn)
    nn.set_weight(0, 99, 1)
    nn.set_weight_array([(0, 6, 1), (9, 9, 1), (0, 3, 0.5)])
    texts = [str(warning.message) for warning in recwarn.list]
    assert [text.partition(":")[0] for text in texts] == [
        "there is no connection from neuron 0 to neuron 99",
        "there is no connection from neuron 0 to neuron 6, nor 1 more",
    ]
    assert {warning.category for warning in recwarn.list} == {Notice}
    assert {warning.filename for warning in recwarn.list} == {__file__}
    assert weights(nn) == [(0, 3, 0.5), *before[1:]]
    recwarn.clear()
    nn.set_weight(0, 3, 0.25)
    nn.fann_compat = True
    nn.set_weight(0, 99, 1)
    assert not recwarn.list


def test_a_call_that_a_script_keeps_sees_changes_of_weights_and_settings() -> None:
    """What docs/fann.md promises; after a change of functions it is the network's own `run` that counts."""
    nn, fresh = net(), net()
    nn.run([1, 1]), nn.train([1, 1], [1]), fresh.train([1, 1], [1])
    run, train = nn.run, nn.train
    for change in (
        lambda n: n.set_weight(0, 4, 5.0),
        lambda n: n.randomize_weights(-1, 1),
        lambda n: n.set_learning_rate(0.125),
        lambda n: n.train_on_data(rows(), 3, 0, 0.0),
    ):
        change(nn), change(fresh)
        train([1, -1], [1]), fresh.train([1, -1], [1])
        assert run([1, 1]) == pytest.approx(net_like(fresh).run([1, 1]), abs=1e-12)
    nn.set_activation_function_output(libfann.LINEAR)
    assert nn.run([1, 1]) == pytest.approx(net_like(nn).run([1, 1]), abs=1e-12)


def net_like(nn: libfann.neural_net) -> libfann.neural_net:
    """A copy, whose calls are made anew."""
    return libfann.neural_net(nn)


# --- words ------------------------------------------------------------------------------------------------------------

SAID: dict[str, tuple[Callable[[], Any], str]] = {
    "one number": (lambda: net().run([1]), "input has 1 number."),
    "one input": (lambda: net(1, 1).train([1, 1], [1]), "1, as the network has 1 input."),
    "one row": (lambda: rows(X[:1], Y), "1 row of inputs and 4 of outputs."),
    "one a row": (lambda: rows([[1], [1, 2]], Y[:2]), "input[1] has 2 numbers and input[0] 1."),
    "one column": (lambda: net(1, 1).test_data(rows()), "the network has 1 input and the data 2."),
    "its instead": (lambda: net().test_data(rows([[1]], [[1]])), "num_input_train_data() = 1 input"),
    "one to scale": (lambda: scaled().scale_input([1]), "input_vector has 1 number."),
    "a name": (lambda: net().set_activation_function_output("SIGMOID"), "  libfann.SIGMOID"),
    "a long name": (lambda: net().set_activation_function(" fann_elliot", 1, 0), "  libfann.ELLIOT"),
    "a name, nearly": (lambda: net().set_training_algorithm("rprop"), "  libfann.TRAIN_RPROP"),
    "a class, nearly": (lambda: libfann.neural_nett, "Did you mean: 'neural_net'?"),
    "a constant, nearly": (lambda: libfann.sigmoid, "Did you mean: 'SIGMOID'?"),
    "a rate and a count": (lambda: net().create_sparse(0.5, 3), "create_sparse(0.5, 3)."),
    "no file": (lambda: net().save(""), "configuration_file = ''."),
    "no file's name": (lambda: rows().save_train("a\0b"), "filename = 'a\\x00b'."),
    "no arguments": (lambda: net().train_on_file("a"), "neural_net.train_on_file() missing 3 required"),
    "no value": (lambda: net().set_learning_rate(), "neural_net.set_learning_rate(): missing a required argument"),
    "no rows": (lambda: rows().set_train_data(), "training_data.set_train_data() missing 2 required"),
    "no rate": (lambda: libfann.neural_net(rate=1), "neural_net.__init__() got an unexpected keyword argument 'rate'"),
    "no network": (lambda: libfann.neural_net.from_network(), "neural_net.from_network() missing 1 required"),
}  # fmt: skip


def scaled() -> libfann.neural_net:
    nn = net()
    nn.set_scaling_params(rows(), 0, 1, 0, 1)
    return nn


@pytest.mark.parametrize("name", SAID)
def test_what_is_said(name: str) -> None:
    call, words = SAID[name]
    with pytest.raises((TypeError, ValueError, AttributeError)) as found:
        call()
    assert words in str(found.value)


def test_only_public_names_are_suggested() -> None:
    """Python takes its "Did you mean" from dir(); the rest works as ever."""
    for thing in (net(), rows()):
        assert {"fann_compat", "seed", "__init__"} < set(dir(thing))
        assert not [name for name in dir(thing) if name.startswith("_") and not name.startswith("__")]


def test_a_file_of_the_other_kind_is_told(tmp_path: Path) -> None:
    net().save(tmp_path / "a.net")
    with pytest.raises(FileFormatError, match=r"as a network's(.|\n)*create_from_file, for a .net file"):
        net().train_on_file(tmp_path / "a.net", 1, 0, 0.0)
    rows().save_train(tmp_path / "a.data")
    with pytest.raises(FileFormatError, match="read_train_from_file, for a .data file"):
        net().load(tmp_path / "a.data")


def test_methods_pickle_by_their_name() -> None:
    for method in (libfann.neural_net.run, libfann.neural_net.set_learning_rate, libfann.training_data.get_input):
        assert pickle.loads(pickle.dumps(method)) is method


def test_data_show_themselves_in_the_singular() -> None:
    assert repr(rows([[1]], [[1]])).endswith("1 row, 1 input, 1 output>")
    assert repr(rows()).endswith("4 rows, 2 inputs, 1 output>")


def test_a_file_that_ends_too_early_counts_in_the_singular(tmp_path: Path) -> None:
    (tmp_path / "a.data").write_text("2 1 1\n5\n")
    with pytest.raises(FileFormatError) as found:
        rows().read_train_from_file(tmp_path / "a.data")
    assert "ends after 1 number." in str(found.value)
    assert "2 rows of 1 input and 1 output" in str(found.value)


def test_a_call_that_a_script_keeps_answers_for_what_the_network_has_become(tmp_path: Path) -> None:
    nn = net()
    nn.run([1, 1])  # from here on a C callable, where the core is there
    run = nn.run
    nn.set_activation_function_output(libfann.LINEAR)
    assert run([1, 1]) == nn.run([1, 1])
    run = nn.run
    nn.create_standard_array((3, 4, 2))
    assert run([1, 1, 1]) == nn.run([1, 1, 1])
    run = nn.run
    nn.destroy()
    with pytest.raises(StateError, match="empty"):
        run([1, 1, 1])
