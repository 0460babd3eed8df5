"""`Network.to_c`: C that compiles without a word under every warning, and computes what the network computes."""

import json
import re
import subprocess
from functools import cache

import numpy as np
import pytest

import pellucid
from c_programs import STRICT, all_answers, built, compiler, run_program
from pellucid import Custom, Dense, Dropout, InputError, Network
from pellucid.io.c_fixed import fixed_network
from pellucid.maths.activations import Activation, activations
from pellucid.maths.layers import LayerRule
from pellucid.maths.random import Stream
from pellucid.model.preprocessing import Column, Preprocessing, TargetInfo

NUMBERS = {"double": "double", "float": "float", "fixed": "int32_t"}
TOLERANCE = {"double": 2e-14, "float": 1e-5}  # of the largest number in the network's answer, at least 1
SINGLE = [name for name in activations if name != "by_unit"]
BOUNDS = (-2.0, 2.0)


def of_activation(name):
    """Three units of one activation between two layers; sums up to about 20, far beyond every bend."""
    net = Network(2, Dense(3, name, weights="uniform(low=-5, high=5)"), Dense(2), seed=len(name))
    net.parameters["dense_1.b"] = [0.3, -0.7, 0.01]
    return net


def random_network(seed):
    """Any shape: layers that see all, masks, activations and steepness by unit, dropout, no bias."""
    draw = np.random.default_rng(seed)
    n_in, layers, flow = int(draw.integers(1, 6)), [], []
    flow = [n_in]
    for k in range(int(draw.integers(1, 5))):
        units = int(draw.integers(1, 7))
        sees = "all" if seed % 2 and k and draw.random() < 0.6 else "previous"
        wide = sum(flow) if sees == "all" else flow[-1]
        mask = draw.random((wide, units)) < 0.6 if draw.random() < 0.5 else None
        several = [str(a) for a in draw.choice([a for a in SINGLE if a != "softmax"], units)]
        chosen = several if draw.random() < 0.5 else several[0]
        steepness = draw.uniform(0.25, 2, units).tolist() if draw.random() < 0.5 else None
        bias = bool(draw.random() < 0.8)
        layers.append(Dense(units, chosen, steepness=steepness, bias=bias, sees=sees, mask=mask))
        flow.append(units)
        if draw.random() < 0.3:
            layers.append(Dropout(0.25))
            flow.append(units)
    net = Network(n_in, *layers, seed=seed)
    for name, array in net.parameters.items():
        net.parameters[name] = draw.normal(size=array.shape)
    return net


def prepared_network():
    """A number with gaps, a boolean with gaps, a category, a number without; two outputs in their own units."""
    columns = (
        Column("age", "numeric", mean=40.0, scale=12.0, fill=38.0, missing_indicator=True, low=1.0, high=90.0),
        Column(
            "member",
            "boolean",
            mean=0.3,
            scale=0.46,
            fill=0.0,
            missing_indicator=True,
            categories=("no", "yes"),
            low=0.0,
            high=1.0,
        ),
        Column("island */ ünd", "category", fill="Dream", categories=("Biscoe", "Dream", "Torgersen")),
        Column("share", "numeric", mean=0.01, scale=0.002, low=0.001, high=0.02),
    )
    target = TargetInfo("price", mean=(1200.0, -3.0), scale=(340.0, 0.01))
    net = Network(8, Dense(5, "tanh"), Dense(2), seed=4)
    net.model.preprocessing = Preprocessing(tuple(c.name for c in columns), columns, target=target)
    return net


def constant_network():
    """Sums that no input changes: each looks into its table at one place, where the table is off by what it is off."""
    net = Network(2, Dense(3, "linear", steepness=0.0), Dense(2, "tanh", steepness=0.5), seed=0)
    net.parameters["dense_2.b"] = [0.4092176, -0.27308565]
    return net


def rows_of(net, name):
    """Rows to try, in the units of `predict`; with a gap wherever one may be."""
    stream = Stream(seed=3, purpose="search")
    if name != "prepared":
        return BOUNDS[0] + (BOUNDS[1] - BOUNDS[0]) * stream.random((60, net.model.n_in))
    u = stream.random((60, 4))
    rows = np.stack([1 + 89 * u[:, 0], u[:, 1] > 0.5, np.floor(3.99 * u[:, 2]), 0.001 + 0.019 * u[:, 3]], axis=1)
    rows[:7, 0], rows[5:12, 1], rows[10:15, 2] = np.nan, np.nan, np.nan
    return rows


