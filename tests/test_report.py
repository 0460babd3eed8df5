"""The report: everything it promises is in it, its numbers are right, and it needs nothing from outside."""

import re
import warnings
from html.parser import HTMLParser

import numpy as np
import pytest

import pellucid
from pellucid.data.columns import as_columns
from pellucid.report import Run, evaluate, write_report
from pellucid.report.evaluation import r2
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
    assert r2(np.ones(3), np.ones(3)) == 1
    assert r2(np.ones(3), np.zeros(3)) == 0


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


def test_the_three_examples_are_what_they_are_called():
    _, _, found = trained(CLASSES)
    examples = {example.title: example.place for example in choose_examples(found)}
    right = found.truth == found.predicted
    sure = found.probability.max(axis=1)
    assert right[examples["Right, and sure"]]
    assert sure[examples["Right, and sure"]] == sure[right].max()
    if not right.all():
        assert not right[examples["Wrong, and sure"]]
        assert sure[examples["Wrong, and sure"]] == sure[~right].max()


def test_of_numbers_the_nearest_a_middling_one_and_the_furthest_are_shown():
    _, _, found = trained(NUMBERS)
    off = np.abs(found.predicted - found.truth)
    places = [example.place for example in choose_examples(found)]
    assert off[places[0]] == off.min()
    assert off[places[2]] == off.max()
    assert (off <= off[places[1]]).mean() == pytest.approx(0.5, abs=0.05)


def test_a_perfect_classifier_still_shows_different_rows():
    _, _, found = trained(CLASSES)
    perfect = type(found)(
        "classification", "accuracy", 1.0, 0.5, "up", found.predicted, found.predicted, found.classes,
        found.probability,
    )  # fmt: skip
    places = [example.place for example in choose_examples(perfect)]
    assert len(set(places)) == len(places)


def test_nothing_in_it_warns(recwarn):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        from pellucid.report.page import report

        assert report(made(NUMBERS))
