"""Records, their parameters, tables of them, and the texts of what is refused."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.errors import InputError, UnknownNameError
from pellucid.maths.record import Parameter, Record, Table, parse


@dataclass(frozen=True, kw_only=True, repr=False)
class Tool(Record):
    """A kind of record for these tests."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Other(Record):
    """Another kind."""


HAMMER = Tool(
    name="hammer",
    formula="F = m a",
    parameters=(
        Parameter(name="weight", default=0.5, low=0.0, high=20.0, open="both", meaning="in kg"),
        Parameter(name="sides", default=2, low=1, high=2),
        Parameter(name="wooden", default=False),
        Parameter(name="label", default=None),
    ),
)
TOOLS = Table("tool", [HAMMER, Tool(name="saw"), Tool(name="screwdriver")])


def text_of(function, *args, **values) -> str:
    with pytest.raises((InputError, UnknownNameError)) as error:
        function(*args, **values)
    return str(error.value)


def test_defaults_and_chosen_values() -> None:
    assert HAMMER.options == {"weight": 0.5, "sides": 2, "wooden": False, "label": None}
    heavy = HAMMER(weight=3)
    assert heavy.options == {**HAMMER.options, "weight": 3.0} and type(heavy.options["weight"]) is float
    assert heavy(wooden=True).options["weight"] == 3.0
    assert heavy(weight=0.5) == HAMMER != heavy and hash(heavy(weight=0.5)) == hash(HAMMER)
    assert HAMMER.options["weight"] == 0.5


def test_repr_shows_only_what_was_chosen() -> None:
    assert repr(HAMMER) == "hammer"
    assert repr(HAMMER(weight=3, wooden=True)) == "hammer(weight=3.0, wooden=True)"
    assert repr(HAMMER(weight=3)(weight=0.5)) == "hammer"


def test_values_given_at_creation_are_checked_and_completed() -> None:
    small = Tool(name="hammer", parameters=HAMMER.parameters, values=(("weight", 1),))
    assert small.values == (("weight", 1.0), ("sides", 2), ("wooden", False), ("label", None))
    assert text_of(Tool, name="saw", values=(("teeth", 3),)) == (
        "saw was given teeth=3.\n  Expected: values by name; saw has none."
    )


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"weight": np.float32(0.25)}, 0.25),
        ({"weight": np.int64(3)}, 3.0),
        ({"weight": 20 - 1e-9}, 20 - 1e-9),
        ({"sides": 1.0}, 1),
        ({"sides": np.int8(1)}, 1),
        ({"wooden": np.True_}, True),
        ({"wooden": 1}, True),
        ({"label": "mine"}, "mine"),
        ({"label": (1, 2)}, (1, 2)),
    ],
)
def test_values_become_plain_python(given: dict, kept: object) -> None:
    (name,) = given
    value = HAMMER(**given).options[name]
    assert value == kept and type(value) is type(kept)


NUMBER = "\n  Expected: a finite number.\n  Instead:  weight=0.5"
BETWEEN = "\n  Expected: above 0 and below 20.\n  Instead:  weight=0.5"
WHOLE = "\n  Expected: a whole number.\n  Instead:  sides=2"
YES_NO = "\n  Expected: True or False.\n  Instead:  wooden=False"


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"weight": "3"}, "weight='3'." + NUMBER),
        ({"weight": None}, "weight=None." + NUMBER),
        ({"weight": float("nan")}, "weight=nan." + NUMBER),
        ({"weight": float("inf")}, "weight=inf." + NUMBER),
        ({"weight": True}, "weight=True." + NUMBER),
        ({"weight": 1j}, "weight=1j." + NUMBER),
        ({"weight": [1.0]}, "weight=[1.0]." + NUMBER),
        ({"weight": 10**400}, f"weight={10**400}." + NUMBER),
        ({"weight": 0}, "weight=0." + BETWEEN),
        ({"weight": 20.0}, "weight=20.0." + BETWEEN),
        ({"weight": -1}, "weight=-1." + BETWEEN),
        ({"sides": 1.5}, "sides=1.5." + WHOLE),
        ({"sides": True}, "sides=True." + WHOLE),
        ({"sides": 3}, "sides=3.\n  Expected: at least 1 and at most 2.\n  Instead:  sides=2"),
        ({"sides": 0}, "sides=0.\n  Expected: at least 1 and at most 2.\n  Instead:  sides=2"),
        ({"wooden": "no"}, "wooden='no'." + YES_NO),
        ({"wooden": 2}, "wooden=2." + YES_NO),
        (
            {"wieght": 3},
            "hammer was given wieght=3.\n  Expected: values by name; hammer has weight, sides, wooden, label.\n"
            "  Instead:  hammer(weight=3)",
        ),
        (
            {"zzz": 3},
            "hammer was given zzz=3.\n  Expected: values by name; hammer has weight, sides, wooden, label.",
        ),
    ],
)
def test_what_is_refused_and_what_it_says(given: dict, text: str) -> None:
    assert text_of(HAMMER, **given) == text