@cache
def networks():
    return {
        **{f"of_{name}": of_activation(name) for name in SINGLE},
        "at_the_end": Network(3, Dense(4, "relu"), Dense(5, "softmax"), seed=1),
        "leaks": Network(2, Dense(3, ["leaky_relu", "leaky_relu(alpha=0.3)", "elu(alpha=2)"]), seed=1),
        "bare": Network(3, Custom("dropout", activation="tanh"), Dropout(0.5), seed=1),
        "still": Network(3, Dropout(0.5), seed=1),
        "constant": constant_network(),
        "prepared": prepared_network(),
        **{f"random_{seed}": random_network(seed) for seed in range(16)},
    }


def bounds_for(name):
    return None if name == "prepared" else BOUNDS


@cache
def answers(number, folder):
    """(rows, answers) of every network in C."""
    nets = networks()
    sources = {
        name: net.to_c(number, name=name, bounds=bounds_for(name) if number == "fixed" else None)
        for name, net in nets.items()
    }
    rows = {name: rows_of(net, name) for name, net in nets.items()}
    if number == "fixed":
        rows = {name: whole(name, rows[name]) for name, net in nets.items()}
    n_out = {name: net.model.n_out for name, net in nets.items()}
    return rows, all_answers(NUMBERS[number], sources, rows, n_out, folder)


@cache
def planned(name):
    return fixed_network(networks()[name].model, name, bounds_for(name))


def whole(name, rows):
    """The rows as fixed point takes them; three of them far outside the bounds."""
    made = planned(name)
    scale = np.where(made.whole, 1.0, 2.0**made.x_point)
    found = np.where(np.isnan(rows), -(2**31), np.rint(np.nan_to_num(rows) * scale)).astype(np.int64)
    if name != "prepared":
        found[:3] = [[2**31 - 1], [-(2**31) + 1], [-(2**31)]]
    return found


def expected(net, name, rows):
    """What the network answers; categories go in as words."""
    if name != "prepared":
        return net.predict(rows)
    words = np.array(["Biscoe", "Dream", "Torgersen", "elsewhere"], dtype=object)
    table = rows.astype(object)
    table[:, 2] = [None if np.isnan(v) else words[int(v)] for v in rows[:, 2]]
    table[np.isnan(rows)] = None
    return net.predict(table)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    compiler()
    return tmp_path_factory.mktemp("c")


@pytest.mark.parametrize("number", ["double", "float"])
@pytest.mark.parametrize("name", list(networks()))
@pytest.mark.filterwarnings("ignore::pellucid.errors.Notice")
def test_it_computes_what_the_network_computes(name, number, folder):
    net = networks()[name]
    rows, found = answers(number, folder)
    true = expected(net, name, rows[name])
    assert np.abs(found[name] - true).max() <= TOLERANCE[number] * max(1.0, np.abs(true).max())


@pytest.mark.parametrize("name", list(networks()))
def test_whole_numbers_are_those_that_were_foreseen(name, folder):
    """The C agrees with Python's own whole numbers to the last digit, also for inputs that are out of bounds."""
    rows, found = answers("fixed", folder)
    made = planned(name)
    if name != "prepared":
        assert np.array_equal(found[name], made.run(rows[name]))
    kept = (rows[name] != -(2**31)).all(axis=1)
    assert np.array_equal(found[name][kept], made.run(rows[name][kept]))


@pytest.mark.parametrize("name", list(networks()))
@pytest.mark.filterwarnings("ignore::pellucid.errors.Notice")
def test_fixed_point_is_as_exact_as_it_says(name, folder):
    net = networks()[name]
    made = planned(name)
    real = rows_of(net, name)[3:]
    found = answers("fixed", folder)[1][name][3:] * 2.0**-made.output.point
    off = np.abs(found - expected(net, name, real)).max(axis=0)
    assert (off <= made.output.off).all()
    text = net.to_c("fixed", bounds=bounds_for(name))
    largest = float(re.search(r"off by at most ([-+.e\d]+),", text.replace("\n *", ""))[1])
    assert largest == pytest.approx(made.output.off.max(), rel=0.06)


@pytest.mark.parametrize("name", [n for n in SINGLE if "threshold" not in n and "stepwise" not in n])
def test_fixed_point_is_exact_to_six_digits(name):
    """The tables are as fine as they are meant to be: errors of a millionth, times weights of a few."""
    made = planned(f"of_{name}")
    assert made.measured() < 5e-6
    assert made.output.off.max() < 5e-5


