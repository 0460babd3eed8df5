"""What libfann does and the original cannot: lists, callbacks, copies, a pellucid network, the old names."""

from __future__ import annotations

import copy
import inspect
import pickle
import subprocess
import sys
import threading
import warnings
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from libfann_cases import Y, empty, net, rows, shortcut
from pellucid.errors import Notice, StateError
from pellucid.fann import install, libfann
from pellucid.fann.messages import default_log
from pellucid.fann.nets.settings import SETTINGS

# --- what the original cannot do --------------------------------------------------------------------------------------


def test_connections_come_as_tuples_and_go_back() -> None:
    nn, other = net(2, 2, 1, seed=3), net(2, 2, 1, seed=4)
    connections = nn.get_connection_array()
    assert [c[:2] for c in connections] == [(0, 3), (1, 3), (2, 3), (0, 4), (1, 4), (2, 4), (3, 6), (4, 6), (5, 6)]
    other.set_weight_array(connections)
    assert other.get_connection_array() == connections
    other.set_weight_array(np.array([(0, 3, 0.5), (1, 3, connections[1][2])]))
    assert other.get_connection_array() == [(0, 3, 0.5), *connections[1:]]
    filled: list[Any] = [1, 2]
    assert nn.get_layer_array(filled) == filled == [2, 2, 1]


def test_sarprop_getters_give_what_was_set() -> None:
    nn = net()
    assert nn.get_sarprop_temperature() == pytest.approx(0.015)
    nn.set_sarprop_weight_decay_shift(-5.0)
    assert nn.get_sarprop_weight_decay_shift() == -5.0
    nn.fann_compat = True
    assert nn.get_sarprop_weight_decay_shift() == nn.get_rprop_delta_max() == 50.0


def test_cascade_lists() -> None:
    nn = net()
    assert nn.get_cascade_activation_functions() == [3, 5, 7, 8, 10, 11, 14, 15, 16, 17]
    nn.set_cascade_activation_functions([libfann.SIN, libfann.COS, libfann.LINEAR], 2)
    nn.set_cascade_activation_steepnesses((0.5, 1))
    assert nn.get_cascade_activation_functions() == [16, 17]
    assert nn.get_cascade_activation_steepnesses() == [0.5, 1.0]
    assert nn.get_cascade_num_candidates() == 2 * 2 * 2


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda s: s.name)
def test_every_setting_has_a_getter_and_a_setter(setting: Any) -> None:
    nn = net()
    get, set_ = getattr(nn, f"get_{setting.name}"), getattr(nn, f"set_{setting.name}")
    assert get.__doc__
    assert set_.__doc__
    assert list(inspect.signature(set_).parameters) == [setting.name]
    assert set_(**{setting.name: 1}) is None
    assert get() == 1
    assert isinstance(get(), setting.returns)
    with pytest.raises(TypeError):
        set_()


def test_a_callback_reports_and_stops() -> None:
    nn, data, seen = net(), rows(), []

    def callback(*told: Any) -> int:
        seen.append(told)
        return -1 if told[-1] == 6 else 0

    nn.set_callback(callback, "mine")
    nn.train_on_data(data, 10, 3, -1.0)
    assert [told[-1] for told in seen] == [1, 3, 6]
    assert seen[0][:5] == (nn, data, 10, 3, -1.0)
    assert nn.get_user_data() == "mine"
    nn.train_on_data(data, 10, 0, -1.0)
    assert len(seen) == 3
    nn.set_callback(None, None)


def test_a_callback_of_a_growing_network(capsys: pytest.CaptureFixture[str]) -> None:
    nn, data, epochs = shortcut(), rows(), []
    nn.set_callback(lambda *told: epochs.append(told[-1]) or (-1 if len(epochs) == 2 else 0), None)
    nn.cascadetrain_on_data(data, 5, 1, -1.0)
    assert len(epochs) == 2
    assert epochs == sorted(epochs)
    assert capsys.readouterr().out == ""
    assert len(nn.run([1, 1])) == 1


def test_an_error_in_a_callback_comes_out() -> None:
    nn = net()
    nn.set_callback(lambda *told: 1 / 0, None)
    with pytest.raises(ZeroDivisionError):
        nn.train_on_data(rows(), 10, 1, -1.0)
    assert len(nn.run([1, 1])) == 1


