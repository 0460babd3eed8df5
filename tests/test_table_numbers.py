"""Cells as numbers: decimal marks, thousands, what is too large, and what only looks like a number."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.data.cells import is_truth, natural, numbers_of, text_of
from pellucid.data.columns import as_columns
from pellucid.data.split import same_rows
from pellucid.data.table import read_table
from pellucid.errors import InputError


@pytest.fixture
def read(tmp_path):
    def read(text: str, **options):
        path = tmp_path / "data.csv"
        path.write_text(text, encoding="utf-8")
        return read_table(path, **options)

    return read


def values(table) -> list[list[object]]:
    return [[None if v is None or v != v else v for v in array.tolist()] for array in table.arrays]


def test_decimal_commas(read):
    table = read("a;b;c\n1,5;x;1\n2,25;y;2\n")
    assert values(table) == [[1.5, 2.25], ["x", "y"], [1, 2]]
    assert "Numbers have a decimal comma: a." in table.findings
    assert values(read('a,b\n"1,5",2\n"-0,25",3\n')) == [[1.5, -0.25], [2, 3]]
    # 1.5 stays a number beside decimal commas; 1.234 may be a thousand.
    table = read("a;b;c\n1,5;1.5;1.234\n2,25;2;2.345\n")
    assert values(table)[1] == [1.5, 2] and table.kind("c") == "category"
    assert (
        'c: read as words, as 1.234 may be in thousands or have a decimal point; decimal="," or decimal="." says which.'
        in table.findings
    )


def test_thousands_are_not_guessed(read):
    table = read('a,b\n"1,234",2\n"5,678",3\n')
    assert table.kind("a") == "category"
    assert (
        'a: read as words, as 1,234 may be in thousands or have a decimal comma; decimal="," or decimal="." says which.'
        in table.findings
    )
    assert values(read('a,b\n"1,234",2\n"5,678",3\n', decimal=","))[0] == [1.234, 5.678]
    assert values(read('a,b\n"1,234",2\n"5,678",3\n', decimal="."))[0] == [1234, 5678]
    assert values(read("a;b\n1,5;2\n", decimal="."))[0] == ["1,5"]


@pytest.mark.parametrize(
    ("text", "numbers", "sign"),
    [
        ('a\n"1,234,567"\n"5,678"\n12\n', [1234567, 5678, 12], "Commas"),
        ('a\n"1,234.5"\n"-5,678"\n', [1234.5, -5678], "Commas"),
        ('a\n"1,234"\n1.5\n', [1234, 1.5], "Commas"),
        ('a;b\n"1,234";0.5\n"5,678";7\n', [1234, 5678], "Commas"),
        ("a;b\n1.764.052,35;1\n400.157,2;2\n", [1764052.35, 400157.2], "Points"),
        ("a;b\n1.234;0,5\n5.678;2\n", [1234, 5678], "Points"),
        ("a;b\n1.234.567;0,5\nNA;2\n", [1234567, None], "Points"),
    ],
)
def test_thousands_that_can_be_nothing_else(read, text, numbers, sign):
    table = read(text)
    assert values(table)[0] == numbers and f"{sign} separate thousands: a." in table.findings
    if sign == "Points":
        assert any(finding.startswith("Numbers have a decimal comma: ") for finding in table.findings)


def test_a_word_among_thousands(read):
    with pytest.raises(InputError, match="line 52 of data.csv, column 'a', holds the text 'oops'"):
        read("a\n" + "".join(f'"{i},234,567"\n' for i in range(1, 51)) + "oops\n")
    assert read('a\n"1,234,567"\n"0,123"\n').kind("a") == "category"
    assert read("a\n192.168.1.1\n10.0.0.1\n").kind("a") == "category"


def test_minus_signs(read):
    table = read("a,b,c\n\u22121.5,\u22121e\u22123,\u2212\n2,-1,x\n")
    assert values(table) == [[-1.5, 2], [-0.001, -1], [None, "x"]]
    assert values(read("a;b\n\u22121.234.567,5;x\n"))[0] == [-1234567.5]


def test_whole_numbers_that_float64_cannot_tell_apart(read):
    rows = "".join(f"{10**18 + i},{i % 2}\n" for i in range(30))
    table = read("account,y\n" + rows, target="y")
    assert table["account"][1] == str(10**18 + 1)
    assert table.findings[1:] == (
        "Whole numbers too large to be told apart as numbers, read as words: account.",
        "Columns: 1 of numbers (y), 1 of words (account).",
        "account: its words are all different, like names or identifiers.",
    )
    assert read(f"a\n{10**18 + 1}\n").kind("a") == "category"
    assert values(read(f"a\n{10**18}\n{2 * 10**18 + 1}\n5\n"))[0] == [1e18, 2e18, 5]
    assert read(f"a\n{2**53}\n{2**53 - 1}\n").kind("a") == "numeric"


def test_codes_are_words(read):
    table = read("zip,inf,under,day\n01234,1,1_000,1e3\n10234,inf,2_000,2\n")
    assert table.kinds == ("category", "category", "category", "numeric")
    assert values(table)[0] == ["01234", "10234"]


def test_words_in_a_column_of_numbers(read):
    numbers = "".join(f"{i * 1.5},{i}\n" for i in range(50))
    with pytest.raises(InputError) as caught:
        read("a,b\n" + numbers + "abc,1\n" + "x,2\n")
    assert str(caught.value) == (
        "line 52 of data.csv, column 'a', holds the text 'abc'.\n"
        "  Expected: a number, as in 50 other rows (2 rows with text in this column).\n"
        "  Instead:  an empty cell or NA, where a value is missing"
    )
    with pytest.raises(InputError, match="holds the text 'inf'"):
        read("a,b\n" + numbers + "inf,1\n")
    # Few different numbers may be codes, and half of them words are no slip of the pen.
    assert read("a\n" + "1\n2\n3\n" * 30 + "A\n").kind("a") == "category"
    assert read("a\n" + "".join(f"{i}\nw{i}\n" for i in range(50))).kind("a") == "category"


@pytest.mark.parametrize("number", ["1e999", "-1e400", "1,5e999", "9" * 400])
def test_numbers_too_large(read, number):
    for mark, delimiter in ((".", ","), (",", ";")):
        rows = "".join(f"{i}{mark}5{delimiter}{i}\n" for i in range(30))
        with pytest.raises(InputError) as caught:
            read(f"a{delimiter}b\n{rows}{number.replace(',', mark)}{delimiter}1\n")
        assert "line 32 of data.csv, column 'a', holds " in str(caught.value)
        assert "Expected: a number of at most 1.8e308, as float64 holds." in str(caught.value)
    with pytest.raises(InputError, match="line 2 of data.csv, column 'a', holds 1e999"):
        read("a,b\n1e999,2\n")
    assert read("a,b\n1e999,2\nab12,3\n").kind("a") == "category"


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_numbers_are_read_exactly(numbers):
    texts = [repr(v) for v in numbers]
    assert numbers_of(texts).tolist() == numbers
    assert numbers_of([t.replace(".", ",") for t in texts], ",").tolist() == numbers


def test_cells():
    assert numbers_of(["1", None]).tolist()[0] == 1 and np.isnan(numbers_of([None])[0])
    for text in ("", " ", "1 2", "0x1", "1_0", "nan", "inf", "1e999", "٣", "1\n2", "--1", "e5", "01"):
        assert numbers_of([text]) is None, text
    assert numbers_of(["1.5"], ",") is None and numbers_of(["1,5"]) is None
    assert is_truth(["Yes", "no", None]) and is_truth(["TRUE", "False"])
    assert not is_truth(["yes", "yes"]) and not is_truth(["yes", "false"]) and not is_truth([None])
    assert [text_of(v) for v in (1, 1.0, True, np.float64(0.5), np.int64(3), "x")] == [
        "1",
        "1",
        "True",
        "0.5",
        "3",
        "x",
    ]


@pytest.mark.parametrize(
    "X",
    [
        np.array([[10**18 + i, i] for i in range(4)]),
        np.array([[10**18 + i, i] for i in range(4)], dtype=np.uint64),
        [[10**18 + i, i / 2] for i in range(4)],
        [[10**18 + i, None] for i in range(4)],
        [[str(10**18 + i), "x"] for i in range(4)],
        {"a": [10**18 + i for i in range(4)], "b": [1, 2, 3, 4]},
    ],
)
def test_large_whole_numbers_of_any_source_stay_apart(X):
    table = as_columns(X)
    assert table.arrays[0].tolist() == [str(10**18 + i) for i in range(4)]
    assert same_rows(table).tolist() == [0, 1, 2, 3]


def test_large_numbers_that_stay_apart_anyway_are_numbers():
    for X in ([[2.0**60], [2.0**61]], [[2**60], [-(2**63)]], np.array([[2**62 + 1], [5]]), [[1e300], [-1.5]]):
        assert as_columns(X).kinds == ("numeric",)


def test_text_too_large_for_a_number_in_a_list():
    with pytest.raises(
        InputError, match="X holds '1e999' in row 1, column 'column_1'.\n  Expected: a number of at most"
    ):
        as_columns([["2", "a"], ["1e999", "b"]])


@given(st.lists(st.text("abc019", max_size=6)))
def test_words_in_natural_order(words):
    ordered = sorted(words, key=natural)
    assert sorted(words, key=natural, reverse=True) == ordered[::-1]
    plain = [word for word in words if not any(c in "019" for c in word)]
    assert sorted(plain, key=natural) == sorted(plain)
    digits = [word for word in words if word.isdecimal()]
    assert [int(word) for word in sorted(digits, key=natural)] == sorted(map(int, digits))