@pytest.mark.parametrize("number", list(NUMBERS))
def test_the_file_alone_is_a_program_if_asked(number, folder):
    net = Network([2, 4, 1], activation="tanh", seed=1)
    rows = [[0.5, -1.0], [0.25, 0.75]]
    program = built(net.to_c(number, name="tiny"), folder, "-DTINY_MAIN")
    found = [float(line) for line in run_program(program, "0.5 -1\n0.25 0.75\n").splitlines()]
    assert found == pytest.approx(net.predict(rows)[:, 0], abs=5e-6)


def test_the_file_without_its_program_needs_nothing_of_the_system(folder):
    """Fixed point calls no function that is not in the file; floating point only those of <math.h>."""
    net = Network([2, 4, 1], activation="tanh", output_activation="softmax", seed=1)
    assert re.findall(r"#include <(.*)>", net.to_c("fixed").split("#ifdef")[0]) == ["stdint.h"]
    assert re.findall(r"#include <(.*)>", net.to_c("float").split("#ifdef")[0]) == ["math.h"]
    assert "#include" not in Network([2, 4, 1], activation="relu").to_c().split("#ifdef")[0]


NAMES = ("digits", "format", "n_in", "n_out", "name", "flag", "INDEX", "T", "R", "int", "main", "x", "exp", "one")


