"""The command line: `pellucid VERB ...`, one file per verb.

Results go to standard output; the progress bar, remarks and errors to standard error. With `--json` standard output is
exactly one JSON value. Exit codes: 0 fine, 1 a check failed or the diagnosis found a problem (or training diverged),
2 bad usage or bad input, 130 ended by Ctrl-C.

typer and rich are loaded here and nowhere above; each verb loads what it needs when it runs, so that `--help` is quick.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command that `sys.argv` holds, and exit with its code."""
    from .app import app

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a sign that the terminal's encoding lacks becomes "?" instead of an error
            stream.reconfigure(errors="replace")
    try:
        app(prog_name="pellucid")
    except SystemExit:
        _finish()
        raise


def _finish() -> None:
    """Send out what is still in the buffers, unless nobody reads it any more."""
    from .shared import nobody_reads

    try:
        sys.stdout.flush()
    except BrokenPipeError:
        nobody_reads()
