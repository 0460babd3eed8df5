"""Random arguments, many of them wrong, for everything that the extension offers; run by tests/test_native_binding.py.

It is a process of its own, `python native_fuzz.py LOG EXAMPLES`: what is about to be tried is written to LOG before it
is, so that a crash can be told from it.
"""

from __future__ import annotations

import json
import resource
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pellucid.engines import _native  # type: ignore[attr-defined]

# What may be refused, and how: everything else is a fault of the binding.
REFUSED = (TypeError, ValueError, OverflowError, MemoryError)
LOG = Path(sys.argv[1]) if __name__ == "__main__" else Path()

DONE: dict[str, int] = {}  # how often each was done, which shows that not everything is refused

WHOLE = [-(2**63), -(2**31) - 1, -2, -1, 0, 1, 2, 3, 5, 17, 2**24, 2**31 - 1, 2**31, 2**40, 2**63 - 1, 2**70]
STRANGE: list[Any] = [None, 1.5, float("nan"), "x", b"x", [], (), {}, True, object(), np.float64(2), np.int8(1), [1, 2]]
REAL = [0.0, -0.0, 1.0, -1.0, 0.5, 1e-320, 1e308, -1e308, float("inf"), float("-inf"), float("nan")]
numbers = st.sampled_from([*WHOLE, *REAL, *STRANGE])


@st.composite
def arrays(draw: st.DrawFn, shape: tuple[int, ...], dtype: Any = np.float64) -> Any:
    """Usually an array as it should be; else one that is wrong in any way."""
    values = np.random.default_rng(draw(st.integers(0, 9))).normal(size=shape)
    kind = draw(st.integers(-60, 15))
    if kind < 7:
        return np.ascontiguousarray(values, dtype=dtype)
    if kind == 7:
        return values.astype(
            draw(st.sampled_from([np.float32, np.float64, np.int64, ">f8", np.complex128, bool, object]))
        )
    if kind == 8:  # every second number of a longer array
        return np.repeat(values, 2, axis=-1).astype(dtype)[..., ::2]
    if kind == 9:
        return np.asfortranarray(values.astype(dtype))
    if kind == 10:
        frozen = values.astype(dtype)
        frozen.flags.writeable = False
        return frozen
    if kind == 11:  # not on a border of its own size
        block = np.zeros(values.size * np.dtype(dtype).itemsize + 1, np.uint8)[1:]
        return block.view(dtype).reshape(shape)
    if kind == 12:
        other = draw(st.sampled_from([(), (0,), (1,), (2, 2), (*shape, 1), shape[::-1], tuple(n + 1 for n in shape)]))
        return np.zeros(other, dtype)
    if kind == 13:
        with np.errstate(over="ignore"):
            return np.full(shape, draw(st.sampled_from(REAL)), dtype)
    if kind == 14:
        return values.tolist()
    return draw(st.sampled_from(STRANGE))


@st.composite
def layers(draw: st.DrawFn) -> list[dict[str, Any]]:
    flow = [draw(st.sampled_from([1, 2, 3, 5, 9, 17])) for _ in range(draw(st.integers(2, 4)))]
    found = []
    for n_in, n_out in pairwise(flow):
        rule = draw(st.sampled_from([0, 0, 0, 1])) if n_in == n_out else 0
        found.append({
            "rule": rule, "activation": draw(st.integers(0, 12)), "n_in": n_in, "n_out": n_out, "sees": 0,
            "bias": draw(st.integers(0, 1)), "alpha": 0.5, "l1": draw(st.sampled_from([0.0, 0.1])), "l2": 0.0,
            "max_norm": draw(st.sampled_from([0.0, 1.0])), "rate": 0.5 if rule else 0.0,
        })  # fmt: skip
    return found


@st.composite
def plans(draw: st.DrawFn) -> dict[str, Any]:
    rows = draw(st.sampled_from([1, 2, 5, 16, 17, 40]))
    optimizer = draw(st.integers(0, 7))
    return {
        "loss": draw(st.sampled_from([0, 1, 2, 3, 6, 7])), "optimizer": optimizer,
        "n_slots": 1 if optimizer in (0, 2) else 2, "batch": draw(st.integers(1, rows)),
        "shuffle": draw(st.integers(0, 1)), "mean": draw(st.integers(0, 1)), "n_rows": rows, "delta": 1.0,
        "members": draw(st.sampled_from([1, 1, 2, 3])), "clip": draw(st.sampled_from([0.0, 1.0])),
    }  # fmt: skip


def spoilt(draw: st.DrawFn, fields: dict[str, Any], chance: int = 3) -> dict[str, Any]:
    """The fields, perhaps with one that is anything at all."""
    if draw(st.integers(0, chance)) == 0:
        name = draw(st.sampled_from(sorted(fields)))
        value = draw(numbers)
        # A thousand threads are not refused, and slow; more are.
        fields = {**fields, name: 1025 if name == "members" and value in (17, 2**24) else value}
    return fields