def test_values_without_a_name_are_refused() -> None:
    assert text_of(HAMMER, 3.0) == (
        "hammer was given 3.0 without a name.\n"
        "  Expected: values by name; hammer has weight, sides, wooden, label.\n"
        "  Instead:  hammer(weight=3.0)"
    )
    assert text_of(TOOLS.saw, 3.0) == (
        "saw was given 3.0 without a name.\n  Expected: values by name; saw has none.\n  Instead:  saw"
    )


@pytest.mark.parametrize(
    ("low", "high", "open_", "words"),
    [
        (0.0, 1.0, "", "at least 0 and at most 1"),
        (0.0, 1.0, "low", "above 0 and at most 1"),
        (0.0, 1.0, "high", "at least 0 and below 1"),
        (0.0, 1.0, "both", "above 0 and below 1"),
        (1e-9, float("inf"), "", "at least 1e-09"),
        (-float("inf"), 2.5, "", "at most 2.5"),
        (-float("inf"), float("inf"), "", "any finite number"),
    ],
)
def test_bounds_in_words_and_in_deed(low: float, high: float, open_: str, words: str) -> None:
    parameter = Parameter(name="p", default=0.5, low=low, high=high, open=open_)
    assert parameter.bounds() == words
    for end, side in ((low, "low"), (high, "high")):
        if not np.isfinite(end):
            continue
        if open_ in (side, "both"):
            text_of(parameter.check, end)
        else:
            assert parameter.check(end) == end


def test_records_are_frozen_and_survive_copies() -> None:
    heavy = HAMMER(weight=3)
    with pytest.raises(FrozenInstanceError):
        heavy.name = "axe"  # type: ignore[misc]
    for twin in (pickle.loads(pickle.dumps(heavy)), copy.deepcopy(heavy), copy.copy(heavy)):
        assert twin == heavy and repr(twin) == repr(heavy)


