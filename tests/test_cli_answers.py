"""`pellucid predict`, `explain`, `trace`, `check` and `code` on a model that `train` saved."""

import csv
import io
import os
import subprocess
import sys

import numpy as np
import pytest

import pellucid
from pellucid.data.table import read_table
from terminal import answer, fruit, run, said, write_csv

NEW = [["red", "160", "yes"], ["green", "1900", "no"], ["blue", "38", "yes"]]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with fruit.csv, kinds.csv (the same without prices), a classifier of kinds, a regression of prices."""
    folder = tmp_path_factory.mktemp("fruit")
    lines = fruit(folder / "fruit.csv").read_text(encoding="utf-8").splitlines()
    (folder / "kinds.csv").write_text("\n".join(line.rpartition(",")[0] for line in lines), encoding="utf-8")
    for target, table, name in (("kind", "kinds.csv", "kinds"), ("price", "fruit.csv", "prices")):
        files = ("--output", folder / f"{name}.safetensors", "--report", folder / f"{name}.html")
        run("train", folder / table, "--target", target, "--epochs", 200, "--hidden", 6, "--quiet", *files)
    return folder


@pytest.fixture
def here(trained, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for file in trained.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    return tmp_path


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


# --- predict --------------------------------------------------------------------------------------------------------


def test_predict_prints_csv_with_a_probability_for_each_class(here):
    write_csv(here / "new.csv", ["colour", "weight", "ripe"], NEW)
    rows = rows_of(run("predict", "kinds.safetensors", "new.csv").stdout)
    assert list(rows[0]) == ["row", "prediction", "probability_apple", "probability_melon", "probability_plum"]
    assert [(row["row"], row["prediction"]) for row in rows] == [("1", "apple"), ("2", "melon"), ("3", "plum")]
    for row in rows:
        assert sum(float(value) for name, value in row.items() if name.startswith("probability")) == pytest.approx(1)


def test_a_row_of_empty_cells_keeps_its_place(here):
    (here / "new.csv").write_text("colour,weight,ripe\nred,160,yes\n,,\ngreen,1900,no\n,,\n", encoding="utf-8")
    result = run("predict", "kinds.safetensors", "new.csv")
    rows = rows_of(result.stdout)
    assert [(row["row"], row["prediction"]) for row in rows[::2]] == [("1", "apple"), ("3", "melon")]
    assert len(rows) == 3 and "colour: 1 missing value " in result.stderr
    assert "The network says melon" in said(run("explain", "kinds.safetensors", "new.csv", "--row", 3))


def test_predict_gives_numbers_in_the_target_s_units(here):
    rows = rows_of(run("predict", "prices.safetensors", "fruit.csv").stdout)
    assert list(rows[0]) == ["row", "prediction"]
    net, table = pellucid.load(here / "prices.safetensors"), read_table(here / "fruit.csv")
    with pytest.warns(pellucid.Notice):
        expected = net.predict(table)[:, 0]
    np.testing.assert_array_equal([float(row["prediction"]) for row in rows], expected)


def test_columns_go_by_name_and_others_are_left_alone(here):
    write_csv(here / "new.csv", ["colour", "weight", "ripe"], NEW)
    plain = run("predict", "kinds.safetensors", "new.csv").stdout
    shuffled = [[ripe, "?!", weight, colour] for colour, weight, ripe in NEW]
    write_csv(here / "new.csv", ["ripe", "note", "weight", "colour"], shuffled, delimiter=";")
    result = run("predict", "kinds.safetensors", "new.csv")
    assert result.stdout == plain
    assert "1 column not used, as training did not have it: note." in result.stderr


def test_a_missing_column_is_refused_by_name(here):
    write_csv(here / "new.csv", ["color", "weight", "ripe"], NEW)
    result = run("predict", "kinds.safetensors", "new.csv", code=2)
    assert result.stdout == ""
    text = said(result)
    assert "lacks 1 column that the network was trained on: colour" in text
    assert "color renamed to colour" in text


def test_unseen_categories_and_missing_values_are_said_on_standard_error(here):
    write_csv(here / "new.csv", ["colour", "weight", "ripe"], [*NEW, ["mauve", "", "no"]])
    result = run("predict", "kinds.safetensors", "new.csv")
    assert len(rows_of(result.stdout)) == 4
    assert "colour: 1 value is none of its categories ('mauve')." in said(result)
    assert "weight: 1 missing value filled with" in result.stderr


def test_words_in_a_column_of_numbers_are_refused(here):
    write_csv(here / "new.csv", ["colour", "weight", "ripe"], [*NEW, ["red", "heavy", "no"]])
    text = said(run("predict", "kinds.safetensors", "new.csv", code=2))
    assert "the file holds the text 'heavy' in row 4, column 'weight'. Expected: numbers, as in training." in text


def test_predict_writes_a_file_and_json(here):
    write_csv(here / "new.csv", ["colour", "weight", "ripe"], NEW)
    result = run("predict", "kinds.safetensors", "new.csv", "--output", "out.csv")
    assert result.stdout == ""
    assert "out.csv holds 3 answers" in result.stderr
    assert (here / "out.csv").read_text(encoding="utf-8") == run("predict", "kinds.safetensors", "new.csv").stdout
    found = answer("predict", "kinds.safetensors", "new.csv")
    assert found["target"] == "kind"
    assert [row["prediction"] for row in found["rows"]] == ["apple", "melon", "plum"]


def test_where_the_truth_is_in_the_file_it_is_compared(here):
    assert "the file holds kind too:" in run("predict", "kinds.safetensors", "fruit.csv").stderr
    assert "R² =" in run("predict", "prices.safetensors", "fruit.csv").stderr


def test_one_row_is_enough_and_no_row_is_refused(here):
    write_csv(here / "new.csv", ["colour", "weight", "ripe"], NEW[:1])
    assert len(rows_of(run("predict", "kinds.safetensors", "new.csv").stdout)) == 1
    write_csv(here / "new.csv", ["colour", "weight", "ripe"], [])
    assert "holds a header and no rows" in said(run("predict", "kinds.safetensors", "new.csv", code=2))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "there is no file 'm.safetensors'"),
        (b"", "m.safetensors"),
        (b"a,b\n1,2\n", "this is no safetensors file"),
    ],
)
def test_a_file_that_is_no_model_is_refused(here, content, told):
    if content is not None:
        (here / "m.safetensors").write_bytes(content)
    result = run("predict", "m.safetensors", "fruit.csv", code=2)
    assert told in said(result) or "truncated" in said(result) or "empty" in said(result)
    assert "Traceback" not in result.output


def test_output_is_written_over_nothing_but_earlier_answers(here):
    write_csv(here / "new.csv", ["colour", "weight", "ripe"], NEW)
    (here / "notes.txt").write_text("mine", encoding="utf-8")
    (here / "link.csv").symlink_to("new.csv")
    (here / "hard.st").hardlink_to(here / "kinds.safetensors")
    for place, told in (
        ("kinds.safetensors", "is the model itself"),
        ("hard.st", "is the model itself"),
        ("new.csv", "is the table itself"),
        ("link.csv", "is the table itself"),
        ("notes.txt", "exists and is no table of answers of pellucid"),
        (".", "is a folder"),
        ("no/out.csv", "is in a folder that does not exist"),
    ):
        before = {file.name: file.read_bytes() for file in here.iterdir()}
        result = run("predict", "kinds.safetensors", "new.csv", "--output", place, code=2)
        assert f"--output {place} {told}" in said(result)
        assert {file.name: file.read_bytes() for file in here.iterdir()} == before
    for _ in range(2):
        run("predict", "kinds.safetensors", "new.csv", "--output", "out.csv")


def test_answers_are_written_whole_or_not_at_all(here, monkeypatch):
    write_csv(here / "new.csv", ["colour", "weight", "ripe"], NEW)
    run("predict", "kinds.safetensors", "new.csv", "--output", "out.csv")
    before = (here / "out.csv").read_bytes()

    def full(*paths):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    assert "No space left" in said(run("predict", "kinds.safetensors", "new.csv", "--output", "out.csv", code=2))
    assert (here / "out.csv").read_bytes() == before


def test_output_may_be_a_device(here):
    write_csv(here / "new.csv", ["colour", "weight", "ripe"], NEW)
    run("predict", "kinds.safetensors", "new.csv", "--output", "/dev/null")
    assert not os.path.isfile("/dev/null")


# --- explain and trace ----------------------------------------------------------------------------------------------


def test_explain_counts_rows_from_1_without_the_header(here):
    table = read_table(here / "fruit.csv")
    for row in (1, 2, 120):
        assert answer("explain", "kinds.safetensors", "fruit.csv", "--row", row)["truth"] == table["kind"][row - 1]
    text = said(run("explain", "kinds.safetensors", "fruit.csv", "--row", 2))
    assert "Row 2" in text
    assert "The network says melon with" in text
    assert "In the file, kind is melon." in text


@pytest.mark.parametrize("row", [0, -1, 121])
def test_a_row_that_is_not_there_is_refused(here, row):
    for verb in ("explain", "trace"):
        text = said(run(verb, "kinds.safetensors", "fruit.csv", "--row", row, code=2))
        assert f"--row {row}. Expected: 1 to 120, as the file has 120 rows (names not counted)." in text


def test_explain_names_every_column_and_another_class_if_asked(here):
    text = said(run("explain", "kinds.safetensors", "fruit.csv", "--row", 2, "--class", "plum"))
    for column in ("weight", "colour", "ripe"):
        assert column in text
    assert "plum" in text
    assert "grape" in said(run("explain", "kinds.safetensors", "fruit.csv", "--row", 2, "--class", "grape", code=2))


def test_explain_a_number(here):
    found = answer("explain", "prices.safetensors", "fruit.csv", "--row", 5)
    assert isinstance(found["prediction"], float)
    assert isinstance(found["truth"], float)
    assert found["explanation"]


def test_trace_shows_both_ways_where_the_truth_is_known(here):
    assert "dense_1" in run("trace", "kinds.safetensors", "fruit.csv", "--row", 1).stdout
    with_truth = answer("trace", "kinds.safetensors", "fruit.csv", "--row", 1)
    write_csv(here / "new.csv", ["colour", "weight", "ripe"], NEW)
    without = answer("trace", "kinds.safetensors", "new.csv", "--row", 1)
    assert with_truth != without
    assert len(str(with_truth)) > len(str(without))


def test_trace_explains_one_number(here):
    text = run("trace", "kinds.safetensors", "fruit.csv", "--row", 1, "--explain", "dense_1.W[0, 2]").stdout
    assert "Where dense_1.W[0, 2] comes from" in text
    assert answer("trace", "kinds.safetensors", "fruit.csv", "--row", 1, "--explain", "dense_2.z[0, 1]")
    told = said(run("trace", "kinds.safetensors", "fruit.csv", "--row", 1, "--explain", "dense_9.W[0, 0]", code=2))
    assert "dense_9" in told


def test_trace_refuses_a_target_that_is_not_there_or_not_known(here):
    told = said(run("trace", "kinds.safetensors", "fruit.csv", "--row", 1, "--target", "sort", code=2))
    assert "there is no column named 'sort'" in told
    write_csv(here / "new.csv", ["colour", "weight", "ripe", "kind"], [[*NEW[0], ""], [*NEW[1], "melon"]])
    told = said(run("trace", "kinds.safetensors", "new.csv", "--row", 1, "--target", "kind", code=2))
    assert "row 1 has no value in the column 'kind'" in told
    run("trace", "kinds.safetensors", "new.csv", "--row", 1)


@pytest.mark.parametrize("verb", ["explain", "trace"])
def test_errors_name_the_row_of_the_file_and_no_function(here, verb):
    write_csv(here / "new.csv", ["colour", "weight", "ripe"], [*NEW, ["red", "heavy", "no"]])
    text = said(run(verb, "kinds.safetensors", "new.csv", "--row", 4, code=2))
    assert text.startswith("Error: the file holds the text 'heavy' in row 4, column 'weight'.")
    assert "counted from 0" not in text


def test_trace_says_which_row_it_is_of(here):
    text = said(run("trace", "kinds.safetensors", "fruit.csv", "--row", 7))
    assert text.startswith("Row 7")
    assert "so it is row 0 of what follows" in text


# --- check and code -------------------------------------------------------------------------------------------------


def test_check_passes_a_good_network_with_0(here):
    text = said(run("check", "kinds.safetensors", "fruit.csv", "--target", "kind"))
    assert "Gradient check: passed" in text
    assert "Diagnosis: nothing wrong was found" in text
    found = answer("check", "kinds.safetensors", "fruit.csv")
    assert found["passed"] is True
    assert found["gradients"]["passed"] is True
    assert found["diagnosis"]["healthy"] is True


def test_check_ends_with_1_where_the_diagnosis_finds_something(here):
    run("train", "fruit.csv", "-t", "kind", "--epochs", 1, "--hidden", 4, "--learning-rate", 1e-6, "-q", "-o", "bad.st")
    text = said(run("check", "bad.st", "fruit.csv", "--target", "kind", code=1))
    assert "Gradient check: passed" in text
    assert "Try:" in text
    assert answer("check", "bad.st", "fruit.csv", code=1)["passed"] is False


def test_check_needs_the_truth(here):
    write_csv(here / "new.csv", ["colour", "weight", "ripe"], NEW)
    assert "--target COLUMN" in said(run("check", "kinds.safetensors", "new.csv", code=2))
    write_csv(here / "new.csv", ["colour", "weight", "ripe", "kind"], [[*row, ""] for row in NEW])
    assert "has no values" in said(run("check", "kinds.safetensors", "new.csv", code=2))


def script_output(folder, script):
    (folder / "script.py").write_text(script, encoding="utf-8")
    done = subprocess.run([sys.executable, "script.py"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_code_is_a_script_that_runs_on_its_own(here):
    script = run("code", "kinds.safetensors").stdout
    compile(script, "script.py", "exec")
    assert "import pellucid" not in script
    script_output(here, script)
    assert answer("code", "kinds.safetensors")["code"].rstrip() == script.rstrip()


def weights_of_the_script(here, training):
    """dense_1.W as `code` trains it, and as `train` did."""
    script = run("code", f"{training}.safetensors", "--data", "kinds.csv").stdout
    assert "only predicts" not in script.partition('"""\n')[0]
    script_output(here, script + "\nnp.save('w.npy', parameters['dense_1']['W'])\n")
    return np.load(here / "w.npy"), pellucid.load(here / f"{training}.safetensors").parameters["dense_1.W"]