def small(n: Any) -> int:
    """A width that is one, for arrays beside one that is spoilt."""
    return n if type(n) is int and 0 <= n < 100 else 2


def record(kind: Any, fields: dict[str, Any]) -> Any:
    made = kind()
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def attempt(what: str, call: Any, *given: Any) -> tuple[bool, Any]:
    """(whether it was done, its result). It may only be refused as REFUSED says."""
    LOG.write_text(f"{what}{given!r}")
    try:
        result = call(*given)
    except REFUSED:
        return False, None
    DONE[what.split()[0]] = DONE.get(what.split()[0], 0) + 1
    return True, result


def wire(draw: st.DrawFn, layer: Any, n_in: int, n_out: int) -> None:
    """Units and a mask for a layer, some of them wrong."""
    if draw(st.integers(0, 2)) == 0:
        attempt("set_units", layer.set_units, draw(st.lists(st.tuples(numbers, numbers, numbers), max_size=3)))
        kind, steepness = draw(st.integers(0, 10)), draw(st.sampled_from([1.0, 1.0, *REAL]))
        attempt(
            "set_units", layer.set_units, [(kind, 0.5, steepness)] * draw(st.sampled_from([n_out] * 5 + [n_out + 1]))
        )
        layer.activation = 26
    if draw(st.integers(0, 2)) == 0:
        attempt("set_mask", layer.set_mask, draw(arrays((n_in, n_out), bool)))


@given(st.data())
def sessions(data: st.DataObject) -> None:
    draw = data.draw
    plan, stack = draw(plans()), draw(layers())
    rows, flow = plan["n_rows"], [stack[0]["n_in"], *(layer["n_out"] for layer in stack)]
    wide = draw(st.booleans())
    kind = np.float64 if wide else np.float32
    stack, plan = [spoilt(draw, layer, 12) for layer in stack], spoilt(draw, plan, 8)
    done, records = attempt("layers", lambda: [record(_native.Layer, layer) for layer in stack])
    fine, made = attempt("plan", lambda: record(_native.Plan, plan))
    if not (done and fine):
        return
    attempt("set_options", made.set_options, draw(st.lists(numbers, max_size=11)))
    attempt("set_options", made.set_options, [0.5, 0.5, 0.1, 0.1, 0.1, 0.0, 0.1, 1.0, 0.5])
    attempt("set_key", records[0].set_key, draw(numbers), draw(numbers))
    place = draw(st.integers(0, len(stack) - 1))
    wire(draw, records[place], small(stack[place]["n_in"]), small(stack[place]["n_out"]))
    X, Y = draw(arrays((rows, flow[0]), kind)), draw(arrays((rows, flow[-1]), kind))
    weights = draw(st.one_of(st.none(), arrays((rows,), kind)))
    level = draw(st.sampled_from(["", "baseline"] * 5 + ["nothing", "x86-64-v2", None, 3]))
    begun = (level, draw(st.sampled_from([*[wide] * 15, not wide, None])), records, made, X, Y, weights)
    done, session = attempt(f"Session {stack} {plan}", _native.Session, *begun)
    if done:
        for _ in range(draw(st.integers(1, 4))):
            use(draw, session, stack, plan, kind)


def use(draw: st.DrawFn, session: Any, stack: list[dict[str, Any]], plan: dict[str, Any], kind: Any) -> None:
    k = draw(st.integers(0, len(stack) - 1))
    shape = (stack[k]["n_in"], stack[k]["n_out"])
    place = [k, draw(st.integers(0, 1)), draw(st.integers(-1, plan["n_slots"] - 1))]
    if draw(st.integers(0, 5)) == 0:
        place[draw(st.integers(0, 2))] = draw(numbers)
    given_array = draw(arrays(shape if place[1] == 0 else shape[1:], kind))
    written = attempt("write", session.write, *place, given_array)[0]
    out = draw(arrays(shape if place[1] == 0 else shape[1:], kind))
    moment = draw(st.sampled_from([0, 0, 0, 1, 2, -1, 3, None, 2**40]))
    if attempt("read", session.read, moment, *place, out)[0] and written and moment == 0:
        np.testing.assert_array_equal(np.asarray(out).ravel(), np.asarray(given_array, kind).ravel())
    steps = draw(st.sampled_from([0, 1, 1, 2, 7, 40, 2**40, -1, None]))
    epochs = draw(st.sampled_from([0, 1, 1, 2, 3, 4, 2**40, -1, None]))
    figures = draw(arrays((1, 3))), draw(arrays((4,))), draw(arrays((4,)))
    if isinstance(figures[0], np.ndarray) and figures[0].size == 3:
        figures = np.full_like(figures[0], 1e-3), *figures[1:]
    before = [np.array(array) for array in figures[1:]]
    done, result = attempt(
        "run", session.run, steps, epochs, *figures, draw(st.sampled_from([0, 0, 1, 2**40, -1, None]))
    )
    if done:
        some, ended, diverged = result
        assert 0 <= some <= max(steps, 0) and 0 <= ended <= max(epochs, 0) and isinstance(diverged, bool)
        for array, old in zip(figures[1:], before, strict=True):
            found = np.asarray(array).ravel()
            assert np.isfinite(found[:ended]).all()
            np.testing.assert_array_equal(found[ended:], old.ravel()[ended:])
            assert ended == 0 or (found[:ended] != old.ravel()[:ended]).any() or array is figures[2]
    attempt("take_back", session.take_back)