@pytest.mark.parametrize("number", list(NUMBERS))
@pytest.mark.parametrize("standard", ["-std=c99", "-std=c11"])
def test_every_file_compiles_by_itself(number, standard, folder):
    """Each with the headers that it names and with its own program, whatever the network is called."""
    nets = {f"only_{name}": Network(2, Dense(2, name), seed=0) for name in SINGLE}
    nets |= {name: Network(3, Dense(2, "tanh", mask=[[1, 0], [1, 1], [0, 1]]), Dense(1), seed=0) for name in NAMES}
    nets |= {name: networks()[name] for name in ("leaks", "bare", "still", "prepared", "random_1")}
    cascade = [Dense(1, "tanh", steepness=0.5, sees="all") for _ in range(5)]
    nets["cascade"] = Network(1, *cascade, Dense(2, "softmax", sees="all"), dtype="float32", seed=0)
    nets["unwired"] = Network(1, Dense(1, mask=[[0]], bias=False))
    nets["wide"] = Network(900, Dense(3, "relu"), Dense(2, sees="all"), seed=0)
    files = [folder / f"alone_{name}_{number}.c" for name in nets]
    for (name, net), file in zip(nets.items(), files, strict=True):
        text = f"#define {name.upper()}_MAIN\n" + net.to_c(number, name=name)
        assert max(map(len, text.split("\n"))) <= 4095, name  # what C99 promises to read
        file.write_text(text, encoding="ascii")
    flags = [standard if flag.startswith("-std") else flag for flag in STRICT]
    run = subprocess.run([compiler(), *flags, "-fsyntax-only", *files], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[:4000]


def test_the_same_network_gives_the_same_bytes(tmp_path):
    net = random_network(3)
    net.save(tmp_path / "n.safetensors")
    again = pellucid.load(tmp_path / "n.safetensors")
    for number in NUMBERS:
        assert net.to_c(number) == again.to_c(number) == net.copy().to_c(number)


def test_only_weights_that_exist_are_written():
    net = Network(3, Dense(2, mask=[[1, 0], [0, 0], [0, 1]], weights=[[1.5, 9], [9, 9], [9, 2.5]]), seed=0)
    text = net.to_c()
    assert "network_w1[2] = {\n    1.5, 2.5,\n}" in text
    assert "network_from1[2] = {\n    0, 2,\n}" in text


LABELS = """
#include <stdio.h>

int main(void)
{
    static const KIND x[8] = {CELLS};
    KIND y[3];
    for (int i = 0; i < 4; i++) {
        NAME_run(x + 2 * i, y);
        printf("%d ", NAME_classify(y));
    }
    return 0;
}
"""


def test_labels_come_by_their_place(folder):
    X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    three = Network(2, Dense(6, "tanh"), Dense(3, "softmax"), seed=1)
    three.fit(X, ["a */", "b", "c", "b"], epochs=60, batch_size=None, learning_rate=0.1)
    two = Network(2, Dense(6, "tanh"), Dense(1, "sigmoid"), seed=1)
    two.fit(X, ["no", "no", "no", "yes"], epochs=60, batch_size=None, learning_rate=0.1)
    assert "label: 0 a * /, 1 b, 2 c\n" in three.to_c()
    for number, kind in NUMBERS.items():
        for name, net in (("three", three), ("two", two)):
            main = LABELS.replace("KIND", kind).replace("NAME", name)
            scale = 2.0 ** fixed_network(net.model, name, (0, 1)).x_point if number == "fixed" else 1.0
            cells = ", ".join(f"{int(v * scale)}" for v in X.ravel())
            bounds = (0, 1) if number == "fixed" else None
            program = built(net.to_c(number, name=name, bounds=bounds) + main.replace("CELLS", cells), folder)
            labels = [net.classes[int(k)] for k in run_program(program, "").split()]
            assert labels == list(net.classify(X))


def test_a_trained_table_goes_with_its_preprocessing(folder):
    draw = np.random.default_rng(0)
    X = np.stack([draw.uniform(10, 90, 200), draw.lognormal(3, 1, 200)], axis=1)
    y = X[:, 0] * 3 + np.log(X[:, 1])
    net = pellucid.fit(X, y, hidden=(4,), epochs=5, quiet=True, progress=False)
    assert [c.transform for c in net.preprocessing.columns] == ["none", "log1p"]
    program = built(net.to_c(), folder, "-DNETWORK_MAIN")
    found = run_program(program, "\n".join(f"{a!r} {b!r}" for a, b in X.tolist()))
    assert np.array(found.split(), float) == pytest.approx(net.predict(X)[:, 0], rel=1e-13)
    with pytest.raises(
        InputError, match=r"to_c: column 'column_2' goes through a logarithm, which fixed point does not"
    ):
        net.to_c("fixed")


def test_more_values_than_32_bits_hold_are_refused():
    net = Network(1, Dense(1, weights=[[1e6]]), Dense(1, weights=[[1e6]]), seed=0)
    with pytest.raises(InputError, match="a value in this network is too large for 32 bits"):
        net.to_c("fixed")
    assert fixed_network(net.model, "n", (-1e-6, 1e-6)).point < 28


MINE = Activation(name="mine", forward=lambda xp, z: z, slope=lambda xp, z, a: z, formula="z", slope_formula="1")
RULE = LayerRule(
    name="own", formula="z", shapes=lambda i, o: {}, forward=lambda xp, x, p, u: x, resizes=False,
    gradients=lambda xp, x, p, u, dz: {}, input_gradient=lambda xp, x, p, u, dz: dz,
)  # fmt: skip


@pytest.mark.parametrize(
    ("net", "options", "text"),
    [
        (Network(1, Dense(1, MINE)), {}, "to_c: dense_1 has the activation 'mine'"),
        (Network(1, Custom(RULE), Dense(1)), {}, "to_c: own_1 is a layer of your own rule 'own'"),
        (Network(1, Dense(1)), {"number": "half"}, "number='half'"),
        (Network(1, Dense(1)), {"name": "my-net"}, "name='my-net'"),
        (Network(1, Dense(1)), {"name": ""}, "name=''"),
        (Network(1, Dense(1)), {"bounds": (0, 1)}, "bounds= with number='double'"),
        (Network(1, Dense(1)), {"number": "fixed", "bounds": (1, 0)}, r"bounds=\(1, 0\)"),
        (Network(2, Dense(1)), {"number": "fixed", "bounds": [(0, 1)]}, r"bounds=\[\(0, 1\)\]"),
        (Network(1, Dense(1, weights=[[1e300]])), {"number": "float"}, r"1e\+300 as a float"),
    ],
)
def test_what_c_cannot_say_is_refused(net, options, text):
    with pytest.raises(InputError, match=text):
        net.to_c(**options)


def test_c_answers_what_the_real_library_answered(outside_data, folder):
    """FANN's own nets (standard, shortcut, sparse), as C: the answers that the real library was recorded to give."""
    cases = json.loads(outside_data("oracle/forward/forward.json").read_text(encoding="ascii"))
    sources, rows, true = {}, {}, {}
    for k, case in enumerate(cases):
        sources[f"n{k}"] = pellucid.load(outside_data(f"oracle/{case['net']}")).to_c(name=f"n{k}")
        rows[f"n{k}"], true[f"n{k}"] = np.array(case["X"]), np.array(case["Y"])
    found = all_answers("double", sources, rows, {name: y.shape[1] for name, y in true.items()}, folder)
    assert len(found) >= 9
    for name, y in true.items():
        assert np.abs(found[name] - y).max() < 1e-14
