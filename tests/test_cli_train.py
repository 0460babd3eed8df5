"""`pellucid train`: what it says, writes and refuses; JSON; checkpoints; hostile tables."""

import json
import re

import numpy as np
import pytest

import pellucid
from pellucid.data.table import read_table
from terminal import QUICK, answer, fruit, run, said, write_csv


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def table(here):
    return fruit(here / "fruit.csv")


def test_it_says_what_it_read_chose_and_reached_and_writes_model_and_report(here, table):
    text = said(run("train", table, "--target", "kind", *QUICK))
    assert "fruit.csv: 120 rows and 6 columns, separated by commas, UTF-8, names in the first line." in text
    assert "The same in every row: place." in text
    assert "12 missing values (empty): weight 12." in text
    assert "90 rows for training, 30 for the test and nothing else." in text
    assert "Task: classification (kind holds words)" in text
    assert "place is left out" in text
    assert "8 epochs in" in text
    assert re.search(r"accuracy \d+\.\d % \(\d+ of 30 rows that it never saw\)", text)
    assert re.search(r"baseline 3[36]\.[37] % \(always the most frequent class, (apple|melon|plum)\)", text)
    assert "fruit.safetensors" in text
    assert "fruit.html" in text
    net = pellucid.load(here / "fruit.safetensors")
    assert net.classes == ("apple", "melon", "plum")
    assert net.preprocessing.target.name == "kind"
    assert (here / "fruit.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_json_is_exactly_one_object(here, table):
    found = answer("train", table, "--target", "kind", *QUICK)
    assert set(found["test"]) == {"score", "metric", "baseline", "rows", "baseline_answer", "right"}
    assert found["test"]["metric"] == "accuracy"
    assert found["test"]["score"] == found["test"]["right"] / found["test"]["rows"]
    assert found["data"]["training_rows"] + found["data"]["test_rows"] == found["data"]["rows"] == 120
    assert found["data"]["fingerprint"] == read_table(table, "kind").fingerprint()
    assert found["model"] == "fruit.safetensors"
    assert found["report"] == "fruit.html"
    assert found["task"] == "classification"
    assert found["choices"][0].startswith("Task: classification")
    assert found["seconds"] > 0
    assert found["training"]["epochs"] == 8


def test_a_number_is_predicted_with_r2_beside_that_of_the_mean(table):
    found = answer("train", table, "--target", "price", "--epochs", 60)
    assert found["task"] == "regression"
    assert found["test"]["metric"] == "r2"
    assert -0.3 < found["test"]["baseline"] < 0
    assert found["test"]["score"] > 0.5
    errors = found["test"]["mean_absolute_error"]
    assert errors["score"] < errors["baseline"]


def test_quiet_says_the_score_and_the_files_only(table):
    result = run("train", table, "--target", "kind", "--quiet", *QUICK)
    assert [line.split()[0] for line in result.stdout.splitlines()] == ["accuracy", "baseline", "model", "report"]
    assert result.stderr == ""


def test_the_same_seed_gives_the_same_network_another_one_another(here, table):
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        run("train", table, "--target", "kind", "--seed", seed, "--output", f"{name}.safetensors", *QUICK)
    a, b, c = (pellucid.load(here / f"{name}.safetensors") for name in "abc")
    assert a == b
    assert a != c


def test_the_baseline_is_the_most_frequent_class(here):
    rows = [[i, i % 3, "often" if i % 5 else "rare"] for i in range(100)]
    path = write_csv(here / "t.csv", ["a", "b", "y"], rows)
    found = answer("train", path, "--target", "y", *QUICK)
    assert found["test"]["baseline"] == pytest.approx(0.8)
    assert found["test"]["baseline_answer"] == "often"


def test_copies_of_a_row_stay_on_one_side(here):
    rows = [[i % 20, (i % 20) ** 2 % 7, "ab"[i % 20 > 9]] for i in range(100)]
    path = write_csv(here / "t.csv", ["a", "b", "y"], rows)
    text = said(run("train", path, "--target", "y", *QUICK))
    assert "80 rows are exact copies of an earlier row." in text
    found = answer("train", path, "--target", "y", *QUICK)
    assert found["data"]["test_rows"] % 5 == 0


def test_test_share_task_and_hidden_layers_can_be_said(table):
    found = answer("train", table, "-t", "kind", "--test", 0.5, "--epochs", 3, "--hidden", "5,3")
    assert found["data"]["test_rows"] == 60
    assert [layer.units for layer in pellucid.load(found["model"]).layers] == [5, 3, 3]
    found = answer("train", table, "-t", "kind", "--epochs", 3, "--hidden", "none")
    assert [layer.units for layer in pellucid.load(found["model"]).layers] == [3]
    write_csv(table, ["x", "y"], [[i / 7, i % 4] for i in range(80)])
    assert answer("train", table, "-t", "y", *QUICK)["task"] == "classification"
    assert answer("train", table, "-t", "y", "--task", "regression", *QUICK)["task"] == "regression"


def test_semicolons_decimal_commas_and_old_encodings_are_found(here):
    rows = "".join(f"{i / 4:.2f};{'süß' if i % 2 else 'sauer'}\n".replace(".", ",") for i in range(60))
    (here / "t.csv").write_bytes(("größe;art\n" + rows).encode("cp1252"))
    text = said(run("train", "t.csv", "--target", "art", *QUICK))
    assert "separated by semicolons" in text
    assert "decimal comma" in text
    assert "Windows-1252" in text
    assert "--encoding says otherwise" in text


def test_rows_without_a_target_are_left_out_and_row_numbers_stay_those_of_the_file(here):
    rows = [[i, (i * 7) % 10, "" if i % 4 == 0 else "ab"[i > 40]] for i in range(80)]
    rows[8] = ["", "", ""]
    path = write_csv(here / "t.csv", ["a", "b", "y"], rows)
    text = said(run("train", path, "--target", "y", *QUICK))
    assert "20 rows without a value for y: left out." in text
    report = (here / "t.html").read_text(encoding="utf-8")
    for number in map(int, re.findall(r"\(row (\d+)\)", report)):
        assert rows[number - 1][2] != ""


def test_shipped_data_can_be_named_and_this_is_said(here):
    result = run("train", "penguins", *QUICK)
    assert "there is no file penguins" in result.stderr
    assert "19 missing values (NA)" in result.stdout
    assert (here / "penguins.safetensors").exists()


def test_spam_is_told_with_the_defaults(here):
    found = answer("train", "spambase", "--target", "type")
    assert found["test"]["score"] >= 0.93
    assert found["test"]["baseline"] == pytest.approx(0.606, abs=0.001)


# --- Checkpoints ---------------------------------------------------------------------------------------------------


def test_resuming_a_finished_training_gives_the_same_network(here, table):
    order = ("train", table, "--target", "kind", "--checkpoint", "saved", *QUICK)
    run(*order)
    before = pellucid.load(here / "fruit.safetensors")
    run(*order, "--resume")
    assert pellucid.load(here / "fruit.safetensors") == before


def test_resume_refuses_other_data(table):
    order = ("train", table, "--target", "kind", "--checkpoint", "saved", *QUICK)
    run(*order)
    table.write_text(table.read_text(encoding="utf-8").replace("red", "pink", 1), encoding="utf-8")
    text = said(run(*order, "--resume", code=2))
    assert "this table is not the one that the training in saved began with (its fingerprint differs)" in text


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--seed", 5, "--seed is 5, and the training in saved began with 0."),
        ("--hidden", "4,4", "--hidden is 4,4, and the training in saved began with 4."),
        ("--learning-rate", 0.1, "--learning-rate is 0.1, and the training in saved began with left out."),
        ("--epochs", 9, "--epochs is 9, and the training in saved began with 8."),
        ("--test", 0.2, "--test is 0.2, and the training in saved began with 0.25."),
    ],
)
def test_resume_refuses_other_settings(table, option, value, told):
    order = ("train", table, "--target", "kind", "--checkpoint", "saved", *QUICK)
    run(*order)
    assert told in said(run(*order, "--resume", option, value, code=2))