@pytest.mark.parametrize(
    ("make", "train"),
    [(net, "train_on_data"), (shortcut, "cascadetrain_on_data")],
    ids=["train", "grow"],
)
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda nn: nn.create_standard_array((3, 2)), "the callback made another network"),
        (lambda nn: nn.create_shortcut_array((2, 1)), "the callback made another network"),
        (lambda nn: nn.destroy(), "the network is empty"),
    ],
    ids=["other columns", "same columns", "destroyed"],
)
def test_a_callback_that_makes_another_network_ends_training(make: Any, train: str, change: Any, said: str) -> None:
    nn = make()
    nn.set_callback(lambda *told: change(nn) and 0, None)
    with pytest.raises(StateError, match=said):
        getattr(nn, train)(rows(), 10, 1, -1.0)
    nn = make()
    nn.set_callback(lambda *told: (change(nn), -1)[1], None)
    getattr(nn, train)(rows(), 10, 1, -1.0)  # -1 ends training, so that nothing is amiss


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("set_activation_function", (3, 1, 0)),
        ("set_activation_function_layer", (3, 1)),
        ("set_activation_function_hidden", (3,)),
        ("set_activation_function_output", (3,)),
        ("set_activation_steepness", (0.5, 1, 0)),
        ("set_activation_steepness_layer", (0.5, 1)),
        ("set_activation_steepness_hidden", (0.5,)),
        ("set_activation_steepness_output", (0.5,)),
        ("set_learning_rate", (0.5,)),
        ("set_weight", (0, 3, 0.5)),
        ("set_weight_array", ([(0, 3, 0.5)],)),
        ("randomize_weights", (-1, 1)),
    ],
)
def test_a_notice_names_the_setter_and_the_line_of_the_script(name: str, given: Any) -> None:
    with pytest.warns(Notice, match=f"^{name} has no effect") as told:
        getattr(libfann.neural_net(), name)(*given)
    assert [one.filename for one in told] == [__file__]


def test_rows_from_a_function() -> None:
    def fill(number: int, num_input: int, num_output: int, input: Any, output: Any) -> None:
        input[:], output[0] = number, number**2

    data = libfann.training_data()
    data.create_train_from_callback(3, 2, 1, fill)
    assert (data.get_input(), data.get_output()) == ([[0, 0], [1, 1], [2, 2]], [[0], [1], [4]])
    data.create_train_from_callback(3, 1, 1, lambda i, *_: ([i], [2 * i]))
    assert (data.get_input(), data.get_output()) == ([[0], [1], [2]], [[0], [2], [4]])


@pytest.mark.parametrize(
    "kind", [list, tuple, np.array, lambda x: array("d", x)], ids=["list", "tuple", "ndarray", "array"]
)
def test_vectors_are_scaled_and_back(kind: Any) -> None:
    nn = net()
    assert nn.scale_input(kind([0.5, 1.0])) is None
    assert nn.get_errno() == 18
    assert nn.set_scaling_params(rows([[0, 10], [2, 30]], [[100], [300]]), -1, 1, 0, 1) is True
    vector = kind([2.0, 10.0])
    assert list(nn.scale_input(vector)) == [1.0, -1.0]
    assert list(vector) == ([2.0, 10.0] if kind is tuple else [1.0, -1.0])
    assert list(nn.descale_input(kind([1.0, -1.0]))) == [2.0, 10.0]
    assert list(nn.descale_output(nn.scale_output(kind([250.0])))) == [250.0]
    with pytest.raises(ValueError, match="2, as the network has"):
        nn.scale_input(kind([1.0]))


def test_copies_are_networks_of_their_own() -> None:
    nn = net(fann_compat=True)
    nn.train_on_data(rows(), 3, 0, 0.0)
    nn.note = "mine"
    copies = [copy.copy(nn), copy.deepcopy(nn), pickle.loads(pickle.dumps(nn)), libfann.neural_net(nn)]
    copies.append(libfann.neural_net_parent(nn))
    nn.train_on_data(rows(), 3, 0, 0.0)
    for other in copies:
        assert other.fann_compat is True
        assert other.run([1, 1]) != nn.run([1, 1])
        other.train_on_data(rows(), 3, 0, 0.0)  # what training remembers was copied too
        assert other.run([1, 1]) == nn.run([1, 1])
        assert other != nn
    assert pickle.loads(pickle.dumps(nn)).note == "mine"
    data = libfann.training_data(rows())
    assert pickle.loads(pickle.dumps(data)).get_output() == copy.deepcopy(data).get_output() == Y


