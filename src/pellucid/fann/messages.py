"""FANN's messages: numbered errors that are remembered and told, and the lines that training reports.

What stops a call is an exception in pellucid. What FANN only tells of (a file that is not there, where the call
answers False; an index out of bounds) is told as FANN does, on stderr, and remembered for `get_errno`.
"""

from __future__ import annotations

import sys
from typing import Any, TextIO

from ..errors import FileFormatError, InputError
from ..io.fann.faults import CONNECTIONS, KEY, NEURONS, VERSION, FannFileError, counted
from ..io.fann.structure import float32
from .arguments import ArgumentTypeError
from .constants import name_of

CANNOT_READ, CANNOT_WRITE, CANNOT_WRITE_DATA = 1, 2, 8
CANNOT_TRAIN, MISMATCH, BAD_INDEX, NO_SCALING, INPUT_MISMATCH, OUTPUT_MISMATCH = 12, 14, 17, 18, 19, 20

TEXTS = {
    CANNOT_READ: 'Unable to open configuration file "{}" for reading.',
    CANNOT_WRITE: 'Unable to open configuration file "{}" for writing.',
    VERSION: 'Wrong version of configuration file, aborting read of configuration file "{}".',
    KEY: 'Error reading "{1}" from configuration file "{0}".',
    NEURONS: 'Error reading neuron info from configuration file "{}".',
    CONNECTIONS: 'Error reading connections from configuration file "{}".',
    CANNOT_WRITE_DATA: 'Unable to open train data file "{}" for writing.',
    CANNOT_TRAIN: "Unable to train with the selected activation function.",
    MISMATCH: "Training data must be of equivalent structure.",
    BAD_INDEX: "Index {} is out of bound.",
    NO_SCALING: "Scaling parameters not present.",
    INPUT_MISMATCH: "The number of input neurons in the ann ({}) and data ({}) don't match",
    OUTPUT_MISMATCH: "The number of output neurons in the ann ({}) and data ({}) don't match",
}


class Log:
    """Where messages go: `to` is None (nowhere), an open text file, or "stderr", which is looked up anew each time."""

    def __init__(self) -> None:
        self.to: TextIO | str | None = "stderr"

    def direct(self, log_file: Any) -> None:
        """Send messages to an open file; None silences them."""
        if log_file is not None and not callable(getattr(log_file, "write", None)):
            raise ArgumentTypeError(f"log_file = {log_file!r}", "an open text file, or None", 'open("fann.log", "w")')
        self.to = log_file

    def write(self, text: str) -> None:
        """One line."""
        if self.to is None:
            return
        stream = sys.stderr if isinstance(self.to, str) else self.to
        stream.write(text + "\n")


# What nets and data tell before a log of their own was set: FANN has one for the whole process too.
default_log = Log()


class LastError:
    """The last error of a net: its number and text, and where it was told."""

    def __init__(self) -> None:
        self.number = 0
        self.text = ""
        self.log: Log | None = None

    def tell(self, number: int, *details: object, keep: bool = True) -> None:
        """Tell error `number`, with its details put in; remember it unless FANN would not."""
        text = TEXTS[number].format(*details)
        if keep:
            self.note(number, *details)
        (self.log or default_log).write(f"FANN Error {number}: {text}")

    def note(self, number: int, *details: object) -> None:
        """Remember an error that an exception tells of."""
        self.number, self.text = number, TEXTS[number].format(*details)

    def note_unread(self, path: str, error: FileFormatError) -> None:
        """Remember that a `.net` file could not be read: by FANN's number of what is wrong in it, else number 1."""
        if isinstance(error, FannFileError):
            self.note(error.number, path, error.key)
        else:
            self.note(CANNOT_READ, path)

    def again(self) -> None:
        """Tell the last error once more, if there is one."""
        if self.number:
            (self.log or default_log).write(f"FANN Error {self.number}: {self.text}")

    def direct(self, log_file: Any) -> None:
        """A log of its own from now on."""
        own = Log()
        own.direct(log_file)
        self.log = own


def report(line: str) -> None:
    """One line of a report, to Python's own stdout: it can be redirected, which FANN's cannot."""
    sys.stdout.write(line + "\n")


def training_begins(max_epochs: int, desired_error: float) -> str:
    """The first line of `train_on_data`.

    >>> training_begins(10000, 0.00001)
    'Max epochs    10000. Desired error: 0.0000100000.'
    """
    return f"Max epochs {max_epochs:8d}. Desired error: {float32(desired_error):.10f}."


def epoch_line(epoch: int, mse: float, bit_fails: int) -> str:
    """The line of one epoch, counted from 1.

    >>> epoch_line(1, 0.2619800866, 4)
    'Epochs            1. Current error: 0.2619800866. Bit fail 4.'
    """
    return f"Epochs     {epoch:8d}. Current error: {mse:.10f}. Bit fail {bit_fails}."


def mismatch(error: LastError, number: int, net: int, data: int) -> InputError:
    """The exception for data of another width than the net's; `number` says whether inputs or outputs."""
    error.note(number, net, data)
    what, get = ("input", "num_input") if number == INPUT_MISMATCH else ("output", "num_output")
    return InputError(
        f"the network has {counted(net, what)} and the data {data}",
        f"the same number of {what}s in both",
        f"create_standard_array with data.{get}_train_data() = {counted(data, what)}",
    )


def activation_name(number: int) -> str:
    """How reports spell a function."""
    return name_of("activation function", number)
