"""The report: everything it promises is in it, its numbers are right, and it needs nothing from outside."""

import re
import warnings
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pellucid
from pellucid.data.columns import as_columns
from pellucid.report import Run, evaluate, write_report
from pellucid.report.evaluation import Evaluation, explained, mean_absolute, r2, root_mean_square, share_text, shown
from pellucid.report.examples import choose_examples
from pellucid.report.importance import importance

random = np.random.default_rng(0)
N = 200
COLUMNS = {"a": random.normal(size=N), "b": random.normal(size=N), "noise": random.normal(size=N)}
CLASSES = np.where(COLUMNS["a"] + 0.5 * COLUMNS["b"] > 0, "up", "down").astype(object)
NUMBERS = 3 * COLUMNS["a"] - COLUMNS["b"] + 10
TRAIN, TEST = np.arange(150), np.arange(150, N)


def trained(y, **options):
    X = as_columns(COLUMNS)
    net = pellucid.fit(X.take(TRAIN), y[TRAIN], epochs=40, hidden=(6,), target="y", quiet=True, **options)
    return X, net, evaluate(net, X.take(TEST), y[TEST], y[TRAIN])


def made(y):
    _, net, evaluation = trained(y)
    table = as_columns({**COLUMNS, "y": y})
    return Run(
        source="t.csv",
        findings=("t.csv: 200 rows.",),
        choices=("Task: as told.",),
        table=table,
        target="y",
        train=TRAIN,
        test=TEST,
        net=net,
        evaluation=evaluation,
        seconds=1.5,
        command="pellucid train t.csv --target y",
        model="t.safetensors",
    )


@pytest.fixture(scope="module", params=[CLASSES, NUMBERS], ids=["classes", "numbers"])
def page(request, tmp_path_factory):
    path = write_report(made(request.param), tmp_path_factory.mktemp("report") / "r.html")
    return path.read_text(encoding="utf-8")


SECTIONS = [
    "How good it is",
    "The data",
    "What was chosen",
    "The network",
    "The training",
    "The inputs that matter",
    "Three predictions, explained",
    "The diagnosis",
    "How to use it",
]


def test_it_has_every_section_in_order(page):
    assert re.findall(r"<h2[^>]*>([^<]*)</h2>", page) == SECTIONS


def test_it_needs_nothing_from_outside_and_runs_nothing(page):
    assert "<script" not in page.lower()
    assert not re.search(r"\b(?:src|href)=\"(?!#)", page)
    assert "url(http" not in page
    assert "default-src 'none'" in page


def test_it_is_balanced_html(page):
    void = {"meta", "br", "link", "img", "hr"}

    class Balance(HTMLParser):
        def __init__(self):
            super().__init__()
            self.open = []

        def handle_starttag(self, tag, attributes):
            if tag not in void:
                self.open.append(tag)

        def handle_endtag(self, tag):
            assert self.open.pop() == tag

    balance = Balance()
    balance.feed(page)
    assert balance.open == []


def test_it_shows_the_pictures_and_the_commands(page):
    assert page.count("<svg") >= 4
    assert "pellucid predict t.safetensors new.csv" in page
    assert "pellucid train t.csv --target y" in page
    assert "pellucid.load(&#x27;t.safetensors&#x27;)" in page
    assert "(row " in page


def test_a_report_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    def broken(run):
        raise RuntimeError("no")

    monkeypatch.setattr("pellucid.report.page.report", broken)
    with pytest.raises(RuntimeError):
        write_report(None, tmp_path / "r.html")
    assert list(tmp_path.iterdir()) == []


def test_accuracy_and_baseline_are_what_they_are_called():
    X, net, found = trained(CLASSES)
    assert found.score == net.score(X.take(TEST), CLASSES[TEST])
    values, counts = np.unique(CLASSES[TRAIN].astype(str), return_counts=True)
    often = values[counts.argmax()]
    assert found.baseline == (CLASSES[TEST] == often).mean()
    assert found.baseline_answer == often
    assert found.score_text == f"{100 * found.score:.1f} %"
    assert found.baseline_says == f"always the most frequent class, {often}"


def test_r2_and_its_errors_are_what_they_are_called():
    X, net, found = trained(NUMBERS)
    assert found.metric == "r2"
    assert found.score == pytest.approx(net.score(X.take(TEST), NUMBERS[TEST]), rel=1e-9)
    off = net.predict(X.take(TEST))[:, 0] - NUMBERS[TEST]
    named = {name: (ours, theirs) for name, ours, theirs in found.errors}
    assert named["mean_absolute_error"][0] == pytest.approx(np.abs(off).mean())
    assert named["root_mean_squared_error"][0] == pytest.approx(np.sqrt((off**2).mean()))
    assert named["mean_absolute_error"][1] == pytest.approx(np.abs(NUMBERS[TEST] - NUMBERS[TRAIN].mean()).mean())
    assert found.baseline == r2(NUMBERS[TEST], np.full(len(TEST), NUMBERS[TRAIN].mean())) < 0
    assert r2(np.ones(3), np.ones(3)) == 1
    assert r2(np.ones(3), np.zeros(3)) == 0


