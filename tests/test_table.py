"""Files as tables: what is detected is right and said; what cannot be read is refused with its line."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import pathlib
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pellucid.data.table import read_table
from pellucid.errors import FileFormatError, InputError, PellucidError, UnknownNameError


@pytest.fixture
def read(tmp_path):
    def read(data: str | bytes, **options):
        path = tmp_path / "data.csv"
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return read_table(path, **options)

    return read


def values(table) -> list[list[object]]:
    return [[None if v is None or v != v else v for v in array.tolist()] for array in table.arrays]


# --- what is detected -------------------------------------------------------------------------------------------


def test_a_plain_table(read):
    table = read("age,island,tame\n20,Dream,yes\n,Biscoe,no\n25.5,NA,yes\n", target="tame")
    assert table.columns == ("age", "island", "tame") and table.kinds == ("numeric", "category", "boolean")
    assert values(table) == [[20, None, 25.5], ["Dream", "Biscoe", None], ["yes", "no", "yes"]]
    assert table.target == "tame" and table.named and not table.single
    assert table.findings == (
        "data.csv: 3 rows and 3 columns, separated by commas, UTF-8, names in the first line.",
        "Columns: 1 of numbers (age), 1 of yes or no (tame), 1 of words (island).",
        "2 missing values (empty, NA): age 1, island 1.",
    )


@pytest.mark.parametrize(("delimiter", "word"), [(",", "commas"), (";", "semicolons"), ("\t", "tabs"), ("|", "bars")])
def test_delimiters(read, delimiter, word):
    table = read("a,b,c\n1,x,2.5\n2,y,3\n".replace(",", delimiter))
    assert values(table) == [[1, 2], ["x", "y"], [2.5, 3]]
    assert f"separated by {word}" in table.findings[0]


def test_delimiters_inside_words(read):
    table = read('name;note\nx;"a, b; c, d"\ny;e, f, g\n')
    assert values(table) == [["x", "y"], ["a, b; c, d", "e, f, g"]]
    table = read("text,n\na;b,1\nc,2\nd|e,3\n")
    assert table.columns == ("text", "n")


def test_a_delimiter_that_is_given(read):
    assert values(read("a:b\n1:2\n", delimiter=":")) == [[1], [2]]
    assert values(read("a\tb\n1\t2\n", delimiter="tab")) == [[1], [2]]
    assert values(read("a;b\n1;2\n", delimiter=","))[0] == ["1;2"]
    table = read("sep=|\na|b;c\n1|2\n")
    assert table.columns == ("a", "b;c")


TEXT = "näme,größe\nÜber,1\nß,2\n"


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (TEXT.encode(), "UTF-8"),
        (codecs.BOM_UTF8 + TEXT.encode(), "UTF-8 with a byte order mark"),
        (TEXT.encode("utf-16"), "UTF-16 with a byte order mark"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "UTF-16 with a byte order mark"),
        (TEXT.encode("utf-32"), "UTF-32 with a byte order mark"),
        (TEXT.encode("utf-16-le"), "UTF-16-LE"),
        (TEXT.encode("utf-16-be"), "UTF-16-BE"),
        (TEXT.encode("cp1252"), "Windows-1252"),
        (gzip.compress(TEXT.encode(), mtime=0), "UTF-8"),
    ],
)
def test_encodings(read, data, name):
    table = read(data)
    assert table.columns == ("näme", "größe") and values(table) == [["Über", "ß"], [1, 2]]
    assert f", {name}, names" in table.findings[0]
    if name == "Windows-1252":
        assert table.findings[1] == (
            "Byte 1 is not UTF-8: read as Windows-1252 (Western European); encoding= says otherwise."
        )


def test_an_encoding_that_is_given(read):
    assert read(TEXT.encode("latin-1"), encoding="latin-1").columns == ("näme", "größe")
    assert read("a\nż\n".encode("iso8859-2"), encoding="iso8859-2")["a"].tolist() == ["ż"]
    assert read(b"a\n\x81\n")["a"].tolist() == ["\x81"]
    assert "Latin-1" in read(b"a\n\x81\n").findings[0]


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("5.1,3.5,setosa\n4.9,3.0,setosa\n", ("column_1", "column_2", "column_3")),
        ("a,b\n1,2\n", ("a", "b")),
        ("id,2001,2002\n1,5,6\n2,7,8\n", ("id", "2001", "2002")),
        ("p,x,p\np,x,p\nq,x,p\n", ("column_1", "column_2", "column_3")),
        ("name,colour\nx,red\ny,blue\n", ("name", "colour")),
        ("1;2\n3;4\n", ("column_1", "column_2")),
        ("?,1\n2,3\n", ("column_1", "column_2")),
    ],
)
def test_headers(read, text, columns):
    table = read(text)
    assert table.columns == columns
    said = "The first line holds no names: the columns are called column_1 to " in " ".join(table.findings)
    assert said == (columns[0] == "column_1")
    assert len(table) == text.count("\n") - (columns[0] != "column_1")


def test_a_header_that_the_target_or_the_caller_names(read):
    assert read("name,1999\nx,5\n", target="1999").columns == ("name", "1999")
    assert read("name,1999\nx,5\n", header=True).columns == ("name", "1999")
    assert len(read("a,b\nx,y\n", header=False)) == 2
    assert read("1,2\n3,4\n", target="column_2").target == "column_2"


def test_names_are_made_different(read):
    table = read(" a ,a,,a\n1,2,3,x\n")
    assert table.columns == ("a", "a_2", "column_3", "a_3")
    assert "Column 2 has the name a again: it is called a_2." in table.findings
    assert "Column 3 has no name: it is called column_3." in table.findings


def test_genuine_names_stay(read):
    table = read("a,a,a_2,,column_4\n1,2,3,4,5\n")
    assert table.columns == ("a", "a_3", "a_2", "column_4_2", "column_4")
    assert "Column 2 has the name a again: it is called a_3." in table.findings


def test_comments_at_the_top(read):
    for text, names in [("a,b\n1,2\nx,4\n", ("a", "b")), ("1,2\n3,4\n", ("column_1", "column_2"))]:
        table = read("# made by hand,\n# in 2020\n" + text)
        assert table.columns == names and len(table) == 2
        assert "2 lines of comment (#) at the top left out." in table.findings
    assert ", names in line 3." in read("# made, by hand\n# \na,b\n1,2\n").findings[0]
    with pytest.raises(FileFormatError, match="line 4 of data.csv has 1 cell"):
        read("# made by hand\na,b\n1,2\n3\n")
    # The line of names may begin with # itself, as NumPy writes it.
    assert read("# made by hand\n# a,b\n1,2\n").columns == ("# a", "b")
    assert read("#,b\n1,2\n").columns == ("#", "b")
    assert read("#a\n#b\n", header=False)["column_1"].tolist() == ["#a", "#b"]


def test_blanks_between_cells(read):
    text = 'a b  c\n1  2 "x  y"\n 3 4   z \n'
    table = read(text, delimiter=" ")
    assert table.columns == ("a", "b", "c") and values(table) == [[1, 3], [2, 4], ["x  y", "z"]]
    plain = "a b c\n1 2 x\n3 4 y\n"
    finding = 'Each line is words with blanks between: if these are cells, delimiter=" " takes them apart.'
    assert finding in read(plain).findings
    with pytest.raises(UnknownNameError) as caught:
        read(plain, target="c")
    assert str(caught.value).endswith('Expected: one of a b c.\n  Instead:  delimiter=" "')
    assert finding not in read("some text\nother words\n").findings


def test_missing_values(read):
    marks = ["", "NA", "N/A", "NaN", "null", "?", "-", " na ", "<NA>", "#N/A"]
    table = read("n,w\n" + "".join(f"{mark},{mark}\n" for mark in marks[1:]) + "1,x\n-2,-\n")
    assert values(table)[0] == [None] * 9 + [1, -2] and values(table)[1] == [None] * 9 + ["x", None]
    assert "19 missing values" in table.findings[-2]
    assert values(read('a\n1\n""\n2\n')) == [[1, None, 2]]


def test_quotes(read):
    table = read('a,b\n1,"x\ny"\n2,"say ""so"""\n3, "u, v"\n')
    assert values(table)[1] == ["x\ny", 'say "so"', "u, v"]
    assert values(read("a,b\r1,2\r3,4\r")) == [[1, 3], [2, 4]]
    assert values(read("a,b\r\n1,2\r\n3,4\r\n")) == [[1, 3], [2, 4]]
    assert values(read("a,b\n1,2\n3,4")) == [[1, 3], [2, 4]]


