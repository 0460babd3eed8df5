"""The progress bar: seen on a terminal and in notebooks, on request, and nowhere else."""

import sys
from types import SimpleNamespace

import pytest

from pellucid import Network

X, Y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 0, 0, 1]


def fit(**options) -> None:
    Network([2, 1], activation="sigmoid", seed=0).fit(X, Y, epochs=3, **options)


def test_silent_where_nobody_looks(capsys):
    fit()
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("terminal", "progress", "drawn"), [(True, None, True), (True, False, False), (False, True, True)]
)
def test_drawn_on_a_terminal_or_on_request(capsys, monkeypatch, terminal, progress, drawn):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    fit(progress=progress, validation=(X, Y))
    out, err = capsys.readouterr()
    assert out == ""
    assert ("3/3" in err) == drawn
    assert ("validation" in err) == drawn
    assert ("left" in err) == drawn


@pytest.fixture
def notebook(monkeypatch):
    """A kernel's IPython, as far as the bar knows it; what it was asked to show."""
    shown: list[dict[str, str]] = []

    def display(data, raw, display_id):
        shown.append(data)
        return SimpleNamespace(update=lambda data, raw: shown.append(data))

    shell = SimpleNamespace(config={"IPKernelApp": {}})
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=display))
    return shown


def test_an_element_of_its_own_in_a_notebook(notebook, capsys):
    fit()
    assert capsys.readouterr() == ("", "")
    assert '<progress value="0" max="3"' in notebook[0]["text/html"]
    assert "left -:--:--" in notebook[0]["text/plain"]
    assert notebook[-1]["text/plain"].startswith("training 3/3 loss 0.")
    assert notebook[-1]["text/plain"].endswith("left 0:00:00")


def test_silent_in_a_notebook_when_told_so(notebook):
    fit(progress=False)
    assert notebook == []
