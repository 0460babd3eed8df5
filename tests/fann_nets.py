"""FANN nets of any kind, drawn by Hypothesis."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from pellucid.io.fann.structure import LAYER, SHORTCUT, Scaling, Settings, Structure, float32, full_sources

FLOATS = st.floats(-1e6, 1e6)
FLOATS32 = st.floats(-1e6, 1e6, width=32)
WHOLES = st.integers(0, 2**32 - 1)


@st.composite
def structures(draw: st.DrawFn, anything: bool = True) -> Structure:
    """A net that files can hold; without `anything`, one whose numbers the real library can compute with."""
    kind = draw(st.sampled_from([LAYER, SHORTCUT]))
    units = draw(st.lists(st.integers(1, 4), min_size=2, max_size=4))
    sizes = [units[0] + 1] + [n + (kind == LAYER) for n in units[1:]]
    sparse = draw(st.booleans())
    counts, sources = _wiring(draw, kind, sizes, sparse)
    steepness = st.floats(0.0, 2.0) if not anything else st.floats(allow_nan=False)
    weight = FLOATS if not anything else st.floats()
    n, c = sum(sizes), len(sources)
    return Structure(
        kind,
        float32(draw(st.floats(0.01, 0.99))) if sparse else 1.0,
        sizes,
        counts,
        np.array(draw(st.lists(st.integers(0, 17), min_size=n, max_size=n)), np.int64),
        np.array(draw(st.lists(steepness, min_size=n, max_size=n))),
        sources,
        np.array(draw(st.lists(weight, min_size=c, max_size=c)), np.float64),
        draw(settings_of_nets()),
        draw(scalings(units[0], units[-1])) if draw(st.booleans()) else None,
    )


def _wiring(draw: st.DrawFn, kind: int, sizes: list[int], sparse: bool) -> tuple[np.ndarray, np.ndarray]:
    starts = np.concatenate(([0], np.cumsum(sizes))).tolist()
    counts, sources = [0] * sizes[0], []
    for k in range(1, len(sizes)):
        seen = list(range(starts[k - 1] if kind == LAYER else 0, starts[k]))
        for _ in range(sizes[k] - (kind == LAYER)):
            chosen = draw(st.lists(st.sampled_from(seen), min_size=1, unique=True)) if sparse else seen
            counts.append(len(chosen))
            sources += chosen
        counts += [0] * (kind == LAYER)
    arrays = np.array(counts, np.int64), np.array(sources, np.int64)
    assert sparse or np.array_equal(full_sources(kind, sizes, arrays[0]), arrays[1])
    return arrays


@st.composite
def settings_of_nets(draw: st.DrawFn) -> Settings:
    usual = Settings()
    small = {"training_algorithm": 4, "train_error_function": 1, "train_stop_function": 1}
    doubles = {"bit_fail_limit", "cascade_candidate_limit", "cascade_weight_multiplier"}
    chosen = {}
    for key, value in vars(usual).items():
        if key in small:
            chosen[key] = draw(st.integers(0, small[key]))
        elif key == "cascade_activation_functions":
            chosen[key] = tuple(draw(st.lists(st.integers(0, 17), min_size=1, max_size=5)))
        elif key == "cascade_activation_steepnesses":
            chosen[key] = tuple(draw(st.lists(FLOATS, min_size=1, max_size=4)))
        else:
            chosen[key] = draw(WHOLES if isinstance(value, int) else FLOATS if key in doubles else FLOATS32)
    return Settings(**chosen)


@st.composite
def scalings(draw: st.DrawFn, n_in: int, n_out: int) -> Scaling:
    def column(count: int) -> np.ndarray:
        return np.array(draw(st.lists(FLOATS32, min_size=count, max_size=count)))

    return Scaling(*[column(n_in) for _ in range(4)], *[column(n_out) for _ in range(4)])


def same(a: Structure, b: Structure) -> bool:
    """Whether two nets are the same to the last bit; NaN is equal to NaN."""
    arrays = ("layer_sizes", "n_inputs", "activation", "sources")
    floats = ("steepness", "weights")
    return (
        (a.network_type, a.connection_rate) == (b.network_type, b.connection_rate)
        and repr(a.settings) == repr(b.settings)  # where nan is nan
        and all(np.array_equal(getattr(a, name), getattr(b, name)) for name in arrays)
        and all(_same_bits(getattr(a, name), getattr(b, name)) for name in floats)
        and (a.scaling is None) == (b.scaling is None)
        and (
            a.scaling is None
            or b.scaling is None
            or all(map(_same_bits, vars(a.scaling).values(), vars(b.scaling).values()))
        )
    )


def _same_bits(a: np.ndarray, b: np.ndarray) -> bool:
    return np.array_equal(a, b, equal_nan=True) and np.array_equal(np.signbit(a), np.signbit(b))
