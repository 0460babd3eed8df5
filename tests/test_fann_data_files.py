"""`.data`: the real library's verdicts and bytes; numbers as C reads them; what we write is read back exactly."""

from __future__ import annotations

import json
import math
import re
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pellucid.errors import MissingFileError, Notice
from pellucid.io.fann import data_file, fixed
from pellucid.io.fann.faults import FannFileError
from pellucid.io.fann.numbers import floats, number_at, to_float
from real_fann import ask

Find = Callable[[str], Path]
ODD = [
    33554432.0, -33554432.0, 100663296.0, 2147.0, 2147.4836, -2148.0, math.nan, math.inf, 0.9999999,
    -0.9999999, 1e-7, 1.0000004, 1.0000006, -0.0, 1e300, 123456789.0, 0.1, 0.5, -0.5, 2**31 - 0.5, -(2.0**31) - 0.5,
]  # fmt: skip


def test_odd_and_broken_files_against_the_real_verdicts(outside_data: Find) -> None:
    folder = outside_data("oracle/io/data.json").parents[1]
    for case in json.loads((folder / "io/data.json").read_text()):
        name, path = case["name"], folder / case["file"]
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            if not case["real_accepts"] and name not in ("bom", "comments"):
                with pytest.raises(FannFileError, match=re.escape(repr(str(path))) + ": line [0-9]") as caught:
                    data_file.read(path)
                assert caught.value.number == 10, name
                continue
            X, Y = data_file.read(path)
        assert bool(told) == name.startswith("trailing"), name
        if case["real_accepts"]:
            inputs, outputs = eval(case["real_shown"][1], {"nan": np.nan, "inf": np.inf})
            assert np.array_equal(X, np.array(inputs).reshape(X.shape), equal_nan=True), name
            assert np.array_equal(Y, np.array(outputs).reshape(Y.shape), equal_nan=True), name


def test_the_data_sets_are_written_back_byte_for_byte(outside_data: Find) -> None:
    for name in ("mushroom.train", "diabetes.train", "thyroid.test", "two-spiral.train"):
        raw = outside_data(f"datasets/{name}").read_bytes()
        X, Y = data_file.parse(raw)
        assert data_file.to_text(X, Y, compat=True).encode().split() == raw.split(), name
        assert np.array_equal(data_file.parse(data_file.to_text(X, Y))[0], X), name


def test_fixed_point_examples_are_the_real_librarys(outside_data: Find, tmp_path: Path) -> None:
    folder = outside_data("oracle/fixed/fixed.json").parents[1]
    for case in json.loads((folder / "fixed/fixed.json").read_text()):
        if "float_data" in case:
            X, Y = data_file.read(folder / case["float_data"])
            fixed.save_rows(tmp_path / "fixed.data", X, Y, case["returned_decimal_point"])
            assert (tmp_path / "fixed.data").read_bytes() == (folder / case["fixed_data"]).read_bytes()


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "line 1: the file is empty"),
        ("4 2", "line 1: it begins with '4 2'"),
        ("4.0 2 1\n1", "line 1: it begins with '4.0 2 1'"),
        ("-1 2 1\n1", "line 1: the header says '-1' rows"),
        ("1 99999999999999999999999999 1\n1", "line 1: the header says '99999999999999999999999999' inputs"),
        ("2 2 1\n1 2\n3\n4 5\n", "line 4: the file ends after 5 numbers"),
        ("4000000000 2 1\n1 2\n3\n", "line 3: the file ends after 3 numbers"),
        ("2 2 1\n1 2\n3\n4 five\n6", "line 4: 'five' is no number (row 2 of 2)"),
        ("1 2 1\n0,5 1\n2", "line 2: ',5' is no number (row 1 of 1)"),
        ("1 1 1 / 1 / 1", "line 1: '/' is no number (row 1 of 1)"),
        ("1 1 1\r\n1_000\r\n1", "line 2: '_000' is no number (row 1 of 1)"),
        ("1 1 1\n1\n\0", "line 3: '\\x00' is no number (row 1 of 1)"),
        ("3 0 0\n", "line 1: the header says 0 inputs and 0 outputs"),
    ],
)
def test_the_error_names_line_and_what_was_found(text: str, error: str) -> None:
    with pytest.raises(FannFileError) as caught:
        data_file.parse(text)
    assert str(caught.value).startswith(error + ".")