def test_resume_needs_a_folder_and_something_in_it(here, table):
    text = said(run("train", table, "-t", "kind", "--resume", code=2))
    assert "--resume without --checkpoint" in text
    text = said(run("train", table, "-t", "kind", "--resume", "--checkpoint", "empty", code=2))
    assert "there is nothing to resume in empty: it has no train.json" in text
    (here / "bad").mkdir()
    (here / "bad" / "train.json").write_text("{", encoding="utf-8")
    text = said(run("train", table, "-t", "kind", "--resume", "--checkpoint", "bad", code=2))
    assert "train.json is damaged or from another version" in text


# --- What is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("nope.csv", "-t", "y"), "there is no file 'nope.csv'"),
        (("fruit.csv", "-t", "kinds"), "there is no column named 'kinds'"),
        (("fruit.csv",), "no column to predict was named"),
        (("fruit.csv", "-t", "kind", "--hidden", "4,x"), "--hidden 4,x. Expected: whole numbers of at least 1"),
        (("fruit.csv", "-t", "kind", "--hidden", "0"), "--hidden 0. Expected: whole numbers of at least 1"),
        (("fruit.csv", "-t", "kind", "--task", "guess"), "--task guess. Expected: classification or regression"),
        (("fruit.csv", "-t", "kind", "--task", "regression"), "kind holds words"),
        (("fruit.csv", "-t", "kind", "--output", "no/m"), "--output no/m is in a folder that does not exist"),
        (("fruit.csv", "-t", "kind", "--report", "."), "--report . is a folder"),
        (("fruit.csv", "-t", "kind", "--output", "fruit.csv"), "--output fruit.csv is the table itself"),
        (("fruit.csv", "-t", "kind", "--report", "fruit.safetensors"), "--output and --report are both"),
        (("fruit.csv", "-t", "kind", "--decimal", ";"), "--decimal ';'"),
        (("fruit.csv", "-t", "kind", "--encoding", "klingon"), "--encoding 'klingon'"),
        (("fruit.csv", "-t", "kind", "--delimiter", "ab"), "--delimiter 'ab'"),
        (("fruit.csv", "-t", "kind", "--test", "1.5"), "--test 1.5. Expected: a share of the rows"),
        (("fruit.csv", "-t", "kind", "--test", "1"), "--test 1. Expected: a share of the rows"),
        (("fruit.csv", "-t", "kind", "--test", "0"), "--test 0. Expected: a share of the rows"),
        (("fruit.csv", "-t", "kind", "--hidden", "10000000"), "Expected: at most 100 layers of at most 10000 units"),
        (("fruit.csv", "-t", "kind", "--hidden", "9" * 5000), "Expected: at most 100 layers of at most 10000 units"),
        (("fruit.csv", "-t", "kind", "--learning-rate", "0"), "--learning-rate 0. Expected: a finite number above 0"),
        (("fruit.csv", "-t", "kind", "--seed", "-1"), "--seed -1"),
        (("fruit.csv", "-t", "kind", "--learning-rate", "-1"), "--learning-rate"),
        (("fruit.csv", "-t", "kind", "--epochs", "0"), "--epochs"),
        (("fruit.csv", "-t", "kind", "--colour", "red"), "No such option"),
    ],
)
def test_bad_input_is_an_error_text_and_exit_code_2(table, arguments, told):
    result = run("train", *arguments, code=2)
    assert told in said(result)
    assert "Traceback" not in result.output


