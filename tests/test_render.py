"""The render tree: the same content as text and as HTML, nothing from data taken for an instruction."""

import dataclasses
import importlib
import math
import pkgutil
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pellucid.maths
from pellucid.errors import InputError
from pellucid.insight.pictures import bars
from pellucid.insight.render import (
    Badge,
    Code,
    Details,
    Finding,
    Formula,
    Group,
    Heading,
    Matrix,
    Note,
    Paragraph,
    Picture,
    Shown,
    Signed,
    Table,
    aligned,
    escape,
    mathml,
    number,
    page,
    plain,
    shorten,
    to_html,
    to_text,
    visible,
)
from pellucid.maths.record import Table as RecordTable

GOLDEN = Path(__file__).parent / "golden"
EVIL = "<script>alert(\"1\")</script>\x1b[2J\x07 & 'quoted' \u202ereversed\x9b \ud800"


def every_node(text: str) -> Group:
    return Group(
        [
            Heading(text, 1),
            Heading(text, 3),
            Paragraph(f"before `{text}` after\n{text}"),
            Note(text),
            Code(text),
            Formula(text, label=text),
            Formula("a^2", text=text),
            Table([text, "n"], [[text, 1.5], [Badge(text, "good"), None]], caption=text),
            Table((), [[text, Signed(-2.0)], [Formula(text), True]]),
            Matrix([[1, -2], [math.nan, math.inf]], [text, "b"], [text, "d"], text),
            Finding("problem", text, text, text, text),
            Picture(bars([text], [1.0], title=text), text),
            Details(text, [text, Group([text], across=True)]),
        ]
    )


def sample() -> Group:
    """Every kind of node once, as the golden files show them."""
    weights = np.array([[0.5, -1.25, 3.0], [1e-7, 0.0, -0.001]])
    return Group(
        [
            Heading("Trace of one row", 1),
            "The row goes forward through two layers.",
            Heading("dense_1"),
            Formula(r"z = x W + b"),
            Formula(r"\sigma(z) = \frac{1}{1 + e^{-z}}", label="dense_1.a"),
            Matrix(weights, ["age", "fare"], ["unit 0", "unit 1", "unit 2"], "dense_1.W"),
            Matrix(np.arange(900.0).reshape(30, 30), caption="large", max_rows=4, max_columns=4),
            Table(
                ["layer", "share", "verdict"],
                [
                    ["dense_1", Signed(0.25), Badge("good", "good")],
                    ["dense_2", Signed(-12.5), Badge("dead", "problem")],
                ],
                caption="Layers",
            ),
            Table((), [("rows", 4601), ("target", "spam"), ("score", 0.93478)]),
            Finding(
                "warning",
                "unscaled inputs",
                "fare reaches 512.3",
                "input 1",
                "standardise the columns, or let pellucid.fit do it",
            ),
            Finding("good", "no dead units"),
            Details("The numbers again", [Paragraph("Folded away on a page.")]),
            Note("Numbers have at most six digits."),
            Code("net.fit(X, y)"),
        ]
    )


# Numbers


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (-0.0, "0"),
        (-0.0000001, "-1e-7"),
        (1 / 3, "0.333333"),
        (2 / 3, "0.666667"),
        (0.00012345678, "0.000123457"),
        (0.000012345678, "1.23457e-5"),
        (123456.789, "123457"),
        (4601.0, "4601"),
        (1e300, "1e300"),
        (-2.5e-310, "-2.5e-310"),
        (999999.9999, "1000000"),
        (math.nan, "not a number"),
        (math.inf, "infinity"),
        (-math.inf, "-infinity"),
        (True, "yes"),
        (np.bool_(False), "no"),
        (None, "none"),
        (np.float32(0.1), "0.1"),
        (np.int64(-7), "-7"),
        (10**20, "1e20"),
        (10**400, "1e400"),
        ("text", "text"),
    ],
)
def test_number(value, text) -> None:
    assert number(value) == text


@given(st.floats())
def test_number_is_never_a_signed_zero_and_reads_back(value) -> None:
    text = number(value)
    assert text not in ("-0", "-0.0")
    if math.isfinite(value):
        assert float(text) == pytest.approx(value, rel=1e-5, abs=1e-323)
        assert float(number(value, 17)) == value


