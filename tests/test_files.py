"""`net.save` and `pellucid.load`: everything comes back to the bit, and bad files are named for what they are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st

import pellucid
from pellucid import Custom, Dense, Dropout, Network
from pellucid.errors import InputError
from pellucid.io.records import plain, value_of
from pellucid.model.state import Snapshot, Stopping, TrainingState

ROWS = np.random.default_rng(7).normal(size=(40, 3))
LABELS = (ROWS[:, 0] + ROWS[:, 1] > 0).astype(int)


def network(**how: object) -> Network:
    return Network(3, Dense(5, "tanh"), Dropout(0.2), Dense(1, "sigmoid"), seed=3, **how)


def trained(**how: object) -> Network:
    net = network()
    net.fit(ROWS, LABELS, progress=False, **{"epochs": 6, "batch_size": 8, **how})
    return net


def same(a: object, b: object, where: str = "") -> None:
    """Equal in every bit, type and order, all the way down."""
    assert type(a) is type(b), where
    if isinstance(a, np.ndarray):
        assert a.dtype == b.dtype, where
        assert a.tobytes() == b.tobytes(), where
        assert a.shape == b.shape, where
        assert b.flags.c_contiguous, where
        assert b.flags.writeable, where
    elif isinstance(a, dict):
        assert list(a) == list(b), where
        for key in a:
            same(a[key], b[key], f"{where}.{key}")
    elif isinstance(a, (list, tuple)):
        assert len(a) == len(b), where
        for k, (left, right) in enumerate(zip(a, b, strict=True)):
            same(left, right, f"{where}[{k}]")
    elif isinstance(a, pellucid.model.history.History):
        same(asdict(a), asdict(b), where)  # not vars: what nobody has looked at yet is not in the lists
    elif isinstance(a, (TrainingState, Stopping, Snapshot)):
        same(vars(a), vars(b), where)
    elif isinstance(a, pellucid.model.parameters.Parameters):
        same(dict(a), dict(b), where)
    else:
        assert repr(a) == repr(b), where
        assert a == b or a != a, where


def same_models(a: Network, b: Network) -> None:
    left, right = vars(a.model).copy(), vars(b.model).copy()
    assert right.pop("data") is None
    left.pop("data")
    same(left, right, "model")


# --- Everything comes back ------------------------------------------------------------------------


def test_a_network_that_was_never_trained(tmp_path: Path) -> None:
    for net in (network(), network(dtype="float32"), Network([2, 1], activation="relu", seed=2**64 - 1)):
        path = net.save(tmp_path / "net.pellucid")
        assert path == tmp_path / "net.pellucid"
        same_models(net, pellucid.load(path))


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"metrics": ["accuracy", "r2"], "validation": 0.25, "early_stopping": 2},
        {"schedule": "plateau(patience=1)", "learning_rate": 0.5, "clip": 1.0},
        {"schedule": "one_cycle", "early_stopping": pellucid.EarlyStopping(3, 0.1, restore_best=False)},
        {"batch_size": None, "shuffle": False, "reduction": "sum", "class_weight": "balanced"},
        {"optimizer": "sgd(momentum=0.5, nesterov=True)"},
        {"epochs": 0},
    ],
)
def test_all_of_training_comes_back(how: dict[str, object], tmp_path: Path) -> None:
    net = trained(**how)
    same_models(net, pellucid.load(net.save(tmp_path / "net")))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("optimizer", list(pellucid.optimizers))
def test_training_goes_on_bit_for_bit(optimizer: str, dtype: str, tmp_path: Path) -> None:
    net = network(dtype=dtype)
    net.fit(ROWS, LABELS, optimizer=optimizer, batch_size=8, epochs=4, progress=False)
    again = pellucid.load(net.save(tmp_path / "net"))
    for one in (net, again):
        one.fit(ROWS, LABELS, batch_size=8, epochs=4, early_stopping=2, validation=0.2, progress=False)
        one.history.seconds = []
    same_models(net, pellucid.load(again.save(tmp_path / "net")))


def test_a_broken_off_training_is_resumed_bit_for_bit(tmp_path: Path) -> None:
    how = {"epochs": 20, "record": [0, 7], "validation": 0.2, "early_stopping": 4, "schedule": "plateau(patience=1)"}
    net = trained(**how)
    for epoch in (0, 7):
        again = pellucid.load(net.at(epoch).save(tmp_path / "net"))
        again.resume(ROWS, LABELS, progress=False)
        assert again == net
        assert again.history.loss == net.history.loss
        assert again.history.validation_loss == net.history.validation_loss


@pytest.mark.parametrize(
    "labels",
    [
        ["no", "yes"], ["", "\u00e4 \U0001f600 \ud800 \0"], [False, True], [3, 5], [0.25, 0.5], [-(2**60), 2**60],
    ],
)  # fmt: skip
def test_labels_keep_their_types(labels: list[object], tmp_path: Path) -> None:
    net = Network(1, Dense(1, "sigmoid"), seed=1)
    net.model.classes = tuple(labels)
    same_models(net, pellucid.load(net.save(tmp_path / "net")))


def test_labels_from_numpy_become_plain_ones(tmp_path: Path) -> None:
    net = Network(1, Dense(3, "softmax"), seed=1)
    net.model.classes = (np.str_("a"), np.int64(2), np.float64(0.5))
    back = pellucid.load(net.save(tmp_path / "net")).classes
    assert back == ("a", 2, 0.5)
    assert [type(value) for value in back] == [str, int, float]


def test_preprocessing_comes_back(tmp_path: Path) -> None:
    frame = {
        "size": [1.0, None, 3.0, 400.0, 5.0, 6.0],
        "kind": ["ä", "b", "ä", None, "b", "ä"],
        "is": [True, False] * 3,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net = pellucid.fit(frame, [1.0, 2.5, 3.0, 4.0, 5.0, 6.5], task="regression", progress=False)
        again = pellucid.load(net.save(tmp_path / "net"))
        same_models(net, again)
        assert (net.predict(frame) == again.predict(frame)).all()


def test_a_history_of_infinities_comes_back(tmp_path: Path) -> None:
    net = trained()
    net.history.validation_loss = [float("inf"), float("-inf"), float("nan"), 5e-324, -0.0, 1.0]
    path = net.save(tmp_path / "net")
    same_models(net, pellucid.load(path))
    header = header_of(path.read_bytes())
    json.loads(header["__metadata__"]["pellucid"], parse_constant=lambda word: pytest.fail(f"{word} in JSON"))


def test_training_data_are_not_saved(tmp_path: Path) -> None:
    net = trained()
    assert net.model.data is not None
    assert ROWS[0].tobytes() not in net.save(tmp_path / "net").read_bytes()


def test_arrays_that_are_not_contiguous_are_not_scrambled(tmp_path: Path) -> None:
    """safetensors' NumPy writer takes the bytes as they lie in memory: (2, 3) and its transpose would be the same."""
    net = trained()
    turned = np.arange(15.0).reshape(5, 3).T
    assert not turned.flags.c_contiguous
    net.model.parameters.by_layer[0]["W"] = turned
    net.model.baseline = np.arange(6.0)[::2]
    again = pellucid.load(net.save(tmp_path / "net"))
    assert again.parameters["dense_1.W"].tolist() == turned.tolist()
    assert again.model.baseline.tolist() == [0.0, 2.0, 4.0]


