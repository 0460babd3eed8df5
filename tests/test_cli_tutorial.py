"""`pellucid tutorial NAME` prints the pages' numbers, to the last digit."""

import math
import re
import subprocess
import sys
from functools import cache
from importlib import import_module

import pytest

from pellucid.cli.tutorials import ABOUT, find
from pellucid.data.datasets import load_dataset
from terminal import answer, run, said

remembered = cache(lambda name: find(name)())


@pytest.fixture(autouse=True)
def each_lesson_trains_once(monkeypatch):
    def found(name):
        find(name)
        return lambda: remembered(name)

    monkeypatch.setattr(import_module("pellucid.cli.tutorial"), "find", found)


def test_without_a_name_they_are_listed():
    text = said(run("tutorial"))
    for name, about in ABOUT.items():
        assert f"{name} {about}" in text
    assert answer("tutorial") == ABOUT
    assert list(ABOUT) == ["neuron", "two-layer", "three-layer", "class", "and-gate"]


def test_a_name_that_is_none_teaches_the_nearest():
    text = said(run("tutorial", "two-layers", code=2))
    assert "there is no tutorial named 'two-layers'" in text
    assert "Instead: 'two-layer'" in text


def test_one_neuron():
    text = said(run("tutorial", "neuron"))
    assert "= 1 · 7 + 1 · 3 - 5 = 5" in text
    assert "0.99330715" in text
    found = answer("tutorial", "neuron")
    assert found["z"] == 5
    assert found["printed"] == "0.99330715"


def test_the_sigmoid_is_shown_as_a_curve(tmp_path):
    assert re.search(r"-6 │ +0\.002473\n +-5 .*\n[\s\S]* 0 │█{12} +0\.5\n", run("tutorial", "neuron").stdout)
    found = answer("tutorial", "neuron")["sigmoid"]
    assert [point["z"] for point in found] == list(range(-6, 7))
    assert all(point["a"] == pytest.approx(1 / (1 + math.exp(-point["z"]))) for point in found)
    run("tutorial", "neuron", "--page", tmp_path / "n.html")
    assert "<title>sigmoid</title>" in (tmp_path / "n.html").read_text(encoding="utf-8")


def test_the_neuron_is_a_spam_filter_of_capitals_and_a_word():
    found = answer("tutorial", "neuron")["messages"]
    assert [(m["capitals"], m["viagra"]) for m in found] == [(0, 0), (0, 1), (2, 1), (1, 0)]
    for message in found:
        z = 7 * message["capitals"] + 3 * message["viagra"] - 5
        assert message["a"] == pytest.approx(1 / (1 + math.exp(-z)))
    assert "spam" in said(run("tutorial", "neuron"))


def test_a_network_without_a_hidden_layer_learns_from_real_mail():
    found = answer("tutorial", "neuron")["spam"]
    assert found["training_rows"] + found["test"]["rows"] == 4601
    assert found["test"]["score"] > 0.93
    assert found["test"]["baseline"] == pytest.approx(0.606, abs=0.001)
    weights = found["largest_weights"]
    assert weights["remove"] > 0 > weights["george"]
    assert list(weights.values()) == sorted(weights.values(), reverse=True)
    email = found["email"]
    assert email["spam"] == pytest.approx(1 / (1 + math.exp(-email["z"])))
    assert load_dataset("spambase")["type"][email["row"] - 1] == email["type"]
    text = said(run("tutorial", "neuron"))
    assert f"{100 * found['test']['score']:.1f} % ({found['test']['right']} of 1150)" in text


def test_two_layers():
    text = said(run("tutorial", "two-layer"))
    for digits in ("0.00966449 0.00786506 0.99358898 0.99211957", "0.00966400 0.00786466 0.99358931 0.99211997"):
        assert digits in text
    for slope in ("2 0.8808 0.1050", "0 0.5000 0.2500", "-1 0.2689 0.1966"):
        assert slope in text
    assert "after 9999 updates; its own update moves them once more" in text
    found = answer("tutorial", "two-layer")
    assert found["printed"] == ["0.00966449", "0.00786506", "0.99358898", "0.99211957"]
    update = found["update"]
    assert [example["input"] for example in update["examples"]] == [0, 0, 1, 1]
    assert sum(example["term"] for example in update["examples"]) == pytest.approx(update["sum"], rel=1e-15)
    assert update["before"] + update["sum"] == pytest.approx(update["after"], rel=1e-14)


def test_three_layers():
    errors = [
        "0.496410031903",
        "0.00858452565325",
        "0.00578945986251",
        "0.00462917677677",
        "0.00395876528027",
        "0.00351012256786",
    ]
    text = said(run("tutorial", "three-layer"))
    for iteration, error in enumerate(errors):
        assert f"{iteration * 10000} {error}" in text
    assert answer("tutorial", "three-layer")["printed"] == errors


def test_the_class():
    text = said(run("tutorial", "class"))
    assert "with the seed 0" in text
    assert "Over 1500 iterations the loss falls in every single iteration" in text
    found = answer("tutorial", "class")
    assert found["monotone"] is True
    assert found["seed"] == 0
    assert [round(p, 2) for p in found["predictions"]] == [0.02, 0.98, 0.98, 0.02]


def test_the_and_gate_with_its_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = said(run("tutorial", "and-gate"))
    assert "Max epochs 10000. Desired error: 0.0000100000." in text
    assert "Epochs 1. Current error: 0.2619800866. Bit fail 4." in text  # as FANN itself begins with this seed
    assert "and.data, and_gate.py, and.net are in this folder" in text
    found = answer("tutorial", "and-gate")  # over its own files
    assert found["error"] < 1e-5
    assert [round(p) for p in found["predictions"]] == [-1, -1, -1, 1]
    assert {path.name for path in tmp_path.iterdir()} == {"and.data", "and_gate.py", "and.net"}
    saved = (tmp_path / "and.net").read_bytes()
    again = subprocess.run([sys.executable, "and_gate.py"], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert again.stdout.splitlines() == found["printed"]
    assert (tmp_path / "and.net").read_bytes() == saved


def test_the_and_gate_writes_over_nothing_of_the_user_s(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "and.data").write_text("my own", encoding="ascii")
    text = said(run("tutorial", "and-gate", code=2))
    assert "the file and.data exists and is no file of this tutorial" in text
    assert [path.name for path in tmp_path.iterdir()] == ["and.data"]


@pytest.mark.parametrize("name", ["neuron", "class"])
def test_a_picture_and_a_page_are_written_if_asked(name, tmp_path):
    picture, page = tmp_path / "n.svg", tmp_path / "n.html"
    result = run("tutorial", name, "--picture", picture, "--page", page)
    assert "the picture is in" in said(result)
    assert picture.read_text(encoding="utf-8").startswith("<svg")
    text = page.read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>")
    assert "<svg" in text
    assert "<script" not in text


def test_a_picture_that_cannot_be_written_is_an_error_text(tmp_path):
    result = run("tutorial", "neuron", "--picture", tmp_path / "no" / "n.svg", code=2)
    assert "n.svg is in a folder that does not exist" in result.stderr
    (tmp_path / "n.svg").write_text("mine", encoding="utf-8")
    for option in ("--picture", "--page"):
        assert "exists and is no" in said(run("tutorial", "neuron", option, tmp_path / "n.svg", code=2))
    assert (tmp_path / "n.svg").read_text(encoding="utf-8") == "mine"