def test_divergence_is_told_and_ends_with_1(table):
    result = run("train", table, "-t", "price", "--learning-rate", "1e200", "--epochs", 20, code=1)
    text = said(result)
    assert "Error: training diverged in epoch" in text
    assert "no model was written. Instead: --learning-rate 0.001" in text
    assert "clip" not in text


# --- Hostile tables -------------------------------------------------------------------------------------------------

ESC = "\x1b[2J"
SCRIPT = "<script>alert(1)</script>"


def hostile(path):
    header = [SCRIPT, f"esc{ESC}", '"><img src=x onerror=alert(2)>', "plain", f"target{ESC}{SCRIPT}"]
    rows = [
        [i % 9, i / 3, [SCRIPT, f"cell{ESC}", "a`b"][i % 3], i % 2, [f"yes{SCRIPT}", f"no{ESC}"][i % 2]]
        for i in range(60)
    ]
    return write_csv(path, header, rows), header


def test_names_and_labels_reach_the_terminal_and_the_report_as_text_only(here):
    path, header = hostile(here / "x.csv")
    result = run("train", path, "--target", header[-1], *QUICK)
    assert "\x1b" not in result.output
    page = (here / "x.html").read_text(encoding="utf-8")
    assert "\x1b" not in page
    assert "<script" not in page.lower()
    assert not re.search(r"<[^>]*\sonerror", page)
    assert "&lt;script&gt;" in page


def test_hostile_names_travel_whole_in_json_and_in_the_model(here):
    path, header = hostile(here / "x.csv")
    result = run("train", path, "--target", header[-1], "--json", *QUICK)
    assert "\x1b" not in result.stdout
    assert json.loads(result.stdout)["data"]["columns"] == header
    assert set(pellucid.load(here / "x.safetensors").classes) == {f"yes{SCRIPT}", f"no{ESC}"}


def test_the_other_verbs_are_as_careful(here):
    path, header = hostile(here / "x.csv")
    run("train", path, "--target", header[-1], "--quiet", *QUICK)
    for verb, *more in (("explain", "--row", 1), ("trace", "--row", 1), ("check",)):
        result = run(verb, "x.safetensors", path, *more, code=1 if verb == "check" else 0)
        assert "\x1b" not in result.output, verb
    assert "\x1b" not in run("code", "x.safetensors").output