def test_empty_lines_and_trailing_delimiters(read):
    table = read("a,b\n\n1,2\n,\n3,4\n\n")
    assert values(table) == [[1, None, 3], [2, None, 4]] and "1 empty line left out." in table.findings
    assert table.rows.tolist() == [1, 2, 3]
    table = read("\na,b\n1,2\n   \n3,4\n,\n , \n\n,\n")
    assert values(table) == [[1, 3], [2, 4]] and "5 empty lines left out." in table.findings
    # One column: an empty line is an empty cell, but at the end.
    assert values(read("a\n1\n\n3\n\n\n")) == [[1, None, 3]]
    assert values(read("a,b,c\n1,2,3,\n,\n,,,\n4,5,6,\n"))[2] == [3, None, None, 6]
    assert values(read("a,b\n1,2,\n3,4,\n")) == [[1, 3], [2, 4]]


def test_rows_without_a_target_are_left_out(read):
    table = read("a,b\n1,x\n2,\n3,y\n", target="b")
    assert values(table) == [[1, 3], ["x", "y"]] and "1 row without a value for b: left out." in table.findings
    assert table.rows.tolist() == [1, 3]
    assert read("a,b\n1,x\n,\n3,y\n,\n", target="b").rows.tolist() == [1, 3]
    assert table.take([1]).without("a").rows.tolist() == [3]
    assert len(read("a,b\n1,x\n2,\n3,y\n")) == 3
    with pytest.raises(FileFormatError, match="the column b has no values"):
        read("a,b\n1,\n2,\n", target="b")


