"""Tables and bars as text: numbers stay whole at any width."""

import re

from hypothesis import given
from hypothesis import strategies as st

from pellucid.insight.pictures import bars
from pellucid.insight.render import Picture, Table, number, text_bars, to_text

CELL = st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.integers(-(10**14), 10**14))


@given(
    st.integers(1, 6).flatmap(lambda n: st.lists(st.lists(CELL, min_size=n, max_size=n), min_size=1, max_size=4)),
    st.integers(40, 110),
)
def test_a_number_in_a_table_is_never_broken_across_lines(rows, width) -> None:
    header = ["the name of it", *(f"a long title {i}" for i in range(len(rows[0])))]
    named = [[f"dense_{i}.W with a long name of several words [0, {i}]", *row] for i, row in enumerate(rows)]
    text = to_text(Table(header, named), width=width)
    assert all(len(line) <= width for line in text.split("\n"))
    found = text.split()
    for row in rows:
        for value in row:
            assert number(value) in found


def test_texts_give_way_before_numbers_and_columns_go_below_each_other_last() -> None:
    wide = Table(("name", "a", "b"), [("one two three four five", 3.3263e-10, -1.5e-7)])
    assert to_text(wide, width=34).split("\n")[2:] == [
        " one two     3.3263e-10   -1.5e-7",
        " three",
        " four five",
    ]
    narrow = to_text(wide, width=22).split("\n")
    assert [line.split()[:2] for line in narrow if "name" in line] == [["name", "a"], ["name", "b"]]


@given(st.lists(st.floats(allow_nan=True), min_size=1, max_size=6))
def test_bars_grow_from_one_axis_with_the_numbers(values) -> None:
    lines = text_bars([f"column {i}" for i in range(len(values))], values).split("\n")
    assert len({line.index("│") for line in lines}) == 1
    lengths = {"left": {}, "right": {}}
    for line, value in zip(lines, values, strict=True):
        left, right = line.split("│")
        assert number(value, 4) in right
        lengths["left"][abs(value)] = left.count("█")
        lengths["right"][abs(value)] = len(re.sub("[^▏▎▍▌▋▊▉█]", "", right))
        assert not (value >= 0 and "█" in left)
        assert not (value <= 0 and lengths["right"][abs(value)])
    for side in lengths.values():
        ordered = [side[size] for size in sorted(size for size in side if size < float("inf"))]
        assert max(ordered, default=0) <= 24


def test_a_terminal_shows_a_picture_s_text_and_nothing_from_data_commands_it() -> None:
    names, values = ["weight", "\x1b[2Jage"], [3.0, -1.5]
    picture = Picture(bars(names, values, title="Pushes"), text=text_bars(names, values, "Pushes"))
    lines = to_text(picture).split("\n")
    assert lines[0].strip() == "Pushes"
    assert re.fullmatch(r" +weight +│█{24}   3", lines[1])
    assert re.fullmatch(r" +\S*age █{12}│ +-1.5", lines[2])
    assert "\x1b" not in "".join(lines)
    assert to_text(Picture(bars(names, values, title="Pushes"))) == "[picture: Pushes]"