def test_the_model_that_is_written_is_the_one_that_was_tested(here, table):
    found = answer("train", table, "--target", "kind", *QUICK)
    net = pellucid.load(here / "fruit.safetensors")
    whole = read_table(table, "kind")
    with pytest.warns(pellucid.Notice, match="weight: 12 missing values"):
        right = whole["kind"] == net.classify(whole.without("kind"))
    assert found["test"]["right"] <= int(np.sum(right))


@pytest.mark.parametrize(
    ("option", "told"), [("--output", "notes.txt"), ("--report", "notes.txt exists and is no report")]
)
def test_a_file_of_somebody_else_s_is_not_overwritten(here, table, option, told):
    (here / "notes.txt").write_text("mine", encoding="utf-8")
    assert told in said(run("train", table, "-t", "kind", option, "notes.txt", *QUICK, code=2))
    assert (here / "notes.txt").read_text(encoding="utf-8") == "mine"


def test_an_earlier_model_and_report_are_replaced(table):
    for _ in range(2):
        run("train", table, "-t", "kind", *QUICK)


def test_a_table_without_names_trains_and_predicts(here):
    lines = [f"{i / 7:.3f},{i % 5},{'ab'[i > 30]}" for i in range(60)]
    (here / "t.csv").write_text("\n".join(lines), encoding="utf-8")
    text = said(run("train", "t.csv", "--target", "column_3", *QUICK))
    assert "The first line holds no names" in text
    assert run("predict", "t.safetensors", "t.csv").stdout.count("\n") == 61


@pytest.mark.parametrize(
    ("name", "stem"),
    [("sales.2023.csv", "sales.2023"), ("sales.2024.csv", "sales.2024"), ("plain.v2", "plain.v2"), ("t.TSV", "t")],
)
def test_tables_of_different_names_have_models_of_different_names(here, table, name, stem):
    table.rename(here / name)
    found = answer("train", name, "-t", "kind", *QUICK)
    assert (found["model"], found["report"]) == (f"{stem}.safetensors", f"{stem}.html")


def test_a_name_that_is_nearly_a_shipped_set_s_teaches_it(here):
    text = said(run("train", "penguin", code=2))
    assert "there is no file 'penguin'" in text
    assert "Instead: penguins" in text


def test_a_table_of_the_target_alone_has_nothing_to_learn_from(here):
    path = write_csv(here / "one.csv", ["y"], [[i] for i in range(100)])
    text = said(run("train", path, "-t", "y", code=2))
    assert "one.csv has no other column than y. Expected: at least one column to learn from." in text


def test_targets_of_any_size_are_scored_without_a_warning(here):
    rows = [[i % 10, i % 7, (i % 10 + i % 7 + 0.5) * 1e200] for i in range(80)]
    path = write_csv(here / "big.csv", ["a", "b", "y"], rows)
    result = run("train", path, "-t", "y", "--epochs", 60)
    assert "overflow" not in result.output
    assert re.search(r"R² = 0\.\d+ on 20 rows", result.stdout)


def test_numbers_of_one_are_in_the_singular(here):
    rows = [[i, i % 2 + 0.5] for i in range(4)]
    path = write_csv(here / "t.csv", ["a", "y"], rows)
    text = said(run("train", path, "-t", "y", "--epochs", 1, "--hidden", 1))
    assert "on 1 row that it never saw" in text
    assert "1 epoch in" in text
    assert "1 rows" not in text
    page = (here / "t.html").read_text(encoding="utf-8")
    assert "1 rows" not in page
    assert "The 1 column" not in page
    assert "One prediction, explained" in page


# --- Where it was broken off ----------------------------------------------------------------------------------------


def test_a_training_that_was_broken_off_is_not_begun_anew_by_mistake(here, table):
    order = ("train", table, "--target", "kind", "--checkpoint", "saved", *QUICK)

    def interrupt(report):
        if report.epoch == 2:
            raise KeyboardInterrupt

    (here / "saved").mkdir()
    checkpoint = here / "saved" / "training.safetensors"
    pellucid.fit(np.eye(8), np.arange(8) / 7, epochs=8, callbacks=interrupt, checkpoint=checkpoint, quiet=True)
    before = checkpoint.read_bytes()
    text = said(run(*order, code=2))
    assert "--checkpoint saved holds a training that was broken off after" in text
    assert "of 8 epochs" in text
    assert "the same command with --resume" in text
    assert checkpoint.read_bytes() == before


def test_resume_says_from_where(here, table):
    order = ("train", table, "--target", "kind", "--checkpoint", "saved", *QUICK)
    run(*order)
    assert "Resumed after 8 of 8 epochs." in run(*order, "--resume").stdout
    run(*order)  # a training that came to its end may be begun anew
