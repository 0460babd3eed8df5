"""`.net`: every file of the real library byte for byte; bad ones refused by line and key; ours read back."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fann_nets import same, structures
from pellucid.errors import FileFormatError, MissingFileError, Notice, PellucidError
from pellucid.fann.numpy_engine import NumpyEngine
from pellucid.io.fann import fixed, net_file
from pellucid.io.fann.faults import FannFileError
from pellucid.io.fann.structure import Settings, Structure
from real_fann import ask

Find = Callable[[str], Path]
# Files that the real library takes and then reads or writes beyond its arrays, or computes nonsense with.
REFUSED = {"layer_sizes_neg", "neuron_numcon_neg", "neuron_act_bad", "nettype7", "alg99"}
# Files that the real library refuses, and this reads: other line ends, order, comments, unknown keys.
READ = {
    "crlf", "leading_blank", "leading_space", "version_trailing_space", "spaces_around_eq", "indent_first_key",
    "blank_after_version", "comment_line", "swap_keys", "unknown_key", "neuron_morespace", "bom",
}  # fmt: skip
TOLD = {"conn_oob", "conn_oob_small", "conn_forward", "conn_swap_full", "neg_conn", "neuron_numcon_less", "nettype1"}

TEXT = net_file.to_text(
    Structure(
        0,
        1.0,
        [2, 2],
        np.array([0, 0, 2, 0]),
        np.array([0, 0, 5, 0]),
        np.array([0.0, 0.0, 0.5, 0.0]),
        np.array([0, 1]),
        np.array([0.1, -2.0]),
    )
)


def oracle_nets(outside_data: Find) -> list[Path]:
    folder = outside_data("oracle/training/index.json").parents[1]
    return [p for p in sorted(folder.rglob("*.net")) if "io" not in p.parts]


def test_every_float_net_is_written_back_byte_for_byte(outside_data: Find) -> None:
    nets = [p for p in oracle_nets(outside_data) if not p.read_bytes().startswith(b"FANN_FIX")]
    assert len(nets) == 262
    for path in nets:
        net = net_file.read(path)
        assert net_file.to_text(net, compat=True).encode() == path.read_bytes(), path
        assert net_file.to_text(net).encode() == path.read_bytes(), path


def test_fixed_point_nets_are_the_real_librarys_and_read_back(outside_data: Find) -> None:
    folder = outside_data("oracle/fixed/fixed.json").parents[1]
    for case in json.loads((folder / "fixed/fixed.json").read_text()):
        net = net_file.read(folder / case["float_net"])
        point = fixed.decimal_point(net)
        assert point == case["returned_decimal_point"]
        assert fixed.net_text(net, max(point, 0)) == (folder / case["fixed_net"]).read_text()
        back = net_file.read(folder / case["fixed_net"])
        assert np.allclose(back.weights, net.weights, rtol=0, atol=2.0**-point)
        assert np.allclose(back.steepness, net.steepness, rtol=0, atol=2.0**-point)
        assert back.settings.bit_fail_limit == pytest.approx(net.settings.bit_fail_limit, abs=2.0**-point)


def test_odd_and_broken_files_against_the_real_verdicts(outside_data: Find) -> None:
    folder = outside_data("oracle/io/net.json").parents[1]
    for case in json.loads((folder / "io/net.json").read_text()):
        name, path = case["name"], folder / case["file"]
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            if name in REFUSED or not (case["real_accepts"] or name in READ or name == "scale_key_typo"):
                with pytest.raises(FannFileError) as caught:
                    net_file.read(path)
                assert str(caught.value).startswith(repr(str(path))), name
                continue
            net = net_file.read(path)
        assert bool(told) == (name in TOLD), name
        if case["real_accepts"]:
            shown = eval(case["real_shown"][1])  # a tuple of numbers and lists
            settings = net.settings
            mine = (net.sizes, len(net.weights), settings.learning_rate, net.connection_rate)
            assert (*mine, net.network_type, settings.training_algorithm) == shown, name


def test_what_a_broken_file_is_told(outside_data: Find) -> None:
    folder = outside_data("oracle/io/net.json").parent / "net"
    told = {
        "layer_sizes_neg": (4, 33, "layer_sizes"),
        "neuron_numcon_neg": (5, 35, "neurons"),
        "trunc_conn": (6, 36, "connections"),
        "trunc_neurons": (5, 35, "neurons"),
        "missing_key": (4, 0, "learning_momentum"),
        "float_for_int": (4, 2, "num_layers"),
        "version_22": (3, 1, ""),
        "empty": (3, 1, ""),
        "alg99": (4, 7, "training_algorithm"),
    }
    for name, expected in told.items():
        with pytest.raises(FannFileError) as caught:
            net_file.read(folder / f"{name}.net")
        error = caught.value
        assert (error.number, error.line, error.key) == expected, name


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("learning_rate=0.700000", "learning_rate=fast", "line 3, learning_rate: 'fast' is no number"),
        ("learning_rate=0.700000", "learning_rate=0,7", "line 3, learning_rate: '0,7' is no number"),
        ("learning_rate=0.700000", "learning_rate=", "line 3, learning_rate: nothing stands there"),
        ("learning_rate=0.700000", "Learning_rate=1", "learning_rate: the file has 'Learning_rate' in its place"),
        ("network_type=0", "network_type=7", "line 5, network_type: the number is 7"),
        ("network_type=0", "network_type=0\nnetwork_type=0", "line 6, network_type: it is there twice"),
        ("connection_rate=1.000000", "connection_rate=nan", "line 4, connection_rate: it is nan"),
        ("num_layers=2", "num_layers=1", "line 2, num_layers: it is 1"),
        ("layer_sizes=2 2 ", "layer_sizes=2 1 ", "line 33, layer_sizes: layer 1 has 1 neurons"),
        ("layer_sizes=2 2 ", "layer_sizes=2 -2 ", "line 33, layer_sizes: '-2' stands there"),
        ("layer_sizes=2 2 ", "layer_sizes=2 3 ", "neurons: there are 4 of them"),
        ("(2, 5, ", "(9, 5, ", "line 35, neurons: neuron 2 takes 9 connections"),
        ("(2, 5, ", "(2, 18, ", "line 35, neurons: there is no activation function number 18"),
        ("=(0, 0, 0.0", "=(1, 0, 0.0", "neuron 0 takes 1 connections"),
        ("functions_count=10", "functions_count=0", "cascade_activation_functions_count: it is 0"),
        ("functions=3 ", "functions=33 ", "there is no function number 33"),
        ("(1, -2.0", "(1, minus2.0", "line 36, connections: 'minus2.00000000000000000000e+00' stands in group 1"),
        ("(1, -2.0", "1, -2.0", "line 36, connections: after 1 of them comes '1, -2.0"),
        ("scale_included=0", "scale_included=1", "scale_mean_in: the file (of 36 lines) lacks this key"),
        ("scale_included=0", "scale_mean_in=1 2", "scale_included: the file (of 36 lines) lacks this key"),
        ("FANN_FLO_2.1", "FANN_FLO_3.0", "line 1: the first line begins with 'FANN_FLO_3.0'"),
        ("FANN_FLO_2.1", "FANN_FIX_2.1", "decimal_point: the file (of 36 lines) lacks this key"),
    ],
)  # fmt: skip
def test_the_error_names_line_and_key(old: str, new: str, text: str) -> None:
    assert old in TEXT
    with pytest.raises(FannFileError) as caught:
        net_file.parse(TEXT.replace(old, new, 1))
    assert text in str(caught.value)


def test_a_sparse_nets_sources_must_stand_before_their_neuron() -> None:
    sparse = TEXT.replace("connection_rate=1.000000", "connection_rate=0.500000")
    assert net_file.parse(sparse).sources.tolist() == [0, 1]
    for wrong in ("(-1, ", "(2, ", "(99999999999, "):
        with pytest.raises(FannFileError, match="connection 0, to neuron 2, comes from neuron"):
            net_file.parse(sparse.replace("(0, 1.0", wrong + "1.0"))


def test_a_full_nets_own_sources_are_told_of_ignored_and_written_back() -> None:
    odd = TEXT.replace("(0, 1.0", "(77, 1.0")
    with pytest.warns(Notice, match="do not come from the neurons of a full net"):
        net = net_file.parse(odd)
    assert net.sources.tolist() == [0, 1]
    assert net_file.to_text(net) == net_file.to_text(net, compat=True) == odd


def test_what_fann_would_not_read_is_read() -> None:
    lines = TEXT.splitlines()
    head, body = lines[0], lines[1:]
    odd = "\r\n".join(["\ufeff" + head, "# a comment = 1", *reversed(body), "colour=blue  # who knows", ""])
    assert same(net_file.parse(odd), net_file.parse(TEXT))
    assert same(net_file.parse(TEXT.replace("\n", "\r")), net_file.parse(TEXT))
    assert same(net_file.parse(head + "\n" + " ".join(body)), net_file.parse(TEXT))
    assert same(net_file.parse(TEXT + "and so on ( 3"), net_file.parse(TEXT))


def test_numbers_keep_the_files_digits_until_they_change() -> None:
    text = TEXT.replace("learning_rate=0.700000", "learning_rate=.7").replace(
        "(1, -2.00000000000000000000e+00)", "(1, -2)"
    )
    net = net_file.parse(text)
    assert net_file.to_text(net) == text
    net.settings.learning_rate = float(np.float32(1e-9))
    net.settings.quickprop_mu = 0.5
    net.weights[1] = -3.0
    written = net_file.to_text(net)
    assert "learning_rate=1e-09\n" in written
    assert "quickprop_mu=0.500000\n" in written
    assert "(1, -3.00000000000000000000e+00) " in written
    assert "(0, 1.00000000000000005551e-01) " in written
    assert "learning_rate=0.000000\n" in net_file.to_text(net, compat=True)


def test_sarprops_settings_follow_as_lines_that_fann_ignores() -> None:
    net = net_file.parse(TEXT)
    net.settings.sarprop_temperature = 0.25
    written = net_file.to_text(net)
    assert written == TEXT + "sarprop_temperature=0.250000\n"
    assert net_file.parse(written).settings.sarprop_temperature == 0.25
    assert net_file.to_text(net, compat=True) == TEXT


def test_version_1_1(outside_data: Find) -> None:
    net = net_file.read(outside_data("oracle/io/net/v11.net"))
    assert (net.sizes, net.weights.tolist()) == ([2, 2, 1], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
    assert net.activation.tolist() == [0, 0, 0, 4, 4, 4, 4, 4]
    assert net.settings == Settings(learning_rate=net.settings.learning_rate)
    old = "FANN_FIX_1.1\n2 2 0.7 1.0 0 4 3 2 2\n2 2\n0 0 2 0\n(0 6) (1 -4)"
    fixed_net = net_file.parse(old)
    assert (fixed_net.weights.tolist(), fixed_net.steepness.tolist()) == ([1.5, -1.0], [0.0, 0.0, 0.5, 0.5])
    for wrong in ("FANN_FLO_1.1", "FANN_FLO_1.1\n2 0.7 1 0", old.replace("(1 -4)", ""), old.replace("2 2\n", "2 x\n")):
        with pytest.raises(FannFileError):
            net_file.parse(wrong)


def test_files_that_are_not_there_or_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"there is no file .*missing\.net"):
        net_file.read(tmp_path / "missing.net")
    with pytest.raises(MissingFileError):
        net_file.read(tmp_path / ("x" * 200 + ".net"))
    with pytest.raises(FileFormatError, match="is a folder"):
        net_file.read(tmp_path)
    with pytest.raises(PellucidError, match="does not exist"):
        net_file.write(net_file.parse(TEXT), tmp_path / "no" / "a.net")


@given(structures())
def test_what_is_written_is_read_back_exactly(net: Structure) -> None:
    text = net_file.to_text(net)
    back = net_file.parse(text)
    assert same(net, back)
    assert net_file.to_text(back) == text


@given(structures())
def test_compat_keeps_weights_exactly_and_settings_to_six_decimals(net: Structure) -> None:
    back = net_file.parse(net_file.to_text(net, compat=True))
    assert np.array_equal(back.weights, net.weights, equal_nan=True)
    assert back.settings.learning_rate == pytest.approx(net.settings.learning_rate, abs=5e-7, rel=1e-6)
    assert net_file.to_text(back, compat=True) == net_file.to_text(net, compat=True)


@given(st.data())
def test_a_spoilt_file_gives_an_error_or_a_net_but_nothing_else(data: st.DataObject) -> None:
    raw = bytearray(TEXT.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(raw) - 1))
        piece = data.draw(
            st.sampled_from([b"", b"-", b"(", b")", b"=", b"\n", b"\0", b"9" * 30, b"nan", b"#", b"1e999", b"\xff"])
        )
        raw[place : place + data.draw(st.integers(0, 12))] = piece
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Notice)
        try:
            net = net_file.parse(bytes(raw))
        except FannFileError:
            return
        assert same(net_file.parse(net_file.to_text(net)), net)


def drawn_nets(count: int) -> list[Structure]:
    """Nets that the real library can compute with."""
    nets: list[Structure] = []

    @settings(max_examples=count, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(structures(anything=False))
    def collect(net: Structure) -> None:
        nets.append(net)

    collect()
    return nets


@pytest.mark.peers
def test_the_real_library_reads_what_is_written_and_the_other_way_round(tmp_path: Path) -> None:
    nets, rows = drawn_nets(60), np.random.default_rng(0)
    X = [rows.normal(size=net.n_in) for net in nets]
    for k, net in enumerate(nets):
        net_file.write(net, tmp_path / f"{k}.net")
    answers = ask(
        """
