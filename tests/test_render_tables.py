"""Tables as text: numbers stay whole at any width."""

from hypothesis import given
from hypothesis import strategies as st

from pellucid.insight.render import Table, number, to_text

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