def test_random_numbers_go_on_in_a_copy() -> None:
    nn = net()
    other = copy.deepcopy(nn)
    for one in (nn, other):
        one.randomize_weights(-1, 1)
    assert nn.get_connection_array() == other.get_connection_array()
    nn.seed(5)
    other.seed(5)
    assert nn.create_standard_array((3, 3)) == other.create_standard_array((3, 3))
    assert nn.get_connection_array() == other.get_connection_array()
    assert empty().create_standard_array((9, 9))


def test_subclasses_and_attributes() -> None:
    class Mine(libfann.neural_net):
        def run(self, input: Any) -> Any:
            return [2 * value for value in super().run(input)]

    nn, plain = Mine(seed=1), net()
    nn.create_standard_array((2, 3, 1))
    for _ in range(3):
        assert nn.run([1, 1]) == [2 * value for value in plain.run([1, 1])]
    nn.anything = 1
    assert isinstance(nn, libfann.neural_net_parent)


def test_the_fast_calls_see_every_change(tmp_path: Path) -> None:
    """Each change, made on a network whose fast calls are there already, acts as on a fresh one."""
    changes: list[Callable[[Any], Any]] = [
        lambda n: n.set_weight(0, 3, 5.0),
        lambda n: n.randomize_weights(-3, 3),
        lambda n: n.set_activation_function_hidden(libfann.SIGMOID_SYMMETRIC),
        lambda n: n.set_activation_steepness(2.0, 1, 0),
        lambda n: n.set_activation_function_layer(libfann.LINEAR, 2),
        lambda n: n.set_learning_rate(0.01),
        lambda n: n.set_train_error_function(0),
        lambda n: n.train_on_data(rows(), 5, 0, -1.0),
        lambda n: setattr(n, "fann_compat", True),
        lambda n: n.create_sparse_array(0.5, (2, 3, 1)),
        lambda n: n.create_shortcut_array((2, 3, 1)),
        lambda n: n.cascadetrain_on_data(rows(), 1, 0, -1.0),
        lambda n: n.save(tmp_path / "a.net") and n.create_from_file(tmp_path / "a.net"),
    ]

    def used(nn: Any) -> list[Any]:
        return [
            nn.train([1, -1], [0.5]) is None,
            nn.test([1, 1], [1]),
            nn.run([-1, 1]),
            nn.get_MSE(),
            [w for *_, w in nn.get_connection_array()],
        ]

    warm, cold = net(), net()
    for i, change in enumerate(changes):
        for nn in (warm, cold):
            change(nn)
        want = used(warm)
        for name in ("run", "test", "train"):
            cold.__dict__.pop(name, None)
        for got, wanted in zip(used(cold), want, strict=True):
            assert got == pytest.approx(wanted, rel=1e-12), i


