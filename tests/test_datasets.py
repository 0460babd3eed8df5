"""The data sets that are shipped hold what their sources say."""

from __future__ import annotations

import gzip
import hashlib
from collections import Counter

import numpy as np
import pytest

from pellucid.data.datasets import TARGETS, dataset_path, load_dataset
from pellucid.data.prepare import fit_preprocessing, prepare
from pellucid.errors import UnknownNameError

SPAMBASE = "118eb7ac6537494ccbff79fed03ec084f9f435b6e80fe7834fe8b6eee6d7253e"


def test_spambase():
    table = load_dataset("spambase")
    assert len(table) == 4601 and len(table.columns) == 58 and table.columns[-1] == table.target == "type"
    assert Counter(table["type"].tolist()) == {"nonspam": 2788, "spam": 1813}
    assert set(table.kinds[:-1]) == {"numeric"}
    assert "391 rows are exact copies of an earlier row." in table.findings
    assert hashlib.sha256(gzip.decompress(dataset_path("spambase").read_bytes())).hexdigest() == SPAMBASE


def test_digits():
    table = load_dataset("digits")
    assert len(table) == 1797 and len(table.columns) == 65 and table.target == "digit"
    assert set(table["digit"].tolist()) == set(range(10))
    pixels = np.stack(table.without("digit").arrays)
    assert pixels.min() == 0 and pixels.max() == 16


def test_penguins():
    table = load_dataset("penguins")
    assert len(table) == 344 and table.target == "species"
    assert Counter(table["species"].tolist()) == {"Adelie": 152, "Gentoo": 124, "Chinstrap": 68}
    assert sum(value is None for value in table["sex"].tolist()) == 11
    assert np.isnan(table["body_mass_g"]).sum() == 2


@pytest.mark.parametrize("name", TARGETS)
def test_each_is_prepared_whole(name):
    table = load_dataset(name)
    X = table.without(table.target)
    record = fit_preprocessing(X, table[table.target], target=table.target)
    matrix, _ = prepare(record, X)
    assert matrix.shape == (len(table), record.width) and np.isfinite(matrix).all()
    assert record.target.classes is not None and record.target.name == TARGETS[name]


def test_files_do_not_depend_on_when_they_were_packed():
    for name in TARGETS:
        head = dataset_path(name).read_bytes()[:10]
        assert head[:2] == b"\x1f\x8b" and head[3] == 0 and head[4:8] == bytes(4)


def test_an_unknown_name():
    with pytest.raises(UnknownNameError) as caught:
        load_dataset("penguin")
    assert str(caught.value) == (
        "there is no data set named 'penguin'.\n  Expected: one of digits, penguins, spambase.\n  Instead:  'penguins'"
    )
