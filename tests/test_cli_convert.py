"""`pellucid convert`: from file to file, by ending, with nothing lost unsaid."""

import numpy as np
import pytest

import pellucid
from c_programs import built, run_program
from pellucid import Dense, Network
from terminal import answer, run, said

ROWS = np.array([[0.25, -0.5], [1.0, 0.75]])


@pytest.fixture
def net(tmp_path):
    net = Network(2, Dense(4, "tanh"), Dense(1, "sigmoid"), seed=1)
    net.save(tmp_path / "a.safetensors")
    return net


def test_to_fann_and_back(net, tmp_path):
    text = said(run("convert", tmp_path / "a.safetensors", tmp_path / "b.net"))
    assert "2 -> 4 -> 1, 17 parameters" in text
    assert "b.net FANN's, " in text
    assert (tmp_path / "b.net").read_text(encoding="ascii").startswith("FANN_FLO_2.1\n")
    run("convert", tmp_path / "b.net", tmp_path / "c.safetensors")
    back = pellucid.load(tmp_path / "c.safetensors")
    assert back.predict(ROWS) == pytest.approx(net.predict(ROWS), rel=1e-14)
    run("convert", tmp_path / "c.safetensors", tmp_path / "d.net")
    assert (tmp_path / "d.net").read_bytes() == (tmp_path / "b.net").read_bytes()


def test_to_python(net, tmp_path):
    found = answer("convert", tmp_path / "a.safetensors", tmp_path / "b.py")
    assert found["bytes"] == (tmp_path / "b.py").stat().st_size
    assert (found["inputs"], found["outputs"], found["parameters"]) == (2, 1, 17)
    assert (tmp_path / "b.py").read_text(encoding="utf-8") == net.to_python()


@pytest.mark.parametrize("number", ["double", "float", "fixed"])
def test_to_c(net, tmp_path, number):
    run("convert", tmp_path / "a.safetensors", tmp_path / "my-net.c", "--number", number)
    text = (tmp_path / "my-net.c").read_text(encoding="ascii")
    assert text == net.to_c(number, name="my_net")
    found = run_program(built(text, tmp_path, "-DMY_NET_MAIN"), "0.25 -0.5 1 0.75")
    assert np.array(found.split(), float) == pytest.approx(net.predict(ROWS)[:, 0], abs=1e-5)


def test_options_of_c(net, tmp_path):
    run(
        "convert",
        tmp_path / "a.safetensors",
        tmp_path / "b.c",
        "--number",
        "fixed",
        "--bounds",
        "-2,3",
        "--name",
        "robot",
    )
    assert (tmp_path / "b.c").read_text(encoding="ascii") == net.to_c("fixed", name="robot", bounds=(-2, 3))
    run("convert", tmp_path / "a.safetensors", tmp_path / "7.c")
    assert "void network_run(" in (tmp_path / "7.c").read_text(encoding="ascii")


def test_what_is_left_behind_is_said(net, tmp_path):
    net.fit(ROWS, [0, 1], epochs=2)
    net.save(tmp_path / "a.safetensors")
    assert "b.net does not hold how far the training had come" in said(
        run("convert", tmp_path / "a.safetensors", tmp_path / "b.net")
    )
    assert "how far" not in said(run("convert", tmp_path / "b.net", tmp_path / "b.c"))


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("a.safetensors", "b.onnx"), "b.onnx cannot be written to: its name ends in '.onnx'"),
        (("a.py", "b.c"), "a.py cannot be read from: its name ends in '.py'"),
        (("a.safetensors", "b"), "its name ends in 'nothing'"),
        (("nowhere.safetensors", "b.c"), "nowhere.safetensors"),
        (("a.safetensors", "no/b.c"), "b.c is in a folder that does not exist"),
        (("a.safetensors", "a.safetensors"), "is the file to be converted itself"),
        (("a.safetensors", "mine.c"), "mine.c exists and is no source text of pellucid"),
        (("a.safetensors", "mine.net"), "mine.net' exists and is not a FANN net's file"),
        (("a.safetensors", "b.py", "--number", "fixed"), "--number for a .py file"),
        (("a.safetensors", "b.c", "--number", "half"), "--number half"),
        (("a.safetensors", "b.c", "--bounds", "1"), "Instead: --bounds -1,1"),
        (("a.safetensors", "b.c", "--bounds", "0,1"), 'Instead: --number "fixed"'),
        (("a.safetensors", "b.c", "--name", "9"), "name='9'"),
        (("softmax.safetensors", "b.net"), "softmax"),
    ],
)
def test_what_cannot_be_said_is_refused_and_nothing_is_written(net, tmp_path, monkeypatch, arguments, text):
    monkeypatch.chdir(tmp_path)
    Network(2, Dense(3, "softmax"), seed=0).save("softmax.safetensors")
    for mine in ("mine.c", "mine.net"):
        (tmp_path / mine).write_text("mine", encoding="ascii")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert text in said(run("convert", *arguments, code=2))
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
