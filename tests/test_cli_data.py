"""`pellucid train FILE.data`: examples in FANN's format."""

import numpy as np
import pytest

import pellucid
from pellucid.cli.examples import holds_examples
from terminal import answer, run, said

AND = "4 2 1\n-1 -1\n-1\n-1 1\n-1\n1 -1\n-1\n1 1\n1\n"


@pytest.fixture
def gate(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "and.data"
    path.write_text(AND, encoding="ascii")
    return path


def test_the_and_gate_is_learnt(gate, tmp_path):
    text = said(run("train", "and.data", "--hidden", "4"))
    assert "4 rows, 2 inputs, 1 output (FANN's format)" in text
    assert "2 -> 4 -> 1, hidden units tanh, output tanh (the targets lie in -1 to 1); 17 parameters" in text
    assert "4 of 4 rows right" in text
    net = pellucid.load(tmp_path / "and.safetensors")
    assert np.abs(net.predict([[1, 1], [1, -1]])[:, 0] - [1, -1]).max() < 0.02
    assert not (tmp_path / "and.html").exists()


@pytest.mark.parametrize("seed", range(12))
def test_what_is_saved_is_what_was_measured(gate, tmp_path, seed):
    """The step that follows the last measured epoch is not in the file: the error is as small as it was said to be."""
    found = answer("train", "and.data", "--hidden", "4", "--seed", seed, "--output", "and.net")
    net = pellucid.load(tmp_path / "and.net")
    X, y = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]]), np.array([-1, -1, -1, 1])
    mse = ((net.predict(X)[:, 0] - y) ** 2).mean()
    assert found["result"]["mse"] == pytest.approx(mse, rel=1e-6)
    assert mse <= 1e-5


def test_of_more_rows_some_are_kept_for_the_test(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    draw = np.random.default_rng(0)
    X = draw.uniform(-1, 1, (200, 3))
    Y = np.stack([X[:, 0] > X[:, 1], X[:, 0] <= X[:, 1]], axis=1).astype(int)
    rows = [f"{' '.join(map(repr, x))}\n{y[0]} {y[1]}" for x, y in zip(X.tolist(), Y, strict=True)]
    (tmp_path / "more.train").write_text("200 3 2\n" + "\n".join(rows) + "\n", encoding="ascii")
    found = answer("train", "more.train", "--hidden", "5", "--test", "0.2", "--output", "m.safetensors")
    assert (found["result"]["rows_are"], found["result"]["rows"]) == ("test", 40)
    assert found["result"]["right"] >= 36
    assert "output sigmoid (the targets lie in 0 to 1)" in found["choices"][0]


@pytest.mark.parametrize(
    ("option", "why"),
    [
        (("--target", "x"), "first line says how many"),
        (("--task", "regression"), "every output is learnt as a number"),
        (("--report", "r.html"), "have no names"),
        (("--checkpoint", "c"), "only trainings on tables"),
        (("--decimal", ","), "decimal points"),
    ],
)
def test_options_for_tables_are_refused(gate, option, why):
    text = said(run("train", "and.data", *option, code=2))
    assert f"{option[0]} for a file of examples in FANN's format" in text
    assert why in text


@pytest.mark.parametrize("name", ["and.c", "and.PY", "and.csv", "and.html"])
def test_a_model_is_not_written_under_the_name_of_another_kind_of_file(gate, tmp_path, name):
    text = said(run("train", "and.data", "--output", name, code=2))
    assert "is no model" in text
    assert "--output and.safetensors" in text
    assert ("pellucid convert and.safetensors" in text) is (name in ("and.c", "and.PY"))
    assert [path.name for path in tmp_path.iterdir()] == ["and.data"]


def test_slashes_for_line_breaks_are_explained(gate):
    gate.write_text(AND.replace("\n", " / "), encoding="ascii")
    assert "/ stands for" in said(run("train", "and.data", code=2))


def test_a_bad_file_names_its_line(gate):
    gate.write_text(AND.replace("\n1 -1", "\n1 x"), encoding="ascii")
    text = said(run("train", "and.data", code=2))
    assert "and.data" in text
    assert "line 6" in text


@pytest.mark.parametrize(
    ("text", "name", "meant"),
    [
        (AND, "and.data", True),
        (AND, "and.txt", True),
        ("4 2 1\n-1 -1\n", "and.data", True),
        ("4 2 1\n-1 -1\n", "and.txt", False),
        ("1 2 3\n4 5 6\n7 8 9\n", "iris.data", False),
        ("5.1,3.5,1.4,0.2,setosa\n", "iris.data", False),
        ("", "empty.data", False),
        (AND.replace("\n", " / "), "and.data", True),
        ("4 2 1/-1 -1/-1", "and.data", True),
        (AND.replace("\n", " / "), "and.txt", False),
    ],
)
def test_a_table_is_told_from_examples(tmp_path, text, name, meant):
    (tmp_path / name).write_text(text, encoding="ascii")
    assert holds_examples(tmp_path / name) is meant
    assert not holds_examples(tmp_path / "nowhere.data")


def test_the_other_verbs_read_examples_too(gate, tmp_path):
    run("train", "and.data", "--hidden", "4", "--output", "and.net", "--quiet")
    net = pellucid.load(tmp_path / "and.net")
    X, y = [[-1, -1], [-1, 1], [1, -1], [1, 1]], [[-1], [-1], [-1], [1]]
    rows = answer("predict", "and.net", "and.data")["rows"]
    assert [row["prediction"] for row in rows] == net.predict(X)[:, 0].tolist()
    assert answer("trace", "and.net", "and.data", "--row", 2) == net.trace(X[1:2], y[1:2]).to_dict()
    assert "The network says" in run("explain", "and.net", "and.data", "--row", 2).stdout
    assert answer("check", "and.net", "and.data")["passed"] is True
    assert "--target for a file of examples" in said(run("trace", "and.net", "and.data", "--row", 2, "-t", "y", code=2))


def test_the_outputs_in_the_file_are_compared(gate, tmp_path):
    run("train", "and.data", "--hidden", "4", "--quiet")
    mse = pellucid.load(tmp_path / "and.safetensors").predict([[-1, -1], [-1, 1], [1, -1], [1, 1]])[:, 0]
    wanted = f"4 of 4 rows right, mean squared error {((mse - [-1, -1, -1, 1]) ** 2).mean():.4g}"
    assert wanted in run("predict", "and.safetensors", "and.data").stderr
    (tmp_path / "two.data").write_text("2 2 2\n0 0\n0 1\n0 1\n1 1\n", encoding="ascii")
    assert "2 outputs a row, the network 1: they" in run("predict", "and.safetensors", "two.data").stderr
    pellucid.fit([[0.0, 1.0], [1.0, 0.0]] * 10, ["a", "b"] * 10, epochs=1).save("classes.safetensors")
    assert "answers with classes" in run("predict", "classes.safetensors", "and.data").stderr
    assert "In the file, the answer is -1." in said(run("explain", "and.safetensors", "and.data", "--row", 2))


def test_code_takes_the_rows_of_training(gate, tmp_path):
    run("train", "and.data", "--hidden", "4", "--epochs", "5", "--quiet")
    net = pellucid.load(tmp_path / "and.safetensors")
    X, y = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]], float), np.array([[-1], [-1], [-1], [1]], float)
    assert run("code", "and.safetensors", "--data", "and.data").stdout == net.to_python(X, y)
    run("train", "and.data", "--output", "and.net", "--quiet")
    result = run("code", "and.net")
    assert "How it was trained is not known, " in result.stdout
    assert result.stderr == ""  # no rows would give the training