# --- The same network, the same bytes -------------------------------------------------------------


def test_the_same_network_gives_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    net = trained(metrics=["accuracy", "r2"], validation=0.2)
    first = net.save(tmp_path / "a").read_bytes()
    assert net.copy().save(tmp_path / "b").read_bytes() == first
    again = "import sys, pellucid; pellucid.load(sys.argv[1]).save(sys.argv[2])"
    for seed, locale in (("1", "C"), ("2", "C.UTF-8")):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": locale}
        subprocess.run([sys.executable, "-c", again, tmp_path / "a", tmp_path / "b"], check=True, env=environment)
        assert (tmp_path / "b").read_bytes() == first


def header_of(content: bytes) -> dict[str, object]:
    return json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])


def test_the_file_is_plain_safetensors(tmp_path: Path) -> None:
    net = trained()
    path = net.save(tmp_path / "net.safetensors")
    tensors = safetensors.numpy.load_file(path)
    assert tensors["parameters.dense_1.W"].tolist() == net.parameters["dense_1.W"].tolist()
    header = header_of(path.read_bytes())
    assert list(header["__metadata__"]) == ["pellucid"]
    text = header["__metadata__"]["pellucid"]
    assert text.isascii()
    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))
    assert json.loads(text)["format"] == 1


# --- The user's own records -----------------------------------------------------------------------


def square(xp, z, factor):
    return factor * z * z