@given(st.data())
def functions(data: st.DataObject) -> None:
    draw = data.draw
    kind, n = draw(st.sampled_from([np.float64, np.float32])), draw(st.sampled_from([0, 1, 3, 8, 17]))
    x, out = draw(arrays((n,), kind)), draw(arrays((n,), kind))
    number = draw(st.one_of(st.just(0), st.integers(-1, 15), numbers))
    level = draw(st.sampled_from(["", "", "baseline", "v4", "x86-64-v3", None]))
    slope, alpha = draw(st.sampled_from([False, False, True, None, 2])), draw(st.one_of(st.just(1.0), numbers))
    done, _ = attempt("apply_activation", _native.apply_activation, level, number, slope, alpha, x, out)
    if done and number == 0 and not slope:  # linear
        np.testing.assert_array_equal(np.asarray(out).ravel(), np.asarray(x).ravel())
    attempt("levels", _native.levels)


@given(st.data())
def compiled(data: st.DataObject) -> None:
    draw = data.draw
    stack = [spoilt(draw, layer, 12) for layer in draw(layers())]
    done, records = attempt("layers", lambda: [record(_native.Layer, layer) for layer in stack])
    if not done:
        return
    wide = draw(st.booleans())
    kind = np.float64 if wide else np.float32
    given_arrays: Any = []
    for k, layer in enumerate(stack):
        shape = small(layer["n_in"]), small(layer["n_out"])
        if layer["rule"] == 0:
            given_arrays.append((k, 0, draw(arrays(shape, kind))))
        if draw(st.integers(0, 9)) == 0:
            strange = [(k, 0), [k, 0, np.zeros(shape)], None, (None, 0, np.zeros(shape)), (k, 1, None), (k, 1.0, "x")]
            given_arrays.append(draw(st.sampled_from(strange)))
    n_in, n_out = small(stack[0]["n_in"]), small(stack[-1]["n_out"])
    none: Any = [[], [], [], []]
    scale = draw(st.sampled_from([none, none, [[1.0] * n_in, [2.0] * n_in, [0.5] * n_out, [1e300] * n_out]]))
    if draw(st.integers(0, 3)) == 0:
        scale = [draw(st.sampled_from([[], [1.0], None, [2.0] * 3, REAL, "x"])) for _ in range(4)]
    slow = draw(st.sampled_from([lambda net, x, out: "slow", None, 3]))
    text, fast = draw(st.sampled_from(["text", "", "é", None])), draw(st.sampled_from([True, True, False, None]))
    level = draw(st.sampled_from(["", "baseline"] * 5 + ["nothing", None]))
    given = (level, wide, records, draw(st.sampled_from([[], given_arrays, None])), *scale, text, slow, fast)
    done, net = attempt("compile", _native.compile, *given)
    if not done:
        return
    repr(net)
    for _ in range(4):
        rows = draw(st.sampled_from([(n_in,), (1, n_in), (3, n_in), (70, n_in), (0, n_in)]))
        answer = (*rows[:-1], n_out)
        x = draw(arrays(rows, kind))
        out = draw(st.one_of(st.none(), arrays(answer, kind), st.just(x)))
        fine, result = attempt("call", net, x, out)
        if fine and out is not None and not isinstance(result, str):
            assert result is out
        attempt("call", lambda net=net, x=x, out=out: net(x=x, out=out))
        attempt("call", lambda net=net, x=x: net(x, x, x))
        attempt("call", lambda net=net, x=x: net(x, nonsense=1))
    attempt("call", net)


if __name__ == "__main__":
    # Sizes that no machine should be asked for are refused by the system, not granted and then killed for.
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + 2**31, used + 2**31))
    how = settings(
        max_examples=int(sys.argv[2]), derandomize=True, deadline=None, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    for part in (functions, sessions, compiled):
        how(part)()
    print(json.dumps(DONE))