answer = []
for k, x in enumerate(given):
    net = libfann.neural_net()
    read = net.create_from_file(f"{k}.net")
    saved = net.save(f"{k}s.net") and net.save_to_fixed(f"{k}f.net")
    settings = [net.get_learning_rate(), net.get_quickprop_decay(), net.get_bit_fail_limit()]
    answer.append([read, saved, net.run(x), *settings])
    print(k, flush=True)
""",
        tmp_path,
        [x.tolist() for x in X],
    )
    for k, (net, (read, saved, y, rate, decay, limit)) in enumerate(zip(nets, answers, strict=True)):
        assert read
        assert saved == fixed.decimal_point(net)
        assert fixed.net_text(net, max(0, saved)).encode() == (tmp_path / f"{k}f.net").read_bytes()
        assert np.allclose(NumpyEngine().outputs(net, X[k][None])[0], y, rtol=1e-9, atol=1e-9)
        assert (rate, decay, limit) == (
            net.settings.learning_rate,
            net.settings.quickprop_decay,
            net.settings.bit_fail_limit,
        )
        assert net_file.to_text(net, compat=True).encode() == (tmp_path / f"{k}s.net").read_bytes()
        scale, limit = 2.0 ** max(0, saved), net.settings.bit_fail_limit
        if abs(limit) * scale < 2.0**31:
            rounded = net_file.read(tmp_path / f"{k}f.net")
            assert rounded.settings.bit_fail_limit == pytest.approx(limit, rel=0, abs=1 / scale)
        back = net_file.read(tmp_path / f"{k}s.net")
        assert np.array_equal(back.weights, net.weights)