def square_slope(xp, z, a, factor):
    return 2 * factor * z


def plain_sum(xp, a, y):
    return xp.sum((a - y) ** 2, axis=-1)


def plain_sum_slope(xp, a, y):
    return 2 * (a - y)


SQUARE = pellucid.Activation(
    name="square", formula="", forward=square, slope=square_slope,
    parameters=(pellucid.Parameter(name="factor", default=0.5),),
)  # fmt: skip
PLAIN = pellucid.Loss(name="plain", formula="", forward=plain_sum, slope=plain_sum_slope)
MY_TANH = pellucid.Activation(name="tanh", formula="", forward=plain_sum, slope=plain_sum_slope)


def own_network() -> Network:
    net = Network(3, Dense(4, SQUARE(factor=0.25)), Dense(1), seed=1)
    net.fit(ROWS, ROWS[:, :1], loss=PLAIN, epochs=3, progress=False)
    return net


def test_own_records_are_supplied_by_name(tmp_path: Path) -> None:
    net = own_network()
    path = net.save(tmp_path / "net")
    same_models(net, pellucid.load(path, custom=[PLAIN, SQUARE]))


def test_missing_own_records_are_all_named(tmp_path: Path) -> None:
    path = own_network().save(tmp_path / "net")
    with pytest.raises(InputError) as error:
        pellucid.load(path)
    assert str(error.value) == (
        "load: the network uses the activation 'square', the loss 'plain', which pellucid does not have.\n"
        "  Expected: the user's own records in custom, as they were when the network was saved.\n"
        "  Instead:  load(path, custom=[square, plain])"
    )
    with pytest.raises(InputError, match=r"the network uses the loss 'plain', which pellucid does not have"):
        pellucid.load(path, custom=SQUARE)


def test_a_record_that_took_a_built_in_name_is_asked_for_too(tmp_path: Path) -> None:
    net = Network(3, Dense(2, MY_TANH), Dense(1, "tanh"), seed=1)
    path = net.save(tmp_path / "net")
    with pytest.raises(InputError, match="the network uses the activation 'tanh'"):
        pellucid.load(path)
    same_models(net, pellucid.load(path, custom=[MY_TANH]))


def test_wrong_custom_records(tmp_path: Path) -> None:
    path = own_network().save(tmp_path / "net")
    with pytest.raises(InputError, match="load: custom holds 'square'"):
        pellucid.load(path, custom=["square"])
    with pytest.raises(InputError, match="custom holds two records named 'square'"):
        pellucid.load(path, custom=[SQUARE, SQUARE])
    other = pellucid.Activation(name="square", formula="", forward=square, slope=square_slope)
    with pytest.raises(InputError, match=r"square was given factor=0\.25"):
        pellucid.load(path, custom=[other, PLAIN])


def test_values_of_records_come_back_as_they_were(tmp_path: Path) -> None:
    anything = pellucid.Activation(
        name="anything", formula="", forward=square, slope=square_slope,
        parameters=(pellucid.Parameter(name="factor", default=None),),
    )  # fmt: skip
    for value in (None, True, 3, 2.5, "text", (1, (2.0, "x")), [1, [2]], {"b": 1, "a": (2,)}, float("inf")):
        net = Network(3, Dense(4, anything(factor=value)), Dense(1), seed=1)
        path = net.save(tmp_path / "net")
        same(pellucid.load(path, custom=[anything]).layers[0].activation.options["factor"], value)
    net = Network(3, Dense(4, anything(factor=object())), Dense(1), seed=1)
    with pytest.raises(InputError, match="save: factor of anything is an object, which a file cannot hold"):
        net.save(tmp_path / "net")


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text(), inner),
)


@settings(max_examples=50)
@given(values)
def test_plain_values_go_through_json_unchanged(value: object) -> None:
    text = json.dumps(plain(value, "x"), allow_nan=False, sort_keys=True)
    assert repr(value_of(json.loads(text))) == repr(value)


def test_initial_arrays_and_custom_layers_come_back(tmp_path: Path) -> None:
    first = Dense(2, weights=ROWS[:3, :2], biases=[0.1, 2])
    net = Network(
        3, first, Custom("dense", 2, "elu(alpha=0.5)", init={"W": "normal(std=0.1)"}, l1=0.1, max_norm=2), seed=1
    )
    same_models(net, pellucid.load(net.save(tmp_path / "net")))