def test_oddities(read):
    rows = "".join(f"{i},7,w{i},{i % 3},{i % 2}\n" for i in range(30))
    table = read("id,same,name,v,y\n" + rows, target="y")
    assert table.findings[2:] == (
        "The same in every row: same.",
        "id: its name and its whole numbers, all different, look like an identifier.",
        "name: its words are all different, like names or identifiers.",
    )
    assert read("a,b\n1,2\n1,2\n1,3\n1,2\n").findings[-1] == "2 rows are exact copies of an earlier row."
    assert read("a,b\n1,2\n1,2\n").findings[-1] == "1 row is an exact copy of an earlier row."


def test_hostile_content(read):
    table = read('<script>,\x1b[31m\n"<b>x</b>",\x1b]0;x\x07\nx\0y,"' + "z" * 300_000 + '"\n')
    assert values(table)[0] == ["<b>x</b>", "x\0y"] and len(table["\x1b[31m"][1]) == 300_000
    assert "\x1b" not in " ".join(table.findings) and len(" ".join(table.findings)) < 1000
    assert csv.field_size_limit() == 131072
    assert read("a\n=1+1\n")["a"].tolist() == ["=1+1"]


# --- what is refused --------------------------------------------------------------------------------------------


def test_ragged_lines(read):
    with pytest.raises(FileFormatError) as caught:
        read('a,b\n1,"x\ny"\n\n3\n')
    assert str(caught.value) == "line 5 of data.csv has 1 cell.\n  Expected: 2, as in the first line."
    with pytest.raises(FileFormatError, match="line 3 of data.csv has 3 cells"):
        read("a,b\n1,2\n1,2,3\n")
    with pytest.raises(FileFormatError, match="a name for the first column too, as every row has one cell more"):
        read("a,b\nr1,1,2\nr2,3,4\n")
    with pytest.raises(FileFormatError, match="line 3 of data.csv has 1 cell"):
        read("sep=,\na,b\n1\n")


def test_a_quotation_mark_that_is_never_closed(read):
    for text in ('a,b\n1,"x\n2,y\n3,z\n', 'a,b\n1,2\n"3,4\n'):
        with pytest.raises(FileFormatError, match="opens a quotation mark that is never closed"):
            read(text)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "data.csv is empty.\n  Expected: a header and rows."),
        (b"\n \n", "data.csv holds nothing but blanks"),
        (b"a,b\n", "data.csv holds a header and no rows.\n  Expected: at least one row below the header."),
        (
            b"PK\x03\x04" + bytes(50),
            "data.csv is a zip archive, as spreadsheets (.xlsx, .ods) are.\n  Expected: a text file",
        ),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "data.csv is a picture"),
        (b"PAR1" + bytes(50), "data.csv is a Parquet file"),
        (b"\x93NUMPY\x01", "Instead:  the table exported as CSV"),
        (bytes(range(32)) * 10, "data.csv is no text"),
        (gzip.compress(b"a,b\n1,2\n" * 99, mtime=0)[:-20], "data.csv is a damaged gzip file"),
        (gzip.compress(b"", mtime=0), "data.csv is empty"),
        (codecs.BOM_UTF8, "data.csv holds nothing but blanks"),
        (codecs.BOM_UTF16_LE + b"a", "data.csv is not utf-16"),
    ],
)
def test_files_that_are_no_tables(read, data, expected):
    with pytest.raises(FileFormatError) as caught:
        read(data)
    assert expected in str(caught.value)