def test_what_fann_would_not_read_is_read() -> None:
    X, Y = data_file.parse("\ufeff# a header follows\r\n1 2 1 # rows, inputs, outputs\r\n1 2\r\n# and 9\r\n3")
    assert (X.tolist(), Y.tolist()) == ([[1.0, 2.0]], [[3.0]])


def test_a_missing_file_is_a_filenotfounderror(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"there is no file .*and\.data"):
        data_file.read(tmp_path / "and.data")
    assert issubclass(MissingFileError, FileNotFoundError)


@pytest.mark.parametrize(
    ("token", "value"),
    [
        (b"+2", 2.0), (b".5", 0.5), (b"5.", 5.0), (b"-1e3", -1000.0), (b"0x1A", 26.0), (b"0x1p3", 8.0),
        (b"inf", math.inf), (b"-Infinity", -math.inf),
        (b"1e400", math.inf), (b"1e-400", 0.0), (b"1_0", None), (b".", None), (b"e5", None),
        (b"", None), (b"1e", None), (b"0x1p99999", math.inf), (b"-0x1p99999", -math.inf), (b"\xd9\xa1", None),
    ],
)  # fmt: skip
def test_numbers_as_c_reads_them(token: bytes, value: float | None) -> None:
    assert to_float(token) == value


def test_glued_numbers_are_cut_as_scanf_does() -> None:
    assert number_at(b"1-2", 0) == (1.0, 1)
    assert number_at(b"1.5.5", 0) == (1.5, 3)
    assert math.isnan(number_at(b"nan(7)", 0)[0])


@given(
    st.lists(st.one_of(st.floats(allow_nan=False).map(repr), st.decimals(-1000, 1000, places=3).map(str)), max_size=50)
)
@example(["123456789012345", "-.5", "+1.", "0000000.000001", "999999999999999", "0.30000000000000004"])
def test_decimals_are_computed_exactly(tokens: list[str]) -> None:
    found = floats(" ".join(tokens).encode())
    assert found is not None
    assert found.tobytes() == np.array([float(token) for token in tokens], np.float64).tobytes()


def test_long_texts_are_read_piece_by_piece() -> None:
    values = np.random.default_rng(0).normal(size=20_000).round(4)
    text = " \n".join(map(repr, values.tolist()))
    assert len(text) > 100_000
    assert np.array_equal(floats(text.encode()), values)
    assert floats((text + " x").encode()) is None


def tables() -> st.SearchStrategy[tuple[np.ndarray, np.ndarray]]:
    def build(shape: tuple[int, int, int]) -> st.SearchStrategy[tuple[np.ndarray, np.ndarray]]:
        rows, n_in, n_out = shape
        numbers = st.lists(st.floats(), min_size=rows * (n_in + n_out), max_size=rows * (n_in + n_out))
        return numbers.map(lambda v: np.hsplit(np.array(v, float).reshape(rows, n_in + n_out), [n_in]))

    return st.tuples(st.integers(0, 5), st.integers(1, 4), st.integers(0, 3)).flatmap(build)


@given(tables())
def test_what_is_written_is_read_back_exactly(table: tuple[np.ndarray, np.ndarray]) -> None:
    back = data_file.parse(data_file.to_text(*table))
    for old, new in zip(table, back, strict=True):
        assert np.array_equal(old, new, equal_nan=True)
        assert np.array_equal(np.signbit(old[~np.isnan(old)]), np.signbit(new[~np.isnan(new)]))


def as_fann_writes(value: float) -> str:
    """One number by the specification's rule, in 32-bit ints that wrap."""

    def c_int(x: float) -> int:
        return int(x) if -(2.0**31) - 1 < x < 2.0**31 else -(2**31)

    def floor(x: float) -> float:
        return math.floor(x) if math.isfinite(x) else x

    whole = (c_int(floor(value + 0.5)) * 1_000_000 + 2**31) % 2**32 - 2**31
    if whole == c_int(floor(value * 1e6 + 0.5)):
        return str(c_int(value))
    return ("-" if math.isnan(value) and math.copysign(1.0, value) < 0 else "") + f"{value:f}"