def test_code_with_the_table_trains_to_the_same_weights(here, monkeypatch):
    """The script is the NumPy engine's own arithmetic: the same bits."""
    monkeypatch.setenv("PELLUCID_NO_NATIVE", "1")
    run(
        "train",
        "kinds.csv",
        "--target",
        "kind",
        "--epochs",
        200,
        "--hidden",
        6,
        "--quiet",
        "--output",
        "numpy.safetensors",
    )
    again, trained = weights_of_the_script(here, "numpy")
    np.testing.assert_array_equal(again, trained)


def test_code_trains_to_the_native_cores_weights_up_to_rounding(here):
    again, trained = weights_of_the_script(here, "kinds")
    assert np.abs(again - trained).max() <= 1e-12 * max(1.0, np.abs(trained).max())


def test_code_refuses_other_data(here):
    fruit(here / "other.csv", n=60)
    result = run("code", "kinds.safetensors", "--data", "other.csv", code=2)
    assert "Traceback" not in result.output


def test_code_with_another_share_for_the_test_says_so(here):
    text = said(run("code", "kinds.safetensors", "--data", "kinds.csv", "--test", 0.4, code=2))
    assert "Instead: --test SHARE, as in training; or the same without --data" in text
    assert "net." not in text
    assert "--test 1. Expected:" in said(run("code", "kinds.safetensors", "--data", "kinds.csv", "--test", 1, code=2))


# --- Networks that were written down, not trained on a table ----------------------------------------------------------


def test_a_network_of_plain_columns_answers_too(here):
    net = pellucid.Network([2, 3, 1], activation="tanh", output_activation="sigmoid", seed=1)
    net.fit([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0], epochs=5)
    net.save(here / "xor.st")
    rows = [[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]]
    write_csv(here / "xor.csv", ["a", "b"], [row[:2] for row in rows])
    write_csv(here / "xory.csv", ["a", "b", "y"], rows)
    found = rows_of(run("predict", "xor.st", "xor.csv").stdout)
    np.testing.assert_allclose(
        [float(row["probability_1"]) for row in found], net.predict_proba([row[:2] for row in rows])[:, 1]
    )
    run("explain", "xor.st", "xor.csv", "--row", 2)
    run("trace", "xor.st", "xory.csv", "--row", 2, "--target", "y")
    assert answer("check", "xor.st", "xory.csv", "--target", "y", code=1)["gradients"]["passed"] is True
    assert "only predicts" not in run("code", "xor.st", "--data", "xory.csv", "--target", "y", "--test", 0).output
    assert "the file has 3 columns" in said(run("predict", "xor.st", "xory.csv", code=2))