def test_ctrl_c_ends_training_after_the_epoch() -> None:
    code = (
        "import os, signal, threading\n"
        "from pellucid.fann import libfann\n"
        "nn = libfann.neural_net(seed=1); nn.create_standard_array((2, 3, 1)); data = libfann.training_data()\n"
        "data.set_train_data([[1, 0], [0, 1]], [[1], [0]])\n"
        "threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
        "try: nn.train_on_data(data, 2**32 - 1, 0, -1.0)\n"
        "except KeyboardInterrupt: print('stopped', len(nn.run([1, 1])), nn.train_epoch(data) >= 0)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert run.stdout == "stopped 1 True\n", run.stderr


def test_training_in_a_thread() -> None:
    nn = net()
    thread = threading.Thread(target=nn.train_on_data, args=(rows(), 50, 0, 0.0))
    thread.start()
    thread.join()
    assert nn.get_MSE() > 0


def test_errors_are_told_where_they_are_sent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(default_log, "to", default_log.to)  # put back when the test ends
    nn = net()
    assert nn.get_activation_function(0, 0) == -1
    assert nn.get_activation_steepness(1, 99) == -1.0
    assert nn.set_activation_function_layer(3, 9) is None
    assert (nn.get_errno(), nn.get_errstr()) == (17, "Index 9 is out of bound.")
    told = [f"FANN Error 17: Index {i} is out of bound." for i in (0, 99, 9)]
    assert capsys.readouterr().err.splitlines() == told
    with open(tmp_path / "log", "w+") as log:
        nn.set_error_log(log)
        nn.scale_train(rows())
        nn.print_error()
        log.seek(0)
        assert log.read() == "FANN Error 18: Scaling parameters not present.\n" * 2
    nn.set_error_log(None)
    nn.scale_train(rows())
    data = rows()
    empty().set_error_log(None)
    data.merge_train_data(rows([[1]], [[1]]))
    assert capsys.readouterr().err == ""
    assert data.length_train_data() == 4


# --- pellucid's networks, and the opt-in ------------------------------------------------------------------------------


@pytest.mark.parametrize("create", ["create_standard_array", "create_shortcut_array"])
def test_a_network_is_a_pellucid_one_and_comes_back(create: str) -> None:
    nn = libfann.neural_net(seed=1)
    getattr(nn, create)((2, 3, 1))
    nn.set_activation_function_hidden(libfann.SIGMOID_SYMMETRIC)
    nn.set_learning_rate(0.25)
    network = nn.network
    assert isinstance(network, pellucid.Network)
    assert network.predict([[1, -1]])[0].tolist() == pytest.approx(nn.run([1, -1]), abs=1e-15)
    back = libfann.neural_net.from_network(network)
    assert back.get_connection_array() == nn.get_connection_array()


def test_install_lets_the_old_names_resolve(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("fann2", "fann2.libfann", "pyfann", "pyfann.libfann", "libfann"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    for kind in (libfann.neural_net_parent, libfann.training_data_parent):
        monkeypatch.setattr(kind, "fann_compat", False)
    install(fann_compat=True)
    install()
    import fann2.libfann
    import libfann as third
    from pyfann import libfann as second

    assert fann2.libfann is second is third is libfann
    assert fann2.__all__ == ["libfann"]
    assert empty().fann_compat is True
    monkeypatch.setitem(sys.modules, "fann2", pickle)
    with pytest.raises(StateError, match="fann2 was imported already"):
        install()


SCRIPT = """import sys
from fann2 import libfann
print(__name__, sys.argv[1:], libfann.neural_net().fann_compat, libfann.SIGMOID)
"""


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["old.py", "a"], "__main__ ['a'] False 3\n"),
        (["--fann-compat", "old.py"], "__main__ [] True 3\n"),
        (["-m", "old", "a"], "__main__ ['a'] False 3\n"),
        ([], "usage: python -m pellucid.fann"),
        (["none.py"], "there is no script 'none.py'"),
    ],
)
def test_a_script_runs_unchanged(arguments: list[str], says: str, tmp_path: Path) -> None:
    (tmp_path / "old.py").write_text(SCRIPT)
    command = [sys.executable, "-m", "pellucid.fann", *arguments]
    run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert (run.stdout + run.stderr).startswith(says)


def test_constants_have_both_names() -> None:
    for name in ("SIGMOID", "COS", "TRAIN_SARPROP", "ERRORFUNC_TANH", "STOPFUNC_BIT"):
        assert getattr(libfann, name) == getattr(libfann, f"FANN_{name}")
        assert name in libfann.__all__
    assert (libfann.LAYER, libfann.FANN_NETTYPE_SHORTCUT, libfann.SIN_SYMMETRIC) == (0, 1, 14)
    with pytest.raises(AttributeError, match="Did you mean: 'SIGMOID'"):
        _ = libfann.SIGMOIDE


def test_nothing_warns_in_an_ordinary_script(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nn = net()
        nn.train_on_data(rows(), 10, 0, 0.0)
        nn.save(tmp_path / "a.net")
        assert repr(libfann.create_from_file(tmp_path / "a.net")).endswith("neural_net: 2-3-1>")