@given(st.lists(st.floats()))
def test_aligned_texts_have_one_width_and_keep_their_content(values) -> None:
    texts = [number(v) for v in values]
    out = aligned(texts)
    assert [t.strip() for t in out] == texts
    assert len({len(t) for t in out}) <= 1


# Safety


@given(st.text())
def test_visible_text_holds_no_control_characters(text) -> None:
    shown = visible(text)
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", shown)
    shown.encode("utf-8")
    ET.fromstring(f'<a b="{escape(text)}">{escape(text)}</a>')


def test_shorten_keeps_both_ends() -> None:
    assert shorten("capital_run_length_total", 14) == "capital_…total"
    assert shorten("short", 14) == "short"
    assert len(shorten("x" * 100, 7)) == 7


@pytest.mark.parametrize("colour", [False, True])
def test_text_from_data_cannot_command_a_terminal(colour) -> None:
    text = to_text(every_node(EVIL), width=500, colour=colour)
    if not colour:
        assert "\x1b" not in text
    assert "\x1b[2J" not in text
    assert "\x07" not in text
    assert "\u202e" not in text
    assert "␛[2J" in text
    text.encode("utf-8")


def test_html_from_data_is_escaped_everywhere() -> None:
    fragment = to_html(every_node(EVIL))
    ET.fromstring(fragment)
    assert "<script" not in fragment
    assert "\x1b" not in fragment
    whole = page(EVIL, [every_node(EVIL)], lead=EVIL, footer=EVIL)
    assert "<script" not in whole
    whole.encode("utf-8")


@given(st.text(max_size=40))
def test_any_text_gives_well_formed_html_and_a_text(text) -> None:
    node = Group([Paragraph(text), Formula(text), Table([text], [[text]]), Code(text), Details(text, [text])])
    ET.fromstring(to_html(node))
    assert "\x1b" not in to_text(node, colour=False)


@pytest.mark.parametrize(
    "svg",
    [
        "<svg",
        "<p>no</p>",
        "<svg/>",
        '<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>',
        '<svg xmlns="http://www.w3.org/2000/svg"><foreignObject/></svg>',
        '<svg xmlns="http://www.w3.org/2000/svg"><rect onclick="1"/></svg>',
        '<svg xmlns="http://www.w3.org/2000/svg"><rect fill="url(https://a.b/c)"/></svg>',
        '<svg xmlns="http://www.w3.org/2000/svg"><style>@import "a"</style></svg>',
        '<svg xmlns="http://www.w3.org/2000/svg"><image href="a.png"/></svg>',
        '<!DOCTYPE svg><svg xmlns="http://www.w3.org/2000/svg"/>',
    ],
)
def test_a_picture_that_is_more_than_a_drawing_is_refused(svg) -> None:
    with pytest.raises(InputError, match="SVG|picture"):
        Picture(svg)


# Text


@pytest.mark.parametrize(("name", "width"), [("render_wide", 100), ("render_narrow", 44)])
def test_text_is_as_it_was(name, width) -> None:
    """To accept a change: write the new text into the golden file and look at it."""
    assert to_text(sample(), width=width, colour=False) + "\n" == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")


def test_the_same_numbers_stand_in_text_and_html() -> None:
    values = np.array([1 / 3, -0.0, 1e-9, math.nan])
    html = to_html(Matrix(values))
    for value in values:
        assert number(value) in html
        assert number(value) in to_text(Matrix(values), colour=False)


@given(st.integers(0, 40), st.integers(0, 40), st.integers(20, 140))
def test_a_matrix_of_any_shape_fits(rows, columns, width) -> None:
    matrix = Matrix(np.linspace(-1, 1, rows * columns).reshape(rows, columns), caption="m", digits=3)
    text = to_text(matrix, width=width, colour=False)
    assert max(map(len, text.split("\n"))) <= max(width, 40)
    if rows * columns and (rows > 20 or columns > 12):
        assert "not shown" in text
    ET.fromstring(to_html(matrix))