MILLIONTHS = st.integers(-(10**10), 10**10).map(lambda k: k / 1e6)
WHOLES = st.integers(-(2**32), 2**32).map(float) | st.integers(-99, 99).map(lambda k: k * 2.0**25)
FEW = st.sampled_from([0.0, -0.0, 1.0, 9.0, -1.0, 0.5, 1e-4, 1e-5, 2147.0, 2148.0, 0.9999999, 1e300, -math.nan])


@given(st.lists(st.tuples(*[FEW | MILLIONTHS | WHOLES | st.floats()] * 3), min_size=1, max_size=6))
def test_each_number_is_written_by_the_rule(rows: list[tuple[float, ...]]) -> None:
    """A matrix is written by NumPy and by rows; the text is that of its numbers one by one."""
    X, Y = np.hsplit(np.array(rows, float), [2])
    for compat, text_of in ((False, lambda v: repr(v).removesuffix(".0")), (True, as_fann_writes)):
        wanted = "".join(f"{text_of(a)} {text_of(b)} \n{text_of(c)} \n" for a, b, c in rows)
        assert data_file.to_text(X, Y, compat=compat) == f"{len(rows)} 2 1\n{wanted}"


@given(st.data())
def test_a_spoilt_file_gives_an_error_or_numbers_but_nothing_else(data: st.DataObject) -> None:
    raw = bytearray(b"3 2 1\n1 2\n0.5\n1e3 -4\n7\n.5 6\n8\n")
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(raw) - 1))
        piece = data.draw(
            st.sampled_from([b"", b"-", b".", b"\n", b"\0", b"9" * 30, b"nan", b"#", b"1e999", b"\xff", b"0x"])
        )
        raw[place : place + data.draw(st.integers(0, 5))] = piece
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Notice)
        try:
            X, Y = data_file.parse(bytes(raw))
        except FannFileError:
            return
    assert len(X) == len(Y)


@pytest.mark.peers
def test_the_real_library_writes_the_same_bytes_and_reads_ours(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    values = np.concatenate(
        [ODD, random.normal(size=200), random.normal(size=200).round(6), random.integers(-3000, 3000, 99)]
    )
    X, Y = values[:, None], np.zeros((len(values), 1))
    data_file.write(tmp_path / "a.data", X, Y)
    read = ask(
        """
data = libfann.training_data()
data.read_train_from_file("a.data")
data.save_train("b.data")
for point in (0, 5, 13, 30, 31, 35):
    data.save_train_to_fixed(f"{point}.data", point)
answer = data.get_input()
""",
        tmp_path,
    )
    assert np.array_equal(np.array(read), X, equal_nan=True)
    assert data_file.to_text(X, Y, compat=True).encode() == (tmp_path / "b.data").read_bytes()
    for point in (0, 5, 13, 30, 31, 35):
        fixed.save_rows(tmp_path / "mine.data", X, Y, point)
        assert (tmp_path / "mine.data").read_bytes() == (tmp_path / f"{point}.data").read_bytes(), point


@pytest.mark.peers
def test_the_real_library_reads_numbers_as_we_do(tmp_path: Path) -> None:
    tokens = [
        "0x1A",
        "1-2",
        "1.5.5",
        "1e3",
        ".5",
        "5.",
        "+7",
        "1e400",
        "-inf",
        "1e-320",
        "0.1",
        "12345678901234567890",
        "-.5e-3",
    ]
    (tmp_path / "a.data").write_text("1 14 1\n" + " ".join(tokens) + "\n1\n")
    script = "data = libfann.training_data()\ndata.read_train_from_file('a.data')\n"
    answer = ask(script + "answer = [data.get_input(), data.get_output()]", tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Notice)
        X, Y = data_file.read(tmp_path / "a.data")
    assert [X.tolist(), Y.tolist()] == answer
