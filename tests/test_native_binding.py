"""The extension by itself: whatever it is given, it answers rightly or refuses; no fault reaches a kernel."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from native_cases import FOUND, needs_native

pytestmark = needs_native
_native: Any = FOUND.module
RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(5, 3)), RNG.normal(size=(5, 2))
W, V = RNG.normal(size=(3, 4)), RNG.normal(size=(4, 2))


def layer(*widths: int, **fields: Any) -> Any:
    n_in, n_out = widths
    return filled(_native.Layer(), {"activation": 2, "n_in": n_in, "n_out": n_out, "bias": 1, **fields})


def plan(**fields: Any) -> Any:
    return filled(_native.Plan(), {"n_slots": 1, "n_rows": 5, "batch": 5, "mean": 1, "members": 1, **fields})


def filled(record: Any, fields: dict[str, Any]) -> Any:
    for name, value in fields.items():
        setattr(record, name, value)
    return record


def session(*layers: Any, x: Any = X, y: Any = Y, weights: Any = None, **fields: Any) -> Any:
    return _native.Session("", True, list(layers) or [layer(3, 4), layer(4, 2)], plan(**fields), x, y, weights)


def run(s: Any, steps: int = 1, rate: float = 0.1, epoch: int = 0) -> np.ndarray:
    losses = np.zeros(steps)
    assert s.run(steps, steps, np.array([[rate, 1.0, 1.0]]), losses, np.zeros(steps), epoch) == (steps, steps, False)
    return losses


def read(s: Any, k: int, which: int, slot: int, shape: tuple[int, ...], moment: int = 0) -> np.ndarray:
    out = np.full(shape, np.nan)
    s.read(moment, k, which, slot, out)
    return out


def test_nothing_crashes_it(tmp_path: Path) -> None:
    script = Path(__file__).with_name("native_fuzz.py")
    log = tmp_path / "tried last"
    done = subprocess.run(
        [sys.executable, str(script), str(log), "150"], capture_output=True, text=True, check=False, timeout=300
    )
    tried = log.read_text() if log.exists() else "nothing"
    assert done.returncode == 0, f"{done.stderr[-3000:]}\nTried last: {tried[:3000]}"
    often = json.loads(done.stdout)
    assert min(often[part] for part in ("Session", "write", "read", "run", "compile", "call")) >= 10  # not only refused


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"n_in": 4}, "X has the wrong shape"),
        ({"n_in": 0}, "X has the wrong shape"),
        ({"n_out": -1}, "Y has the wrong shape"),
        ({"rule": 2}, "layer 1: no such rule"),
        ({"rule": -1}, "layer 1: no such rule"),
        ({"activation": 27}, "layer 1: no such activation"),
        ({"activation": 26}, "layer 1: no units"),
        ({"sees": 2}, "layer 1: sees is not 0 or 1"),
        ({"activation": 13}, "layer 1: a threshold cannot be trained through"),
        ({"activation": 14}, "layer 1: a threshold cannot be trained through"),
        ({"bias": 2}, "layer 1: bias is not 0 or 1"),
        ({"alpha": np.nan}, "layer 1: alpha is not finite"),
        ({"l1": -0.1}, "layer 1: l1 or l2 is negative or not finite"),
        ({"l2": np.inf}, "layer 1: l1 or l2 is negative or not finite"),
        ({"max_norm": -1.0}, "layer 1: max_norm is negative or not finite"),
        ({"rate": 1.0}, "layer 1: rate is not from 0 up to 1"),
        ({"rule": 1}, "layer 1: dropout keeps its width"),
    ],
)
def test_a_layer_that_cannot_be(fields: dict[str, Any], what: str) -> None:
    with pytest.raises(ValueError, match=f"^{what}$"):
        session(layer(3, 2, **fields))


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"loss": 8}, "no such loss"),
        ({"loss": -1}, "no such loss"),
        ({"loss": 4}, "binary cross entropy goes with sigmoid"),
        ({"loss": 5}, "cross entropy goes with softmax"),
        ({"optimizer": 8}, "no such optimizer"),
        ({"n_slots": 2}, "not the optimizer's number of slots"),
        ({"optimizer": 3}, "not the optimizer's number of slots"),
        ({"n_rows": 4}, "X has the wrong shape"),
        ({"n_rows": -1}, "X has the wrong shape"),
        ({"batch": 0}, "batch is not from 1 to n_rows"),
        ({"batch": 6}, "batch is not from 1 to n_rows"),
        ({"members": 0}, "members is not from 1 to 1024"),
        ({"members": 1025}, "members is not from 1 to 1024"),
        ({"clip": -1.0}, "clip or delta is not finite"),
        ({"delta": np.nan}, "clip or delta is not finite"),
    ],
)
def test_a_plan_that_cannot_be(fields: dict[str, Any], what: str) -> None:
    with pytest.raises(ValueError, match=f"^{what}$"):
        session(layer(3, 2), **fields)


@pytest.mark.parametrize(
    ("units", "words"),
    [
        ([(2, 0.0, 1.0)] * 3, "not one record a unit"),
        ([(2, 0.0, 1.0)] * 3 + [(11, 0.0, 1.0)], "layer 1: a unit has no elementwise activation"),
        ([(2, 0.0, 1.0)] * 3 + [(-1, 0.0, 1.0)], "layer 1: a unit has no elementwise activation"),
        ([(2, 0.0, 1.0)] * 3 + [(13, 0.0, 1.0)], "layer 1: a threshold cannot be trained through"),
        ([(2, 0.0, 1.0)] * 3 + [(2, 0.0, np.inf)], "layer 1: a unit's number is not finite"),
    ],
)
def test_units_that_cannot_be(units: list[tuple[int, float, float]], words: str) -> None:
    record = layer(3, 4, activation=26)
    record.set_units(units)
    with pytest.raises(_native.Fault, match=f"^{re.escape(words)}$"):
        session(record, layer(4, 2))


def test_masks_that_cannot_be() -> None:
    record, dropout = layer(3, 4), layer(4, 4, rule=1, activation=0)
    with pytest.raises(TypeError, match="a mask is bool"):
        record.set_mask(np.ones((3, 4)))
    dropout.set_mask(np.ones((4, 4), dtype=bool))
    with pytest.raises(_native.Fault, match="^layer 2: only dense layers have masks$"):
        session(record, dropout, layer(4, 2))
    record.set_mask(np.ones((4, 4), dtype=bool))
    with pytest.raises(_native.Fault, match="^a mask has not the shape of the weights$"):
        session(record, layer(4, 2))


def test_layers_that_do_not_meet() -> None:
    with pytest.raises(_native.Fault, match="^layer 2: n_in is not the number of values that it sees$"):
        session(layer(3, 4), layer(5, 2))
    with pytest.raises(_native.Fault, match="^no layers$"):
        _native.Session("", True, [], plan(), X, Y, None)
    with pytest.raises(_native.Fault, match="^layer 2: n_in is not from 1 to 2\\*\\*24$"):
        session(layer(3, 4), layer(2**24 + 1, 2))
    wide = [layer(3, 2**24), layer(2**24, 2**24), layer(2**24, 2)]
    with pytest.raises(_native.Fault, match="^more than 2\\*\\*40 parameters$"):
        session(*wide)


@pytest.mark.parametrize(
    "x", [X.astype(np.float32), X.astype(int), X.tolist(), X.astype(">f8"), X.astype(complex), None, X[:4]]
)
def test_data_of_another_kind(x: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        session(layer(3, 2), x=x)


def test_data_in_any_order_of_memory() -> None:
    plain = run(session(layer(3, 2)), 4)
    for x in (np.asfortranarray(X), np.repeat(X, 2, axis=1)[:, ::2], X[::-1].copy()[::-1]):
        np.testing.assert_array_equal(run(session(layer(3, 2), x=x, weights=np.ones(10)[::2]), 4), plain)


def test_the_data_live_as_long_as_the_session() -> None:
    s, plain = session(layer(3, 2), x=X.copy(), y=Y.copy()), session(layer(3, 2))
    rubbish = [np.full((5, 3), np.nan) for _ in range(50)]
    np.testing.assert_array_equal(run(s, 3), run(plain, 3))
    assert len(rubbish) == 50


def test_what_is_written_is_read() -> None:
    s = session()
    for k, array in ((0, W), (1, V)):
        for slot in (-1, 0):
            s.write(k, 0, slot, array * slot)
            np.testing.assert_array_equal(read(s, k, 0, slot, array.shape), array * slot)
    s.write(0, 1, -1, np.arange(4.0))
    np.testing.assert_array_equal(read(s, 0, 1, -1, (4,)), np.arange(4.0))
    np.testing.assert_array_equal(read(s, 0, 0, -1, W.shape), -W)


@pytest.mark.parametrize("call", ["read", "run", "apply_activation"])
def test_an_array_that_is_not_in_one_piece_is_filled_or_refused(call: str) -> None:
    """A copy that is filled in its place would be lost."""
    s, out, losses = session(), np.zeros((3, 8))[:, ::2], np.zeros(4)[::2]
    s.write(0, 0, -1, W)
    try:
        if call == "read":
            s.read(0, 0, 0, -1, out)
        elif call == "run":
            s.run(2, 2, np.ones((1, 3)), losses, np.zeros(2), 0)
        else:
            _native.apply_activation("", 0, False, 0.0, np.ones(4), out[0])
    except (TypeError, ValueError):
        return
    assert out.any() or losses.any()


def test_weights_that_are_written_between_two_runs_are_used_in_both_directions() -> None:
    fresh, used = session(), session()
    used.write(0, 0, -1, 0.3 * W)
    used.write(1, 0, -1, 7 * V)
    run(used)
    for s in (fresh, used):
        for k, array, bias in ((0, W, np.zeros(4)), (1, V, np.zeros(2))):
            for slot in (-1, 0):
                s.write(k, 0, slot, array * (slot == -1))
                s.write(k, 1, slot, bias)
        run(s)
    for k, array in ((0, W), (1, V)):
        np.testing.assert_array_equal(read(used, k, 0, 0, array.shape), read(fresh, k, 0, 0, array.shape))


def test_places_that_there_are_not() -> None:
    s = session(layer(3, 3, rule=1, rate=0.5), layer(3, 2, bias=0))
    out = np.zeros((3, 2))
    for place, what in [
        ((0, -1, 0, -1), "no such layer"), ((0, 2, 0, -1), "no such layer"),
        ((0, 0, 0, -1), "the layer has no such parameter"), ((0, 1, 1, -1), "the layer has no such parameter"),
        ((0, 1, 2, -1), "the layer has no such parameter"), ((0, 1, 0, 1), "no such slot"),
        ((0, 1, 0, -2), "no such slot"), ((3, 1, 0, -1), "no such moment"), ((-1, 1, 0, -1), "no such moment"),
    ]:  # fmt: skip
        with pytest.raises(_native.Fault, match=what):
            s.read(*place, out)
    with pytest.raises(ValueError, match="wrong number of values"):
        s.read(0, 1, 0, -1, np.zeros(5))
    with pytest.raises(TypeError, match="wrong number type"):
        s.read(0, 1, 0, -1, np.zeros((3, 2), np.float32))


def test_runs_that_cannot_be() -> None:
    s = session()
    one, many = np.ones((1, 3)), np.zeros(9)
    for given, what in [
        ((-1, 1, one, many, many, 0), "steps and epochs are at least 0"),
        ((1, -1, one, many, many, 0), "steps and epochs are at least 0"),
        ((1, 1, one, many, many, -1), "steps, epochs and epoch are at least 0"),
        ((3, 1, np.ones((2, 3)), many, many, 0), "numbers is not float64"),
        ((1, 1, np.ones((1, 2)), many, many, 0), "numbers is not float64"),
        ((1, 1, np.ones(3), many, many, 0), "numbers is not float64"),
        ((1, 1, one.astype(np.float32), many, many, 0), "numbers is not float64"),
        ((1, 10, one, many, many, 0), "losses and penalties are not float64"),
        ((1, 1, one, many, many.astype(np.float32), 0), "losses and penalties are not float64"),
        ((1, 1, one, many, many.reshape(3, 3), 0), "losses and penalties are not float64"),
    ]:
        with pytest.raises(ValueError, match=what):
            s.run(*given)
    assert s.run(0, 5, one, many, many, 0) == (0, 0, False)
    assert s.run(5, 0, one, many, many, 0) == (0, 0, False)
    assert many.tolist() == [0.0] * 9


def test_a_number_that_is_not_finite_stops_the_run_and_is_taken_back() -> None:
    s = session()
    s.write(0, 0, -1, W)
    s.write(1, 0, -1, V)
    losses = np.full(4, 7.0)
    numbers = np.array([[0.1, 1, 1], [np.nan, 1, 1], [0.1, 1, 1], [0.1, 1, 1]])
    assert s.run(4, 4, numbers, losses, np.zeros(4), 0) == (2, 1, True)
    assert losses[1:].tolist() == [7.0] * 3
    now = read(s, 0, 0, -1, W.shape)
    np.testing.assert_array_equal(now, read(s, 0, 0, -1, W.shape, moment=1))
    np.testing.assert_array_equal(read(s, 0, 0, -1, W.shape, moment=2), W)
    assert np.isfinite(now).all()
    x = X.copy()
    x[3, 1] = np.nan
    assert session(x=x).run(4, 4, numbers, losses, np.zeros(4), 0) == (1, 0, True)


def test_what_is_begun_may_be_given_up() -> None:
    s = session(batch=2)
    s.write(0, 0, -1, W)
    s.write(1, 0, -1, V)
    one, figures = np.array([[0.1, 1.0, 1.0]]), np.zeros(4)
    assert s.run(3, 4, one, figures, figures.copy(), 0) == (3, 1, False)
    after = read(s, 0, 0, -1, W.shape)
    s.take_back()  # nothing is under way
    np.testing.assert_array_equal(read(s, 0, 0, -1, W.shape), after)
    assert s.run(2, 4, one, figures, figures.copy(), 1) == (2, 0, False)
    assert (read(s, 0, 0, -1, W.shape) != after).any()
    s.take_back()
    np.testing.assert_array_equal(read(s, 0, 0, -1, W.shape), after)
    first = s.run(3, 4, one, figures, figures.copy(), 1)
    assert first == (3, 1, False)


def test_two_threads_cannot_use_one_session_at_once() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(20_000, 30)), rng.normal(size=(20_000, 2))
    layers = [layer(30, 200), layer(200, 2)]
    s = _native.Session("", True, layers, plan(n_rows=20_000, batch=20_000), x, y, None)
    started, refused = threading.Event(), []

    def train() -> None:
        started.set()
        run(s, 5, 1e-6)

    thread = threading.Thread(target=train)
    thread.start()
    started.wait()
    while thread.is_alive() and not refused:
        try:
            s.take_back()
        except _native.Fault as fault:
            refused.append(str(fault))
    thread.join()
    assert refused == ["this session is being used by another thread"]


def test_functions_that_there_are_not() -> None:
    x = np.ones(3)
    for number in (-1, 11, 26, 27, 2**31 - 1):
        with pytest.raises(_native.Fault, match="no such elementwise activation"):
            _native.apply_activation("", number, False, 0.0, x, x.copy())
    with pytest.raises(_native.Fault, match="this machine has no instruction set named x86-64-v9"):
        _native.apply_activation("x86-64-v9", 0, False, 0.0, x, x.copy())
    with pytest.raises(ValueError, match="wrong number of values"):
        _native.apply_activation("", 0, False, 0.0, x, np.ones(4))
    with pytest.raises(TypeError, match="wrong number type"):
        _native.apply_activation("", 0, False, 0.0, x, x.astype(np.float32))