def test_a_table_is_a_read_only_mapping() -> None:
    assert list(TOOLS) == ["hammer", "saw", "screwdriver"] and len(TOOLS) == 3
    assert TOOLS["saw"] is TOOLS.saw and "saw" in TOOLS and "axe" not in TOOLS
    assert dict(TOOLS)["hammer"] is HAMMER and TOOLS.get("axe") is None and TOOLS.get("saw") is TOOLS.saw
    assert TOOLS.get("axe", HAMMER) is HAMMER
    assert {"hammer", "resolve"} <= set(dir(TOOLS))
    assert repr(TOOLS) == "<table of tools: hammer, saw, screwdriver>"
    with pytest.raises(TypeError):
        TOOLS["axe"] = HAMMER  # type: ignore[index]
    with pytest.raises(TypeError):
        del TOOLS["saw"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("twin", [copy.copy(TOOLS), copy.deepcopy(TOOLS), pickle.loads(pickle.dumps(TOOLS))])
def test_a_table_survives_copies(twin: Table) -> None:
    assert dict(twin) == dict(TOOLS) and repr(twin) == repr(TOOLS)


UNKNOWN = "there is no tool named {!r}.\n  Expected: one of hammer, saw, screwdriver.\n  Instead:  {!r}"


def test_unknown_names_get_the_nearest_known_one() -> None:
    assert text_of(TOOLS.__getitem__, "hamer") == UNKNOWN.format("hamer", "hammer")
    assert text_of(TOOLS.resolve, "Hammer") == UNKNOWN.format("Hammer", "hammer")
    assert text_of(TOOLS.resolve, "screw_driver(x=1)") == UNKNOWN.format("screw_driver", "screwdriver")
    assert (
        text_of(TOOLS.resolve, "qqq") == "there is no tool named 'qqq'.\n  Expected: one of hammer, saw, screwdriver."
    )
    with pytest.raises(AttributeError, match="there is no tool named 'hamer'"):
        TOOLS.hamer  # noqa: B018
    with pytest.raises(UnknownNameError):
        TOOLS[["saw"]]  # type: ignore[index]
    with pytest.raises(LookupError):
        TOOLS["hamer"]


def test_resolve_takes_a_record_a_name_or_a_name_with_values() -> None:
    assert TOOLS.resolve("saw") is TOOLS.saw
    assert TOOLS.resolve(" hammer( weight = 3 , wooden=True ) ") == HAMMER(weight=3, wooden=True)
    assert TOOLS.resolve("hammer()") == HAMMER
    mine = Tool(name="axe", parameters=(Parameter(name="edge", default=1.0),))
    assert TOOLS.resolve(mine) is mine
    assert TOOLS.resolve("axe(edge=-2)", custom=[mine]) == mine(edge=-2)


def test_a_custom_record_does_not_hide_a_built_in_one() -> None:
    assert TOOLS.resolve("saw", custom=[Tool(name="saw", formula="mine")]) is TOOLS.saw


def test_what_resolve_refuses() -> None:
    other = Other(name="saw")
    assert text_of(TOOLS.resolve, other) == "'saw' is an Other.\n  Expected: a Tool."
    assert text_of(TOOLS.resolve, "axe", custom=[Other(name="axe")]) == "'axe' is an Other.\n  Expected: a Tool."
    expected = "\n  Expected: the name of a tool, or a Tool.\n  Instead:  'hammer'"
    assert text_of(TOOLS.resolve, 3) == "3 as tool." + expected
    assert text_of(TOOLS.resolve, None) == "None as tool." + expected
    axe = Tool(name="axe")
    assert text_of(TOOLS.resolve, "axes", custom=[axe]) == (
        "there is no tool named 'axes'.\n  Expected: one of axe, hammer, saw, screwdriver.\n  Instead:  'axe'"
    )
    assert text_of(TOOLS.resolve, "hammer(weight=30)").startswith("weight=30.\n")


def test_parse() -> None:
    assert parse("saw") == ("saw", {}) and parse(" saw ") == ("saw", {})
    assert parse("f(a=1, b=-2.5, c=True, d=(1, 2))") == ("f", {"a": 1, "b": -2.5, "c": True, "d": (1, 2)})


@pytest.mark.parametrize(
    "text",
    [
        "f(",
        "f(1)",
        "f(a)",
        "f(a=b)",
        "f(a=1)(b=2)",
        "f(a=1) + 1",
        "f.g(a=1)",
        "f(a=1, a=2)",
        "f(**{'a': 1})",
        "f(*[1])",
        "f(a=open('x'))",
        "f(a={[]: 1})",
        "(a=1)",
        "f(a=\0)",
        "f(a=" + "(" * 5000 + ")" * 5000 + ")",
        "f(a=" + "-" * 20000 + "1)",
    ],
    ids=lambda text: text[:20],
)
def test_parse_refuses_everything_else(text: str) -> None:
    assert text_of(parse, text) == (
        f'{text.strip()!r}.\n  Expected: a name with its values.\n  Instead:  "leaky_relu(alpha=0.2)"'
    )


@given(st.text(max_size=40))
def test_parse_answers_or_refuses_whatever_it_is_given(text: str) -> None:
    try:
        name, values = parse(text)
    except InputError:
        return
    assert isinstance(name, str) and isinstance(values, dict)


@given(st.floats(min_value=5e-324, max_value=20, exclude_max=True), st.sampled_from([1, 2]), st.booleans())
def test_what_a_record_prints_is_what_resolve_reads(weight: float, sides: int, wooden: bool) -> None:
    record = HAMMER(weight=weight, sides=sides, wooden=wooden)
    assert TOOLS.resolve(repr(record)) == record