def test_colours_follow_sign_and_size() -> None:
    html = to_html(Matrix([-2.0, 1.0, 0.0]))
    assert 'neg" style="--m:1.000"' in html
    assert 'pos" style="--m:0.500"' in html
    assert to_text(Matrix([-2.0, 1.0]), colour=True).count("\x1b[") >= 4


def test_no_color_is_obeyed(monkeypatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in to_text(Heading("x"))


def test_shown_objects_print_everywhere() -> None:
    class Answer(Shown):
        def tree(self):
            return Group(["forty-two"])

    answer = Answer()
    assert str(answer) == repr(answer) == "forty-two"
    assert answer._repr_html_().startswith("<style>")
    assert "forty-two" in answer._repr_html_()
    assert to_text([answer, "more"], colour=False) == "forty-two\n\nmore"
    from rich.console import Console

    console = Console(record=True, width=40, file=__import__("io").StringIO())
    console.print(answer)
    assert "forty-two" in console.export_text()


# Pages


class Reader(HTMLParser):
    """Collects the elements of a page and checks that they are closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict]] = []

    def handle_starttag(self, tag, attrs) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in ("meta", "br", "link"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag


def test_a_page_is_self_contained_and_accessible() -> None:
    nodes = [Heading("One"), sample(), Heading("Two"), Picture(bars(["a"], [1.0]), "c"), Heading("Three"), "text"]
    whole = page("Report", nodes, lead="lead")
    reader = Reader()
    reader.feed(whole)
    assert reader.open == []
    tags = [tag for tag, _ in reader.seen]
    assert reader.seen[0] == ("html", {"lang": "en"})
    assert tags.count("h1") == 2  # the page's own, and the sample's
    assert {"title", "main", "nav", "style"} <= set(tags)
    assert not {"script", "link", "img", "iframe", "object"} & set(tags)
    for address in re.findall(r"[a-z]+://[^\"'\s<]*", whole):
        assert address == "http://www.w3.org/2000/svg"
    assert not re.search(r"url\(|@import", whole)
    for tag, attributes in reader.seen:
        assert not any(name.startswith("on") or name == "src" for name in attributes)
        if "href" in attributes:
            assert attributes["href"].startswith("#")
        if tag == "svg":
            assert attributes["role"] == "img"
            assert attributes["aria-label"]
    targets = {a["href"][1:] for _, a in reader.seen if "href" in a}
    assert targets == {a["id"] for _, a in reader.seen if "id" in a}


def test_a_page_has_light_dark_and_print() -> None:
    whole = page("x", [])
    assert "prefers-color-scheme:dark" in whole
    assert "@media print" in whole
    assert "default-src 'none'" in whole


# Formulas


def formulas_of_tables() -> dict[str, str]:
    found = {}
    for module in pkgutil.iter_modules(pellucid.maths.__path__):
        for table in vars(importlib.import_module(f"pellucid.maths.{module.name}")).values():
            if isinstance(table, RecordTable):
                for record in table.values():
                    found |= {f"{record.name} {i}": text for i, text in enumerate(latex_of(record))}
    return found


def latex_of(record) -> list[str]:
    out = []
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        if "formula" not in field.name and field.name != "lines":
            continue
        parts = [value] if isinstance(value, str) else [p if isinstance(p, str) else p[1] for p in value]
        out += [p for p in parts if p]
    return out


@pytest.mark.parametrize("latex", formulas_of_tables().values(), ids=formulas_of_tables().keys())
def test_every_formula_of_the_tables_is_understood(latex) -> None:
    xml = mathml(latex)
    ET.fromstring(xml)
    assert 'class="unknown"' not in xml
    assert "\\" not in plain(latex)
    assert "{" not in plain(latex) or "cases" in latex


def test_there_are_formulas() -> None:
    assert len(formulas_of_tables()) > 50


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"\sigma(z) = \frac{1}{1 + e^{-z}}", "σ(z) = 1 / (1 + e⁻ᶻ)"),
        (r"\frac{\partial L}{\partial W_{ij}} = \sum_{n=1}^{N} x_{ni}\,\delta_{nj}", "∂L/∂Wᵢⱼ = ∑ₙ₌₁ᴺ xₙᵢ δₙⱼ"),
        (r"\hat{m}_t = \frac{m_t}{1-\beta_1^t}", "m̂ₜ = mₜ / (1 - β₁ᵗ)"),
        (r"w \leftarrow w - \eta \frac{\hat m}{\sqrt{\hat v} + \epsilon}", "w ← w - η m̂ / (√v̂ + ϵ)"),
        (r"\begin{cases} z & z > 0 \\ \alpha z & \text{otherwise} \end{cases}", "{z if z > 0; αz otherwise}"),
        (r"\delta = (a - y) \odot \sigma'(z)", "δ = (a - y) ⊙ σ′(z)"),
        (r"\max_i |z_i|", "maxᵢ |zᵢ|"),
        (r"|z|\tanh(z) + \ln(1+\exp(-|z|))", "|z| tanh(z) + ln(1 + exp(-|z|))"),
        (r"\left\lVert W \right\rVert_2^2", "‖W‖₂²"),
        (r"\frac{a - y}{n} x", "((a - y) / n) x"),
        (r"2 a (1 - s)", "2a (1 - s)"),
        (r"\sqrt{2 \pi} + \sqrt{v} + \sqrt[3]{x+1}", "√(2π) + √v + ³√(x + 1)"),
        (r"0.5 \cdot -3.2 = -1.6e-7", "0.5 · -3.2 = -1.6e-7"),
        (r"\begin{aligned} a &= b \\ &= 3 \end{aligned}", "a = b\n= 3"),
        (r"\text{learning\_rate} \cdot g", "learning_rate · g"),
        (r"W^\top x + b \in \mathbb{R}^n", "Wᵀ x + b ∈ ℝⁿ"),
        (r"\unknown{x}", r"\unknown x"),
        (r"{broken", "{broken"),
        (r"\frac{1}", r"\frac{1}"),
        (r"\left( x", r"\left( x"),
        (r"\begin{nothing} x \end{nothing}", r"\begin{nothing} x \end{nothing}"),
        ("", ""),
        ("{" * 100 + "x" + "}" * 100, "{" * 100 + "x" + "}" * 100),
    ],
)
def test_formulas_as_text(latex, text) -> None:
    assert plain(latex) == text
    ET.fromstring(mathml(latex))


PIECES = r"\frac \sqrt \sum \left( \right) \hat \text \begin{cases} \end{cases} \\ & ^ _ { } [ ] | ' x 2 - \alpha"


@given(st.lists(st.sampled_from(PIECES.split())).map(" ".join))
def test_no_latex_breaks_the_reader(latex) -> None:
    ET.fromstring(mathml(latex))
    assert isinstance(plain(latex), str)


# Errors


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: Table(["a", "b"], [[1]]), "row 0 of the table has 1 cells.\n  Expected: 2."),
        (lambda: Table(["a"], [[1]], align="x"), "align='x'.\n  Expected: one of the letters l, r, c for each of 1"),
        (lambda: Matrix(np.zeros((2, 2, 2))), "a matrix of shape (2, 2, 2).\n  Expected: one or two dimensions."),
        (lambda: Matrix([[1, 2]], columns=["a"]), "1 labels for the columns.\n  Expected: 2."),
        (lambda: Finding("bad", "x"), "severity='bad'.\n  Expected: one of problem, warning, note, good."),
        (lambda: Badge("x", "bad"), "severity='bad'.\n  Expected: one of problem, warning, note, good."),
        (lambda: to_text(3), "3 in a render tree.\n  Expected: a node, a text, or an object with tree()."),
        (lambda: Group(3), "3 in a render tree.\n  Expected: nodes, texts, or objects with tree()."),
    ],
)
def test_errors_say_what_was_expected(make, text) -> None:
    with pytest.raises(InputError) as caught:
        make()
    assert str(caught.value).startswith(text)


def test_details_that_would_be_long_are_said_briefly_in_text():
    folded = Details("All of it", [Paragraph("a long story")], brief="ask for it")
    assert to_text(folded) == "▸ All of it\n  ask for it"
    assert "a long story" in to_html(folded)
