"""The command line: `pellucid VERB ...`, one file per verb.

Results go to standard output; the progress bar, remarks and errors to standard error. With `--json` standard output is
exactly one JSON value. Exit codes: 0 fine, 1 a check failed or the diagnosis found a problem (or training diverged),
2 bad usage or bad input, 130 ended by Ctrl-C.

typer and rich are loaded here and nowhere above; each verb loads what it needs when it runs, so that `--help` is quick.
"""

from __future__ import annotations

import os
import sys

INTERRUPTED = 130


def main() -> None:
    """Run the command that `sys.argv` holds, and exit with its code."""
    try:
        _streams()
        from .app import app

        app(prog_name="pellucid")
    except SystemExit as end:
        # The help is printed by a library, for which it is an error if nobody reads it to its end.
        _finish()
        if isinstance(end.__context__, BrokenPipeError):
            raise SystemExit(0) from None
        raise
    except KeyboardInterrupt:  # while all this is loaded; a verb knows more
        print("Stopped by Ctrl-C.", file=sys.stderr)
        raise SystemExit(INTERRUPTED) from None


def _streams() -> None:
    """Have streams to write to, whatever they can show."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the shell, as in `pellucid ... >&-`
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115  (to the end)
        stream = getattr(sys, name)
        if hasattr(stream, "reconfigure"):  # a sign that the terminal's encoding lacks becomes "?" instead of an error
            stream.reconfigure(errors="replace")


def _finish() -> None:
    """Send out what is still in the buffers, unless nobody reads it any more."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        from .shared import nobody_reads

        nobody_reads()