def test_of_many_rows_code_takes_those_for_training(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    X = np.random.default_rng(0).uniform(-1, 1, (30, 2)).round(3)
    lines = [f"{a} {b} {a * b}" for a, b in X.tolist()]
    (tmp_path / "more.data").write_text("30 2 1\n" + "\n".join(lines) + "\n", encoding="ascii")
    run("train", "more.data", "--epochs", "4", "--test", "0.2", "--quiet")
    assert "trains for 4 epochs" in run("code", "more.safetensors", "--data", "more.data", "--test", "0.2").stdout
    other = run("code", "more.safetensors", "--data", "more.data", "--test", "0.5", code=2)
    assert "--test SHARE, as in training" in said(other)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("predict", "and.data", "and.net"), "and.data holds examples, and no network"),
        (("predict", "and.net", "and.net"), "and.net is a network"),
        (("train", "and.net"), "and.net is a network"),
        (("train", "and.safetensors"), "and.safetensors is a network"),
        (("convert", "and.data", "b.net"), "pellucid train and.data --output and.net"),
        (("code", "and.net", "--data", "and.data", "--target", "y"), "--target for a file of examples"),
    ],
)
def test_files_in_the_wrong_place_are_told(gate, arguments, text):
    for output in ("and.net", "and.safetensors"):
        run("train", "and.data", "--epochs", "1", "--output", output, "--quiet")
    assert text in said(run(*arguments, code=2))


def test_several_outputs_are_explained(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "two.data").write_text("3 2 2\n0 0\n0 1\n0 1\n1 1\n1 1\n1 0\n", encoding="ascii")
    run("train", "two.data", "--hidden", "3", "--epochs", "5", "--output", "two.net", "--quiet")
    a, b = pellucid.load(tmp_path / "two.net").predict([[1, 1]])[0]
    text = said(run("explain", "two.net", "two.data", "--row", 3, "--class", "output 1"))
    assert f"The network says {a:.6g}, {b:.6g}. In the file, the answer is 1, 0." in text
    assert "Why output 1" in text
    assert "does not hold what it was trained on, so the average row is unknown" in text
    assert answer("explain", "two.net", "two.data", "--row", 3)["truth"] == [1.0, 0.0]


def test_several_outputs_are_traced_and_checked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "two.data").write_text("3 2 2\n0 0\n0 1\n0 1\n1 1\n1 1\n1 0\n", encoding="ascii")
    run("train", "two.data", "--hidden", "3", "--epochs", "5", "--quiet")
    net = pellucid.load(tmp_path / "two.safetensors")
    assert answer("trace", "two.safetensors", "two.data", "--row", 3) == net.trace([[1, 1]], [[1, 0]]).to_dict()
    assert answer("check", "two.safetensors", "two.data", code=1)["gradients"]["passed"] is True