def test_options_of_the_wrong_form(read):
    for options, expected in [
        ({"decimal": "'"}, 'decimal="\'".\n  Expected: "." or ",".'),
        ({"delimiter": ",,"}, "delimiter=',,'.\n  Expected: a single character."),
        ({"delimiter": '"'}, "delimiter='\"'"),
        ({"encoding": "utf-9"}, "encoding='utf-9'.\n  Expected: an encoding that Python knows."),
    ]:
        with pytest.raises(InputError) as caught:
            read("a,b\n1,2\n", **options)
        assert expected in str(caught.value)
    with pytest.raises(FileFormatError, match="data.csv is not ascii at byte 2"):
        read("a\nä\n", encoding="ascii")


def test_paths_that_cannot_be_read(tmp_path):
    (tmp_path / "penguins.csv").write_text("a\n1\n")
    with pytest.raises(InputError) as caught:
        read_table(tmp_path / "pengiuns.csv")
    assert str(caught.value).startswith("there is no file '") and str(caught.value).endswith("penguins.csv")
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match="folder is a folder.\n  Expected: a file."):
        read_table(tmp_path / "folder")
    with pytest.raises(InputError, match="cannot be read"):
        read_table("a\0b")
    with pytest.raises(InputError, match="cannot be read: File name too long"):
        read_table("x" * 5000)


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    def refuse(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(pathlib.Path, "read_bytes", refuse)
    with pytest.raises(InputError, match="cannot be read: Permission denied"):
        read_table(tmp_path / "data.csv")


def test_a_target_that_is_not_there(read):
    with pytest.raises(UnknownNameError) as caught:
        read("species,island\nx,y\n", target="Species")
    assert str(caught.value) == (
        "there is no column named 'Species'.\n  Expected: one of species, island.\n  Instead:  'species'"
    )
    with pytest.raises(UnknownNameError, match=r"c19, \.\.\. \(40 in all\)"):
        read(",".join(f"c{i}" for i in range(40)) + "\n" + ",".join("1" * 40) + "\n", target="y")


def test_names_are_shown_as_they_are(read):
    table = read('"quo\'te""",back\\slash,tab\\t,new\u200bline\n7,7,7,7\n7,7,7,7\n')
    assert "The same in every row: quo'te\", back\\slash, tab\\t, new\\u200bline." in table.findings
    with pytest.raises(UnknownNameError, match="there is no column named 'bac\\\\k'"):
        read("a\n1\n", target="bac\\k")


# --- laws -------------------------------------------------------------------------------------------------------

cells = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.integers(-10, 10).map(str),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
    st.sampled_from(["", "NA", "yes", "no", "1,5", '"', "a\nb", "-", "inf", "<script>", "\x1b[1m"]),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.integers(1, 4).flatmap(lambda k: st.lists(st.lists(cells, min_size=k, max_size=k), min_size=1, max_size=8)),
    delimiter=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_the_csv_module_writes_is_read_or_refused_by_name(tmp_path, rows, delimiter, encoding):
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerow([f"c{i}" for i in range(len(rows[0]))])
    writer.writerows(rows)
    path = tmp_path / "data.csv"
    path.write_bytes(stream.getvalue().encode(encoding))
    try:
        table = read_table(path, delimiter=delimiter, header=True, encoding=encoding)
    except PellucidError as error:
        said = str(error)
    else:
        said = ""
    if said:
        assert "column 'c" in said and "holds " in said
        return
    kept = rows[:]
    while kept and len(kept[-1]) > 1 and not any(cell.strip() for cell in kept[-1]):
        kept.pop()
    kept = kept or rows
    assert len(table) == len(kept) and len(table.columns) == len(rows[0])
    for j, (array, kind) in enumerate(zip(table.arrays, table.kinds, strict=True)):
        for row, value in zip(kept, array.tolist(), strict=True):
            text = row[j].strip()
            if kind != "numeric":
                assert value == text or value is None
            else:
                assert value != value or value == float(text.replace(",", "."))
    assert not any("\x1b" in finding for finding in table.findings)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=200))
def test_any_bytes_are_a_table_or_a_taught_error(tmp_path, data):
    path = tmp_path / "data.csv"
    path.write_bytes(data)
    try:
        table = read_table(path)
    except PellucidError:
        return
    assert len(table) > 0 and len({len(array) for array in table.arrays}) == 1
    assert len(table.fingerprint()) == 64


def test_a_large_table_is_read_quickly(read):
    random = np.random.default_rng(0)
    lines = [",".join(map(repr, row)) for row in random.random((4600, 58)).tolist()]
    start = time.perf_counter()
    table = read(",".join(f"c{i}" for i in range(58)) + "\n" + "\n".join(lines))
    assert len(table) == 4600 and time.perf_counter() - start < 5
