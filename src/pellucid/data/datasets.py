"""Three small data sets that come with pellucid; `files/README.md` names their sources and licences.

* spambase: 4601 e-mails, 57 frequencies of words, characters and capitals each; `type` is spam or nonspam.
* digits: 1797 handwritten digits, 8 x 8 grey values of 0 to 16; `digit` is 0 to 9.
* penguins: 344 penguins, their measures with some missing, island, sex and year; `species` is one of three.
"""

from __future__ import annotations

from pathlib import Path

from ..errors import unknown_name
from .table import Table, read_table

TARGETS = {"spambase": "type", "digits": "digit", "penguins": "species"}


def load_dataset(name: str) -> Table:
    """The data set as a table; `table.target` names the column to learn.

    >>> table = load_dataset("penguins")
    >>> X, y = table.without(table.target), table[table.target]
    >>> len(X), sorted(set(y))
    (344, ['Adelie', 'Chinstrap', 'Gentoo'])
    """
    return read_table(dataset_path(name), target=TARGETS[name])


def dataset_path(name: str) -> Path:
    """Where the data set's file is: a CSV file, compressed with gzip.

    Raises UnknownNameError for a name that is not among them.
    """
    if name not in TARGETS:
        raise unknown_name("data set", name, TARGETS)
    return Path(__file__).with_name("files") / f"{name}.csv.gz"