@given(st.lists(st.floats(-9, 9), min_size=2, max_size=9).filter(lambda v: np.ptp(v) > 0.1), st.integers(-300, 300))
def test_r2_and_the_errors_are_the_same_in_any_unit(values, power):
    unit = 10.0**power
    truth, answer = np.array(values), np.array(values)[::-1]
    assert r2(truth * unit, answer * unit) == pytest.approx(r2(truth, answer), rel=1e-9, abs=1e-9)
    plain = np.sqrt(((truth - answer) ** 2).mean())
    assert root_mean_square((truth - answer) * unit) == pytest.approx(plain * unit, rel=1e-12)
    assert mean_absolute((truth - answer) * unit) == pytest.approx(np.abs(truth - answer).mean() * unit, rel=1e-12)


def test_an_answer_beyond_all_measure_is_no_warning():
    assert r2(np.array([1.0, 2.0]), np.array([1e300, 2.0])) == -np.inf


def test_what_is_not_perfect_is_never_rounded_up_to_it():
    assert shown("r2", 0.99961) == "R² = 0.9996"
    assert shown("r2", 0.8765432) == "R² = 0.877"
    assert shown("r2", 1.0) == "R² = 1"
    assert shown("r2", np.nextafter(1, 0)) != "R² = 1"
    assert shown("r2", -0.01) == "R² = -0.01"
    assert shown("accuracy", 0.9996) == "99.96 %"
    assert shown("accuracy", 0.9994) == "99.9 %"
    assert shown("accuracy", 1.0) == "100.0 %"
    assert share_text(1 - 1e-9) == "99.9999999 %"
    assert explained(0.99999) == "99.999 %"
    assert explained(1.0) == "100 %"
    assert explained(-3.0) == "0 %"


@pytest.mark.parametrize("y", [CLASSES, NUMBERS], ids=["classes", "numbers"])
def test_permutation_importance_finds_what_matters(y):
    X, net, found = trained(y)
    seen = importance(net, X.take(TEST), found)
    assert seen.names[seen.order[0]] == "a"
    loss = dict(zip(seen.names, seen.loss, strict=True))
    assert loss["a"] > loss["b"] > loss["noise"]
    assert abs(loss["noise"]) < 0.05
    again = importance(net, X.take(TEST), found)
    np.testing.assert_array_equal(seen.loss, again.loss)


def judged(truth, probability, classes=("down", "up")):
    """What a test would be in which the classes came out with these probabilities."""
    probability = np.array(probability, dtype=float)
    predicted = np.array(classes, dtype=object)[probability.argmax(axis=1)]
    truth = np.array(truth, dtype=object)
    score = float((truth == predicted).mean())
    return Evaluation("classification", "accuracy", score, 0.5, "up", truth, predicted, classes, probability)


def test_the_three_examples_are_what_they_are_called():
    sure, unsure, fair = [0.02, 0.98], [0.49, 0.51], [0.3, 0.7]
    chosen = choose_examples(judged(["up", "down", "up", "up"], [fair, sure, sure, unsure]))
    assert [(e.place, e.title) for e in chosen] == [(2, "Right, and sure"), (1, "Wrong, and sure"), (3, "Unsure")]
    chosen = choose_examples(judged(["up", "down", "down", "up"], [fair, fair, unsure, fair]))
    assert [(e.place, e.title) for e in chosen] == [
        (0, "Right: the surest that is"),
        (1, "Wrong: the surest that is"),
        (2, "Unsure"),
    ]
    chosen = choose_examples(judged(["up"] * 4, [fair, sure, sure, [0.04, 0.96]]))
    assert [(e.place, e.title) for e in chosen] == [
        (1, "Right, and sure"),
        (0, "The least sure (none was wrong)"),
        (2, "In between: half of the others are surer"),
    ]
    chosen = choose_examples(judged(["up", "down", "up"], [sure, fair, sure]))
    assert [e.title for e in chosen] == ["Right, and sure", "Wrong: the surest that is", "The least sure of the others"]
    chosen = choose_examples(judged(["up"] * 4, [fair, sure, sure, [0.04, 0.96]]))
    assert chosen[1].said == "The network says up with 70 %, and so it is."


@given(st.integers(1, 6).flatmap(lambda n: st.tuples(
    st.lists(st.sampled_from(["down", "up"]), min_size=n, max_size=n),
    st.lists(st.floats(0, 1), min_size=n, max_size=n),
)))  # fmt: skip
def test_there_are_three_examples_wherever_there_are_three_rows(rows):
    truth, up = rows
    chosen = choose_examples(judged(truth, [[1 - p, p] for p in up]))
    assert len({e.place for e in chosen}) == len(chosen) == min(3, len(truth))
    for example in chosen:
        if "and sure" in example.title:
            assert max(up[example.place], 1 - up[example.place]) >= 0.9
    off = np.array(up)
    numbers = Evaluation("regression", "r2", 0.5, 0.0, "0", np.zeros(len(up)), off)
    assert len({e.place for e in choose_examples(numbers)}) == len(choose_examples(numbers)) == min(3, len(up))


def test_of_numbers_the_nearest_a_middling_one_and_the_furthest_are_shown():
    _, _, found = trained(NUMBERS)
    off = np.abs(found.predicted - found.truth)
    places = [example.place for example in choose_examples(found)]
    assert off[places[0]] == off.min()
    assert off[places[2]] == off.max()
    assert (off <= off[places[1]]).mean() == pytest.approx(0.5, abs=0.05)


def test_nothing_in_it_warns(recwarn):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        from pellucid.report.page import report

        assert report(made(NUMBERS))
